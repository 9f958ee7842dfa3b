"""Working together: transfer, invite, the private line, watching, taking over, and who else is looking."""

from enum import StrEnum

from relay_protocol.ids import AgentId, ClientId, ConsultationId, TaxpayerId, TransferId
from relay_protocol.messages.base import Event, Fact, Message, Request
from relay_protocol.messages.facts import AgentCard


class TargetKind(StrEnum):
    """To whom something is transferred."""

    AGENT = "agent"
    QUEUE = "queue"
    OFFICE = "office"


class PrivateKind(StrEnum):
    """What agents write to each other. A whisper is for those who serve now, a note for whoever reads it later."""

    WHISPER = "whisper"
    NOTE = "note"


class TransferTarget(Fact, frozen=True, kw_only=True):
    """An agent by id, a queue or an office by code. The relay fills in the name."""

    kind: TargetKind
    code: str
    name: str = ""


class AskTransfer(Request, frozen=True, kw_only=True):
    """转接: the agent stays the owner until the target has accepted. `summary` is what the next one must know."""

    consultation: ConsultationId
    target: TransferTarget
    reason: str
    summary: str


class CancelTransfer(Request, frozen=True, kw_only=True):
    """The agent keeps it after all."""

    consultation: ConsultationId


class AnswerTransfer(Request, frozen=True, kw_only=True):
    """The agent asked takes it, or refuses with a reason."""

    consultation: ConsultationId
    transfer: TransferId
    accept: bool
    reason: str = ""


class InviteColleague(Request, frozen=True, kw_only=True):
    """A colleague is asked to join; the owner stays the owner."""

    consultation: ConsultationId
    agent: AgentId
    reason: str = ""


class AnswerInvitation(Request, frozen=True, kw_only=True):
    """The colleague joins or declines."""

    consultation: ConsultationId
    accept: bool
    reason: str = ""


class LeaveConsultation(Request, frozen=True, kw_only=True):
    """A colleague or a watching supervisor leaves; with `agent`, the owner asks that colleague to leave."""

    consultation: ConsultationId
    agent: AgentId | None = None


class PostPrivate(Request, frozen=True, kw_only=True):
    """Say something that only agents see: a whisper or a note. One per `client_id`."""

    consultation: ConsultationId
    client_id: ClientId
    kind: PrivateKind
    text: str


class WatchConsultation(Request, frozen=True, kw_only=True):
    """A supervisor looks on."""

    consultation: ConsultationId
    reason: str = ""


class TakeOver(Request, frozen=True, kw_only=True):
    """A supervisor serves it from now on."""

    consultation: ConsultationId
    reason: str


class Reassign(Request, frozen=True, kw_only=True):
    """A supervisor gives it to another agent, or back to the queue with an empty `agent`."""

    consultation: ConsultationId
    agent: AgentId | None
    reason: str


class BlockTaxpayer(Request, frozen=True, kw_only=True):
    """Nobody serves this person for `days`; the consultation ends."""

    consultation: ConsultationId
    days: float
    reason: str


class UnblockTaxpayer(Request, frozen=True, kw_only=True):
    """The block is lifted."""

    taxpayer: TaxpayerId
    reason: str


class LookAt(Message, frozen=True, kw_only=True):
    """This window shows this consultation now, or none. Never stored."""

    consultation: ConsultationId | None
    typing: bool = False


class Viewers(Message, frozen=True, kw_only=True):
    """Which agents look at a consultation at this moment, and which of them type. Never stored."""

    consultation: ConsultationId
    looking: list[AgentCard]
    typing: list[AgentId] = []


class TransferAsked(Event, frozen=True, kw_only=True):
    """A transfer to an agent waits for the answer until `expires_at` (Unix seconds).

    One to a queue or an office is done at once: `Released` and a ticket follow. `agent` is set for the first kind.
    """

    transfer: TransferId
    by: AgentCard
    target: TransferTarget
    reason: str
    summary: str
    agent: AgentCard | None = None
    expires_at: float = 0.0


class TransferAccepted(Event, frozen=True, kw_only=True):
    """The agent asked owns it now."""

    transfer: TransferId
    agent: AgentCard


class TransferReturned(Event, frozen=True, kw_only=True):
    """The owner keeps it. `reason` is `declined`, `expired`, `offline` or `cancelled`, `words` what the target said."""

    transfer: TransferId
    reason: str
    words: str = ""


class ColleagueInvited(Event, frozen=True, kw_only=True):
    """A colleague was asked to join."""

    by: AgentCard
    agent: AgentCard
    reason: str


class ColleagueJoined(Event, frozen=True, kw_only=True):
    """A colleague takes part; both sides see it."""

    agent: AgentCard


class ColleagueLeft(Event, frozen=True, kw_only=True):
    """A colleague takes part no longer, or declined. `reason` is `left`, `declined`, `removed` or `closed`."""

    agent: AgentCard
    reason: str


class WatchBegan(Event, frozen=True, kw_only=True):
    """A supervisor looks on; kept because looking is answered for."""

    agent: AgentCard
    reason: str


class WatchEnded(Event, frozen=True, kw_only=True):
    """A supervisor looks on no longer."""

    agent: AgentCard


class PrivatePosted(Event, frozen=True, kw_only=True):
    """Agents said something among themselves. It never reaches a taxpayer."""

    client_id: ClientId
    agent: AgentCard
    kind: PrivateKind
    text: str
