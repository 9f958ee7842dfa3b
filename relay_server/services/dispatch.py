"""Dispatch: one round decides for everybody who waits; offers are taken, given back, or run out."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from relay_protocol.ids import AgentId, ConsultationId, OfferId, TaxpayerId
from relay_protocol.messages import AcceptOffer, AgentCard, DeclineOffer, Office, QueuePosition, QueueSummary
from relay_server.domain import decisions
from relay_server.domain.access import Action, AgentActor, require
from relay_server.domain.consultation import WAITING, Consultation, State
from relay_server.domain.dispatch import Decision, Waiting, match, reach_of
from relay_server.domain.pool import Server
from relay_server.domain.rules import DEFAULT
from relay_server.services.presence import Reach
from relay_server.store import events, outbox
from relay_server.store.accounts import list_agents
from relay_server.store.base import Store, Transaction

log = logging.getLogger(__name__)

Paths = Mapping[str, tuple[str, ...]]
"""Office code → that code and those above it, nearest first."""


@dataclass(frozen=True)
class Policy:
    """Offers run out after `offer_timeout` s, silence of `agent_lost` s loses them; `capacity` is per agent."""

    offer_timeout: float = 30.0
    agent_lost: float = 90.0
    capacity: int = 5


async def run_round(
    store: Store,
    reach: Reach,
    offices: Mapping[str, Office],
    paths: Paths,
    policy: Policy,
    new_id: Callable[[], str],
    now: float,
) -> list[Decision]:
    """Take back what ran out, then offer whoever waits to whoever can serve, all in one transaction."""

    def script() -> Transaction[list[Decision]]:
        yield from outbox.drop_due("dispatch", now)
        waiting = yield from events.consultations(WAITING)
        queued = []
        for one in waiting:
            reason = _why_back(one, reach, policy, now)
            if reason:
                one = yield from events.append(one.id, one, decisions.give_back(one, reason), now)
            if one.state is State.QUEUED and one.ticket is not None:
                queued.append(one)
        if not queued:
            return []
        servers = yield from _servers(reach, offices, paths, policy, now)
        levels = {code: office.level for code, office in offices.items()}
        made = match([_waiting(one, paths, levels) for one in queued], servers, now)
        by_id = {one.id: one for one in queued}
        for decision in made:
            if decision.chosen is not None:
                before = by_id[decision.consultation]
                expires = now + policy.offer_timeout
                offered = decisions.offer(before, OfferId(new_id()), decision.chosen, expires)
                yield from events.append(before.id, before, offered, now)
        return made

    return await store.transact(script())


async def accept(store: Store, actor: AgentActor, request: AcceptOffer, now: float) -> int:
    """Take an offer; return the newest seq. Raise `BanwenError(GONE)` when it went elsewhere."""

    def script() -> Transaction[int]:
        found = yield from events.load(request.consultation)
        before = require(actor, Action.READ, found)
        after = yield from events.append(before.id, before, decisions.accept(before, request.offer, actor.card), now)
        yield from events.mark_idle(actor.id, now)
        return after.last_seq

    return await store.transact(script())


async def decline(store: Store, actor: AgentActor, request: DeclineOffer, now: float) -> int:
    """Give an offer back; the taxpayer keeps the place, and dispatch looks for somebody else."""

    def script() -> Transaction[int]:
        before = require(actor, Action.ANSWER_OFFER, (yield from events.load(request.consultation)))
        after = yield from events.append(before.id, before, decisions.decline(before, request.offer, "declined"), now)
        yield from outbox.owe("dispatch", "", now)
        return after.last_seq

    return await store.transact(script())


async def positions(store: Store) -> dict[ConsultationId, tuple[TaxpayerId, QueuePosition]]:
    """Return whose tickets wait and where each stands: how many of the same queue came before."""
    waiting = await store.read(events.consultations(WAITING))
    found: dict[ConsultationId, tuple[TaxpayerId, QueuePosition]] = {}
    ahead: dict[str, int] = {}
    for one in sorted((one for one in waiting if one.ticket), key=_place):
        ticket = one.ticket
        if ticket is None:
            continue
        before = ahead.get(ticket.queue, 0)
        ahead[ticket.queue] = before + 1
        place = QueuePosition(consultation=one.id, number=ticket.number, ahead=before, office=ticket.office.name)
        found[one.id] = (one.taxpayer.id, place)
    return found


async def summary(store: Store) -> QueueSummary:
    """Return how many wait, and since when the first of them does."""
    waiting = await store.read(events.consultations(WAITING))
    entered = [one.ticket.entered_at for one in waiting if one.ticket is not None]
    return QueueSummary(waiting=len(entered), oldest_at=min(entered, default=None))


def office_paths(parents: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return every office's way up from a table of parents; a circle ends where it would begin again."""
    return {code: _way_up(code, parents) for code in parents}


def _way_up(code: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    path: list[str] = []
    while code and code not in path:
        path.append(code)
        code = parents.get(code, "")
    return tuple(path)


def _place(one: Consultation) -> tuple[float, str]:
    return (one.ticket.entered_at, one.ticket.number) if one.ticket else (0.0, "")


def _why_back(one: Consultation, reach: Reach, policy: Policy, now: float) -> str:
    if one.offer is None:
        return ""
    if one.offer.expires_at <= now:
        return "expired"
    return "offline" if reach.silence(one.offer.agent.id, now) > policy.agent_lost else ""


def _waiting(one: Consultation, paths: Paths, levels: Mapping[str, str]) -> Waiting:
    office = one.ticket.office.code if one.ticket else ""
    entered, number = _place(one)
    path = paths.get(office, (office,))
    return Waiting(one.id, entered, number, path, one.returned, reach_of(DEFAULT, path, levels))


def _servers(
    reach: Reach, offices: Mapping[str, Office], paths: Paths, policy: Policy, now: float
) -> Transaction[list[Server]]:
    accounts = yield from list_agents()
    attendance = yield from events.read_attendance()
    load = yield from _loads()
    return [
        Server(
            card=AgentCard(id=one.id, number=one.username, name=one.name, office=offices[one.office]),
            state=attendance[one.id].state,
            reachable=reach.reachable(one.id, now),
            load=load.get(one.id, 0),
            capacity=policy.capacity,
            idle_since=attendance[one.id].idle_since,
            path=paths.get(one.office, (one.office,)),
        )
        for one in accounts
        if one.id in attendance and one.office in offices and not one.disabled
    ]


def _loads() -> Transaction[dict[AgentId, int]]:
    """Return how many consultations each agent is offered or serves."""
    busy: Sequence[Consultation] = yield from events.consultations((State.OFFERED, State.ACTIVE, State.WRAP_UP))
    load: dict[AgentId, int] = {}
    for one in busy:
        if one.serving is not None:
            load[one.serving] = load.get(one.serving, 0) + 1
    return load
