"""What each event does to a consultation on the workbench. `apply_event` is the only way its facts move."""

from dataclasses import replace

from agent_app.state.assist import NO_ASSIST, apply_assist
from agent_app.state.consultation import NOT_MINE, Consultation, Offer, Stage, Transfer, Word
from agent_app.state.rows import recalled, row_of
from relay_protocol.ids import AgentId
from relay_protocol.messages import (
    AgentCard,
    Assigned,
    CallbackBooked,
    ColleagueInvited,
    ColleagueJoined,
    ColleagueLeft,
    ConsultationClosed,
    ConsultationOpened,
    ContextReceived,
    Evaluated,
    EventFrame,
    HandOverRequested,
    IdleReminded,
    MessageLeft,
    MessagePosted,
    MessageRecalled,
    OfferAccepted,
    Offered,
    OfferReturned,
    PrivatePosted,
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

Cards = tuple[AgentCard, ...]


def apply_event(old: Consultation, frame: EventFrame) -> Consultation:
    """Fold one event. One already seen changes nothing; nor does one that comes too early, which will come again."""
    if frame.seq != old.last_seq + 1:
        return old
    new = replace(_fold(old, frame), last_seq=frame.seq, changed_at=frame.at)
    row = row_of(frame)
    return new if row is None else replace(new, rows=(*new.rows, row))


def _fold(old: Consultation, frame: EventFrame) -> Consultation:
    for step in (_talk, _queue, _own, _together, _end):
        new = step(old, frame)
        if new is not old:
            return new
    assist = apply_assist(old.assist, frame.event)
    return old if assist is old.assist else replace(old, assist=assist)


def _talk(old: Consultation, frame: EventFrame) -> Consultation:
    match frame.event:
        case ConsultationOpened() as event:
            return replace(old, stage=Stage.BOT, taxpayer=event.taxpayer, channel=event.channel, follows=event.follows)
        case ContextReceived(context=context):
            return replace(old, contexts=(*old.contexts, context))
        case MessagePosted() as event:
            return _said(old, event, frame.at)
        case MessageRecalled() as event:
            return replace(old, rows=recalled(old.rows, event))
        case PrivatePosted(client_id=client_id):
            return replace(old, pending=tuple(one for one in old.pending if one.client_id != client_id))
        case _:
            return old


def _said(old: Consultation, event: MessagePosted, at: float) -> Consultation:
    """The event replaces the local echo of the same client id, whoever sees it first."""
    if event.sender.side is Side.AGENT:
        pending = tuple(one for one in old.pending if one.client_id != event.client_id)
        return replace(old, pending=pending, waiting_since=None)
    if event.sender.side is not Side.TAXPAYER:
        return old
    served = old.stage in (Stage.ACTIVE, Stage.ON_HOLD)
    waiting = at if served and old.waiting_since is None else old.waiting_since
    return replace(old, waiting_since=waiting, typing_until=0.0, preview="", reminded_until=0.0)


def _queue(old: Consultation, frame: EventFrame) -> Consultation:
    """In and out of the queue."""
    match frame.event:
        case HandOverRequested():
            return replace(old, queued_at=frame.at)
        case TicketTaken(number=number, entered_at=entered):
            at = frame.at if entered is None else entered
            return replace(old, stage=Stage.QUEUED, ticket=number, queued_at=at, away_until=0.0, word=None)
        case TicketLeft():
            return replace(old, stage=Stage.BOT, ticket="", queued_at=None, offer=None, away_until=0.0, word=None)
        case Widened(reach=reach):
            return replace(old, reach=reach)
        case TaxpayerAway(until=until):
            return replace(old, away_until=until)
        case TaxpayerBack():
            return replace(old, away_until=0.0)
        case MessageLeft() as left:
            word = Word(left.text, left.phone, left.office, frame.at, left.due_at)
            return replace(old, stage=Stage.MESSAGE_LEFT, word=word)
        case CallbackBooked() as booked:
            word = Word(booked.text, booked.phone, booked.office, booked.at, booked.due_at)
            return replace(old, stage=Stage.CALLBACK_BOOKED, word=word)
        case _:
            return old


def _own(old: Consultation, frame: EventFrame) -> Consultation:
    """From hand to hand."""
    match frame.event:
        case Offered(offer=offer, agent=agent, expires_at=expires):
            return replace(old, stage=Stage.OFFERED, offer=Offer(offer, agent.id, expires))
        case OfferReturned():
            return replace(old, stage=Stage.QUEUED, offer=None)
        case OfferAccepted(agent=agent) | Assigned(agent=agent) | TransferAccepted(agent=agent):
            return _taken(old, agent, frame.at)
        case Released():
            alone = replace(old, stage=Stage.QUEUED, owner=None, assist=NO_ASSIST, waiting_since=None)
            return replace(alone, **NOT_MINE)
        case ServiceHeld():
            return replace(old, stage=Stage.ON_HOLD, waiting_since=None, reminded_until=0.0)
        case ServiceResumed():
            return replace(old, stage=Stage.ACTIVE)
        case IdleReminded(ends_at=ends):
            return replace(old, reminded_until=ends)
        case _:
            return old


def _taken(old: Consultation, agent: AgentCard, at: float) -> Consultation:
    """An agent owns it now; somebody waits for their first word. What was left stays readable in the transcript."""
    parted = _parted(old, agent.id)
    return replace(
        parted,
        stage=Stage.ACTIVE,
        owner=agent,
        offer=None,
        transfer=None,
        word=None,
        waiting_since=at,
        away_until=0.0,
        reminded_until=0.0,
    )


def _together(old: Consultation, frame: EventFrame) -> Consultation:
    """Who else takes part."""
    match frame.event:
        case TransferAsked(agent=AgentCard()) as asked:
            return replace(old, transfer=Transfer.of(asked))
        case TransferReturned():
            return replace(old, transfer=None)
        case ColleagueInvited(agent=agent, by=by, reason=reason):
            return replace(old, invited=_with(old.invited, agent), invited_by=by, invited_why=reason)
        case ColleagueJoined(agent=agent):
            return replace(old, invited=_without(old.invited, agent.id), colleagues=_with(old.colleagues, agent))
        case ColleagueLeft(agent=agent):
            return replace(_parted(old, agent.id), watchers=old.watchers)
        case WatchBegan(agent=agent):
            return replace(old, watchers=_with(old.watchers, agent))
        case WatchEnded(agent=agent):
            return replace(old, watchers=_without(old.watchers, agent.id))
        case _:
            return old


def _end(old: Consultation, frame: EventFrame) -> Consultation:
    match frame.event:
        case ServiceFinished():
            ended = replace(old, stage=Stage.WRAP_UP, waiting_since=None, reminded_until=0.0)
            return replace(ended, **NOT_MINE)
        case ConsultationClosed():
            stage = Stage.CLOSED if old.evaluation is None else Stage.EVALUATED
            return replace(old, stage=stage, offer=None, waiting_since=None, word=None, **NOT_MINE)
        case Reopened():
            return replace(old, stage=Stage.QUEUED, ticket="", queued_at=frame.at)
        case Evaluated(level=level):
            # Whoever rates before the wrap-up does not excuse the agent from it.
            stage = Stage.EVALUATED if old.stage is Stage.CLOSED else old.stage
            return replace(old, stage=stage, evaluation=level)
        case _:
            return old


def _parted(old: Consultation, agent: AgentId) -> Consultation:
    return replace(
        old,
        invited=_without(old.invited, agent),
        colleagues=_without(old.colleagues, agent),
        watchers=_without(old.watchers, agent),
    )


def _with(cards: Cards, agent: AgentCard) -> Cards:
    return (*_without(cards, agent.id), agent)


def _without(cards: Cards, agent: AgentId) -> Cards:
    return tuple(card for card in cards if card.id != agent)
