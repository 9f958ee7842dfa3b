"""From the bot to a person: hand over, ticket, offer, accept; and who is at work."""

from relay_protocol.ids import ConsultationId, OfferId, RequestId
from relay_protocol.messages.base import Event, Fact, Message, Request
from relay_protocol.messages.facts import AgentCard, Office, PresenceState, TaxpayerCard


class AskHuman(Request, frozen=True, kw_only=True):
    """「转人工」. `office` is the code the taxpayer chose after `LocalityAsked`, `skill` what it is about, if known."""

    consultation: ConsultationId
    office: str = ""
    skill: str = ""


class LeaveQueue(Request, frozen=True, kw_only=True):
    """The taxpayer does not want to wait any longer; the bot is there again."""

    consultation: ConsultationId


class StepAway(Request, frozen=True, kw_only=True):
    """The taxpayer goes away for a while, at most ten minutes, and keeps the place."""

    consultation: ConsultationId


class ComeBack(Request, frozen=True, kw_only=True):
    """The taxpayer is there again."""

    consultation: ConsultationId


class LeaveMessage(Request, frozen=True, kw_only=True):
    """Instead of waiting: leave a message that somebody must answer. `phone` may be empty."""

    consultation: ConsultationId
    text: str
    phone: str = ""


class BookCallback(Request, frozen=True, kw_only=True):
    """Instead of waiting: be called back at `phone`, from `at` on (Unix seconds) or as soon as possible."""

    consultation: ConsultationId
    phone: str
    at: float | None = None
    text: str = ""


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
    """Where a taxpayer stands: 「A001，前面 n 人」. `estimate` in seconds, when an honest one exists.

    `reach` names the offices whose agents are asked by now; `away_until` (Unix seconds) is set while the taxpayer is
    away.
    """

    consultation: ConsultationId
    number: str
    ahead: int
    office: str
    estimate: float | None = None
    reach: str = ""
    away_until: float | None = None


class ConsultationHead(Fact, frozen=True, kw_only=True):
    """A consultation as a line of a list. Times in Unix seconds; `entered_at` is 0 without a ticket."""

    consultation: ConsultationId
    state: str
    taxpayer: TaxpayerCard
    last_seq: int
    changed_at: float
    office: Office | None = None
    agent: AgentCard | None = None
    number: str = ""
    entered_at: float = 0.0
    priority: str = ""
    reach: str = ""


class AgentStatus(Fact, frozen=True, kw_only=True):
    """An agent as a supervisor sees them. `since` in Unix seconds; `reachable` says that their workbench is heard."""

    agent: AgentCard
    state: PresenceState
    reason: str
    since: float
    load: int
    capacity: int
    reachable: bool


class FollowBoard(Request, frozen=True, kw_only=True):
    """A supervisor opens (`on`) or closes the board of who waits and who works in their offices."""

    on: bool


class QueueBoard(Message, frozen=True, kw_only=True):
    """Who waits, who left word, and who works, within the reader's offices. Sent when it changes, whole."""

    waiting: list[ConsultationHead]
    left: list[ConsultationHead]
    served: list[ConsultationHead]
    agents: list[AgentStatus]


class ExplainWait(Request, frozen=True, kw_only=True):
    """Why does this consultation wait, or why did it go where it went?"""

    consultation: ConsultationId


class Candidate(Fact, frozen=True, kw_only=True):
    """One agent in a decision. `why` is empty for the one chosen, else why not, in Chinese."""

    number: str
    name: str
    office: str
    why: str


class DecisionLine(Fact, frozen=True, kw_only=True):
    """One decision of dispatch as people read it. `at` in Unix seconds; `chosen` is empty while nobody could serve."""

    at: float
    step: str
    rules: str
    chosen: str
    sentence: str
    candidates: list[Candidate]


class Explanation(Message, frozen=True, kw_only=True):
    """The answer to `ExplainWait`: `summary` in one sentence, then the decisions, oldest first."""

    request_id: RequestId
    consultation: ConsultationId
    summary: str
    decisions: list[DecisionLine]


class TakeUp(Request, frozen=True, kw_only=True):
    """An agent takes up a message that was left or a callback, or pulls one who waits."""

    consultation: ConsultationId


class WorkbenchSnapshot(Message, frozen=True, kw_only=True):
    """What an agent's window starts from, and again after every resume: presence has no replay."""

    me: AgentCard
    presence: PresenceState
    reason: str
    capacity: int
    consultations: list[ConsultationHead]
    roles: list[str] = []


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


class LocalityAsked(Event, frozen=True, kw_only=True):
    """Nothing says which office is competent: the taxpayer chooses, and asks for a person again with the choice."""

    choices: list[Office]


class HumanUnavailable(Event, frozen=True, kw_only=True):
    """Nobody can serve now: leave a message or be called back. `reason` is `closed` or `overflow`.

    `opens_at` (Unix seconds) is when the office opens next, if that is known.
    """

    reason: str
    office: Office
    opens_at: float | None = None


class TicketTaken(Event, frozen=True, kw_only=True):
    """取号: a number of a queue and a day (ISO date).

    `entered_at` (Unix seconds) is set when an earlier place is kept: after a loss, or when a number is resumed.
    `priority` is a class of the rules; `skills` are codes of what it is about.
    """

    queue: str
    number: str
    day: str
    office: Office
    entered_at: float | None = None
    priority: str = "normal"
    skills: list[str] = []


class Widened(Event, frozen=True, kw_only=True):
    """扩大范围: step `step` of the rules is reached; the place is kept. `reach` names whose agents are asked now."""

    step: int
    level: str
    reach: str


class TaxpayerAway(Event, frozen=True, kw_only=True):
    """The taxpayer is gone; the place is kept until `until` (Unix seconds). `reason` is `asked` or `lost`."""

    until: float
    reason: str


class TaxpayerBack(Event, frozen=True, kw_only=True):
    """The taxpayer is there again."""


class MessageLeft(Event, frozen=True, kw_only=True):
    """A message was left; somebody answers it by `due_at` (Unix seconds)."""

    text: str
    phone: str
    office: Office
    due_at: float


class CallbackBooked(Event, frozen=True, kw_only=True):
    """A call back was promised, from `at` on and by `due_at` (Unix seconds)."""

    phone: str
    at: float
    text: str
    office: Office
    due_at: float


class Assigned(Event, frozen=True, kw_only=True):
    """An agent owns it without having been asked: took it up, took it over, was given it, or has it again.

    `reason` is `message`, `callback`, `pulled`, `taken_over`, `reassigned` or `reopened`; `by` is who decided, if it
    was another.
    """

    agent: AgentCard
    reason: str
    by: AgentCard | None = None
    words: str = ""


class Released(Event, frozen=True, kw_only=True):
    """Its agent has it no longer; the queue owns it. `reason` is `lost`, `dismissed`, `transferred` or `reassigned`."""

    agent: AgentCard
    reason: str


class TicketLeft(Event, frozen=True, kw_only=True):
    """The ticket is done without a person. `reason` is `left`, `abandoned`, `message`, `callback` or `overflow`."""

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
