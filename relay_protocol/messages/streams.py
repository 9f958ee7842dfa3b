"""How events travel: each in a frame that says which stream it belongs to and where it stands there."""

from relay_protocol.ids import RequestId, Stream
from relay_protocol.messages.assist import (
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRefused,
    AssistRevoked,
)
from relay_protocol.messages.base import Message, Request
from relay_protocol.messages.chat import ConsultationOpened, ContextReceived, MessagePosted, Redacted
from relay_protocol.messages.closing import ConsultationClosed, Evaluated, ServiceFinished, WrappedUp
from relay_protocol.messages.queueing import (
    HandOverRequested,
    OfferAccepted,
    Offered,
    OfferReturned,
    TicketLeft,
    TicketTaken,
)

AnyEvent = (
    ConsultationOpened
    | ContextReceived
    | MessagePosted
    | Redacted
    | HandOverRequested
    | TicketTaken
    | TicketLeft
    | Offered
    | OfferAccepted
    | OfferReturned
    | AssistAsked
    | AssistJoined
    | AssistGranted
    | AssistRefused
    | AssistRevoked
    | AssistEnded
    | ServiceFinished
    | WrappedUp
    | ConsultationClosed
    | Evaluated
)


class EventFrame(Message, frozen=True, kw_only=True):
    """One event at its place. `seq` counts from 1 without gaps in each stream; `at` is in Unix seconds."""

    stream: Stream
    seq: int
    at: float
    event: AnyEvent


class LoadHistory(Request, frozen=True, kw_only=True):
    """Ask for at most `limit` events before `before`, when a replay would be too long."""

    stream: Stream
    before: int
    limit: int = 100


class History(Message, frozen=True, kw_only=True):
    """The answer to `LoadHistory`, oldest first."""

    request_id: RequestId
    frames: list[EventFrame]
