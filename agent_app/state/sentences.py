"""The sentences that events become in a transcript."""

from agent_app.state.assist_words import assist_sentence
from agent_app.state.timers import moment
from agent_app.state.words import tr
from relay_protocol.messages import (
    Assigned,
    CallbackBooked,
    ColleagueInvited,
    ColleagueJoined,
    ColleagueLeft,
    ConsultationClosed,
    ConsultationOpened,
    Erased,
    Evaluated,
    Event,
    HandOverRequested,
    HumanUnavailable,
    IdleReminded,
    LocalityAsked,
    MessageLeft,
    OfferAccepted,
    OfferReturned,
    Released,
    Reopened,
    ServiceFinished,
    ServiceHeld,
    ServiceResumed,
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
_CLOSED = {
    "wrapped_up": "咨询已关闭",
    "contained": "智能客服已解答，咨询结束",
    "left": "纳税人已离开，咨询结束",
    "abandoned": "纳税人长时间未返回，咨询结束",
    "blocked": "该纳税人已被限制咨询，咨询结束",
}
_TICKET_LEFT = {
    "left": "纳税人取消排队",
    "abandoned": "纳税人等候中离开",
    "message": "纳税人改为留言",
    "callback": "纳税人改为预约回电",
    "overflow": "排队人数过多，已请纳税人留言或预约回电",
}
_ASSIGNED = {
    "message": "{0}接手处理留言",
    "callback": "{0}接手回电",
    "pulled": "{0}主动接入",
    "taken_over": "{0}接管了咨询",
    "reassigned": "咨询改派给{0}",
    "reopened": "纳税人回来了，仍由{0}服务",
}
_RELEASED = {
    "lost": "{0}的连接中断，咨询回到队首",
    "dismissed": "{0}已不在岗，咨询回到队首",
    "transferred": "{0}已转出咨询",
    "reassigned": "咨询从{0}收回，重新排队",
}
_TRANSFER_RETURNED = {
    "declined": "转接被拒绝",
    "expired": "转接超时未答复，仍由原座席服务",
    "offline": "对方已离线，转接取消",
    "cancelled": "转接已取消",
}
_PARTED = {
    "left": "{0}离开了会话",
    "declined": "{0}未接受邀请",
    "removed": "{0}已被请出会话",
    "closed": "{0}的协作已结束",
}


def sentence(event: Event) -> str:
    """Return what to tell the agent of an event that is not a message; empty when nothing needs telling."""
    return _queueing(event) or _owning(event) or _together(event) or _closing(event) or assist_sentence(event)


def _queueing(event: Event) -> str:
    match event:
        case ConsultationOpened(follows=str()):
            return tr("接续上一次已关闭的咨询")
        case HandOverRequested(reason=reason):
            return tr(_HAND_OVER.get(reason, "转人工"))
        case LocalityAsked():
            return tr("已请纳税人选择主管税务机关")
        case HumanUnavailable(reason=reason, office=office):
            why = tr("当前非工作时间") if reason == "closed" else tr("当前排队人数过多")
            return tr("{0}{1}，已请纳税人留言或预约回电").format(office.name, why)
        case TicketTaken(number=number, office=office):
            return tr("取号 {0}，排队机构：{1}").format(number, office.name)
        case TicketLeft(reason=reason):
            return tr(_TICKET_LEFT.get(reason, "纳税人取消排队"))
        case Widened(reach=reach):
            return tr("扩大到{0}的座席，排队位置不变").format(reach)
        case TaxpayerAway(reason=reason):
            return tr("纳税人暂时离开，排队位置保留") if reason == "asked" else tr("纳税人连接中断，排队位置保留")
        case TaxpayerBack():
            return tr("纳税人已返回")
        case MessageLeft(text=text, phone=phone, due_at=due):
            return tr("留言（请在 {0} 前答复）：{1}{2}").format(moment(due), text, _phone(phone))
        case CallbackBooked(text=text, phone=phone, at=at, due_at=due):
            return tr("预约 {0} 起回电（最晚 {1}）：{2}{3}").format(moment(at), moment(due), text, _phone(phone))
        case _:
            return ""


def _phone(phone: str) -> str:
    return tr("　电话 {0}").format(phone) if phone else ""


def _owning(event: Event) -> str:
    match event:
        case OfferAccepted(agent=agent):
            return tr("{0}（工号 {1}）已接入").format(agent.name, agent.number)
        case OfferReturned(reason="withdrawn"):
            return ""
        case OfferReturned(agent=agent, reason=reason):
            return tr("{0} {1}，已重新分配，排队位置不变").format(agent.name, tr(_RETURNED.get(reason, "未接入")))
        case Assigned(agent=agent, reason=reason, by=by, words=words):
            told = tr(_ASSIGNED.get(reason, "{0}已接入")).format(agent.name)
            return _because(f"{told}（{by.name}）" if by else told, words)
        case Released(agent=agent, reason=reason):
            return tr(_RELEASED.get(reason, "咨询已从{0}收回")).format(agent.name)
        case ServiceHeld(reason=reason):
            return _because(tr("已挂起，等待纳税人操作"), reason)
        case ServiceResumed(by=by):
            return tr("纳税人有了新消息，服务继续") if by == "taxpayer" else tr("服务继续")
        case Reopened():
            return tr("纳税人回来了，咨询重新打开")
        case _:
            return ""


def _together(event: Event) -> str:
    match event:
        case TransferAsked(by=by, target=target, reason=reason, summary=summary, agent=agent):
            name = agent.name if agent else target.name or target.code
            return tr("{0}转接给{1}：{2}。摘要：{3}").format(by.name, name, reason, summary)
        case TransferAccepted(agent=agent):
            return tr("{0}已接受转接").format(agent.name)
        case TransferReturned(reason=reason, words=words):
            return _because(tr(_TRANSFER_RETURNED.get(reason, "转接未成")), words)
        case ColleagueInvited(by=by, agent=agent, reason=reason):
            return _because(tr("{0}邀请{1}协助").format(by.name, agent.name), reason)
        case ColleagueJoined(agent=agent):
            return tr("{0}（工号 {1}）加入会话").format(agent.name, agent.number)
        case ColleagueLeft(agent=agent, reason=reason):
            return tr(_PARTED.get(reason, "{0}离开了会话")).format(agent.name)
        case WatchBegan(agent=agent, reason=reason):
            return _because(tr("{0}开始旁观").format(agent.name), reason)
        case WatchEnded(agent=agent):
            return tr("{0}结束旁观").format(agent.name)
        case _:
            return ""


def _because(told: str, why: str) -> str:
    return f"{told}：{why}" if why else told


def _closing(event: Event) -> str:
    match event:
        case IdleReminded(ends_at=ends):
            return tr("已提醒纳税人；如无回应，{0} 自动结束").format(moment(ends))
        case ServiceFinished(by="taxpayer"):
            return tr("纳税人结束了对话，请填写小结")
        case ServiceFinished(by="idle"):
            return tr("纳税人长时间未回应，对话已结束，请填写小结")
        case ServiceFinished():
            return tr("对话已结束，请填写小结")
        case WrappedUp():
            return tr("小结已提交")
        case ConsultationClosed(reason=reason):
            return tr(_CLOSED.get(reason, "咨询已关闭"))
        case Evaluated(level=level):
            return tr("纳税人评价：{0}").format(tr(LEVELS.get(level, str(level))))
        case Erased():
            return tr("此处内容已按规定删除")
        case _:
            return ""
