"""One line of a transcript, and the sentences that events become."""

from dataclasses import dataclass

from relay_protocol.ids import AgentId
from relay_protocol.messages import (
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRefused,
    AssistRevoked,
    Body,
    ConsultationClosed,
    Evaluated,
    Event,
    EventFrame,
    HandOverRequested,
    MessagePosted,
    Notice,
    OfferAccepted,
    OfferReturned,
    Privilege,
    ServiceFinished,
    Side,
    TicketLeft,
    TicketTaken,
    WrappedUp,
)

LEVELS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
_HAND_OVER = {
    "asked": "纳税人请求转人工",
    "no_answer": "智能客服没有找到答案，转人工",
    "dialogue": "按办税引导转人工",
    "error": "智能客服暂时不可用，转人工",
}
_RETURNED = {"declined": "未接入", "expired": "未及时接听", "offline": "已离线"}
_REFUSED = {"refused": "纳税人不同意", "timeout": "纳税人未在时限内答复", "unbound": "协助程序无法确认座席身份"}
_REVOKED = {"button": "按停止键", "hotkey": "按快捷键", "lost": "连接中断", "policy": "到期或策略限制"}
_ENDED = {
    "taxpayer": "纳税人结束",
    "agent": "座席结束",
    "declined": "纳税人谢绝",
    "expired": "邀请已过期",
    "lost": "连接中断",
    "closed": "咨询已结束",
}
_CLOSED = {"wrapped_up": "咨询已关闭", "contained": "智能客服已解答，咨询结束", "left": "纳税人已离开，咨询结束"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `seq` is 0 while the relay has not confirmed it; `at` in Unix seconds; system lines hold a Notice."""

    key: str
    seq: int
    at: float
    side: Side
    name: str
    body: Body
    agent: AgentId | None = None


def row_of(frame: EventFrame) -> Row | None:
    """Return the line an event becomes, or None for one that only changes facts."""
    event = frame.event
    key = f"{frame.seq}"
    if isinstance(event, MessagePosted):
        sender = event.sender
        return Row(key, frame.seq, frame.at, sender.side, sender.name, event.body, sender.agent)
    text = sentence(event)
    return Row(key, frame.seq, frame.at, Side.SYSTEM, "", Notice(text=text)) if text else None


def sentence(event: Event) -> str:
    """Return what to tell the agent of an event that is not a message; empty when nothing needs telling."""
    match event:
        case HandOverRequested(reason=reason):
            return _HAND_OVER.get(reason, "转人工")
        case TicketTaken(number=number, office=office):
            return f"取号 {number}，排队机构：{office.name}"
        case TicketLeft(reason=reason):
            return "纳税人等候中离开" if reason == "abandoned" else "纳税人取消排队"
        case OfferAccepted(agent=agent):
            return f"{agent.name}（工号 {agent.number}）已接入"
        case OfferReturned(agent=agent, reason=reason):
            return f"{agent.name} {_RETURNED.get(reason, '未接入')}，已重新分配，排队位置不变"
        case ServiceFinished(by=by):
            return "纳税人结束了对话，请填写小结" if by == "taxpayer" else "对话已结束，请填写小结"
        case WrappedUp():
            return "小结已提交"
        case ConsultationClosed(reason=reason):
            return _CLOSED.get(reason, "咨询已关闭")
        case Evaluated(level=level):
            return f"纳税人评价：{LEVELS.get(level, str(level))}"
        case _:
            return _assist_sentence(event)


def scope_text(scope: list[Privilege] | frozenset[Privilege]) -> str:
    """Return what a scope allows, in words."""
    return "查看并控制" if Privilege.CONTROL in scope else "查看屏幕" if Privilege.VIEW in scope else "无权限"


def ended_text(reason: str) -> str:
    """Return why an assistance is over, in words."""
    return _ENDED.get(reason, "协助结束")


_DROPPED = {
    "ours": "协助程序自己的窗口和提示条不能代为操作，请让纳税人自己点",
    "outside": "该位置不在纳税人的屏幕上",
    "too_much": "操作太快，有几步没有生效，请慢一点再试",
    "unknown_key": "纳税人的键盘上没有这个键",
    "paste_not_taken": "纳税人的程序没有接收文字，请先点一下要填写的位置再输入",
    "clipboard_secret": "纳税人的剪贴板里是密码，中文暂时不能代为输入，请让纳税人自己输入",
    "clipboard_cannot_be_kept": "纳税人剪贴板里的内容太大，中文暂时不能代为输入，请让纳税人自己输入",
    "clipboard_gone": "纳税人的电脑暂时不能接收中文，请让纳税人自己输入",
}
"""What the agent can do something about; the others are told by the state of control itself."""


def dropped_text(reason: str) -> str:
    """Return why something the agent did had no effect, in words; empty where nothing needs to be said."""
    return _DROPPED.get(reason, "")


def refused_text(reason: str) -> str:
    """Return why an ask was not granted, in words."""
    return _REFUSED.get(reason, "纳税人不同意")


def _assist_sentence(event: Event) -> str:
    match event:
        case AssistAsked(agent=agent, scope=scope):
            return f"{agent.name} 请求远程协助：{scope_text(scope)}"
        case AssistJoined():
            return "纳税人已打开协助程序，等待同意"
        case AssistGranted(scope=scope):
            return f"纳税人已同意：{scope_text(scope)}"
        case AssistRefused(reason=reason):
            return f"远程协助未开始：{refused_text(reason)}"
        case AssistRevoked(scope=scope, reason=reason):
            return f"纳税人收回授权（{_REVOKED.get(reason, '收回')}），目前：{scope_text(scope)}"
        case AssistEnded(reason=reason):
            return f"远程协助已结束：{ended_text(reason)}"
        case _:
            return ""
