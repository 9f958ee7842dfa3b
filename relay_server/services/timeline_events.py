"""More of the timeline's sentences: places kept and left, working together, and what happens outside consultations."""

from collections.abc import Callable
from datetime import datetime

from relay_protocol.messages import (
    AgentCard,
    AnyEvent,
    Assigned,
    CallbackBooked,
    ColleagueInvited,
    ColleagueJoined,
    ColleagueLeft,
    Erased,
    HumanUnavailable,
    IdleReminded,
    LocalityAsked,
    MessageLeft,
    MessageRecalled,
    NoAnswerCounted,
    PresenceChanged,
    PresenceState,
    PrivateKind,
    PrivatePosted,
    RecordsRead,
    Released,
    Reopened,
    ServiceHeld,
    ServiceResumed,
    SettingChanged,
    TaxpayerAway,
    TaxpayerBack,
    TaxpayerBlocked,
    TaxpayerErased,
    TaxpayerUnblocked,
    TransferAccepted,
    TransferAsked,
    TransferReturned,
    WatchBegan,
    WatchEnded,
    WebhookTried,
    Widened,
)
from relay_server.domain.tickets import CHINA

Words = Callable[[str], str]
PRESENCE = {
    PresenceState.OFFLINE: "离线",
    PresenceState.READY: "在线",
    PresenceState.BUSY: "示忙",
    PresenceState.BREAK: "小休",
}
DELIVERIES = {
    "delivered": "已送达",
    "retry": "失败，稍后重试",
    "refused": "地址不允许",
    "gone": "接收方已停用",
    "given_up": "放弃",
}
CAUSES = {"message": "接手留言", "callback": "接手回电预约", "reopened": "继续服务（纳税人回来）", "pulled": "主动接入"}


def waited(event: AnyEvent, words: Words) -> str:
    """Return the sentence for what happens while somebody waits, empty for other events."""
    match event:
        case LocalityAsked(choices=choices):
            return f"请纳税人选择主管税务机关：{'、'.join(one.name for one in choices)}"
        case HumanUnavailable(reason=reason, office=office, opens_at=opens_at):
            why = "不在办公时间" if reason == "closed" else "暂无座席"
            return f"{office.name}{why}{f'，{clock(opens_at)} 开始办公' if opens_at else ''}，可留言或预约回电"
        case Widened(reach=reach):
            return f"扩大范围：{reach}，保留位置"
        case TaxpayerAway(until=until, reason=reason):
            return f"纳税人{'暂时离开' if reason == 'asked' else '断线'}，位置保留到 {clock(until)}"
        case TaxpayerBack():
            return "纳税人回来"
        case MessageLeft(text=text, phone=phone, office=office, due_at=due_at):
            return f"留言给{office.name}{_phone(phone)}，应于 {clock(due_at)} 前答复：{text}"
        case CallbackBooked(phone=phone, at=at, text=text, office=office, due_at=due_at):
            about = f"：{text}" if text else ""
            return f"预约{office.name}回电{_phone(phone)}，{clock(at)} 起，应于 {clock(due_at)} 前回电{about}"
        case Assigned(agent=agent, reason=reason, by=by, words=said):
            done = CAUSES.get(reason, words(reason))
            return f"{_name(agent)} {done}{f'（{_name(by)} 决定）' if by else ''}{f'：{said}' if said else ''}"
        case Released(agent=agent, reason=reason):
            return f"{_name(agent)} 不再服务（{words(reason)}），回到队列，保留位置"
    return ""


def worked_together(event: AnyEvent, words: Words) -> str:
    """Return the sentence for what agents do together, empty for other events."""
    match event:
        case TransferAsked(by=by, target=target, reason=reason, summary=summary):
            return f"{_name(by)} 转接给 {target.name or target.code}，原因：{reason}；摘要：{summary}"
        case TransferAccepted(agent=agent):
            return f"{_name(agent)} 接受转接"
        case TransferReturned(reason=reason, words=said):
            return f"转接未成（{words(reason)}）{f'：{said}' if said else ''}，仍由原座席服务"
        case ColleagueInvited(by=by, agent=agent, reason=reason):
            return f"{_name(by)} 邀请 {_name(agent)}{f'：{reason}' if reason else ''}"
        case ColleagueJoined(agent=agent):
            return f"{_name(agent)} 加入会话"
        case ColleagueLeft(agent=agent, reason=reason):
            return f"{_name(agent)} 退出会话（{words(reason)}）"
        case WatchBegan(agent=agent, reason=reason):
            return f"{_name(agent)} 开始旁听{f'：{reason}' if reason else ''}"
        case WatchEnded(agent=agent):
            return f"{_name(agent)} 结束旁听"
        case PrivatePosted(agent=agent, kind=kind, text=text):
            return f"{'私语' if kind is PrivateKind.WHISPER else '备注'}（{agent.name}）：{text}"
        case MessageRecalled(target=target, sender=sender):
            return f"{sender.name or '发送人'} 撤回了第 {target} 条"
        case ServiceHeld(reason=reason):
            return f"挂起，等待纳税人{f'：{reason}' if reason else ''}"
        case ServiceResumed(by=by):
            return f"继续服务（{words(by)}）"
        case IdleReminded(ends_at=ends_at):
            return f"提醒纳税人回复；没有回复将于 {clock(ends_at)} 结束"
        case Reopened():
            return "重新打开"
    return ""


def happened_outside(event: AnyEvent, words: Words) -> str:
    """Return the sentence for an event of another stream than a consultation's, empty for other events."""
    match event:
        case Erased(kind=kind, digest=digest):
            return f"（内容已按规定清除：{kind}，摘要 {digest[:12]}）"
        case SettingChanged(kind=kind, key=key, body=body, by=by):
            return f"{by} {'修改' if body else '删除'}设置 {kind} / {key}"
        case PresenceChanged(state=state, reason=reason, cause=cause, by=by):
            return f"状态：{PRESENCE[state]}{f'（{reason}）' if reason else ''}，{words(cause)}{f' {by}' if by else ''}"
        case NoAnswerCounted(strikes=strikes):
            return f"连续未接 {strikes} 次"
        case TaxpayerBlocked(until=until, reason=reason, by=by):
            return f"{_name(by)} 拉黑纳税人至 {clock(until)}：{reason}"
        case TaxpayerUnblocked(reason=reason, by=by):
            return f"{by} 解除拉黑：{reason}"
        case TaxpayerErased(reason=reason, by=by):
            return f"{by} 清除纳税人信息：{reason}"
        case WebhookTried(attempt=attempt, status=status, outcome=outcome):
            return (
                f"事件推送第 {attempt} 次：{DELIVERIES.get(outcome, outcome)}{f'（HTTP {status}）' if status else ''}"
            )
        case RecordsRead(by=by, what=what, key=key, reason=reason):
            return f"{_name(by)} 查阅 {what} {key}：{reason}"
    return ""


def clock(at: float) -> str:
    """Return a time as people read it."""
    return f"{datetime.fromtimestamp(at, CHINA):%m月%d日 %H:%M}"


def _name(card: AgentCard) -> str:
    return f"{card.number} {card.name}"


def _phone(phone: str) -> str:
    return f"（{phone}）" if phone else ""
