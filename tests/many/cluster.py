"""A whole relay on several machines of the loopback: PostgreSQL, NATS, two edges, three dispatchers and the rest."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.many.balancer import running_balancer
from tests.many.processes import Member
from tests.relay_server.bus.broker import Broker, running_broker
from tests.relay_server.store.cluster import Cluster, running_cluster
from tests.running import RunningRelay

LIMITS = "[limits]\nrequests_burst = 5000\nattempts_burst = 5000\nlinks_per_session = 100"


@dataclass(frozen=True)
class Machines:
    """What runs. `relay` holds the configuration and runs the commands, `url` is the one address of all edges."""

    relay: RunningRelay
    url: str
    edges: tuple[Member, ...]
    dispatchers: tuple[Member, ...]
    database: Cluster
    broker: Broker


@contextmanager
def running_machines(folder: Path, edges: int = 2, dispatchers: int = 3) -> Iterator[Machines]:
    """Run all of it in `folder`, and end it."""
    with ExitStack() as stack:
        database, broker = stack.enter_context(running_cluster()), stack.enter_context(running_broker())
        relay = RunningRelay(folder / "relay")
        relay.set_up(LIMITS, "--database-url", database.database())
        relay.configure(f'[bus]\nurl = "{broker.url}"')
        relay.configure('[relay]\ntrusted_proxies = ["127.0.0.1"]')
        fronts = tuple(Member(f"edge{number}", ("edge",), relay.folder) for number in range(1, edges + 1))
        minds = tuple(Member(f"dispatch{number}", ("dispatch",), relay.folder) for number in range(1, dispatchers + 1))
        everybody = [*fronts, *minds, Member("rest", ("bot", "jobs"), relay.folder)]
        for one in everybody:
            stack.callback(one.kill)
            one.begin()
        for one in everybody:
            one.ready()
        url = stack.enter_context(running_balancer(folder, fronts))
        yield Machines(relay, url, fronts, minds, database, broker)
