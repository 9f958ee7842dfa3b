"""One consultation as the agent sees it, folded from its events; and the few transient facts beside them."""

from dataclasses import dataclass, replace
from enum import StrEnum

from agent_app.state.assist import NO_ASSIST, Assist, apply_assist
from agent_app.state.rows import Row, row_of
from relay_protocol.ids import AgentId, ClientId, ConsultationId, OfferId
from relay_protocol.messages import (
    AgentCard,
    Body,
    BusinessContext,
    ConsultationClosed,
    ConsultationOpened,
    ContextReceived,
    Evaluated,
    EventFrame,
    HandOverRequested,
    MessagePosted,
    OfferAccepted,
    Offered,
    OfferReturned,
    ServiceFinished,
    Side,
    TaxpayerCard,
    TicketLeft,
    TicketTaken,
)


class Stage(StrEnum):
    """Where a consultation stands; the names are those of `ConsultationHead.state`."""

    NEW = "new"
    BOT = "bot"
    QUEUED = "queued"
    OFFERED = "offered"
    ACTIVE = "active"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"
    EVALUATED = "evaluated"


@dataclass(frozen=True, slots=True)
class Offer:
    """An agent is asked to take it until `expires_at` (Unix seconds)."""

    id: OfferId
    agent: AgentId
    expires_at: float


@dataclass(frozen=True, slots=True)
class Pending:
    """What the agent has just said and the relay has not confirmed. `progress` of an upload from 0 to 1."""

    client_id: ClientId
    at: float
    body: Body
    progress: float = 1.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Consultation:
    """Everything down to `evaluation` follows from the events alone; the rest is of the moment."""

    id: ConsultationId
    last_seq: int = 0
    stage: Stage = Stage.NEW
    taxpayer: TaxpayerCard | None = None
    channel: str = ""
    contexts: tuple[BusinessContext, ...] = ()
    rows: tuple[Row, ...] = ()
    owner: AgentCard | None = None
    offer: Offer | None = None
    ticket: str = ""
    queued_at: float | None = None
    waiting_since: float | None = None
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
        """The last thing somebody said; system lines do not count."""
        return next((row for row in reversed(self.rows) if row.side is not Side.SYSTEM), None)

    @property
    def name(self) -> str:
        """What to call the taxpayer."""
        return self.taxpayer.name if self.taxpayer and self.taxpayer.name else "匿名纳税人"


def apply_event(old: Consultation, frame: EventFrame) -> Consultation:
    """Fold one event. One already seen changes nothing; nor does one that comes too early, which will come again."""
    if frame.seq != old.last_seq + 1:
        return old
    new = replace(_fold(old, frame), last_seq=frame.seq, changed_at=frame.at)
    row = row_of(frame)
    return new if row is None else replace(new, rows=(*new.rows, row))


def _fold(old: Consultation, frame: EventFrame) -> Consultation:
    event = frame.event
    match event:
        case ConsultationOpened():
            return replace(old, stage=Stage.BOT, taxpayer=event.taxpayer, channel=event.channel)
        case ContextReceived():
            return replace(old, contexts=(*old.contexts, event.context))
        case MessagePosted():
            return _said(old, event, frame.at)
        case HandOverRequested():
            return replace(old, queued_at=frame.at)
        case TicketTaken():
            return replace(old, stage=Stage.QUEUED, ticket=event.number, queued_at=frame.at)
        case TicketLeft():
            return replace(old, stage=Stage.BOT, ticket="", queued_at=None, offer=None)
        case Offered():
            return replace(old, stage=Stage.OFFERED, offer=Offer(event.offer, event.agent.id, event.expires_at))
        case OfferReturned():
            return replace(old, stage=Stage.QUEUED, offer=None)
        case OfferAccepted():
            return replace(old, stage=Stage.ACTIVE, offer=None, owner=event.agent, waiting_since=frame.at)
        case _:
            return _fold_end(replace(old, assist=apply_assist(old.assist, event)), frame)


def _fold_end(old: Consultation, frame: EventFrame) -> Consultation:
    match frame.event:
        case ServiceFinished():
            return replace(old, stage=Stage.WRAP_UP, waiting_since=None)
        case ConsultationClosed():
            stage = Stage.CLOSED if old.evaluation is None else Stage.EVALUATED
            return replace(old, stage=stage, offer=None, waiting_since=None)
        case Evaluated(level=level):
            # Whoever rates before the wrap-up does not excuse the agent from it.
            stage = Stage.EVALUATED if old.stage is Stage.CLOSED else old.stage
            return replace(old, stage=stage, evaluation=level)
        case _:
            return old


def _said(old: Consultation, event: MessagePosted, at: float) -> Consultation:
    """The event replaces the local echo of the same client id, whoever sees it first."""
    pending = tuple(one for one in old.pending if one.client_id != event.client_id)
    waiting = old.waiting_since
    if event.sender.side is Side.AGENT:
        waiting = None
    elif event.sender.side is Side.TAXPAYER and old.stage is Stage.ACTIVE and waiting is None:
        waiting = at
    typing = 0.0 if event.sender.side is Side.TAXPAYER else old.typing_until
    return replace(old, pending=pending, waiting_since=waiting, typing_until=typing)
