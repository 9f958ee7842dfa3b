"""What agents do with a consultation together: hold and go on, invite, whisper and note, watch, take over, reassign."""

from collections.abc import Sequence

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ClientId, ConsultationId, consultation_stream
from relay_protocol.messages import (
    AnswerInvitation,
    AnyEvent,
    InviteColleague,
    LeaveConsultation,
    PostPrivate,
    PrivateKind,
    PutOnHold,
    Reassign,
    ResumeService,
    TakeOver,
    WatchConsultation,
)
from relay_server.domain import teamwork, waiting
from relay_server.domain.access import Action, AgentActor, require
from relay_server.domain.consultation import WITH_AGENT, Consultation
from relay_server.domain.decisions import check_text, conflict
from relay_server.services import floor as floors
from relay_server.services.floor import Floor
from relay_server.services.steering import move, steer, steer_by
from relay_server.services.tickets import new_ticket
from relay_server.store import events
from relay_server.store.base import Store, Transaction


async def hold(store: Store, actor: AgentActor, request: PutOnHold, now: float) -> int:
    """Wait for the taxpayer; the agent has room for another. Return the newest seq."""

    def decide(before: Consultation) -> Sequence[AnyEvent]:
        return teamwork.hold(before, request.reason)

    return await steer(store, actor, Action.SERVE, request.consultation, decide, now)


async def resume(store: Store, floor: Floor, actor: AgentActor, request: ResumeService, now: float) -> int:
    """Go on with what was on hold; return the newest seq. Raise CONFLICT without room."""

    def script() -> Transaction[int]:
        before = require(actor, Action.SERVE, (yield from events.load(request.consultation)))
        wanted = teamwork.resume(before, "agent")
        if wanted:
            yield from floors.require_room(floor, actor.id)
        return (yield from move(before, wanted, now)).last_seq

    return await store.transact(script())


async def invite(store: Store, floor: Floor, actor: AgentActor, request: InviteColleague, now: float) -> int:
    """Ask a colleague to join; return the newest seq. Raise NOT_FOUND, CONFLICT, BAD_INPUT."""

    def decide(before: Consultation) -> Transaction[Sequence[AnyEvent]]:
        card = yield from floors.require_agent(floor, request.agent)
        if not floor.reach.reachable(card.id, now, floor.rulebook.fallback.unreachable_after):
            raise conflict(f"{card.name}现在不在线，请邀请其他同事，或转到队列。")
        return teamwork.invite(before, actor.card, card, request.reason)

    return await steer_by(store, actor, Action.SERVE, request.consultation, decide, now)


async def answer_invitation(store: Store, actor: AgentActor, request: AnswerInvitation, now: float) -> int:
    """Join or decline; return the newest seq. Raise GONE when the invitation is over."""

    def decide(before: Consultation) -> Sequence[AnyEvent]:
        return teamwork.answer_invitation(before, actor.card, request.accept)

    return await steer(store, actor, Action.READ, request.consultation, decide, now)


async def leave(store: Store, actor: AgentActor, request: LeaveConsultation, now: float) -> int:
    """Leave, or ask a colleague to leave; return the newest seq."""
    removes = request.agent is not None and request.agent != actor.id

    def decide(before: Consultation) -> Sequence[AnyEvent]:
        if not removes:
            return teamwork.part(before, actor.card, "left")
        who = next((card for card in (*before.invited, *before.colleagues) if card.id == request.agent), None)
        return teamwork.part(before, who, "removed") if who is not None else []

    action = Action.SERVE if removes else Action.READ
    return await steer(store, actor, action, request.consultation, decide, now)


async def post_private(store: Store, actor: AgentActor, request: PostPrivate, now: float) -> int:
    """Say something that only agents ever see, once; return its seq."""
    key = ClientId(f"private:{actor.id}:{request.client_id}")
    action = Action.WHISPER if request.kind is PrivateKind.WHISPER else Action.NOTE

    def script() -> Transaction[int]:
        earlier = yield from events.posted(consultation_stream(request.consultation), key)
        before = require(actor, action, (yield from events.load(request.consultation)))
        if earlier is not None:
            return earlier
        said = teamwork.note(before, actor.card, request.client_id, request.kind, request.text)
        return (yield from events.append(before.id, before, said, now, key)).last_seq

    return await store.transact(script())


async def watch(store: Store, actor: AgentActor, request: WatchConsultation, now: float) -> int:
    """Look on; return the newest seq."""

    def decide(before: Consultation) -> Sequence[AnyEvent]:
        return teamwork.watch(before, actor.card, request.reason)

    return await steer(store, actor, Action.WATCH, request.consultation, decide, now)


async def take_over(store: Store, actor: AgentActor, request: TakeOver, now: float) -> int:
    """Serve it from now on, even beyond one's own limit: the supervisor decides. Return the newest seq."""

    def decide(before: Consultation) -> Sequence[AnyEvent]:
        return teamwork.take_over(before, actor.card, None, request.reason)

    return await steer(store, actor, Action.TAKE_OVER, request.consultation, decide, now)


async def reassign(store: Store, floor: Floor, actor: AgentActor, request: Reassign, now: float) -> int:
    """Give it to another agent, or back to the head of the queue; return the newest seq."""
    return await store.transact(reassigning(floor, actor, request, now))


def reassigning(floor: Floor, actor: AgentActor, request: Reassign, now: float) -> Transaction[int]:
    """Do the same as a step of a script."""
    before = require(actor, Action.REASSIGN, (yield from events.load(request.consultation)))
    if request.agent:
        card = yield from floors.require_can_take(floor, request.agent, now)
        wanted = teamwork.take_over(before, card, actor.card, request.reason)
    else:
        wanted = yield from _back_to_queue(floor, before, request.reason, now)
    return (yield from move(before, wanted, now)).last_seq


def to_head(floor: Floor, before: Consultation, reason: str, now: float) -> Transaction[list[AnyEvent]]:
    """Take it from its agent; it is the head of the queue."""
    if before.ticket is not None:
        ticket = waiting.again(before.ticket, waiting.RETURNED)
    else:
        line = floor.rulebook.line(floor.rulebook.office_of(before.taxpayer))
        ticket = yield from new_ticket(line, now, priority=waiting.RETURNED)
    return waiting.release(before, reason, ticket)


def _back_to_queue(floor: Floor, before: Consultation, reason: str, now: float) -> Transaction[list[AnyEvent]]:
    check_text(reason, 200)
    if before.state not in WITH_AGENT:
        raise conflict("没有座席在服务这次咨询，不需要退回队列。")
    return (yield from to_head(floor, before, "reassigned", now))


def require_readable(actor: AgentActor, consultation: ConsultationId) -> Transaction[Consultation]:
    """Return a consultation an agent may list. Raise NOT_FOUND."""
    found = yield from events.load(consultation)
    if found is None:
        raise BanwenError(ErrorCode.NOT_FOUND, "没有找到这次咨询，请刷新列表。")
    return require(actor, Action.LIST, found)
