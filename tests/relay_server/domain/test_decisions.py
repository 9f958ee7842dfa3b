"""What is refused, with which code, and that every refusal is a Chinese sentence that shows the way out."""

from collections.abc import Callable

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AssistId, ClientId, OfferId, RequestId
from relay_protocol.messages import (
    TEXT_LIMIT,
    Evaluate,
    Privilege,
    ReportAssist,
    Resolution,
    Sender,
    Side,
    SubmitWrapUp,
    Text,
)
from relay_server.domain import decisions
from relay_server.domain.consultation import Consultation
from tests.relay_server.domain.stories import ID, LI, WANG, WISHES, told

SERVICE = ("ask_human", "offer", "accept")
Wish = Callable[[Consultation], object]


def say(text: str) -> Wish:
    return lambda now: decisions.post(now, Sender(side=Side.TAXPAYER), ClientId("c"), Text(text=text))


def rate(level: int) -> Wish:
    return lambda now: decisions.evaluate(now, Evaluate(request_id=RequestId("r"), consultation=ID, level=level))


def wrap_up(business: str = "vat", question_type: str = "policy", text: str = "好") -> Wish:
    request = SubmitWrapUp(
        request_id=RequestId("r"),
        consultation=ID,
        business=business,
        question_type=question_type,
        resolution=Resolution.RESOLVED,
        text=text,
    )
    return lambda now: decisions.wrap_up(now, WANG, request, ["vat"], ["policy"])


def report(change: str, assist: str = "s1") -> Wish:
    request = ReportAssist(request_id=RequestId("r"), assist=AssistId(assist), change=change)
    return lambda now: decisions.report_assist(now, request)


REFUSED: list[tuple[tuple[str, ...], Wish, ErrorCode]] = [
    ((), say(""), ErrorCode.BAD_INPUT),
    ((), say(" \n\t　"), ErrorCode.BAD_INPUT),
    ((), say("字" * (TEXT_LIMIT + 1)), ErrorCode.BAD_INPUT),
    (("end",), say("还在吗"), ErrorCode.CONFLICT),
    (("end",), WISHES["ask_human"], ErrorCode.CONFLICT),
    ((), decisions.leave_queue, ErrorCode.CONFLICT),
    (SERVICE, decisions.leave_queue, ErrorCode.CONFLICT),
    ((*SERVICE, "finish"), WISHES["finish"], ErrorCode.CONFLICT),
    (("ask_human", "offer"), lambda now: decisions.accept(now, OfferId("other"), WANG), ErrorCode.GONE),
    (("ask_human",), lambda now: decisions.accept(now, OfferId("o1"), WANG), ErrorCode.GONE),
    (SERVICE, lambda now: decisions.accept(now, OfferId("o1"), LI), ErrorCode.GONE),
    (SERVICE, wrap_up(), ErrorCode.CONFLICT),
    ((*SERVICE, "finish"), wrap_up(business="?"), ErrorCode.BAD_INPUT),
    ((*SERVICE, "finish"), wrap_up(question_type=""), ErrorCode.BAD_INPUT),
    ((*SERVICE, "finish"), wrap_up(text=" "), ErrorCode.BAD_INPUT),
    ((*SERVICE, "finish"), wrap_up(text="字" * 2001), ErrorCode.BAD_INPUT),
    ((*SERVICE, "finish", "wrap_up"), wrap_up(), ErrorCode.CONFLICT),
    (SERVICE, rate(5), ErrorCode.CONFLICT),
    ((*SERVICE, "finish"), rate(0), ErrorCode.BAD_INPUT),
    ((*SERVICE, "finish"), rate(6), ErrorCode.BAD_INPUT),
    ((*SERVICE, "finish", "evaluate"), rate(1), ErrorCode.CONFLICT),
    ((), lambda now: decisions.ask_assist(now, AssistId("s"), WANG, [Privilege.VIEW]), ErrorCode.CONFLICT),
    (SERVICE, lambda now: decisions.ask_assist(now, AssistId("s"), WANG, [Privilege.CONTROL]), ErrorCode.BAD_INPUT),
    (SERVICE, report("joined"), ErrorCode.GONE),
    ((*SERVICE, "ask_assist"), report("joined", "other"), ErrorCode.GONE),
    ((*SERVICE, "ask_assist"), report("dancing"), ErrorCode.BAD_INPUT),
]


@pytest.mark.parametrize(("before", "wish", "code"), REFUSED)
def test_it_is_refused_with_a_sentence(before: tuple[str, ...], wish: Wish, code: ErrorCode) -> None:
    with pytest.raises(BanwenError) as caught:
        wish(told(*before).state)
    assert caught.value.code is code
    assert caught.value.message.endswith("。")
    assert not caught.value.message.isascii()


def test_the_longest_text_is_accepted() -> None:
    assert say("字" * TEXT_LIMIT)(told().state)


def test_what_is_so_already_is_no_event() -> None:
    assert decisions.hand_over(told("ask_human").state, "asked") == []
    assert decisions.accept(told(*SERVICE).state, OfferId("o1"), WANG) == []
    assert WISHES["move"](told("move").state) == []
    assert WISHES["join"](told(*SERVICE, "ask_assist", "join").state) == []
    assert decisions.end_assist(told(*SERVICE).state, "agent") == []
    assert decisions.offer(told("ask_human", "offer").state, OfferId("o9"), LI, 9.0) == []
    assert decisions.decline(told("ask_human", "offer").state, OfferId("o9"), "declined") == []
