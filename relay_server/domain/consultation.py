"""A consultation as the sum of its events: `apply` is the only way its state moves.

    bot → queued ⇄ offered → active → wrap_up → closed → evaluated
    bot → closed      queued → bot      active → wrap_up, even when the taxpayer ends it

An evaluation may come as soon as the conversation is over; it makes `evaluated` of `closed`, now or later.

At any time exactly one owner: the bot, the queue, or one agent; nobody once it is closed.
"""

from enum import StrEnum

import msgspec

from relay_protocol.ids import AgentId, AssistId, ClientId, ConsultationId, OfferId, consultation_of
from relay_protocol.messages import (
    AgentCard,
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRefused,
    AssistRevoked,
    BusinessContext,
    Choices,
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
    Office,
    Privilege,
    ServiceFinished,
    Side,
    TaxpayerCard,
    TicketLeft,
    TicketTaken,
)


class State(StrEnum):
    """Where a consultation stands."""

    BOT = "bot"
    QUEUED = "queued"
    OFFERED = "offered"
    ACTIVE = "active"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"
    EVALUATED = "evaluated"


OPEN = (State.BOT, State.QUEUED, State.OFFERED, State.ACTIVE)
WAITING = (State.QUEUED, State.OFFERED)
SERVED = (State.OFFERED, State.ACTIVE, State.WRAP_UP)


class Ticket(msgspec.Struct, frozen=True):
    """排队号. `entered_at` decides the place; it never changes while the ticket lives."""

    queue: str
    number: str
    day: str
    office: Office
    entered_at: float


class Offer(msgspec.Struct, frozen=True):
    """An agent is being asked."""

    id: OfferId
    agent: AgentCard
    expires_at: float


class Assistance(msgspec.Struct, frozen=True):
    """A remote assistance that runs. `granted` is what the helper said its person allows."""

    id: AssistId
    agent: AgentCard
    scope: list[Privilege]
    joined: bool = False
    granted: list[Privilege] = []


class Consultation(msgspec.Struct, frozen=True):
    """One episode of service. Times in Unix seconds; `returned` says when an agent last gave an offer back.

    `level` is that of the evaluation, 0 without one.
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

    @property
    def owner(self) -> str | None:
        """Return `bot`, `queue`, the agent's id, or None once it is closed."""
        if self.state is State.BOT:
            return "bot"
        if self.state in WAITING:
            return "queue"
        if self.state in (State.ACTIVE, State.WRAP_UP) and self.agent is not None:
            return self.agent.id
        return None

    @property
    def serving(self) -> AgentId | None:
        """Return the agent whose load this counts for."""
        if self.offer is not None:
            return self.offer.agent.id
        return self.agent.id if self.agent is not None and self.state in SERVED else None

    @property
    def page(self) -> str:
        """Return what tells one page of the e-tax site from another."""
        return f"{self.context.module}/{self.context.page}/{self.context.error}" if self.context else ""


def apply(before: Consultation | None, frame: EventFrame) -> Consultation:
    """Return the state after an event. Raise `ValueError` for a log that is not one."""
    event = frame.event
    if isinstance(event, ConsultationOpened):
        return _opened(event, frame)
    if before is None or frame.seq != before.last_seq + 1:
        raise ValueError(f"event {frame.seq} of {frame.stream} does not follow")
    moved = msgspec.structs.replace(before, last_seq=frame.seq, changed_at=frame.at)
    return _assist(_service(_queue(_talk(moved, frame), frame), frame), frame)


def _opened(event: ConsultationOpened, frame: EventFrame) -> Consultation:
    return Consultation(
        id=consultation_of(frame.stream),
        taxpayer=event.taxpayer,
        channel=event.channel,
        state=State.BOT,
        opened_at=frame.at,
        changed_at=frame.at,
        last_seq=frame.seq,
    )


def _talk(now: Consultation, frame: EventFrame) -> Consultation:
    match frame.event:
        case ContextReceived(context=context):
            return msgspec.structs.replace(now, context=context)
        case MessagePosted(sender=sender, body=body) if sender.side is Side.BOT:
            suggests = isinstance(body, Choices) and body.purpose == "suggest"
            return msgspec.structs.replace(
                now, greeted=True, suggested_page=now.page if suggests else now.suggested_page
            )
    return now


def _queue(now: Consultation, frame: EventFrame) -> Consultation:
    match frame.event:
        case TicketTaken(queue=queue, number=number, day=day, office=office):
            ticket = Ticket(queue, number, day, office, frame.at)
            return msgspec.structs.replace(now, state=State.QUEUED, ticket=ticket, returned={})
        case TicketLeft():
            return msgspec.structs.replace(now, state=State.BOT, ticket=None, offer=None)
        case Offered(offer=offer, agent=agent, expires_at=expires_at):
            return msgspec.structs.replace(now, state=State.OFFERED, offer=Offer(offer, agent, expires_at))
        case OfferReturned(agent=agent):
            returned = {**now.returned, agent.id: frame.at}
            return msgspec.structs.replace(now, state=State.QUEUED, offer=None, returned=returned)
        case OfferAccepted(agent=agent):
            return msgspec.structs.replace(now, state=State.ACTIVE, offer=None, agent=agent, service_began_at=frame.at)
        case HandOverRequested():
            return now
    return now


def _service(now: Consultation, frame: EventFrame) -> Consultation:
    match frame.event:
        case ServiceFinished():
            return msgspec.structs.replace(now, state=State.WRAP_UP, assist=None)
        case ConsultationClosed():
            state = State.EVALUATED if now.level else State.CLOSED
            return msgspec.structs.replace(now, state=state, offer=None, assist=None)
        case Evaluated(level=level):
            state = State.EVALUATED if now.state is State.CLOSED else now.state
            return msgspec.structs.replace(now, state=state, level=level)
    return now


def _assist(now: Consultation, frame: EventFrame) -> Consultation:
    event = frame.event
    if isinstance(event, AssistAsked):
        return msgspec.structs.replace(now, assist=Assistance(event.assist, event.agent, event.scope))
    running = now.assist
    if running is None:
        return now
    match event:
        case AssistJoined():
            return msgspec.structs.replace(now, assist=msgspec.structs.replace(running, joined=True))
        case AssistGranted(scope=scope) | AssistRevoked(scope=scope):
            return msgspec.structs.replace(now, assist=msgspec.structs.replace(running, granted=scope))
        case AssistRefused():
            return now
        case AssistEnded():
            return msgspec.structs.replace(now, assist=None)
    return now


def client_key(client_id: ClientId, side: Side) -> str:
    """Return what makes a message unique in its stream: two sides may choose the same client id."""
    return f"{side}:{client_id}"
