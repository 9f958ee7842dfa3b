"""The bot's decisions, case by case: on hand-made candidates for the rules, on the sample for whole conversations."""

from datetime import date

import msgspec
import pytest

from kb_sync.bundle import Knowledge
from kb_sync.candidates import Candidates, Hit, OptionsState, SearchContext, State
from kb_sync.decide import Answer, Ask, Clarify, Courtesy, Decision, HandOver, NoAnswer, decide, wants_person
from kb_sync.entry import Entry, revision_of
from kb_sync.index import KnowledgeIndex

TODAY = SearchContext(date(2026, 3, 1))


def hit(key: str, confidence: float, question: str = "", **more: object) -> Hit:
    fields = {"id": key, "question": question or f"问题{key}", "answer": f"答案{key}", "effective_from": "2024-01-01"}
    entry = msgspec.convert({**fields, **more}, type=Entry)
    return Hit(entry, revision_of(entry), 1.0, confidence)


def talk(index: KnowledgeIndex, *messages: str) -> list[Decision]:
    """What the bot says to each message in turn, the state carried on as a relay would."""
    state: State | None = None
    said: list[Decision] = []
    for message in messages:
        decision = decide(message, index.candidates(message, TODAY, state), state, TODAY)
        state = decision.state if isinstance(decision, Ask | Clarify) else None
        said.append(decision)
    return said


@pytest.mark.req("A6")
@pytest.mark.parametrize(
    ("confidences", "kind"),
    [
        ((0.9, 0.2), Answer),
        ((0.9,), Answer),
        ((0.75, 0.55), Answer),
        ((0.69, 0.1), Clarify),
        ((0.9, 0.8), Clarify),
        ((0.9, 0.2, 0.8), Clarify),
        ((0.9, 0.2, 0.1, 0.89), Answer),
        ((0.3, 0.45), Clarify),
        ((0.44, 0.1), NoAnswer),
        ((), NoAnswer),
    ],
)
def test_a_sure_hit_answers_an_unsure_one_offers_and_the_rest_is_refused(
    confidences: tuple[float, ...], kind: type[Decision]
) -> None:
    hits = tuple(hit(str(number), confidence) for number, confidence in enumerate(confidences))
    assert isinstance(decide("怎么申报", Candidates(hits), None, TODAY), kind)


@pytest.mark.req("A6")
def test_an_answer_is_the_entrys_own_text_and_names_entry_and_revision() -> None:
    first = hit("e1", 0.9, source="增值税法")
    said = decide("怎么申报", Candidates((first,)), None, TODAY)
    assert said == Answer("e1", first.revision, "问题e1", "答案e1", "增值税法", 0.9)


@pytest.mark.req("A6", "K7")
def test_an_expired_entry_never_answers_whoever_offers_it() -> None:
    old = hit("e1", 0.99, effective_to="2025-12-31")
    assert isinstance(decide(old.entry.question, Candidates((old,)), None, TODAY), NoAnswer)
    state = OptionsState(("e1",))
    assert isinstance(decide("1", Candidates(offered=(old.entry,)), state, TODAY), NoAnswer)


def test_the_very_question_answers_even_when_another_entry_is_as_likely() -> None:
    hits = (hit("e1", 0.9), hit("e2", 0.9, "发票怎么开"))
    said = decide("发票怎么开？", Candidates(hits), None, TODAY)
    assert isinstance(said, Answer)
    assert said.entry_id == "e2"


def test_options_are_picked_by_number_and_refused_by_word() -> None:
    hits = tuple(hit(key, 0.5) for key in "abcd")
    shown = decide("申报", Candidates(hits), None, TODAY)
    assert isinstance(shown, Clarify)
    assert [option.question for option in shown.options] == ["问题a", "问题b", "问题c"]
    offered = Candidates(hits, offered=tuple(one.entry for one in hits[:3]))
    for words in ("2", "第二个", "选2"):
        picked = decide(words, offered, shown.state, TODAY)
        assert isinstance(picked, Answer)
        assert picked.entry_id == "b"
    assert isinstance(decide("都不是", offered, shown.state, TODAY), NoAnswer)
    assert isinstance(decide("问题d", offered, shown.state, TODAY), Answer)


PERSON = [
    "转人工",
    "人工客服",
    "找人工",
    "我要人工",
    "人工",
    "转接人工座席",
    "帮我转一下人工",
    "我要找真人！",
    "转 人 工",
]
PERSON += [
    "换个客服",
    "有没有人工服务",
    "不想跟机器人说了",
    "我要跟人说话",
    "叫工作人员来",
    "请转人工，谢谢",
    "联系座席",
]


@pytest.mark.req("A1")
@pytest.mark.parametrize("message", PERSON)
def test_a_wish_for_a_person_is_understood(message: str) -> None:
    assert wants_person(message)


@pytest.mark.parametrize(
    "message",
    [
        "人工费怎么开票",
        "需要人工费发票",
        "人工智能企业优惠",
        "先不要转人工",
        "不用转人工了",
        "人工湖要交房产税吗",
        "你好",
        "",
    ],
)
def test_other_talk_of_people_is_not(message: str) -> None:
    assert not wants_person(message)


@pytest.mark.req("A1")
def test_a_person_is_granted_at_any_turn(index: KnowledgeIndex) -> None:
    for before in ((), ("社保怎么交",), ("社保怎么交", "1"), ("怎么开发票",), ("公积金怎么提取",)):
        last = talk(index, *before, "转人工")[-1]
        assert isinstance(last, HandOver)
        assert last.reason == "asked"
        assert "人工" in last.text


@pytest.mark.req("A4")
def test_a_dialogue_asks_and_concludes_with_its_revision(index: KnowledgeIndex, sample: Knowledge) -> None:
    ask, again, answer = talk(index, "社保怎么交", "灵活就业", "1")
    assert isinstance(ask, Ask)
    assert ask.choices == ("用人单位", "灵活就业人员", "城乡居民")
    assert isinstance(again, Ask)
    assert isinstance(answer, Answer)
    dialogue = sample.dialogues_by_id["dlg-07"]
    assert (answer.entry_id, answer.revision) == ("dlg-07", revision_of(dialogue))
    assert answer.text in {rule.answer for rule in dialogue.rules}


@pytest.mark.req("A4")
def test_a_dialogue_not_understood_twice_hands_over(index: KnowledgeIndex) -> None:
    _, hint, last = talk(index, "社保怎么交", "啊啊啊", "哦哦哦")
    assert isinstance(hint, Ask)
    assert hint.text.startswith("请从给出的选项中选择一项")
    assert isinstance(last, HandOver)
    assert last.reason == "unclear"


def test_a_case_no_rule_covers_hands_over(index: KnowledgeIndex) -> None:
    last = talk(index, "员工离职个税怎么报", "离职员工", "离职后补发工资奖金")[-1]
    assert isinstance(last, HandOver)
    assert last.reason == "uncovered"


@pytest.mark.req("A4")
def test_a_dialogue_can_be_cancelled_and_left_for_another_question(index: KnowledgeIndex) -> None:
    assert isinstance(talk(index, "社保怎么交", "算了")[-1], Courtesy)
    left = talk(index, "社保怎么交", "如何查验数电票真伪")[-1]
    assert isinstance(left, Answer)
    assert left.entry_id == "etax-0083"


def test_a_dialogue_whose_revision_is_gone_lets_the_message_stand_for_itself(index: KnowledgeIndex) -> None:
    ask = talk(index, "社保怎么交")[0]
    assert isinstance(ask, Ask)
    stale = msgspec.structs.replace(ask.state, revision="0" * 12)
    said = decide("如何查验数电票真伪", index.candidates("如何查验数电票真伪", TODAY, stale), stale, TODAY)
    assert isinstance(said, Answer)


@pytest.mark.req("A4")
def test_every_trigger_example_of_the_sample_starts_its_dialogue(index: KnowledgeIndex, sample: Knowledge) -> None:
    for dialogue in sample.dialogues:
        for trigger in dialogue.trigger_examples:
            said = talk(index, trigger)[0]
            assert isinstance(said, Ask), trigger
            assert said.dialogue_id == dialogue.id


@pytest.mark.req("A6")
def test_every_question_of_the_sample_is_answered_by_an_entry_that_asks_it(
    index: KnowledgeIndex, sample: Knowledge
) -> None:
    for entry in sample.entries:
        said = talk(index, entry.question)[0]
        if wants_person(entry.question):
            assert isinstance(said, HandOver)
            continue
        assert isinstance(said, Answer), entry.question
        assert sample.by_id[said.entry_id].question == entry.question


@pytest.mark.req("A6")
@pytest.mark.parametrize("query", ["公积金怎么提取", "帮我写一首关于春天的诗", "今天中午吃什么好", "怎么买比特币"])
def test_what_is_outside_the_knowledge_is_said_to_be(index: KnowledgeIndex, query: str) -> None:
    said = talk(index, query)[0]
    assert isinstance(said, NoAnswer)
    assert "转人工" in said.text


@pytest.mark.parametrize(
    ("words", "reason"), [("您好！", "greeting"), ("好的谢谢", "thanks"), ("？", "empty"), ("", "empty")]
)
def test_courtesy_is_returned_and_counts_as_no_question(index: KnowledgeIndex, words: str, reason: str) -> None:
    said = talk(index, words)[0]
    assert isinstance(said, Courtesy)
    assert said.reason == reason
