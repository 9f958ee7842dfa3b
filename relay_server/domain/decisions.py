"""What may happen to a consultation: each function returns the events a wish leads to, or says in Chinese why not."""

from collections.abc import Sequence

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AssistId, ClientId, OfferId
from relay_protocol.messages import (
    TEXT_LIMIT,
    AgentCard,
    AnyEvent,
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRefused,
    AssistRevoked,
    Body,
    BusinessContext,
    ConsultationClosed,
    ContextReceived,
    Evaluate,
    Evaluated,
    EventFrame,
    HandOverRequested,
    MessagePosted,
    MessageRecalled,
    Notice,
    OfferAccepted,
    Offered,
    OfferReturned,
    Privilege,
    Quote,
    Recalled,
    ReportAssist,
    Sender,
    ServiceFinished,
    ServiceResumed,
    Side,
    SubmitWrapUp,
    Text,
    TicketLeft,
    TransferReturned,
    WrappedUp,
)
from relay_server.domain.consultation import (
    LEFT_WORD,
    OPEN,
    WAITING,
    WITH_AGENT,
    WITH_BOT,
    Assistance,
    Consultation,
    State,
)

LEVELS = range(1, 6)
LONGEST_NOTE = 2000
RECALL_SECONDS = 120.0


def conflict(sentence: str) -> BanwenError:
    """Return the refusal of something that does not fit the state the consultation is in."""
    return BanwenError(ErrorCode.CONFLICT, sentence)


def post(
    now: Consultation, sender: Sender, client_id: ClientId, body: Body, quote: Quote | None = None
) -> list[AnyEvent]:
    """Say something; an agent's word ends a hold. Raise CONFLICT when it is over, BAD_INPUT for no or endless text."""
    if now.state not in OPEN:
        raise conflict("本次咨询已结束，不能继续发送。如有新的问题，请重新发起咨询。")
    if isinstance(body, Text):
        check_text(body.text, TEXT_LIMIT)
    said = MessagePosted(client_id=client_id, sender=sender, body=body, quote=quote)
    if now.state is State.ON_HOLD and sender.side is Side.AGENT:
        return [ServiceResumed(by="agent"), said]
    return [said]


def recall(now: Consultation, target: EventFrame | None, sender: Sender, at: float) -> list[AnyEvent]:
    """Take back an own message. Raise NOT_FOUND for what is not one's own, CONFLICT when it is too late or over."""
    said = target.event if target is not None else None
    if target is None or not isinstance(said, MessagePosted) or _who(said.sender) != _who(sender):
        raise BanwenError(ErrorCode.NOT_FOUND, "只能撤回自己发送的消息。")
    if isinstance(said.body, Recalled):
        return []
    if now.state not in OPEN:
        raise conflict("本次咨询已结束，不能再撤回消息。")
    if at - target.at > RECALL_SECONDS:
        raise conflict("发送超过 2 分钟的消息不能撤回，请另发一条说明。")
    return [MessageRecalled(target=target.seq, sender=sender)]


def notice(client_id: ClientId, sentence: str) -> MessagePosted:
    """Return a line of the bot."""
    return MessagePosted(client_id=client_id, sender=Sender(side=Side.BOT), body=Notice(text=sentence))


def hand_over(now: Consultation, reason: str) -> list[AnyEvent]:
    """Ask for a person; asking twice changes nothing. Raise CONFLICT when the consultation is over."""
    if now.state not in OPEN:
        raise conflict("本次咨询已结束，请重新发起咨询后再转人工。")
    return [HandOverRequested(reason=reason)] if now.state in WITH_BOT else []


def leave_queue(now: Consultation, reason: str = "left") -> list[AnyEvent]:
    """Leave, or withdraw what was left; the bot is there again. An offer under way goes back first.

    Raise CONFLICT when nobody waits.
    """
    if now.state not in WAITING and now.state not in LEFT_WORD:
        raise conflict("您当前没有在排队。")
    return [*give_back(now, "withdrawn"), TicketLeft(reason=reason)]


def offer(now: Consultation, offer_id: OfferId, agent: AgentCard, expires_at: float) -> list[AnyEvent]:
    """Offer to an agent; nothing if it does not wait any more."""
    return [Offered(offer=offer_id, agent=agent, expires_at=expires_at)] if now.state is State.QUEUED else []


def accept(now: Consultation, offer_id: OfferId, agent: AgentCard) -> list[AnyEvent]:
    """Take what was offered. Raise GONE when the offer is no longer this agent's."""
    if now.state is State.ACTIVE and now.agent is not None and now.agent.id == agent.id:
        return []
    if now.offer is None or now.offer.id != offer_id or now.offer.agent.id != agent.id:
        raise BanwenError(ErrorCode.GONE, "该咨询已不在等待您接入，可能已超时转给其他座席。")
    return [OfferAccepted(offer=offer_id, agent=agent)]


def decline(now: Consultation, offer_id: OfferId, reason: str) -> list[AnyEvent]:
    """Give an offer back; nothing if it is another one by now."""
    return give_back(now, reason) if now.offer is not None and now.offer.id == offer_id else []


def give_back(now: Consultation, reason: str) -> list[AnyEvent]:
    """Take an offer from its agent; the taxpayer keeps the place."""
    if now.offer is None:
        return []
    return [OfferReturned(offer=now.offer.id, agent=now.offer.agent, reason=reason)]


def move_context(now: Consultation, context: BusinessContext) -> list[AnyEvent]:
    """Record where the taxpayer is; the same place twice is no news. Nothing once the consultation is over."""
    if now.state not in OPEN or _same_place(now.context, context):
        return []
    return [ContextReceived(context=context)]


def finish(now: Consultation, by: str) -> list[AnyEvent]:
    """End the conversation: an agent owes the wrap-up, a consultation without one is closed.

    Raise CONFLICT when it is over already.
    """
    if now.state not in OPEN:
        raise conflict("本次咨询已经结束。")
    if now.state in LEFT_WORD:
        raise conflict("您的留言或回电预约已登记，工作人员处理后会自动结束；如不再需要，请先取消。")
    ended = end_assist(now, "closed")
    if now.state in WITH_AGENT:
        return [*ended, *end_transfer(now, "cancelled"), ServiceFinished(by=by)]
    reason = "contained" if now.state in WITH_BOT else "left"
    left: list[AnyEvent] = leave_queue(now) if now.state in WAITING else []
    return [*ended, *left, ConsultationClosed(reason=reason)]


def end_transfer(now: Consultation, reason: str, words: str = "") -> list[AnyEvent]:
    """End a transfer that waits for its answer, if one does; the owner keeps it."""
    if now.transfer is None:
        return []
    return [TransferReturned(transfer=now.transfer.id, reason=reason, words=words)]


def wrap_up(
    now: Consultation, agent: AgentCard, request: SubmitWrapUp, business: Sequence[str], question_types: Sequence[str]
) -> list[AnyEvent]:
    """Write the 小结 and close. Raise BAD_INPUT for anything missing, CONFLICT before the conversation is over."""
    if now.state in WITH_AGENT:
        raise conflict("请先结束服务，再提交小结。")
    if now.state is not State.WRAP_UP:
        raise conflict("本次咨询的小结已经提交。")
    if request.business not in business or request.question_type not in question_types:
        raise BanwenError(ErrorCode.BAD_INPUT, "请选择业务类别和问题类型后再提交小结。")
    check_text(request.text, LONGEST_NOTE)
    written = WrappedUp(
        business=request.business,
        question_type=request.question_type,
        resolution=request.resolution,
        text=request.text.strip(),
        agent=agent,
    )
    return [written, ConsultationClosed(reason="wrapped_up")]


def evaluate(now: Consultation, request: Evaluate) -> list[AnyEvent]:
    """Rate the service once. Raise CONFLICT for a second time or an open consultation, BAD_INPUT for other levels."""
    if now.level:
        raise conflict("您已经评价过本次服务，感谢您的支持。")
    if now.state in OPEN:
        raise conflict("服务结束后才能评价。")
    if request.level not in LEVELS:
        raise BanwenError(ErrorCode.BAD_INPUT, "请从五个满意度等级中选择一个。")
    reasons = [reason[:40] for reason in request.reasons[:10]]
    return [Evaluated(level=request.level, reasons=reasons, text=request.text[:LONGEST_NOTE])]


def ask_assist(now: Consultation, assist: AssistId, agent: AgentCard, scope: Sequence[Privilege]) -> list[AnyEvent]:
    """Ask to see the screen; one assistance at a time, a new one ends the old. Raise CONFLICT, BAD_INPUT."""
    if now.state is not State.ACTIVE:
        raise conflict("接入咨询后才能发起远程协助。")
    if Privilege.VIEW not in scope:
        raise BanwenError(ErrorCode.BAD_INPUT, "远程协助须先请求查看屏幕。")
    return [*end_assist(now, "agent"), AssistAsked(assist=assist, agent=agent, scope=list(scope))]


def end_assist(now: Consultation, reason: str) -> list[AnyEvent]:
    """End the assistance that runs, if one does."""
    return [AssistEnded(assist=now.assist.id, reason=reason)] if now.assist is not None else []


def report_assist(now: Consultation, report: ReportAssist) -> list[AnyEvent]:
    """Record what the helper says its person decided. Raise GONE for an assistance that is over, BAD_INPUT."""
    running = now.assist
    if running is None or running.id != report.assist:
        raise BanwenError(ErrorCode.GONE, "本次远程协助已结束。")
    if report.change == "joined":
        return [] if running.joined else [AssistJoined(assist=running.id)]
    return _decided(running, report)


def _decided(running: Assistance, report: ReportAssist) -> list[AnyEvent]:
    match report.change:
        case "granted":
            return [AssistGranted(assist=running.id, scope=report.scope)]
        case "refused":
            return [AssistRefused(assist=running.id, scope=report.scope, reason=report.reason[:40])]
        case "revoked":
            return [AssistRevoked(assist=running.id, scope=report.scope, reason=report.reason[:40])]
        case "ended":
            return [AssistEnded(assist=running.id, reason=report.reason[:40] or "taxpayer")]
    raise BanwenError(ErrorCode.BAD_INPUT, "无法识别的协助状态，请更新协助程序。", change=report.change[:40])


def check_text(text: str, limit: int) -> None:
    """Raise BAD_INPUT for words that are none, or too many."""
    if not text.strip():
        raise BanwenError(ErrorCode.BAD_INPUT, "内容不能为空。")
    if len(text) > limit:
        raise BanwenError(ErrorCode.BAD_INPUT, f"内容太长，请控制在 {limit} 字以内。")


def _who(sender: Sender) -> tuple[Side, str]:
    return sender.side, sender.agent or ""


def _same_place(before: BusinessContext | None, after: BusinessContext) -> bool:
    if before is None:
        return False
    fields = ("module", "page", "function", "form", "period", "error", "elements", "verified")
    return all(getattr(before, name) == getattr(after, name) for name in fields)
