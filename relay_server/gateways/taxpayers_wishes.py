"""What a taxpayer's page may wish, as one table: each request with the service that does it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import (
    AskHuman,
    BookCallback,
    ComeBack,
    DeclineAssist,
    EndConsultation,
    Evaluate,
    LeaveMessage,
    LeaveQueue,
    RecallMessage,
    RenewInvitation,
    Request,
    SendContext,
    StepAway,
)
from relay_server.domain.access import TaxpayerActor
from relay_server.gateways.parts import Parts
from relay_server.services import assist, blocks, consultations, taxpayers, tickets, waiting
from relay_server.store.base import Store

Wish = Callable[[Parts, Store, TaxpayerActor, Any, float], Awaitable[int]]


async def do(parts: Parts, store: Store, actor: TaxpayerActor, request: Request, now: float) -> int:
    """Do what the request wishes; return the newest seq. Raise UNSUPPORTED, and what services do."""
    wish = WISHES.get(type(request))
    if wish is None:
        raise BanwenError(ErrorCode.UNSUPPORTED, "服务器不支持这个操作，请刷新页面后重试。")
    return await wish(parts, store, actor, request, now)


async def _send_context(parts: Parts, store: Store, actor: TaxpayerActor, request: SendContext, now: float) -> int:
    app = taxpayers.find_app(parts.apps, actor.app)
    accepted = taxpayers.accept_context(app, parts.modules, actor.subject, request.token, now)
    return await consultations.send_context(store, actor, request.consultation, accepted, now)


async def _ask_human(parts: Parts, store: Store, actor: TaxpayerActor, request: AskHuman, now: float) -> int:
    await store.read(blocks.require_welcome(actor.id, now))
    return await tickets.ask_human(store, actor, request, parts.rulebook.current, now)


async def _renew(parts: Parts, store: Store, actor: TaxpayerActor, request: RenewInvitation, now: float) -> int:
    return await assist.renew(store, parts.bus, actor, request.assist, parts.config.assist.code_lifetime, now)


WISHES: Mapping[type[Request], Wish] = {
    SendContext: _send_context,
    AskHuman: _ask_human,
    StepAway: lambda parts, store, actor, wish, now: tickets.step_away(
        store, actor, wish.consultation, parts.rulebook.current, now
    ),
    ComeBack: lambda parts, store, actor, wish, now: tickets.come_back(store, actor, wish.consultation, now),
    LeaveQueue: lambda parts, store, actor, wish, now: consultations.leave_queue(store, actor, wish.consultation, now),
    LeaveMessage: lambda parts, store, actor, wish, now: waiting.leave_message(
        store, parts.floor, parts.promise, actor, wish, now
    ),
    BookCallback: lambda parts, store, actor, wish, now: waiting.book_callback(
        store, parts.floor, parts.promise, actor, wish, now
    ),
    RecallMessage: lambda parts, store, actor, wish, now: consultations.recall(store, actor, wish, now),
    EndConsultation: lambda parts, store, actor, wish, now: consultations.end(store, actor, wish.consultation, now),
    Evaluate: lambda parts, store, actor, wish, now: consultations.evaluate(store, actor, wish, now),
    RenewInvitation: _renew,
    DeclineAssist: lambda parts, store, actor, wish, now: assist.end(store, actor, wish.assist, now),
}
