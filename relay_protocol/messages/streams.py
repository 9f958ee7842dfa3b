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
from relay_protocol.messages.chat import (
    ConsultationOpened,
    ContextReceived,
    Erased,
    MessagePosted,
    MessageRecalled,
    Redacted,
)
from relay_protocol.messages.closing import (
    ConsultationClosed,
    Evaluated,
    IdleReminded,
    Reopened,
    ServiceFinished,
    ServiceHeld,
    ServiceResumed,
    WrappedUp,
)
from relay_protocol.messages.queueing import (
    Assigned,
    CallbackBooked,
    HandOverRequested,
    HumanUnavailable,
    LocalityAsked,
    MessageLeft,
    OfferAccepted,
    Offered,
    OfferReturned,
    Released,
    TaxpayerAway,
    TaxpayerBack,
    TicketLeft,
    TicketTaken,
    Widened,
)
from relay_protocol.messages.settings import (
    NoAnswerCounted,
    PresenceChanged,
    RecordsRead,
    SettingChanged,
    TaxpayerBlocked,
    TaxpayerErased,
    TaxpayerUnblocked,
    WebhookTried,
)
from relay_protocol.messages.together import (
    ColleagueInvited,
    ColleagueJoined,
    ColleagueLeft,
    PrivatePosted,
    TransferAccepted,
    TransferAsked,
    TransferReturned,
    WatchBegan,
    WatchEnded,
)

ConsultationEvent = (
    ConsultationOpened
    | ContextReceived
    | MessagePosted
    | MessageRecalled
    | Redacted
    | Erased
    | HandOverRequested
    | LocalityAsked
    | HumanUnavailable
    | TicketTaken
    | Widened
    | TaxpayerAway
    | TaxpayerBack
    | MessageLeft
    | CallbackBooked
    | Assigned
    | Released
    | TicketLeft
    | Offered
    | OfferAccepted
    | OfferReturned
    | TransferAsked
    | TransferAccepted
    | TransferReturned
    | ColleagueInvited
    | ColleagueJoined
    | ColleagueLeft
    | WatchBegan
    | WatchEnded
    | PrivatePosted
    | AssistAsked
    | AssistJoined
    | AssistGranted
    | AssistRefused
    | AssistRevoked
    | AssistEnded
    | ServiceHeld
    | ServiceResumed
    | IdleReminded
    | ServiceFinished
    | WrappedUp
    | ConsultationClosed
    | Reopened
    | Evaluated
)
"""What may stand in the stream of a consultation."""

AnyEvent = (
    ConsultationEvent
    | SettingChanged
    | PresenceChanged
    | NoAnswerCounted
    | TaxpayerBlocked
    | TaxpayerUnblocked
    | TaxpayerErased
    | WebhookTried
    | RecordsRead
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
