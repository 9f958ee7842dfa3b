"""What happens to the machines while people talk: each blow in turn, and how long until all was whole again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.many.cluster import Machines
from tests.many.processes import Member

OUTAGE_SECONDS = 1.0


@dataclass(frozen=True)
class Blow:
    """One blow: what it is called, and what it does until everything runs again."""

    name: str
    strike: Callable[[Machines], None]


def _restarted(member: Member) -> None:
    """Kill a process; whatever watches over processes starts it again at once."""
    member.kill()
    member.begin()
    member.ready()


def _broker_away(machines: Machines) -> None:
    machines.broker.kill()
    time.sleep(OUTAGE_SECONDS)  # the outage is what is tested
    machines.broker.start()


def _database_crashed(machines: Machines) -> None:
    machines.database.stop("immediate")
    machines.database.start()


BLOWS = (
    Blow("kill -9 接入进程 an edge", lambda machines: _restarted(machines.edges[0])),
    Blow("kill -9 派单进程 a dispatcher", lambda machines: _restarted(machines.dispatchers[0])),
    Blow("NATS 停 1 秒 away for a second", _broker_away),
    Blow("PostgreSQL 崩溃重启 crashed, started again", _database_crashed),
)


def strike(machines: Machines, blows: Sequence[Blow], pause: float) -> dict[str, float]:
    """Let the blows fall, `pause` seconds apart; return how long each lasted, in seconds."""
    lasted = {}
    for blow in blows:
        time.sleep(pause)  # people talk undisturbed
        began = time.monotonic()
        blow.strike(machines)
        lasted[blow.name] = round(time.monotonic() - began, 2)
    return lasted
