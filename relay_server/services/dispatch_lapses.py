"""What time takes back: offers nobody answered, agents who fell silent or were dismissed, taxpayers who stayed away."""

from collections.abc import Collection, Iterable

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import PresenceChanged, PresenceState
from relay_server.domain import decisions, waiting
from relay_server.domain.consultation import Consultation, State
from relay_server.domain.presence import SILENT
from relay_server.domain.rulebook import Rulebook
from relay_server.services import presence
from relay_server.services.dispatch_floor import Staff
from relay_server.services.presence import Reach
from relay_server.services.tickets import new_ticket, owe_round
from relay_server.store import events, many
from relay_server.store.base import Transaction
from relay_server.store.queues import Standing

DISMISSED = "账号已停用"
ABANDONED = "abandoned"
"""Why a place is taken back whose taxpayer stayed away; all other reasons are those of offers."""
OWNED = (State.ACTIVE, State.ON_HOLD)


def lapse(
    standing: Iterable[Standing],
    staff: Staff,
    holders: frozenset[AgentId],
    reach: Reach,
    rulebook: Rulebook,
    now: float,
) -> Transaction[bool]:
    """Take back offers and places whose time is over, and what agents owned who fell silent or were dismissed.

    `holders` own consultations on hold, which do not count for their load. Tell whether anything changed.
    All that is touched is held at once, in the order of ids, as every writer does.
    """
    due = {one.id: reason for one in standing if (reason := _why_over(one, staff, reach, rulebook, now))}
    gone = dict(_gone(staff, holders, reach, rulebook, now))
    owned = yield from _owned(gone, on_hold=not holders.isdisjoint(gone))
    changed = False
    for one in (yield from many.load_many(sorted({*due, *owned}))):
        if one is not None and one.id in due:
            changed |= yield from _take_back(one, due[one.id], staff, rulebook, now)
        elif one is not None and one.agent is not None and one.agent.id in gone and one.state in OWNED:
            yield from _release(one, gone[one.agent.id], rulebook, now)
            changed = True
    for agent, reason in gone.items():
        changed |= yield from _send_home(agent, reason, staff, now)
    return changed


def _why_over(one: Standing, staff: Staff, reach: Reach, rulebook: Rulebook, now: float) -> str:
    if one.away_until and now >= one.away_until:
        return ABANDONED
    return why_back(one, staff, reach, rulebook, now)


def why_back(one: Standing, staff: Staff, reach: Reach, rulebook: Rulebook, now: float) -> str:
    """Return why an offer comes back, empty while it stands."""
    if one.offer is None:
        return ""
    if one.offer.expires_at <= now:
        return "expired"
    agent = one.offer.agent.id
    account, said = staff.accounts.get(agent), staff.attendance.get(agent)
    gone = account is None or account.disabled or (said is not None and said.state is PresenceState.OFFLINE)
    return "offline" if gone or reach.silence(agent, now) > rulebook.fallback.lost_after else ""


def who_holds() -> Transaction[frozenset[AgentId]]:
    """Return the agents who own consultations on hold."""
    found = yield from events.consultations((State.ON_HOLD,))
    return frozenset(one.agent.id for one in found if one.agent is not None)


def _gone(
    staff: Staff, holders: frozenset[AgentId], reach: Reach, rulebook: Rulebook, now: float
) -> Iterable[tuple[AgentId, str]]:
    at_work = {agent for agent, said in staff.attendance.items() if said.state is not PresenceState.OFFLINE}
    for agent in sorted(at_work | set(staff.loads) | holders):
        account = staff.accounts.get(agent)
        if account is None or account.disabled:
            yield agent, "dismissed"
        elif reach.silence(agent, now) > rulebook.fallback.lost_after:
            yield agent, "lost"


def _owned(gone: Collection[AgentId], *, on_hold: bool) -> Transaction[set[ConsultationId]]:
    found: list[Consultation] = []
    for agent in gone:
        found += yield from events.consultations((State.ACTIVE,), agent=agent)
    if on_hold:
        held = yield from events.consultations((State.ON_HOLD,))
        found += [one for one in held if one.agent is not None and one.agent.id in gone]
    return {one.id for one in found}


def _send_home(agent: AgentId, reason: str, staff: Staff, now: float) -> Transaction[bool]:
    said = staff.attendance.get(agent)
    if said is None or said.state is PresenceState.OFFLINE:
        return False
    words, cause = (SILENT, "lost") if reason == "lost" else (DISMISSED, "supervisor")
    yield from presence.change(
        agent, said, PresenceChanged(state=PresenceState.OFFLINE, reason=words, cause=cause), now
    )
    return True


def _release(one: Consultation, reason: str, rulebook: Rulebook, now: float) -> Transaction[None]:
    if one.ticket is not None:
        ticket = waiting.again(one.ticket, waiting.RETURNED)
    else:
        line = rulebook.line(rulebook.office_of(one.taxpayer))
        ticket = yield from new_ticket(line, now, priority=waiting.RETURNED)
    released = waiting.release(one, reason, ticket)
    yield from events.append(one.id, one, released, now)
    yield from owe_round(ticket.queue, now)


def _take_back(one: Consultation, reason: str, staff: Staff, rulebook: Rulebook, now: float) -> Transaction[bool]:
    over = waiting.abandon(one, now) if reason == ABANDONED else decisions.give_back(one, reason)
    yield from events.append(one.id, one, over, now)
    agent, queue = one.offer.agent.id if one.offer else None, one.ticket.queue if one.ticket else ""
    said = staff.attendance.get(agent) if agent and reason != ABANDONED else None
    if over and agent and said is not None:
        yield from presence.count_no_answer(agent, said, reason, one.id, rulebook.rules(queue), now)
    return bool(over)
