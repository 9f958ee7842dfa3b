"""What a workbench may wish, as one table: each request with the service that does it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import (
    AcceptOffer,
    AnswerInvitation,
    AnswerTransfer,
    AskAssist,
    AskTransfer,
    BlockTaxpayer,
    CancelTransfer,
    DeclineOffer,
    EndAssist,
    FinishService,
    InviteColleague,
    LeaveConsultation,
    PostPrivate,
    PutOnHold,
    Reassign,
    RecallMessage,
    Request,
    ResumeService,
    SetPresence,
    SubmitWrapUp,
    TakeOver,
    TakeUp,
    UnblockTaxpayer,
    WatchConsultation,
)
from relay_server.domain.access import Action, AgentActor, require_ever
from relay_server.gateways.parts import Parts
from relay_server.services import assist, blocks, consultations, dispatch, presence, teamwork, transfers, waiting
from relay_server.store.base import Store

Wish = Callable[[Parts, Store, AgentActor, Any, float], Awaitable[int | None]]


async def do(parts: Parts, store: Store, actor: AgentActor, request: Request, now: float) -> int | None:
    """Do what the request wishes; return the newest seq of its consultation. Raise UNSUPPORTED, or what services do."""
    wish = WISHES.get(type(request))
    if wish is None:
        raise BanwenError(ErrorCode.UNSUPPORTED, "服务器不支持这个操作，请更新工作台后重试。")
    return await wish(parts, store, actor, request, now)


async def _set_presence(parts: Parts, store: Store, actor: AgentActor, request: SetPresence, now: float) -> None:
    require_ever(actor, Action.ANSWER_OFFER)
    await presence.set_presence(store, actor, request.state, request.reason, now)


async def _ask_assist(parts: Parts, store: Store, actor: AgentActor, request: AskAssist, now: float) -> int:
    lifetime = parts.config.assist.code_lifetime
    return await assist.ask(store, parts.bus, actor, request, lifetime, parts.new_id, now)


async def _wrap_up(parts: Parts, store: Store, actor: AgentActor, request: SubmitWrapUp, now: float) -> int:
    named = parts.config.catalogue
    business, question_types = list(named.business), list(named.question_type)
    return await consultations.submit_wrap_up(store, actor, request, business, question_types, now)


WISHES: Mapping[type[Request], Wish] = {
    SetPresence: _set_presence,
    AcceptOffer: lambda parts, store, actor, wish, now: dispatch.accept(store, actor, wish, now),
    DeclineOffer: lambda parts, store, actor, wish, now: dispatch.decline(
        store, actor, wish, parts.rulebook.current, now
    ),
    TakeUp: lambda parts, store, actor, wish, now: waiting.take_up(store, parts.floor, actor, wish, now),
    RecallMessage: lambda parts, store, actor, wish, now: consultations.recall(store, actor, wish, now),
    PutOnHold: lambda parts, store, actor, wish, now: teamwork.hold(store, actor, wish, now),
    ResumeService: lambda parts, store, actor, wish, now: teamwork.resume(store, parts.floor, actor, wish, now),
    AskTransfer: lambda parts, store, actor, wish, now: transfers.ask(
        store, parts.floor, actor, wish, parts.new_id, now
    ),
    CancelTransfer: lambda parts, store, actor, wish, now: transfers.cancel(store, actor, wish, now),
    AnswerTransfer: lambda parts, store, actor, wish, now: transfers.answer(store, parts.floor, actor, wish, now),
    InviteColleague: lambda parts, store, actor, wish, now: teamwork.invite(store, parts.floor, actor, wish, now),
    AnswerInvitation: lambda parts, store, actor, wish, now: teamwork.answer_invitation(store, actor, wish, now),
    LeaveConsultation: lambda parts, store, actor, wish, now: teamwork.leave(store, actor, wish, now),
    PostPrivate: lambda parts, store, actor, wish, now: teamwork.post_private(store, actor, wish, now),
    WatchConsultation: lambda parts, store, actor, wish, now: teamwork.watch(store, actor, wish, now),
    TakeOver: lambda parts, store, actor, wish, now: teamwork.take_over(store, actor, wish, now),
    Reassign: lambda parts, store, actor, wish, now: teamwork.reassign(store, parts.floor, actor, wish, now),
    BlockTaxpayer: lambda parts, store, actor, wish, now: blocks.block(store, actor, wish, now),
    UnblockTaxpayer: lambda parts, store, actor, wish, now: blocks.unblock(store, actor, wish, now),
    AskAssist: _ask_assist,
    EndAssist: lambda parts, store, actor, wish, now: assist.end(store, actor, wish.assist, now),
    FinishService: lambda parts, store, actor, wish, now: consultations.finish(store, actor, wish.consultation, now),
    SubmitWrapUp: _wrap_up,
}
