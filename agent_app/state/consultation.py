"""One consultation as the agent sees it: what its events say, and the few facts of the moment beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent_app.state.assist import NO_ASSIST, Assist
from agent_app.state.rows import Row
from relay_protocol.ids import AgentId, ClientId, ConsultationId, OfferId, TransferId
from relay_protocol.messages import (
    AgentCard,
    Body,
    BusinessContext,
    Office,
    PrivateKind,
    Quote,
    Side,
    TaxpayerCard,
    TransferAsked,
    TransferTarget,
)


class Stage(StrEnum):
    """Where a consultation stands; the names are those of `ConsultationHead.state`."""

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


SERVED = (Stage.ACTIVE, Stage.ON_HOLD)
OWED = (*SERVED, Stage.WRAP_UP)
NOT_MINE: Mapping[str, Any] = {"transfer": None, "invited": (), "colleagues": (), "watchers": ()}
"""What nobody takes part in any longer: the fields as they are then."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An agent is asked to take it until `expires_at` (Unix seconds)."""

    id: OfferId
    agent: AgentId
    expires_at: float


@dataclass(frozen=True, slots=True)
class Transfer:
    """An agent is asked to take it over from another, until `expires_at` (Unix seconds)."""

    id: TransferId
    by: AgentCard
    target: TransferTarget
    agent: AgentId | None
    reason: str
    summary: str
    expires_at: float

    @classmethod
    def of(cls, asked: TransferAsked) -> "Transfer":
        """Return what an event asked."""
        agent = asked.agent.id if asked.agent else None
        return cls(asked.transfer, asked.by, asked.target, agent, asked.reason, asked.summary, asked.expires_at)


@dataclass(frozen=True, slots=True)
class Word:
    """A message that was left, or a call back from `at` on; both answered by `due_at` (Unix seconds)."""

    text: str
    phone: str
    office: Office
    at: float
    due_at: float


@dataclass(frozen=True, slots=True)
class Pending:
    """What the agent has just said and the relay has not confirmed. `progress` of an upload from 0 to 1."""

    client_id: ClientId
    at: float
    body: Body
    progress: float = 1.0
    error: str = ""
    quote: Quote | None = None
    private: PrivateKind | None = None


@dataclass(frozen=True, slots=True)
class Consultation:
    """Everything down to `evaluation` follows from the events alone; the rest is of the moment."""

    id: ConsultationId
    last_seq: int = 0
    stage: Stage = Stage.NEW
    taxpayer: TaxpayerCard | None = None
    channel: str = ""
    follows: ConsultationId | None = None
    contexts: tuple[BusinessContext, ...] = ()
    rows: tuple[Row, ...] = ()
    owner: AgentCard | None = None
    offer: Offer | None = None
    ticket: str = ""
    reach: str = ""
    queued_at: float | None = None
    waiting_since: float | None = None
    away_until: float = 0.0
    reminded_until: float = 0.0
    word: Word | None = None
    transfer: Transfer | None = None
    invited: tuple[AgentCard, ...] = ()
    invited_by: AgentCard | None = None
    invited_why: str = ""
    colleagues: tuple[AgentCard, ...] = ()
    watchers: tuple[AgentCard, ...] = ()
    changed_at: float = 0.0
    assist: Assist = NO_ASSIST
    evaluation: int | None = None
    pending: tuple[Pending, ...] = ()
    followed: bool = True
    delivered: int = 0
    read: int = 0
    looked: int = 0
    online: bool = True
    typing_until: float = 0.0
    preview: str = ""
    viewers: tuple[AgentCard, ...] = ()
    typists: frozenset[AgentId] = frozenset()

    @property
    def context(self) -> BusinessContext | None:
        """Where the taxpayer stands now."""
        return self.contexts[-1] if self.contexts else None

    @property
    def unread(self) -> int:
        """How many of the taxpayer's messages nobody has looked at."""
        return sum(1 for row in self.rows if row.side is Side.TAXPAYER and row.seq > self.looked)

    @property
    def last_words(self) -> Row | None:
        """The last thing somebody said aloud; system lines and what agents say among themselves do not count."""
        said = (row for row in reversed(self.rows) if row.side is not Side.SYSTEM and row.private is None)
        return next(said, None)

    @property
    def name(self) -> str:
        """What to call the taxpayer."""
        return self.taxpayer.name if self.taxpayer and self.taxpayer.name else "匿名纳税人"

    def row_at(self, seq: int) -> Row | None:
        """Return the line that stands at a sequence number."""
        return next((row for row in self.rows if row.seq == seq), None)
