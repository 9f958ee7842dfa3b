"""Operations on the log and its projections: consultations, tickets, receipts, presence.

Each function is a step of a transaction script: `found = yield from load(consultation)`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relay_protocol.ids import AgentId, ClientId, ConsultationId, Stream, TaxpayerId, consultation_stream
from relay_protocol.messages import AnyEvent, EventFrame, PresenceState, Side
from relay_server.domain.consultation import Consultation, State
from relay_server.domain.fold import apply
from relay_server.store.base import Appended, Committed, Operation, Transaction
from relay_server.store.followers import move_followers


@dataclass(frozen=True)
class Seen:
    """How far one side has received and read."""

    delivered: int = 0
    read: int = 0


@dataclass(frozen=True)
class Attendance:
    """What an agent said of themselves, since when, and since when they had nothing new to do (Unix seconds)."""

    agent: AgentId
    state: PresenceState
    reason: str
    since: float
    idle_since: float


@dataclass(frozen=True)
class Load(Operation):
    """One consultation."""

    consultation: ConsultationId


@dataclass(frozen=True)
class FindOpen(Operation):
    """The open consultation of a taxpayer."""

    taxpayer: TaxpayerId


@dataclass(frozen=True)
class PeekOpen(Operation):
    """The same for who only wants to know of it."""

    taxpayer: TaxpayerId


@dataclass(frozen=True)
class List(Operation):
    """Consultations in these states, the newest first, as far as all that is given fits.

    `offices` None means any office; `since` ≤ opened at < `until` in Unix seconds; `before` is the last id of the page
    before; `limit` 0 means all.
    """

    states: tuple[State, ...]
    agent: str = ""
    taxpayer: str = ""
    offices: tuple[str, ...] | None = None
    since: float = 0.0
    until: float = math.inf
    before: str = ""
    limit: int = 0


@dataclass(frozen=True)
class Append(Operation):
    """Events of one stream with the state they lead to; their seq is in the frames. `client_id` names the first.

    `before` lets a store write only what changed.
    """

    frames: tuple[EventFrame, ...]
    before: Consultation | None
    state: Consultation
    client_id: str = ""


@dataclass(frozen=True)
class Record(Operation):
    """Events of a stream that is no consultation; the store gives them their seq."""

    stream: Stream
    events: tuple[AnyEvent, ...]
    at: float


@dataclass(frozen=True)
class ReadHead(Operation):
    """The seq of the last event of a stream, 0 if it has none."""

    stream: Stream


@dataclass(frozen=True)
class Recall(Operation):
    """A message was taken back: from now on readers find `Recalled` in place of its words."""

    stream: Stream
    seq: int


@dataclass(frozen=True)
class FindPosted(Operation):
    """Where a message with this client id stands."""

    stream: Stream
    client_id: str


@dataclass(frozen=True)
class ReadEvents(Operation):
    """Events with `after` < seq < `before`, oldest first; the newest `limit` of them if `latest`.

    `originals` also gives the words of messages that were taken back; only auditors may see them.
    """

    stream: Stream
    after: int
    before: int
    limit: int
    latest: bool
    originals: bool = False


@dataclass(frozen=True)
class NextNumber(Operation):
    """The next number of a queue and a day, counting from 1."""

    queue: str
    day: str


@dataclass(frozen=True)
class MoveSeen(Operation):
    """Move a side's cursors forward; the answer is the new place, or None if nothing moved."""

    consultation: ConsultationId
    side: Side
    seen: Seen


@dataclass(frozen=True)
class ReadSeen(Operation):
    """Both sides' cursors."""

    consultation: ConsultationId


@dataclass(frozen=True)
class PutNote(Operation):
    """What the bot remembers of a consultation: JSON, empty to forget."""

    consultation: ConsultationId
    note: str


@dataclass(frozen=True)
class ReadNote(Operation):
    """What the bot remembers."""

    consultation: ConsultationId


@dataclass(frozen=True)
class PutAttendance(Operation):
    """What an agent says of themselves."""

    attendance: Attendance


@dataclass(frozen=True)
class MarkIdle(Operation):
    """An agent is idle from `at` on, if they ever were at work."""

    agent: AgentId
    at: float


@dataclass(frozen=True)
class ReadAttendance(Operation):
    """Everybody's attendance."""


def load(consultation: ConsultationId) -> Transaction[Consultation | None]:
    """Return a consultation."""
    found: Consultation | None = yield Load(consultation)
    return found


def open_of(taxpayer: TaxpayerId) -> Transaction[Consultation | None]:
    """Return the open consultation of a taxpayer, to be changed in this transaction."""
    found: Consultation | None = yield FindOpen(taxpayer)
    return found


def peek_open(taxpayer: TaxpayerId) -> Transaction[Consultation | None]:
    """Return the open consultation of a taxpayer as it is now; it may go on meanwhile."""
    found: Consultation | None = yield PeekOpen(taxpayer)
    return found


def consultations(
    states: Sequence[State],
    *,
    agent: str = "",
    taxpayer: str = "",
    offices: Iterable[str] | None = None,
    since: float = 0.0,
    until: float = math.inf,
    before: str = "",
    limit: int = 0,
) -> Transaction[list[Consultation]]:
    """Return consultations in these states, newest first; of these offices only, if given.

    `since` ≤ opened at < `until` in Unix seconds; `before` is the last id of the page before.
    """
    codes = None if offices is None else tuple(offices)
    found: list[Consultation] = yield List(tuple(states), agent, taxpayer, codes, since, until, before, limit)
    return found


def append(
    consultation: ConsultationId,
    state: Consultation | None,
    events: Sequence[AnyEvent],
    now: float,
    client_id: str = "",
) -> Transaction[Consultation]:
    """Append events after `state` and return the state that follows; the projection moves with them."""
    if state is not None and not events:
        return state
    written = numbered(state, events, now, consultation, client_id)
    yield written
    yield from move_followers(written.before, written.state)
    return written.state


def record(stream: Stream, events: Sequence[AnyEvent], now: float) -> Transaction[int]:
    """Add events to a stream that is no consultation; return the seq of the last one."""
    appended: Appended = yield Record(stream, tuple(events), now)
    return appended.events[-1].frame.seq


def stream_head(stream: Stream) -> Transaction[int]:
    """Return the seq of the last event of a stream, 0 if it has none."""
    head: int = yield ReadHead(stream)
    return head


def recall(stream: Stream, seq: int) -> Transaction[None]:
    """Take the words of a message back; auditors still find them."""
    yield Recall(stream, seq)


def posted(stream: Stream, client_id: ClientId) -> Transaction[int | None]:
    """Return the seq of the message with this client id."""
    seq: int | None = yield FindPosted(stream, client_id)
    return seq


def events_after(stream: Stream, after: int, limit: int) -> Transaction[list[Committed]]:
    """Return at most `limit` events after `after`, oldest first."""
    found: list[Committed] = yield ReadEvents(stream, after, 2**62, limit, latest=False)
    return found


def originals_after(stream: Stream, after: int, limit: int) -> Transaction[list[Committed]]:
    """Return at most `limit` events after `after` with the words that were taken back, for auditors."""
    found: list[Committed] = yield ReadEvents(stream, after, 2**62, limit, latest=False, originals=True)
    return found


def events_before(stream: Stream, before: int, limit: int) -> Transaction[list[Committed]]:
    """Return the last `limit` events before `before`, oldest first."""
    found: list[Committed] = yield ReadEvents(stream, 0, before, limit, latest=True)
    return found


def next_number(queue: str, day: str) -> Transaction[int]:
    """Return the next number of a queue and an ISO day."""
    number: int = yield NextNumber(queue, day)
    return number


def move_seen(consultation: ConsultationId, side: Side, seen: Seen) -> Transaction[Seen | None]:
    """Move cursors forward, never back; None if nothing moved."""
    moved: Seen | None = yield MoveSeen(consultation, side, seen)
    return moved


def read_seen(consultation: ConsultationId) -> Transaction[dict[Side, Seen]]:
    """Return both sides' cursors."""
    found: dict[Side, Seen] = yield ReadSeen(consultation)
    return found


def put_note(consultation: ConsultationId, note: str) -> Transaction[None]:
    """Remember the bot's place in a dialogue."""
    yield PutNote(consultation, note)


def read_note(consultation: ConsultationId) -> Transaction[str]:
    """Return what the bot remembers; empty for nothing."""
    note: str = yield ReadNote(consultation)
    return note


def put_attendance(attendance: Attendance) -> Transaction[None]:
    """Remember what an agent said of themselves."""
    yield PutAttendance(attendance)


def mark_idle(agent: AgentId, at: float) -> Transaction[None]:
    """Let an agent's idleness begin anew: something was given to them, or is done."""
    yield MarkIdle(agent, at)


def read_attendance() -> Transaction[dict[AgentId, Attendance]]:
    """Return everybody's attendance."""
    found: dict[AgentId, Attendance] = yield ReadAttendance()
    return found


def numbered(
    state: Consultation | None,
    events: Sequence[AnyEvent],
    now: float,
    consultation: ConsultationId | None = None,
    client_id: str = "",
) -> Append:
    """Number events after `state` and find the state they lead to. A consultation that begins brings its id."""
    known = state.id if state is not None else consultation
    if known is None or not events:
        raise ValueError("nothing to append")
    frames, before = [], state
    for event in events:
        seq = (state.last_seq if state else 0) + 1
        frame = EventFrame(stream=consultation_stream(known), seq=seq, at=now, event=event)
        state = apply(state, frame)
        frames.append(frame)
    if state is None:
        raise ValueError("nothing to append")
    return Append(tuple(frames), before, state, client_id)
