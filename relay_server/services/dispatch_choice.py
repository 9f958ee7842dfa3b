"""The choice of a round: matched on what was read, then held, so that nobody is given away twice or beyond a limit.

Those who are to be moved are held first, then the agents they would go to; the latter without waiting, for whoever
holds an agent may wait for one of the former. If an agent has less room than was read, or is being given work by
somebody else at this moment, those who were held are matched again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from relay_protocol.ids import AgentId, ConsultationId
from relay_server.domain.consultation import Consultation, State
from relay_server.domain.dispatch import Decision, Waiting, match_in
from relay_server.domain.pool import Pool, Server
from relay_server.store import many, queues
from relay_server.store.base import Transaction


@dataclass(frozen=True)
class Choice:
    """Those who may be moved, as they are now, and for whom an agent is held; `pool` is as the choice leaves it."""

    held: Mapping[ConsultationId, Consultation]
    chosen: Mapping[ConsultationId, Decision]
    pool: Pool


def hold(
    chosen: Sequence[Decision],
    others: Sequence[ConsultationId],
    tickets: Mapping[ConsultationId, Waiting],
    servers: Sequence[Server],
    pool: Pool,
    now: float,
) -> Transaction[Choice]:
    """Hold those who were `chosen` for somebody and `others`, who are moved otherwise; `pool` is that of the match."""
    found = yield from many.load_many([*(one.consultation for one in chosen), *others])
    held = {one.id: one for one in found if one is not None and one.state is State.QUEUED}
    made = [one for one in chosen if one.consultation in held]
    line = [tickets[one.consultation] for one in made]
    loads: dict[AgentId, int] = {}
    asked: set[AgentId] = set()
    while unknown := {one.chosen.id for one in made if one.chosen} - asked:
        asked |= unknown
        loads |= yield from queues.try_agents(unknown)
        if any(_has_less(server, asked, loads) for server in servers):
            servers = [_as_held(server, asked, loads) for server in servers]
            pool = Pool(servers)
            made = match_in(pool, line, now)
    return Choice(held, {one.consultation: one for one in made if one.chosen}, pool)


def _has_less(server: Server, asked: set[AgentId], loads: Mapping[AgentId, int]) -> bool:
    """Tell whether an agent cannot be given what was read they could."""
    agent = server.card.id
    return agent in asked and server.reachable and (agent not in loads or loads[agent] > server.load)


def _as_held(server: Server, asked: set[AgentId], loads: Mapping[AgentId, int]) -> Server:
    agent = server.card.id
    if agent not in asked:
        return server
    return replace(server, load=loads[agent]) if agent in loads else replace(server, reachable=False)
