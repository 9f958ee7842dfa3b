"""What each event does to a consultation: `apply` is the only way its state moves."""

from msgspec.structs import replace

from relay_protocol.ids import AgentId, consultation_of
from relay_protocol.messages import (
    AgentCard,
    Assigned,
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRevoked,
    CallbackBooked,
    Choices,
    ColleagueInvited,
    ColleagueJoined,
    ColleagueLeft,
    ConsultationClosed,
    ConsultationOpened,
    ContextReceived,
    Evaluated,
    EventFrame,
    IdleReminded,
    MessageLeft,
    MessagePosted,
    OfferAccepted,
    Offered,
    OfferReturned,
    Released,
    Reopened,
    ServiceFinished,
    ServiceHeld,
    ServiceResumed,
    Side,
    TaxpayerAway,
    TaxpayerBack,
    TicketLeft,
    TicketTaken,
    TransferAccepted,
    TransferAsked,
    TransferReturned,
    WatchBegan,
    WatchEnded,
    Widened,
)
from relay_server.domain.consultation import (
    WITH_BOT,
    Assistance,
    Consultation,
    Offer,
    Segment,
    State,
    Ticket,
    Transfer,
    Word,
)

MEDIA = {
    State.NEW: "bot",
    State.BOT: "bot",
    State.QUEUED: "wait",
    State.OFFERED: "wait",
    State.MESSAGE_LEFT: "wait",
    State.CALLBACK_BOOKED: "wait",
    State.ACTIVE: "text",
    State.ON_HOLD: "hold",
}


def apply(before: Consultation | None, frame: EventFrame) -> Consultation:
    """Return the state after an event. Raise `ValueError` for a log that is not one."""
    event = frame.event
    if isinstance(event, ConsultationOpened):
        return _opened(event, frame)
    if before is None or frame.seq != before.last_seq + 1:
        raise ValueError(f"event {frame.seq} of {frame.stream} does not follow")
    moved = replace(before, last_seq=frame.seq, changed_at=frame.at)
    if isinstance(event, MessagePosted):
        return _said(moved, event, frame.at)
    for step in (_placed, _asked, _served, _together, _assisted):
        after = step(moved, frame)
        if after is not moved:
            return _measured(before, after, frame.at)
    return moved


def _opened(event: ConsultationOpened, frame: EventFrame) -> Consultation:
    return Consultation(
        id=consultation_of(frame.stream),
        taxpayer=event.taxpayer,
        channel=event.channel,
        state=State.NEW,
        opened_at=frame.at,
        changed_at=frame.at,
        last_seq=frame.seq,
        follows=event.follows,
        segments=[Segment("bot", "bot", frame.at)],
    )


def _said(now: Consultation, event: MessagePosted, at: float) -> Consultation:
    if now.state is State.NEW:
        now = replace(now, state=State.BOT)
    match event.sender.side:
        case Side.TAXPAYER:
            return replace(now, spoke_at=at, reminded_until=0.0)
        case Side.AGENT:
            return replace(now, answered_at=at)
        case Side.BOT if now.state in WITH_BOT:
            suggests = isinstance(event.body, Choices) and event.body.purpose == "suggest"
            return replace(now, greeted=True, suggested_page=now.page if suggests else now.suggested_page)
    return now


def _placed(now: Consultation, frame: EventFrame) -> Consultation:
    """Move in and out of the queue."""
    match frame.event:
        case ContextReceived(context=context):
            return replace(now, context=context)
        case TicketTaken() as taken:
            at = frame.at if taken.entered_at is None else taken.entered_at
            ticket = Ticket(taken.queue, taken.number, taken.day, taken.office, at, taken.priority, taken.skills)
            returned = now.returned if now.state is State.QUEUED else {}  # who gave it away is not asked at once
            return replace(_present(now), state=State.QUEUED, ticket=ticket, returned=returned, lapsed=None, word=None)
        case TicketLeft(reason=reason):
            lapsed = now.ticket if reason == "abandoned" else None
            return replace(_present(now), state=State.BOT, ticket=None, offer=None, lapsed=lapsed, lapsed_at=frame.at)
        case Widened(step=step, reach=reach) if now.ticket is not None:
            return replace(now, ticket=replace(now.ticket, step=step, reach=reach))
        case TaxpayerAway(until=until, reason=reason):
            return replace(now, away_until=until, away_reason=reason)
        case TaxpayerBack():
            return _present(now)
        case MessageLeft() as left:
            word = Word(left.text, left.phone, left.office, frame.at, left.due_at)
            return replace(now, state=State.MESSAGE_LEFT, word=word)
        case CallbackBooked() as booked:
            word = Word(booked.text, booked.phone, booked.office, booked.at, booked.due_at)
            return replace(now, state=State.CALLBACK_BOOKED, word=word)
    return now


def _asked(now: Consultation, frame: EventFrame) -> Consultation:
    """Offer it to agents, give it to one, take it from one."""
    match frame.event:
        case Offered(offer=offer, agent=agent, expires_at=expires_at):
            return replace(now, state=State.OFFERED, offer=Offer(offer, agent, expires_at))
        case OfferReturned(agent=agent, reason=reason):
            returned = now.returned if reason == "withdrawn" else {**now.returned, agent.id: frame.at}
            return replace(now, state=State.QUEUED, offer=None, returned=returned)
        case OfferAccepted(agent=agent) | Assigned(agent=agent):
            return _owned(now, agent, frame.at)
        case TransferAccepted(agent=agent):
            return _owned(now, agent, frame.at)
        case Released(agent=agent):
            returned = {agent.id: frame.at}
            return replace(_alone(now), state=State.QUEUED, agent=None, assist=None, returned=returned)
    return now


def _served(now: Consultation, frame: EventFrame) -> Consultation:
    """Hold, go on, end, open again, rate."""
    match frame.event:
        case ServiceHeld():
            return replace(now, state=State.ON_HOLD, reminded_until=0.0)
        case ServiceResumed():
            return replace(now, state=State.ACTIVE)
        case IdleReminded(ends_at=ends_at):
            return replace(now, reminded_until=ends_at)
        case ServiceFinished():
            return replace(_alone(now), state=State.WRAP_UP, assist=None, reminded_until=0.0)
        case ConsultationClosed():
            state = State.EVALUATED if now.level else State.CLOSED
            return replace(_alone(now), state=state, offer=None, assist=None, closed_at=frame.at)
        case Reopened():
            return replace(now, state=State.QUEUED, ticket=None, closed_at=0.0)
        case Evaluated(level=level):
            state = State.EVALUATED if now.state is State.CLOSED else now.state
            return replace(now, state=state, level=level)
    return now


def _together(now: Consultation, frame: EventFrame) -> Consultation:
    """Who else takes part."""
    match frame.event:
        case TransferAsked(transfer=transfer, by=by, agent=AgentCard() as agent, expires_at=expires_at):
            return replace(now, transfer=Transfer(transfer, by, agent, expires_at))
        case TransferReturned():
            return replace(now, transfer=None)
        case ColleagueInvited(agent=agent):
            return replace(now, invited=[*_without(now.invited, agent.id), agent])
        case ColleagueJoined(agent=agent):
            colleagues = [*_without(now.colleagues, agent.id), agent]
            return replace(now, invited=_without(now.invited, agent.id), colleagues=colleagues)
        case ColleagueLeft(agent=agent):
            return replace(_parted(now, agent.id), watchers=now.watchers)
        case WatchBegan(agent=agent):
            return replace(now, watchers=[*_without(now.watchers, agent.id), agent])
        case WatchEnded(agent=agent):
            return replace(now, watchers=_without(now.watchers, agent.id))
    return now


def _assisted(now: Consultation, frame: EventFrame) -> Consultation:
    event = frame.event
    if isinstance(event, AssistAsked):
        return replace(now, assist=Assistance(event.assist, event.agent, event.scope))
    running = now.assist
    if running is None:
        return now
    match event:
        case AssistJoined():
            return replace(now, assist=replace(running, joined=True))
        case AssistGranted(scope=scope) | AssistRevoked(scope=scope):
            return replace(now, assist=replace(running, granted=scope))
        case AssistEnded():
            return replace(now, assist=None)
    return now


def _owned(now: Consultation, agent: AgentCard, at: float) -> Consultation:
    """Give it to an agent. Their part begins; a transfer and an assistance of the one before are over."""
    assist = now.assist if now.agent is not None and now.agent.id == agent.id else None
    mine = replace(_parted(_present(now), agent.id), transfer=None, offer=None, word=None, assist=assist)
    return replace(mine, state=State.ACTIVE, agent=agent, service_began_at=at, reminded_until=0.0)


def _alone(now: Consultation) -> Consultation:
    return replace(now, transfer=None, invited=[], colleagues=[], watchers=[])


def _present(now: Consultation) -> Consultation:
    return replace(now, away_until=0.0, away_reason="")


def _parted(now: Consultation, agent: AgentId) -> Consultation:
    return replace(
        now,
        invited=_without(now.invited, agent),
        colleagues=_without(now.colleagues, agent),
        watchers=_without(now.watchers, agent),
    )


def _without(cards: list[AgentCard], agent: AgentId) -> list[AgentCard]:
    return [card for card in cards if card.id != agent]


def _measured(before: Consultation, now: Consultation, at: float) -> Consultation:
    """Begin and end segments where medium or owner changed."""
    running = [one for one in now.segments if not one.ended_at]
    wanted = _media(now)
    if {(one.kind, one.owner) for one in running} == wanted:
        return now
    kept = [
        one if one.ended_at or (one.kind, one.owner) in wanted else replace(one, ended_at=at) for one in now.segments
    ]
    known = {(one.kind, one.owner) for one in running}
    return replace(now, segments=kept + [Segment(kind, owner, at) for kind, owner in sorted(wanted - known)])


def _media(now: Consultation) -> set[tuple[str, str]]:
    kind = MEDIA.get(now.state)
    main = {(kind, now.owner or "")} if kind is not None else set()
    seen = now.assist is not None and bool(now.assist.granted)
    return main | ({("assist", now.assist.agent.id)} if seen and now.assist is not None else set())
