"""What time takes back: offers nobody answered, agents who fell silent or were dismissed, taxpayers who stayed away."""

from collections.abc import Iterable

from relay_protocol.ids import AgentId
from relay_protocol.messages import PresenceChanged, PresenceState
from relay_server.domain import decisions, waiting
from relay_server.domain.consultation import Consultation, State
from relay_server.domain.presence import SILENT
from relay_server.domain.rulebook import Rulebook
from relay_server.services import presence
from relay_server.services.dispatch_floor import Staff
from relay_server.services.presence import Reach
from relay_server.services.tickets import new_ticket, owe_round
from relay_server.store import events
from relay_server.store.base import Transaction
from relay_server.store.queues import Standing

DISMISSED = "账号已停用"


def take_back(
    standing: Iterable[Standing], staff: Staff, reach: Reach, rulebook: Rulebook, now: float
) -> Transaction[bool]:
    """Take back offers and places whose time is over; tell whether anything was taken back."""
    changed = False
    for one in standing:
        if one.away_until and now >= one.away_until:
            found = yield from events.load(one.id)
            if found is not None:
                yield from events.append(one.id, found, waiting.abandon(found, now), now)
                changed = True
        elif one.offer is not None and (reason := why_back(one, staff, reach, rulebook, now)):
            yield from _return(one, reason, staff, rulebook, now)
            changed = True
    return changed


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


def release_lost(
    staff: Staff, holders: frozenset[AgentId], reach: Reach, rulebook: Rulebook, now: float
) -> Transaction[bool]:
    """Let go of agents who were silent for too long or were dismissed: what they owned is the queue's again.

    `holders` own consultations on hold, which do not count for their load. Tell whether anything changed.
    """
    changed = False
    for agent, reason in _gone(staff, holders, reach, rulebook, now):
        said = staff.attendance.get(agent)
        if said is not None and said.state is not PresenceState.OFFLINE:
            words, cause = (SILENT, "lost") if reason == "lost" else (DISMISSED, "supervisor")
            away = PresenceChanged(state=PresenceState.OFFLINE, reason=words, cause=cause)
            yield from presence.change(agent, said, away, now)
            changed = True
        for one in (yield from _owned(agent, on_hold=agent in holders)):
            yield from _release(one, reason, rulebook, now)
            changed = True
    return changed


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


def _owned(agent: AgentId, *, on_hold: bool) -> Transaction[list[Consultation]]:
    active = yield from events.consultations((State.ACTIVE,), agent=agent)
    held = (yield from events.consultations((State.ON_HOLD,))) if on_hold else []
    return [*active, *(one for one in held if one.agent is not None and one.agent.id == agent)]


def _release(one: Consultation, reason: str, rulebook: Rulebook, now: float) -> Transaction[None]:
    if one.ticket is not None:
        ticket = waiting.again(one.ticket, waiting.RETURNED)
    else:
        line = rulebook.line(rulebook.office_of(one.taxpayer))
        ticket = yield from new_ticket(line, now, priority=waiting.RETURNED)
    released = waiting.release(one, reason, ticket)
    yield from events.append(one.id, one, released, now)
    yield from owe_round(ticket.queue, now)


def _return(one: Standing, reason: str, staff: Staff, rulebook: Rulebook, now: float) -> Transaction[None]:
    found = yield from events.load(one.id)
    if found is None or found.offer is None:
        return
    agent, queue = found.offer.agent.id, found.ticket.queue if found.ticket else ""
    yield from events.append(one.id, found, decisions.give_back(found, reason), now)
    said = staff.attendance.get(agent)
    if said is not None:
        yield from presence.count_no_answer(agent, said, reason, one.id, rulebook.rules(queue), now)
