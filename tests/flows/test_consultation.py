"""A whole consultation through the services, cut off between any two steps, and repeated wishes."""

from pathlib import Path

import pytest

from kb_sync.index import KnowledgeIndex
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import (
    MarkSeen,
    MessagePosted,
    Resolution,
    Side,
    SubmitWrapUp,
    TicketTaken,
)
from relay_server.domain.consultation import State
from relay_server.services import consultations, timeline
from tests.flows.office import WANG, ZHANG, TestOffice
from tests.flows.visit import BUSINESS, QUESTION_TYPES, STEPS, WHOLE_STORY, Visit, reacting, served, wrapped


@pytest.mark.req("G1")
@pytest.mark.req("A8")
async def test_the_whole_story(office: TestOffice) -> None:
    visit = Visit(office)
    for step in STEPS:
        await reacting(step, visit)
    assert [type(event) for event in await office.log(visit.id)] == WHOLE_STORY
    now = await office.state(visit.id)
    assert (now.state, now.level) == (State.EVALUATED, 5)
    ticket = (await office.log(visit.id))[8]
    assert isinstance(ticket, TicketTaken)
    assert (ticket.number, ticket.office.code) == ("A001", "360103")


@pytest.mark.req("C1")
@pytest.mark.parametrize("cut", range(len(STEPS)))
async def test_a_crash_after_any_step_changes_nothing(tmp_path: Path, knowledge: KnowledgeIndex, cut: int) -> None:
    """The relay goes down between a wish and what it owes for it, and again after it reacted."""
    office = TestOffice(tmp_path, knowledge)
    visit = Visit(office)
    for number, step in enumerate(STEPS):
        await step(visit)
        if number == cut:
            await office.crash()
        if step is not Visit.begin:
            await office.react()
            if number == cut:
                await office.crash()
                await office.react()
    assert [type(event) for event in await office.log(visit.id)] == WHOLE_STORY
    await office.close()


async def test_the_timeline_tells_all_of_it_in_chinese(office: TestOffice) -> None:
    visit = Visit(office)
    for step in STEPS:
        await reacting(step, visit)
    story = await timeline.story(office.store, visit.id, {"vat": "增值税", "operation": "操作咨询"})
    assert [line.seq for line in story.lines] == list(range(1, len(WHOLE_STORY) + 1))
    text = "\n".join(line.text for line in story.lines)
    for words in ("张三", "etax-0001", "转人工", "A001", "8001 王芳", "查看屏幕", "收回授权", "更正申报表", "非常满意"):
        assert words in text
    assert "增值税 / 操作咨询 / 已解决" in text


@pytest.mark.req("C1")
async def test_a_message_sent_twice_is_there_once(office: TestOffice) -> None:
    visit = await served(office)
    first = await office.say(ZHANG, visit.id, "在吗", client_id="c1")
    other_side = await office.say(WANG, visit.id, "在的", client_id="c1")
    assert await office.say(ZHANG, visit.id, "在吗", client_id="c1") == first
    assert other_side == first + 1, "each side names its own messages"
    await visit.finish()
    assert await office.say(ZHANG, visit.id, "在吗", client_id="c1") == first, "even when it is over by now"
    posted = [event for event in await office.log(visit.id) if isinstance(event, MessagePosted)]
    assert [event.client_id for event in posted] == ["c1", "c1"]


async def test_opening_twice_continues_and_a_finished_one_begins_anew(office: TestOffice) -> None:
    visit = await served(office)
    assert await office.open(ZHANG) == visit.id
    await visit.finish()
    assert await office.open(ZHANG) != visit.id


async def test_a_wrap_up_needs_all_it_asks_for(office: TestOffice) -> None:
    visit = await served(office)
    whole = wrapped(office, visit.id)
    with pytest.raises(BanwenError) as early:
        await visit.wrap_up()
    assert early.value.code is ErrorCode.CONFLICT
    await visit.finish()
    for business, text in (("", whole.text), ("nothing", whole.text), ("vat", "  ")):
        request = SubmitWrapUp(
            request_id=office.request_id(),
            consultation=visit.id,
            business=business,
            question_type="operation",
            resolution=Resolution.RESOLVED,
            text=text,
        )
        with pytest.raises(BanwenError) as caught:
            await consultations.submit_wrap_up(office.store, WANG, request, BUSINESS, QUESTION_TYPES, office.now)
        assert caught.value.code is ErrorCode.BAD_INPUT
    await visit.wrap_up()
    assert (await office.state(visit.id)).state is State.CLOSED


async def test_receipts_tell_the_other_side_and_never_run_ahead_of_the_log(office: TestOffice) -> None:
    visit = await served(office)
    seq = await office.say(WANG, visit.id, "您好")
    request = MarkSeen(consultation=visit.id, delivered=seq + 1000, read=seq)
    await consultations.mark_seen(office.store, office.bus, ZHANG, request)
    (receipt,) = await consultations.receipts(office.store, visit.id)
    assert (receipt.side, receipt.delivered, receipt.read) == (Side.TAXPAYER, seq, seq)
