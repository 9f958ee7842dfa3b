"""转接: to an agent, who answers first; to a queue or an office, at once. At no moment is it nobody's."""

from collections.abc import Callable, Sequence

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, TransferId
from relay_protocol.messages import (
    AnswerTransfer,
    AnyEvent,
    AskTransfer,
    CancelTransfer,
    PresenceState,
    TargetKind,
    TransferTarget,
)
from relay_server.domain import decisions, teamwork, waiting
from relay_server.domain.access import Action, AgentActor, require
from relay_server.domain.consultation import WITH_AGENT, Consultation
from relay_server.domain.rulebook import Line
from relay_server.services import floor as floors
from relay_server.services.floor import Floor
from relay_server.services.steering import move, steer
from relay_server.services.tickets import new_ticket
from relay_server.store import events
from relay_server.store.base import Store, Transaction

ANSWER_SECONDS = 60.0
"""How long the agent who was asked may think."""


async def ask(
    store: Store, floor: Floor, actor: AgentActor, request: AskTransfer, new_id: Callable[[], str], now: float
) -> int:
    """Ask an agent, or give it to a queue or an office; return the newest seq.

    Raise `BanwenError`: NOT_FOUND, CONFLICT for a target that cannot take it or is closed, BAD_INPUT.
    """
    transfer = TransferId(new_id())

    def script() -> Transaction[int]:
        before = require(actor, Action.TRANSFER, (yield from events.load(request.consultation)))
        if request.target.kind is TargetKind.AGENT:
            wanted = yield from _to_agent(floor, actor, before, request, transfer, now)
        else:
            wanted = yield from _to_line(floor, actor, before, request, transfer, now)
        return (yield from move(before, wanted, now)).last_seq

    return await store.transact(script())


async def cancel(store: Store, actor: AgentActor, request: CancelTransfer, now: float) -> int:
    """Keep it after all; return the newest seq."""

    def decide(before: Consultation) -> Sequence[AnyEvent]:
        return decisions.end_transfer(before, "cancelled")

    return await steer(store, actor, Action.TRANSFER, request.consultation, decide, now)


async def answer(store: Store, floor: Floor, actor: AgentActor, request: AnswerTransfer, now: float) -> int:
    """Take it or refuse it; return the newest seq. Raise GONE when nobody asks any more, CONFLICT without room."""

    def script() -> Transaction[int]:
        before = require(actor, Action.READ, (yield from events.load(request.consultation)))
        wanted = teamwork.answer_transfer(before, request.transfer, actor.card, request.accept, request.reason)
        if request.accept:
            yield from floors.require_room(floor, actor.id)
        return (yield from move(before, wanted, now)).last_seq

    return await store.transact(script())


async def expire_transfers(store: Store, floor: Floor, now: float) -> int:
    """Return what nobody answered, or whose agent is gone; return how many that were."""
    served = await store.read(events.consultations(WITH_AGENT))
    asked = [one for one in served if one.transfer is not None]
    if not asked:
        return 0
    attendance = await store.read(events.read_attendance())
    lost_after = floor.rulebook.fallback.lost_after

    def is_gone(agent: AgentId) -> bool:
        said = attendance.get(agent)
        offline = said is None or said.state is PresenceState.OFFLINE
        return offline or floor.reach.silence(agent, now) > lost_after

    gone = frozenset(one.transfer.agent.id for one in asked if one.transfer and is_gone(one.transfer.agent.id))
    due = [one for one in asked if teamwork.expire_transfer(one, now, gone)]
    for one in due:
        await store.transact(_expire(one, gone, now))
    return len(due)


def _expire(one: Consultation, gone: frozenset[AgentId], now: float) -> Transaction[None]:
    before = yield from events.load(one.id)
    if before is not None:
        yield from move(before, teamwork.expire_transfer(before, now, gone), now)


def _to_agent(
    floor: Floor, actor: AgentActor, before: Consultation, request: AskTransfer, transfer: TransferId, now: float
) -> Transaction[list[AnyEvent]]:
    card = yield from floors.require_can_take(floor, AgentId(request.target.code), now)
    target = TransferTarget(kind=TargetKind.AGENT, code=card.id, name=f"{card.number} {card.name}")
    expires = now + ANSWER_SECONDS
    return teamwork.ask_transfer(
        before, transfer, actor.card, target, request.reason, request.summary, card, expires_at=expires
    )


def _to_line(
    floor: Floor, actor: AgentActor, before: Consultation, request: AskTransfer, transfer: TransferId, now: float
) -> Transaction[list[AnyEvent]]:
    line, name = _line(floor, request.target)
    if floor.rulebook.closed_until(line, now)[0]:
        raise decisions.conflict(f"{name}现在不在办公时间，不能转接；可转给其他机构，或请纳税人留言。")
    target = TransferTarget(kind=request.target.kind, code=request.target.code, name=name)
    asked = teamwork.ask_transfer(before, transfer, actor.card, target, request.reason, request.summary)
    ticket = yield from new_ticket(line, now, priority=waiting.TRANSFERRED)
    return teamwork.queue_transfer(before, asked, ticket)


def _line(floor: Floor, target: TransferTarget) -> tuple[Line, str]:
    known = floor.rulebook.directory
    if target.kind is TargetKind.QUEUE and (queue := known.queues.get(target.code)):
        return Line(queue.code, known.cards[queue.office], tuple(queue.skills)), queue.name
    if target.kind is TargetKind.OFFICE and (office := known.cards.get(target.code)):
        return floor.rulebook.line(office), office.name
    raise BanwenError(ErrorCode.NOT_FOUND, "没有找到这个队列或机构，请刷新名单后重选。")
