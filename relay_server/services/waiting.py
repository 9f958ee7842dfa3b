"""Instead of waiting: leave word that must be answered, be called back; and agents who take up what was left."""

from dataclasses import dataclass

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import AnyEvent, BookCallback, LeaveMessage, Office, TakeUp
from relay_server.domain import waiting
from relay_server.domain.access import Action, AgentActor, TaxpayerActor, require
from relay_server.domain.calendars import next_opening
from relay_server.domain.consultation import WAITING, Consultation
from relay_server.domain.due import due_after
from relay_server.services import floor as floors
from relay_server.services.floor import Floor
from relay_server.services.steering import move, steer
from relay_server.store import events
from relay_server.store.base import Store, Transaction

FARTHEST = 14 * 24 * 3600.0
"""How far ahead a call back is booked, in seconds."""


@dataclass(frozen=True)
class Promise:
    """Within how many seconds of office hours a message is answered, and a call back made."""

    message: float = 7 * 3600.0
    callback: float = 2 * 3600.0


async def leave_message(
    store: Store, floor: Floor, promise: Promise, actor: TaxpayerActor, request: LeaveMessage, now: float
) -> int:
    """Leave a message for the office one waits for; return the newest seq. Raise CONFLICT, BAD_INPUT, NOT_FOUND."""

    def decide(before: Consultation) -> list[AnyEvent]:
        office, queue = _addressee(floor, before)
        due = due_after(floor.rulebook.directory.calendar_of(queue, office.code), now, promise.message)
        return waiting.leave_message(before, request.text, request.phone, office, due)

    return await steer(store, actor, Action.STEER, request.consultation, decide, now)


async def book_callback(
    store: Store, floor: Floor, promise: Promise, actor: TaxpayerActor, request: BookCallback, now: float
) -> int:
    """Book a call back within office hours; return the newest seq. Raise CONFLICT, BAD_INPUT, NOT_FOUND."""
    if request.at is not None and not now - 60.0 <= request.at <= now + FARTHEST:
        raise BanwenError(ErrorCode.BAD_INPUT, "回电时间请选择今天起两周以内的时间。")

    def decide(before: Consultation) -> list[AnyEvent]:
        office, queue = _addressee(floor, before)
        calendar = floor.rulebook.directory.calendar_of(queue, office.code)
        wished = max(now, request.at or now)
        opens = next_opening(calendar, wished) if calendar is not None else wished
        at = wished if opens is None else opens
        due = due_after(calendar, at, promise.callback)
        return waiting.book_callback(before, request.phone, at, request.text, office, due)

    return await steer(store, actor, Action.STEER, request.consultation, decide, now)


async def take_up(store: Store, floor: Floor, actor: AgentActor, request: TakeUp, now: float) -> int:
    """Take up what was left, or pull one who waits; return the newest seq. Raise GONE, CONFLICT without room."""

    def script() -> Transaction[int]:
        found = yield from events.load(request.consultation)
        serves = found is not None and found.agent is not None and found.agent.id == actor.id
        before = require(actor, Action.READ if serves else Action.TAKE_UP, found)
        wanted = waiting.take_up(before, actor.card)
        yield from floors.require_room(floor, actor.id)
        return (yield from move(before, wanted, now)).last_seq

    return await store.transact(script())


def _addressee(floor: Floor, before: Consultation) -> tuple[Office, str]:
    """Return the office that answers, and the queue whose hours count."""
    if before.ticket is not None and before.state in WAITING:
        return before.ticket.office, before.ticket.queue
    office = floor.rulebook.office_of(before.taxpayer)
    return office, floor.rulebook.line(office).queue
