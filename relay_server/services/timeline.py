"""The whole story of a consultation as lines people read: bot, text, tickets, assistance, wrap-up, evaluation."""

from collections.abc import Mapping

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, consultation_stream
from relay_protocol.messages import (
    Answer,
    AnyEvent,
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRefused,
    AssistRevoked,
    Body,
    Choices,
    ConsultationClosed,
    ConsultationOpened,
    ContextReceived,
    Evaluated,
    EventFrame,
    File,
    HandOverRequested,
    Image,
    MessagePosted,
    NoAnswer,
    Notice,
    OfferAccepted,
    Offered,
    OfferReturned,
    Privilege,
    Recalled,
    Redacted,
    Resolution,
    ServiceFinished,
    Side,
    Text,
    TicketLeft,
    TicketTaken,
    Voice,
    WrappedUp,
)
from relay_server.domain.consultation import Consultation
from relay_server.services.timeline_events import happened_outside, waited, worked_together
from relay_server.store import events
from relay_server.store.base import Store, Transaction

PAGE = 500
SIDES = {Side.TAXPAYER: "纳税人", Side.AGENT: "座席", Side.BOT: "智能助手", Side.SYSTEM: "系统"}
PRIVILEGES = {Privilege.VIEW: "查看屏幕", Privilege.CONTROL: "控制鼠标键盘"}
LEVELS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
RESOLUTIONS: Mapping[str, str] = {
    Resolution.RESOLVED: "已解决",
    Resolution.WORK_ORDER: "转工单",
    Resolution.UNRESOLVED: "未解决",
    Resolution.INVALID: "无效咨询",
}
REASONS: Mapping[str, str] = {
    "asked": "纳税人要求",
    "no_answer": "没有答案",
    "dialogue": "办理引导转人工",
    "error": "智能助手故障",
    "left": "纳税人离开",
    "abandoned": "超时放弃",
    "declined": "婉拒",
    "expired": "超时未接",
    "offline": "座席离线",
    "withdrawn": "已撤回",
    "refused": "纳税人不同意",
    "timeout": "一分钟内未确认",
    "unbound": "座席身份未通过核验",
    "button": "按下停止按钮",
    "hotkey": "按下停止热键",
    "lost": "连接中断",
    "policy": "到达时限",
    "taxpayer": "纳税人",
    "agent": "座席",
    "closed": "咨询结束",
    "wrapped_up": "小结已提交",
    "contained": "智能助手已解答",
    "message": "已留言",
    "callback": "已预约回电",
    "overflow": "暂无座席",
    "blocked": "已拉黑",
    "idle": "长时间没有回复",
    "dismissed": "座席账号停用",
    "transferred": "转接",
    "reassigned": "改派",
    "taken_over": "接管",
    "reopened": "纳税人回来",
    "pulled": "主动接入",
    "removed": "请其离开",
    "cancelled": "已取消",
    "strikes": "多次未接",
    "supervisor": "管理员设置",
}


class Line(msgspec.Struct, frozen=True):
    """One event as people read it, and as programs do. `at` in Unix seconds."""

    seq: int
    at: float
    text: str
    event: AnyEvent


class Story(msgspec.Struct, frozen=True):
    """A consultation with everything that happened in it."""

    consultation: Consultation
    lines: list[Line]


async def story(store: Store, consultation: ConsultationId, catalogue: Mapping[str, str]) -> Story:
    """Return the whole timeline; `catalogue` names the codes of a wrap-up. Raise `BanwenError(NOT_FOUND)`."""

    def script() -> Transaction[Story]:
        found = yield from events.load(consultation)
        if found is None:
            raise BanwenError(ErrorCode.NOT_FOUND, "没有这个编号的咨询，请用 consultations list 查看。")
        lines: list[Line] = []
        while len(lines) < found.last_seq:
            page = yield from events.events_after(consultation_stream(consultation), len(lines), PAGE)
            lines += [line_of(one.frame, catalogue) for one in page]
        return Story(found, lines)

    return await store.read(script())


def line_of(frame: EventFrame, catalogue: Mapping[str, str]) -> Line:
    """Return an event as people read it."""
    return Line(frame.seq, frame.at, sentence(frame.event, catalogue), frame.event)


def sentence(event: AnyEvent, catalogue: Mapping[str, str]) -> str:
    """Return one Chinese line for an event; a code nobody names any more stands for itself."""
    match event:
        case MessagePosted(sender=sender, body=body):
            who = f"{SIDES[sender.side]}{f'（{sender.name}）' if sender.name else ''}"
            return f"{who}：{_body(body)}"
        case ConsultationOpened(taxpayer=taxpayer, channel=channel):
            return f"咨询开始：{taxpayer.name}，渠道 {channel}"
        case ContextReceived(context=context):
            place = [context.page, context.function, context.form, context.period, context.error]
            return f"页面：{' · '.join(part for part in place if part)}{'' if context.verified else '（未验证）'}"
        case Redacted():
            return "（内容不可见）"
    return (
        _queueing(event)
        or _assistance(event)
        or _closing(event, catalogue)
        or waited(event, reason_words)
        or worked_together(event, reason_words)
        or happened_outside(event, reason_words)
    )


def _body(body: Body) -> str:
    match body:
        case Text(text=text) | Notice(text=text) | NoAnswer(text=text):
            return text
        case Image(attachment=attachment):
            return f"［图片 {attachment.name} {attachment.width}×{attachment.height}］"
        case File(attachment=attachment):
            return f"［文件 {attachment.name} {attachment.size} 字节］"
        case Answer(entry=entry, revision=revision, title=title, text=text):
            return f"［知识 {entry} 版本 {revision}］{title} — {text}"
        case Choices(text=text, options=options):
            return f"{text} {' / '.join(option.title for option in options)}"
        case Voice(seconds=seconds):
            return f"［语音 {seconds:.0f} 秒］"
        case Recalled():
            return "［消息已撤回］"


def _queueing(event: AnyEvent) -> str:
    match event:
        case HandOverRequested(reason=reason):
            return f"转人工（{reason_words(reason)}）"
        case TicketTaken(number=number, office=office):
            return f"取号 {number}，受理机构 {office.name}"
        case TicketLeft(reason=reason):
            return f"离开排队（{reason_words(reason)}）"
        case Offered(agent=agent):
            return f"派给 {agent.number} {agent.name}（{agent.office.name}）"
        case OfferAccepted(agent=agent):
            return f"{agent.number} {agent.name} 接入"
        case OfferReturned(agent=agent, reason=reason):
            return f"{agent.number} {agent.name} 未接入（{reason_words(reason)}），保留位置"
    return ""


def _assistance(event: AnyEvent) -> str:
    match event:
        case AssistAsked(agent=agent, scope=scope):
            return f"远程协助：{agent.name} 请求{_scope(scope)}"
        case AssistJoined():
            return "远程协助：协助程序已连接"
        case AssistGranted(scope=scope):
            return f"远程协助：纳税人授权{_scope(scope)}"
        case AssistRefused(scope=scope, reason=reason):
            return f"远程协助：未授权{_scope(scope)}（{reason_words(reason)}）"
        case AssistRevoked(scope=scope, reason=reason):
            left = f"，仍允许{_scope(scope)}" if scope else ""
            return f"远程协助：纳税人收回授权（{reason_words(reason)}）{left}"
        case AssistEnded(reason=reason):
            return f"远程协助：结束（{reason_words(reason)}）"
    return ""


def _closing(event: AnyEvent, catalogue: Mapping[str, str]) -> str:
    match event:
        case ServiceFinished(by=by):
            return f"服务结束（{reason_words(by)}）"
        case WrappedUp(business=business, question_type=kind, resolution=resolution, text=text, agent=agent):
            about = f"{catalogue.get(business, business)} / {catalogue.get(kind, kind)}"
            return f"小结（{agent.name}）：{about} / {RESOLUTIONS.get(resolution, resolution)} — {text}"
        case ConsultationClosed(reason=reason):
            return f"关闭（{reason_words(reason)}）"
        case Evaluated(level=level, reasons=reasons, text=text):
            said = "，".join([*reasons, *([text] if text else [])])
            return f"评价：{LEVELS.get(level, level)}{f'（{said}）' if said else ''}"
    return ""


def reason_words(reason: str) -> str:
    return REASONS.get(reason, reason)


def _scope(scope: list[Privilege]) -> str:
    return "、".join(PRIVILEGES[one] for one in scope)
