"""The bot's part of a consultation, with the sample knowledge: it greets, suggests, answers, refuses, and is silent."""

import asyncio

import pytest

from kb_sync.index import KnowledgeIndex
from relay_protocol.ids import AttachmentId, EntryId
from relay_protocol.messages import (
    Answer,
    Attachment,
    BusinessContext,
    Choices,
    HandOverRequested,
    Image,
    MessagePosted,
    NoAnswer,
    Notice,
    Text,
    TicketTaken,
)
from relay_server.domain.consultation import State
from relay_server.services import bot, consultations
from relay_server.store import events, outbox
from relay_server.store.accounts import StoredFile, put_file
from tests.flows.office import INVOICE, STRANGER, VAT, ZHANG, TestOffice

KNOWN = "企业首次使用新电子税务局如何登录"
OUTSIDE = "今天晚上吃什么好呢"


@pytest.mark.req("A1")
async def test_it_greets_by_name_names_the_page_and_suggests_three_to_six_questions(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.stand(ZHANG, consultation, VAT)
    await office.react()
    (greeting,) = await office.bot_said(consultation)
    assert isinstance(greeting, Choices)
    assert "张三" in greeting.text
    assert VAT.page in greeting.text
    assert greeting.purpose == "suggest"
    assert greeting.human
    assert 3 <= len(greeting.options) <= 6
    assert all(option.entry and option.title and option.why for option in greeting.options)


async def test_somebody_unknown_on_no_page_is_greeted_too(office: TestOffice) -> None:
    consultation = await office.open(STRANGER)
    await office.react()
    (greeting,) = await office.bot_said(consultation)
    assert isinstance(greeting, Choices)
    assert STRANGER.card.name not in greeting.text
    assert greeting.options


async def test_another_page_brings_other_questions_once(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.stand(ZHANG, consultation, VAT)
    await office.react()
    for _ in range(3):
        await office.stand(ZHANG, consultation, INVOICE)
        await office.react()
    first, second = await office.bot_said(consultation)
    assert isinstance(first, Choices)
    assert isinstance(second, Choices)
    assert INVOICE.page in second.text
    assert first.options != second.options


async def test_hurrying_through_pages_brings_suggestions_for_the_last_only(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.react()
    for where in (VAT, INVOICE, VAT, INVOICE):
        await office.stand(ZHANG, consultation, where)
    await office.react()
    assert len(await office.bot_said(consultation)) == 2


async def test_an_error_on_the_page_is_named_and_its_entry_comes_first(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.react()
    error = BusinessContext(module="vat_filing", page=VAT.page, error="SB1007 申报比对不通过", verified=True)
    await office.stand(ZHANG, consultation, error)
    await office.react()
    said = (await office.bot_said(consultation))[-1]
    assert isinstance(said, Choices)
    assert "SB1007" in said.text
    assert (said.options[0].entry, said.options[0].why) == ("etax-0115", "error")


@pytest.mark.req("A1")
async def test_a_known_question_is_answered_with_entry_and_revision(
    office: TestOffice, knowledge: KnowledgeIndex
) -> None:
    consultation = await office.open(ZHANG)
    await office.react()
    await office.say(ZHANG, consultation, KNOWN)
    await office.react()
    answer = (await office.bot_said(consultation))[-1]
    assert isinstance(answer, Answer)
    assert answer.entry == "etax-0001"
    assert answer.text == knowledge.knowledge.by_id["etax-0001"].answer
    assert len(answer.revision) == 12


async def test_a_suggestion_that_was_chosen_is_answered_by_its_entry(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.stand(ZHANG, consultation, VAT)
    await office.react()
    (greeting,) = await office.bot_said(consultation)
    assert isinstance(greeting, Choices)
    for option in greeting.options:
        await office.say(ZHANG, consultation, Text(text=option.title, entry=option.entry))
        await office.react()
        answer = (await office.bot_said(consultation))[-1]
        assert isinstance(answer, Answer)
        assert answer.entry == option.entry


@pytest.mark.req("A1")
async def test_what_it_does_not_know_it_says_and_offers_a_person(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.react()
    await office.say(ZHANG, consultation, OUTSIDE)
    await office.react()
    refusal = (await office.bot_said(consultation))[-1]
    assert isinstance(refusal, NoAnswer)
    assert "转人工" in refusal.text
    assert (await office.state(consultation)).state is State.BOT


@pytest.mark.parametrize("before", [[], [KNOWN], [OUTSIDE], ["怎么注销"]])
async def test_a_person_is_had_by_asking_at_any_turn(office: TestOffice, before: list[str]) -> None:
    consultation = await office.open(ZHANG)
    for words in [*before, "转人工"]:
        await office.say(ZHANG, consultation, words)
        await office.react()
    told = await office.log(consultation)
    assert [type(event) for event in told[-3:]] == [MessagePosted, HandOverRequested, TicketTaken]
    assert isinstance((await office.bot_said(consultation))[-1], Notice)


@pytest.mark.req("A8")
async def test_it_is_silent_once_a_person_was_asked_for(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.react()
    await office.say(ZHANG, consultation, KNOWN)
    await office.ask_human(ZHANG, consultation)
    await office.say(ZHANG, consultation, KNOWN)
    await office.stand(ZHANG, consultation, INVOICE)
    await office.react()
    assert len(await office.bot_said(consultation)) == 1, "only the greeting"


async def test_it_is_there_again_for_whoever_leaves_the_queue(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.ask_human(ZHANG, consultation)
    await consultations.leave_queue(office.store, ZHANG, consultation, office.now)
    await office.say(ZHANG, consultation, KNOWN)
    await office.react()
    assert isinstance((await office.bot_said(consultation))[-1], Answer)


async def test_several_questions_in_a_row_are_answered_in_their_order(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.react()
    for words in (KNOWN, OUTSIDE, KNOWN):
        await office.say(ZHANG, consultation, words)
    await office.react()
    answers = (await office.bot_said(consultation))[1:]
    assert [type(one) for one in answers] == [Answer, NoAnswer, Answer]


async def test_a_dialogue_is_led_over_several_turns_and_survives_a_crash_between_them(
    office: TestOffice, knowledge: KnowledgeIndex
) -> None:
    consultation = await office.open(ZHANG)
    await office.react()
    dialogue = knowledge.knowledge.dialogues[0]
    await office.say(ZHANG, consultation, dialogue.trigger_examples[0])
    await office.react()
    asked = (await office.bot_said(consultation))[-1]
    assert isinstance(asked, Choices)
    assert asked.purpose == "slot"
    await office.crash()
    while isinstance(asked, Choices) and asked.purpose == "slot":
        await office.say(ZHANG, consultation, asked.options[0].title)
        await office.react()
        asked = (await office.bot_said(consultation))[-1]
    assert isinstance(asked, Answer)
    assert asked.entry == dialogue.id
    assert await office.store.read(events.read_note(consultation)) == ""


async def test_a_picture_is_answered_by_asking_for_words(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.react()
    picture = Attachment(id=AttachmentId("F1"), name="a.png", media_type="image/png", size=9)
    await office.store.transact(put_file(StoredFile(picture, consultation, "f", office.now)))
    await office.say(ZHANG, consultation, Image(attachment=picture))
    await office.react()
    said = (await office.bot_said(consultation))[-1]
    assert isinstance(said, Text)
    assert "文字" in said.text


@pytest.mark.req("C1")
async def test_a_turn_is_written_once_however_often_it_is_taken(office: TestOffice, knowledge: KnowledgeIndex) -> None:
    """Two processes believe the same turn is theirs, as after a lease that ran out."""
    consultation = await office.open(ZHANG)
    await office.react()
    await office.say(ZHANG, consultation, KNOWN)
    (work,) = await office.store.transact(outbox.claim("bot", office.now, 30.0, 10))
    await asyncio.gather(
        *(bot.take_turn(office.store, knowledge, office.rulebook, work, office.new_id, office.now) for _ in range(5))
    )
    assert len(await office.bot_said(consultation)) == 2


async def test_an_answer_that_keeps_failing_is_left_to_a_person_and_a_greeting_left_out(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    await office.react()
    other = await office.open(STRANGER)
    office.break_knowledge()
    await office.say(ZHANG, consultation, KNOWN)
    for _ in range(8):
        office.now += 10.0
        await office.react()
    told = await office.log(consultation)
    assert HandOverRequested(reason="error") in told
    assert (await office.state(consultation)).state is State.QUEUED
    assert (await office.state(other)).state is State.NEW
    assert await office.bot_said(other) == []
    assert await office.store.transact(outbox.claim("bot", office.now + 1e6, 1.0, 10)) == [], "nothing is owed for ever"


async def test_an_entry_of_a_suggestion_is_an_entry_of_the_knowledge(
    office: TestOffice, knowledge: KnowledgeIndex
) -> None:
    consultation = await office.open(STRANGER)
    await office.react()
    (greeting,) = await office.bot_said(consultation)
    assert isinstance(greeting, Choices)
    known: set[EntryId | None] = {EntryId(key) for key in knowledge.knowledge.by_id}
    assert {option.entry for option in greeting.options} <= known
