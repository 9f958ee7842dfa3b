"""A consultation as it stands. `fold.apply` alone moves it; `decisions` and its neighbours say what may happen.

    new → bot → queued ⇄ offered → active ⇄ on_hold → wrap_up → closed → evaluated
    bot → closed          queued → bot (left, abandoned)      queued, bot → message_left, callback_booked → active
    active → queued (released, transferred)                   closed, evaluated → queued, active (opened again)

At any time exactly one owner: the bot, the queue, or one agent; nobody once it is closed.
"""

from enum import StrEnum

import msgspec

from relay_protocol.ids import AgentId, AssistId, ClientId, ConsultationId, OfferId, TransferId
from relay_protocol.messages import AgentCard, BusinessContext, Office, Privilege, Side, TaxpayerCard


class State(StrEnum):
    """Where a consultation stands."""

    NEW = "new"
    BOT = "bot"
    QUEUED = "queued"
    OFFERED = "offered"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    MESSAGE_LEFT = "message_left"
    CALLBACK_BOOKED = "callback_booked"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"
    EVALUATED = "evaluated"


WITH_BOT = (State.NEW, State.BOT)
WAITING = (State.QUEUED, State.OFFERED)
LEFT_WORD = (State.MESSAGE_LEFT, State.CALLBACK_BOOKED)
WITH_AGENT = (State.ACTIVE, State.ON_HOLD)
OPEN = (*WITH_BOT, *WAITING, *WITH_AGENT, *LEFT_WORD)
SERVED = (State.OFFERED, State.ACTIVE, State.WRAP_UP)
"""The states that count for an agent's load: what is on hold does not."""
FOLLOWED = (*SERVED, State.ON_HOLD)
OVER = (State.CLOSED, State.EVALUATED)


class Ticket(msgspec.Struct, frozen=True):
    """排队号. `entered_at` decides the place; it never changes while the ticket lives. `step` is how far it widened."""

    queue: str
    number: str
    day: str
    office: Office
    entered_at: float
    priority: str = "normal"
    skills: list[str] = []
    step: int = 0
    reach: str = ""


class Offer(msgspec.Struct, frozen=True):
    """An agent is being asked."""

    id: OfferId
    agent: AgentCard
    expires_at: float


class Transfer(msgspec.Struct, frozen=True):
    """An agent was asked to take it over; until then it stays where it is."""

    id: TransferId
    by: AgentCard
    agent: AgentCard
    expires_at: float


class Word(msgspec.Struct, frozen=True):
    """A message that was left, or a call back that was promised, and by when somebody answers (Unix seconds)."""

    text: str
    phone: str
    office: Office
    at: float
    due_at: float


class Assistance(msgspec.Struct, frozen=True):
    """A remote assistance that runs. `granted` is what the helper said its person allows."""

    id: AssistId
    agent: AgentCard
    scope: list[Privilege]
    joined: bool = False
    granted: list[Privilege] = []


class Segment(msgspec.Struct, frozen=True):
    """服务段: one medium with one owner. `kind` is `bot`, `wait`, `text`, `hold` or `assist`.

    `ended_at` is 0 while it runs.
    """

    kind: str
    owner: str
    began_at: float
    ended_at: float = 0.0


class Consultation(msgspec.Struct, frozen=True):
    """One episode of service. Times in Unix seconds; `returned` says when an agent last gave an offer back.

    `level` is that of the evaluation, 0 without one. `lapsed` is a ticket given up at `lapsed_at`; it may be resumed.
    `spoke_at` is when the taxpayer last said something, `answered_at` when an agent did.
    """

    id: ConsultationId
    taxpayer: TaxpayerCard
    channel: str
    state: State
    opened_at: float
    changed_at: float
    last_seq: int
    context: BusinessContext | None = None
    ticket: Ticket | None = None
    offer: Offer | None = None
    agent: AgentCard | None = None
    assist: Assistance | None = None
    returned: dict[AgentId, float] = {}
    greeted: bool = False
    suggested_page: str = ""
    service_began_at: float = 0.0
    level: int = 0
    follows: ConsultationId | None = None
    transfer: Transfer | None = None
    invited: list[AgentCard] = []
    colleagues: list[AgentCard] = []
    watchers: list[AgentCard] = []
    word: Word | None = None
    lapsed: Ticket | None = None
    lapsed_at: float = 0.0
    away_until: float = 0.0
    away_reason: str = ""
    spoke_at: float = 0.0
    answered_at: float = 0.0
    reminded_until: float = 0.0
    closed_at: float = 0.0
    segments: list[Segment] = []

    @property
    def owner(self) -> str | None:
        """Return `bot`, `queue`, the agent's id, or None once it is closed."""
        if self.state in WITH_BOT:
            return "bot"
        if self.state in WAITING or self.state in LEFT_WORD:
            return "queue"
        if self.agent is not None and (self.state in WITH_AGENT or self.state is State.WRAP_UP):
            return self.agent.id
        return None

    @property
    def serving(self) -> AgentId | None:
        """Return the agent whose load this counts for."""
        if self.offer is not None:
            return self.offer.agent.id
        return self.agent.id if self.agent is not None and self.state in SERVED else None

    @property
    def followers(self) -> frozenset[AgentId]:
        """Return the agents whose workbenches show it: owner, whoever is asked, colleagues, watching supervisors."""
        asked = [one.agent for one in (self.offer, self.transfer) if one is not None]
        owner = [self.agent] if self.agent is not None and self.state in FOLLOWED else []
        return frozenset(card.id for card in (*asked, *owner, *self.invited, *self.colleagues, *self.watchers))

    @property
    def office(self) -> Office | None:
        """Return the office it belongs to: that of its ticket, of what was left, or the taxpayer's own."""
        if self.ticket is not None:
            return self.ticket.office
        return self.word.office if self.word is not None else self.taxpayer.office

    @property
    def page(self) -> str:
        """Return what tells one page of the e-tax site from another."""
        return f"{self.context.module}/{self.context.page}/{self.context.error}" if self.context else ""


def client_key(client_id: ClientId, side: Side) -> str:
    """Return what makes a message unique in its stream: two sides may choose the same client id."""
    return f"{side}:{client_id}"
