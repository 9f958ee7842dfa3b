"""The sentences of a remote assistance."""

from agent_app.state.words import tr
from relay_protocol.messages import (
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRefused,
    AssistRevoked,
    Event,
    Privilege,
)

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


def scope_text(scope: list[Privilege] | frozenset[Privilege]) -> str:
    """Return what a scope allows, in words."""
    if Privilege.CONTROL in scope:
        return tr("查看并控制")
    return tr("查看屏幕") if Privilege.VIEW in scope else tr("无权限")


def ended_text(reason: str) -> str:
    """Return why an assistance is over, in words."""
    return tr(_ENDED.get(reason, "协助结束"))


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
    return tr(_DROPPED.get(reason, ""))


def refused_text(reason: str) -> str:
    """Return why an ask was not granted, in words."""
    return tr(_REFUSED.get(reason, "纳税人不同意"))


def assist_sentence(event: Event) -> str:
    """Return what an event of an assistance tells; empty for any other."""
    match event:
        case AssistAsked(agent=agent, scope=scope):
            return tr("{0} 请求远程协助：{1}").format(agent.name, scope_text(scope))
        case AssistJoined():
            return tr("纳税人已打开协助程序，等待同意")
        case AssistGranted(scope=scope):
            return tr("纳税人已同意：{0}").format(scope_text(scope))
        case AssistRefused(reason=reason):
            return tr("远程协助未开始：{0}").format(refused_text(reason))
        case AssistRevoked(scope=scope, reason=reason):
            why = tr(_REVOKED.get(reason, "收回"))
            return tr("纳税人收回授权（{0}），目前：{1}").format(why, scope_text(scope))
        case AssistEnded(reason=reason):
            return tr("远程协助已结束：{0}").format(ended_text(reason))
        case _:
            return ""
