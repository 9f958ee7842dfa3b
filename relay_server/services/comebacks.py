"""Whoever comes back: a word wakes what is on hold, and opens again what ended not long ago."""

from relay_protocol.messages import AnyEvent, Side, TicketTaken
from relay_server.domain import teamwork as decide
from relay_server.domain import tickets, waiting
from relay_server.domain.consultation import OVER, Consultation, State
from relay_server.services import floor as floors
from relay_server.services.floor import Floor
from relay_server.services.steering import move
from relay_server.services.teamwork import to_head
from relay_server.services.tickets import new_ticket
from relay_server.store import events
from relay_server.store.base import Transaction


def awake(floor: Floor, before: Consultation, side: Side, now: float) -> Transaction[Consultation]:
    """Return the consultation as it is once somebody of `side` speaks in it."""
    if before.state is State.ON_HOLD:
        return (yield from _go_on(floor, before, side, now))
    if before.state in OVER and side is Side.TAXPAYER:
        return (yield from _open_again(floor, before, now))
    return before


def _go_on(floor: Floor, before: Consultation, side: Side, now: float) -> Transaction[Consultation]:
    """Go on with the same agent if they have room; a taxpayer whose agent cannot is the head of the queue."""
    if before.agent is None:
        return before
    if side is Side.AGENT:
        yield from floors.require_room(floor, before.agent.id)
        return before
    wanted: list[AnyEvent]
    if (yield from floors.why_cannot_take(floor, before.agent.id, now)):
        wanted = yield from to_head(floor, before, "lost", now)
    else:
        wanted = decide.resume(before, "taxpayer")
    return (yield from move(before, wanted, now))


def _open_again(floor: Floor, before: Consultation, now: float) -> Transaction[Consultation]:
    """Open what ended within the window: with its agent if they can, else at the head of the queue."""
    if before.agent is None or now - before.closed_at > floor.reopen_within:
        return before
    if (yield from events.open_of(before.taxpayer.id)) is not None:
        return before
    busy = yield from floors.why_cannot_take(floor, before.agent.id, now)
    line = floor.rulebook.line(before.office or floor.rulebook.office_of(before.taxpayer))
    if busy and floor.rulebook.closed_until(line, now)[0]:
        return before
    ticket: TicketTaken
    if before.ticket is not None and (not busy or before.ticket.day == tickets.day_of(now)):
        ticket = waiting.again(before.ticket, waiting.RETURNED)
    else:
        ticket = yield from new_ticket(line, now, priority=waiting.RETURNED)
    wanted = decide.reopen(before, None if busy else before.agent, ticket)
    return (yield from move(before, wanted, now))
