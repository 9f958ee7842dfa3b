"""What agents do together with a consultation: hold, transfer, invite, watch, take over, whisper, open it again."""

from collections.abc import Sequence

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, ClientId, TransferId
from relay_protocol.messages import (
    AgentCard,
    AnyEvent,
    Assigned,
    ColleagueInvited,
    ColleagueJoined,
    ColleagueLeft,
    ConsultationClosed,
    IdleReminded,
    PrivateKind,
    PrivatePosted,
    Released,
    Reopened,
    ServiceHeld,
    ServiceResumed,
    TicketTaken,
    TransferAccepted,
    TransferAsked,
    TransferReturned,
    TransferTarget,
    WatchBegan,
    WatchEnded,
)
from relay_server.domain.consultation import OPEN, OVER, WAITING, WITH_AGENT, WITH_BOT, Consultation, State
from relay_server.domain.decisions import (
    LONGEST_NOTE,
    check_text,
    conflict,
    end_assist,
    end_transfer,
    finish,
    give_back,
    leave_queue,
)

MOST_COLLEAGUES = 5


def hold(now: Consultation, reason: str) -> list[AnyEvent]:
    """Wait for the taxpayer. Raise CONFLICT while the screen is shared or nobody serves."""
    if now.state is State.ON_HOLD:
        return []
    if now.state is not State.ACTIVE:
        raise conflict("接入咨询后才能挂起。")
    if now.assist is not None:
        raise conflict("远程协助进行中，不能挂起；请先结束协助。")
    return [*end_transfer(now, "cancelled"), ServiceHeld(reason=reason.strip()[:200])]


def resume(now: Consultation, by: str) -> list[AnyEvent]:
    """Go on; nothing if it is not on hold."""
    return [ServiceResumed(by=by)] if now.state is State.ON_HOLD else []


def idle(now: Consultation, at: float, remind_after: float, close_after: float) -> list[AnyEvent]:
    """Remind a silent taxpayer, then end it. Never on hold, while the screen is shared, or when the agent owes a word.

    `remind_after` is the silence before the reminder, `close_after` the time from reminder to end, in seconds.
    """
    owes_word = now.spoke_at >= now.answered_at
    if now.state is not State.ACTIVE or now.assist is not None or now.transfer is not None or owes_word:
        return []
    if now.reminded_until:
        return finish(now, "idle") if at >= now.reminded_until else []
    return [IdleReminded(ends_at=at + close_after)] if at - now.answered_at >= remind_after else []


def ask_transfer(
    now: Consultation,
    transfer: TransferId,
    by: AgentCard,
    target: TransferTarget,
    reason: str,
    summary: str,
    agent: AgentCard | None = None,
    expires_at: float = 0.0,
) -> list[AnyEvent]:
    """Ask an agent to take it (`agent`), or begin a transfer to a queue. Raise CONFLICT, BAD_INPUT."""
    if now.state not in WITH_AGENT:
        raise conflict("接入咨询后才能转接。")
    if now.transfer is not None:
        raise conflict("转接正在等待对方答复；可先取消再转给他人。")
    if agent is not None and now.agent is not None and agent.id == now.agent.id:
        raise BanwenError(ErrorCode.BAD_INPUT, "不能转接给正在服务的座席本人。")
    check_text(reason, LONGEST_NOTE)
    check_text(summary, LONGEST_NOTE)
    asked = TransferAsked(
        transfer=transfer,
        by=by,
        target=target,
        reason=reason.strip(),
        summary=summary.strip(),
        agent=agent,
        expires_at=expires_at,
    )
    resumed = resume(now, "agent")
    return [*resumed, asked]


def queue_transfer(now: Consultation, asked: Sequence[AnyEvent], ticket: TicketTaken) -> list[AnyEvent]:
    """Give it to a queue at once: from its agent straight to the queue's owner, nothing in between."""
    if now.agent is None:
        raise conflict("接入咨询后才能转接。")
    released = Released(agent=now.agent, reason="transferred")
    return [*end_assist(now, "agent"), *asked, released, ticket]


def answer_transfer(
    now: Consultation, transfer: TransferId, agent: AgentCard, accept: bool, words: str
) -> list[AnyEvent]:
    """Take it or refuse it. Raise GONE when nobody asks any longer."""
    asked = now.transfer
    if asked is None or asked.id != transfer or asked.agent.id != agent.id:
        raise BanwenError(ErrorCode.GONE, "这次转接已取消或已超时，无需答复。")
    if accept:
        return [*end_assist(now, "agent"), TransferAccepted(transfer=transfer, agent=agent)]
    return [TransferReturned(transfer=transfer, reason="declined", words=words.strip()[:200])]


def invite(now: Consultation, by: AgentCard, agent: AgentCard, reason: str) -> list[AnyEvent]:
    """Ask a colleague to join. Raise CONFLICT when they take part already, nobody serves, or there are too many."""
    if now.state not in WITH_AGENT:
        raise conflict("接入咨询后才能邀请同事。")
    if now.agent is not None and agent.id == now.agent.id:
        raise BanwenError(ErrorCode.BAD_INPUT, "您已在服务这次咨询。")
    if any(card.id == agent.id for card in (*now.invited, *now.colleagues)):
        raise conflict("该同事已在会话中或已被邀请。")
    if len(now.invited) + len(now.colleagues) >= MOST_COLLEAGUES:
        raise conflict(f"一次咨询最多邀请 {MOST_COLLEAGUES} 位同事。")
    return [ColleagueInvited(by=by, agent=agent, reason=reason.strip()[:200])]


def answer_invitation(now: Consultation, agent: AgentCard, accept: bool) -> list[AnyEvent]:
    """Join or decline. Raise GONE when the invitation is over."""
    if any(card.id == agent.id for card in now.colleagues):
        return []
    if not any(card.id == agent.id for card in now.invited):
        raise BanwenError(ErrorCode.GONE, "邀请已结束，无需答复。")
    return [ColleagueJoined(agent=agent)] if accept else [ColleagueLeft(agent=agent, reason="declined")]


def part(now: Consultation, agent: AgentCard, reason: str) -> list[AnyEvent]:
    """A colleague or a watcher takes part no longer."""
    if any(card.id == agent.id for card in now.watchers):
        return [WatchEnded(agent=agent)]
    if any(card.id == agent.id for card in (*now.invited, *now.colleagues)):
        return [ColleagueLeft(agent=agent, reason=reason)]
    return []


def watch(now: Consultation, agent: AgentCard, reason: str) -> list[AnyEvent]:
    """Look on. Raise CONFLICT when it is over."""
    if now.state in OVER or now.state is State.WRAP_UP:
        raise conflict("该咨询已结束，可在历史记录中查看。")
    if agent.id in now.followers:
        return []
    return [WatchBegan(agent=agent, reason=reason.strip()[:200])]


def take_over(now: Consultation, agent: AgentCard, by: AgentCard | None, reason: str) -> list[AnyEvent]:
    """Give it to `agent` whoever has it: a supervisor's own hand (`by` None), or by a supervisor's order.

    Raise CONFLICT when it is over or theirs already.
    """
    if now.state not in OPEN or now.state in WITH_BOT:
        raise conflict("该咨询当前不能接管或改派。")
    if now.agent is not None and now.agent.id == agent.id and now.state in WITH_AGENT:
        raise conflict("该咨询已由这位座席服务。")
    check_text(reason, LONGEST_NOTE)
    before = [*give_back(now, "withdrawn"), *end_transfer(now, "cancelled")]
    changed = "reassigned" if by is not None else "taken_over"
    ended = end_assist(now, "agent") if now.assist is not None else []
    return [*before, *ended, Assigned(agent=agent, reason=changed, by=by, words=reason.strip())]


def note(now: Consultation, agent: AgentCard, client_id: ClientId, kind: PrivateKind, text: str) -> list[AnyEvent]:
    """Write for agents only. A whisper needs a service that runs, a note may come later. Raise CONFLICT, BAD_INPUT."""
    if kind is PrivateKind.WHISPER and now.state not in OPEN:
        raise conflict("服务已结束；可改为写备注。")
    check_text(text, LONGEST_NOTE)
    return [PrivatePosted(client_id=client_id, agent=agent, kind=kind, text=text.strip())]


def reopen(now: Consultation, owner: AgentCard | None, ticket: TicketTaken) -> list[AnyEvent]:
    """Open a closed one again: with its last agent (`owner`) if they can, else at the head of the queue."""
    if now.state not in OVER:
        return []
    next_owner = Assigned(agent=owner, reason="reopened") if owner is not None else ticket
    return [Reopened(), next_owner]


def block(now: Consultation) -> list[AnyEvent]:
    """End it because the person is blocked; an agent who serves still owes the wrap-up."""
    if now.state in WITH_AGENT:
        return finish(now, "agent")
    if now.state in WAITING:
        return [*leave_queue(now), ConsultationClosed(reason="blocked")]
    return [ConsultationClosed(reason="blocked")] if now.state in OPEN else []


def expire_transfer(now: Consultation, at: float, unreachable: frozenset[AgentId]) -> list[AnyEvent]:
    """Return a transfer nobody answered, or whose agent is gone."""
    if now.transfer is None:
        return []
    if at >= now.transfer.expires_at:
        return end_transfer(now, "expired")
    return end_transfer(now, "offline") if now.transfer.agent.id in unreachable else []
