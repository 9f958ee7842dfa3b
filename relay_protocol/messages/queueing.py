"""From the bot to a person: hand over, ticket, offer, accept; and who is at work."""

from relay_protocol.ids import ConsultationId, OfferId
from relay_protocol.messages.base import Event, Fact, Message, Request
from relay_protocol.messages.facts import AgentCard, Office, PresenceState, TaxpayerCard


class AskHuman(Request, frozen=True, kw_only=True):
    """「转人工」."""

    consultation: ConsultationId


class LeaveQueue(Request, frozen=True, kw_only=True):
    """The taxpayer does not want to wait any longer; the bot is there again."""

    consultation: ConsultationId


class SetPresence(Request, frozen=True, kw_only=True):
    """An agent is ready, busy, or on a break with a reason."""

    state: PresenceState
    reason: str = ""


class AcceptOffer(Request, frozen=True, kw_only=True):
    """An agent takes the consultation offered."""

    consultation: ConsultationId
    offer: OfferId


class DeclineOffer(Request, frozen=True, kw_only=True):
    """An agent cannot take it; the taxpayer keeps the place."""

    consultation: ConsultationId
    offer: OfferId
    reason: str = ""


class QueuePosition(Message, frozen=True, kw_only=True):
    """Where a taxpayer stands: 「A001，前面 n 人」. `estimate` in seconds, when an honest one exists."""

    consultation: ConsultationId
    number: str
    ahead: int
    office: str
    estimate: float | None = None


class ConsultationHead(Fact, frozen=True, kw_only=True):
    """A consultation as a line of a list. Times in Unix seconds."""

    consultation: ConsultationId
    state: str
    taxpayer: TaxpayerCard
    last_seq: int
    changed_at: float


class WorkbenchSnapshot(Message, frozen=True, kw_only=True):
    """What an agent's window starts from, and again after every resume: presence has no replay."""

    me: AgentCard
    presence: PresenceState
    reason: str
    capacity: int
    consultations: list[ConsultationHead]


class QueueSummary(Message, frozen=True, kw_only=True):
    """How many wait for this agent's queues, and since when the first of them waits (Unix seconds)."""

    waiting: int
    oldest_at: float | None = None


class StreamClosed(Message, frozen=True, kw_only=True):
    """This client no longer follows the consultation: the offer went elsewhere, or it was transferred."""

    consultation: ConsultationId


class HandOverRequested(Event, frozen=True, kw_only=True):
    """转人工: from here on the bot is silent. `reason` is `asked`, `no_answer`, `dialogue` or `error`."""

    reason: str


class TicketTaken(Event, frozen=True, kw_only=True):
    """取号: a number of a queue and a day (ISO date)."""

    queue: str
    number: str
    day: str
    office: Office


class TicketLeft(Event, frozen=True, kw_only=True):
    """The taxpayer left the queue. `reason` is `left` or `abandoned`."""

    reason: str


class Offered(Event, frozen=True, kw_only=True):
    """An agent is asked to take it, until `expires_at` (Unix seconds)."""

    offer: OfferId
    agent: AgentCard
    expires_at: float


class OfferAccepted(Event, frozen=True, kw_only=True):
    """The agent took it and owns it now."""

    offer: OfferId
    agent: AgentCard


class OfferReturned(Event, frozen=True, kw_only=True):
    """The offer came back and the place is kept. `reason` is `declined`, `expired`, `offline` or `withdrawn`."""

    offer: OfferId
    agent: AgentCard
    reason: str
