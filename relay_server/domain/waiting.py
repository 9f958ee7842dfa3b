"""What may happen while somebody waits: a number, absence and return, word that is left, a place given up or kept."""

from collections.abc import Sequence

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import (
    AgentCard,
    AnyEvent,
    Assigned,
    CallbackBooked,
    ConsultationClosed,
    HumanUnavailable,
    LocalityAsked,
    MessageLeft,
    Office,
    Released,
    TaxpayerAway,
    TaxpayerBack,
    TicketTaken,
    Widened,
)
from relay_server.domain.consultation import LEFT_WORD, WAITING, WITH_AGENT, WITH_BOT, Consultation, State, Ticket
from relay_server.domain.decisions import (
    LONGEST_NOTE,
    check_text,
    conflict,
    end_assist,
    end_transfer,
    give_back,
    leave_queue,
)

RESUME_SECONDS = 600.0
"""How long a number that was given up by absence may be taken up again."""
LONGEST_AWAY = 600.0
RETURNED = "returned"
"""The priority class of those who had an agent and lost them: they stand at the head."""
TRANSFERRED = "transferred"
PHONE_DIGITS = range(7, 16)


def take_ticket(
    queue: str, number: str, day: str, office: Office, *, priority: str = "normal", skills: Sequence[str] = ()
) -> TicketTaken:
    """Return a new number; its place is the moment it is taken."""
    return TicketTaken(queue=queue, number=number, day=day, office=office, priority=priority, skills=list(skills))


def resumable(now: Consultation, at: float) -> TicketTaken | None:
    """Return the number that was given up by absence not long ago, with its old place."""
    if now.lapsed is None or at - now.lapsed_at > RESUME_SECONDS:
        return None
    return again(now.lapsed, now.lapsed.priority)


def again(ticket: Ticket, priority: str) -> TicketTaken:
    """Return a ticket once more: same number, same place."""
    return TicketTaken(
        queue=ticket.queue,
        number=ticket.number,
        day=ticket.day,
        office=ticket.office,
        entered_at=ticket.entered_at,
        priority=priority,
        skills=ticket.skills,
    )


def ask_locality(now: Consultation, choices: Sequence[Office]) -> list[AnyEvent]:
    """Ask which office is competent; nothing once somebody waits or serves."""
    return [LocalityAsked(choices=list(choices))] if now.state in WITH_BOT else []


def unavailable(now: Consultation, reason: str, office: Office, opens_at: float | None) -> list[AnyEvent]:
    """Say that nobody can serve now, to one who asks or who waits; the bot is there again."""
    left = leave_queue(now, "overflow") if now.state in WAITING else []
    return [*left, HumanUnavailable(reason=reason, office=office, opens_at=opens_at)]


def widen(now: Consultation, step: int, level: str, reach: str) -> list[AnyEvent]:
    """Reach a further step; going back or staying is no news."""
    if now.ticket is None or now.state not in WAITING or step <= now.ticket.step:
        return []
    return [Widened(step=step, level=level, reach=reach)]


def go_away(now: Consultation, until: float, reason: str) -> list[AnyEvent]:
    """Keep the place of one who is gone: a new absence, or a longer one. An offer under way goes back."""
    if now.state not in WAITING:
        if reason == "asked":
            raise conflict("您当前没有在排队。")
        return []
    if now.away_until >= until:
        return []
    return [*give_back(now, "withdrawn"), TaxpayerAway(until=until, reason=reason)]


def come_back(now: Consultation) -> list[AnyEvent]:
    """Be there again."""
    return [TaxpayerBack()] if now.away_until else []


def abandon(now: Consultation, at: float) -> list[AnyEvent]:
    """Give up the place of one who stayed away for too long."""
    if now.state not in WAITING or not now.away_until or at < now.away_until:
        return []
    return leave_queue(now, "abandoned")


def leave_message(now: Consultation, text: str, phone: str, office: Office, due_at: float) -> list[AnyEvent]:
    """Leave word instead of waiting. Raise CONFLICT while an agent serves or it is over, BAD_INPUT."""
    check_text(text, LONGEST_NOTE)
    number = check_phone(phone) if phone.strip() else ""
    return [*_leave_word(now, "message"), MessageLeft(text=text.strip(), phone=number, office=office, due_at=due_at)]


def book_callback(now: Consultation, phone: str, at: float, text: str, office: Office, due_at: float) -> list[AnyEvent]:
    """Be called back instead of waiting. Raise CONFLICT while an agent serves or it is over, BAD_INPUT."""
    booked = CallbackBooked(
        phone=check_phone(phone), at=at, text=text.strip()[:LONGEST_NOTE], office=office, due_at=due_at
    )
    return [*_leave_word(now, "callback"), booked]


def take_up(now: Consultation, agent: AgentCard) -> list[AnyEvent]:
    """Take up what was left, or pull one who waits. Raise GONE when somebody else has it."""
    match now.state:
        case State.MESSAGE_LEFT:
            return [Assigned(agent=agent, reason="message")]
        case State.CALLBACK_BOOKED:
            return [Assigned(agent=agent, reason="callback")]
        case State.QUEUED | State.OFFERED:
            return [*give_back(now, "withdrawn"), Assigned(agent=agent, reason="pulled")]
    raise BanwenError(ErrorCode.GONE, "该咨询已由其他座席处理，请刷新列表。")


def release(now: Consultation, reason: str, ticket: TicketTaken) -> list[AnyEvent]:
    """Take it from its agent; whoever is served next, it is the head of the queue with all its history."""
    if now.state not in WITH_AGENT or now.agent is None:
        return []
    return [
        *end_assist(now, "lost"),
        *end_transfer(now, "cancelled"),
        Released(agent=now.agent, reason=reason),
        again(now.ticket, RETURNED) if now.ticket is not None else ticket,
    ]


def close_forgotten(now: Consultation, reason: str) -> list[AnyEvent]:
    """Close what only the bot still has."""
    return [ConsultationClosed(reason=reason)] if now.state in WITH_BOT else []


def check_phone(phone: str) -> str:
    """Return a telephone number as digits, with a leading + if it had one. Raise BAD_INPUT."""
    compact = "".join(char for char in phone if char not in " -()（）")
    digits = compact.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and len(digits) in PHONE_DIGITS):
        raise BanwenError(ErrorCode.BAD_INPUT, "请填写正确的电话号码，如 13912345678 或 0791-12345678。")
    return compact


def _leave_word(now: Consultation, reason: str) -> list[AnyEvent]:
    if now.state in WAITING:
        return leave_queue(now, reason)
    if now.state in WITH_BOT:
        return []
    if now.state in LEFT_WORD:
        raise conflict("您已留言或预约回电，请等待工作人员处理；如需修改，请先取消。")
    raise conflict("工作人员正在为您服务，请直接说明您的问题。")
