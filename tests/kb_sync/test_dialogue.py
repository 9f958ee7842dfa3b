"""Multi-turn dialogues: replies as people type them, misses, cancelling, and every path through the sample."""

from collections.abc import Iterator

import msgspec
import pytest

from kb_sync.bundle import Knowledge
from kb_sync.dialogue import (
    Cancelled,
    Concluded,
    Dialogue,
    DialogueState,
    GaveUp,
    Slot,
    SlotAsked,
    Step,
    Value,
    ordinal,
    read,
    reply,
    start,
)

DIALOGUE = msgspec.json.decode(
    """{"id": "d-1", "title": "缴费方式", "trigger_examples": ["怎么缴费"],
    "slots": [
      {"name": "who", "ask": "您是？", "choices": ["单位", "个人"], "invalid_hint": "请选一项。"},
      {"name": "bank", "ask": "银行代扣吗？", "type": "boolean"},
      {"name": "age", "ask": "年满60岁吗？", "type": "boolean"}],
    "rules": [
      {"when": {"who": "单位", "bank": true}, "answer": "签三方协议。"},
      {"when": {"who": "单位", "bank": false}, "answer": "网上缴。"},
      {"when": {"who": "个人", "age": true}, "answer": "不用缴。"}]}""".encode(),
    type=Dialogue,
)
INCOME = Slot(name="income", ask="收入？", choices=("不超过300万元", "超过300万元"))
YEARS = Slot(name="years", ask="多久？", choices=("不满2年", "满2年不满5年", "满5年以上"))
KIND = Slot(name="kind", ask="身份？", choices=("一般纳税人", "小规模纳税人", "不清楚"))
FACE = Slot(name="face", ask="能刷脸吗？", type="boolean")


def asked(step: Step) -> SlotAsked:
    assert isinstance(step, SlotAsked)
    return step


def say(*replies: str, dialogue: Dialogue = DIALOGUE) -> Step:
    step = start(dialogue)
    for text in replies:
        step = reply(dialogue, asked(step).state, text)
    return step


@pytest.mark.req("A4")
def test_only_slots_of_a_still_possible_rule_are_asked() -> None:
    assert asked(start(DIALOGUE)).text == "您是？"
    assert asked(say("单位")).text == "银行代扣吗？"
    assert asked(say("个人")).text == "年满60岁吗？"
    assert say("单位", "不是") == Concluded("网上缴。")


@pytest.mark.req("A4")
def test_a_reply_not_understood_is_asked_again_with_a_hint_and_the_second_one_gives_up() -> None:
    again = asked(say("什么意思"))
    assert again.text == "请选一项。您是？"
    assert again.choices == ("单位", "个人")
    assert say("什么意思", "听不懂") == GaveUp("unclear")
    assert say("什么意思", "单位", "啊这", "是") == Concluded("签三方协议。")


def test_answers_that_no_rule_covers_give_up() -> None:
    assert say("个人", "否") == GaveUp("uncovered")


@pytest.mark.req("A4")
@pytest.mark.parametrize("words", ["取消", "算了吧", "不问了", "退出。"])
def test_the_taxpayer_can_cancel_at_any_question(words: str) -> None:
    assert say(words) == Cancelled()
    assert say("单位", words) == Cancelled()


@pytest.mark.parametrize(
    ("slot", "text", "value"),
    [
        (KIND, "1", "一般纳税人"),
        (KIND, "２。", "小规模纳税人"),
        (KIND, "第二个", "小规模纳税人"),
        (KIND, "选3", "不清楚"),
        (KIND, "4", None),
        (KIND, "我们是小规模纳税人", "小规模纳税人"),
        (KIND, "小规模", "小规模纳税人"),
        (KIND, "纳税人", None),
        (KIND, "不清楚", "不清楚"),
        (KIND, "是一般纳税人吗", None),
        (INCOME, "超过300万元", "超过300万元"),
        (INCOME, "不超过300万元的", "不超过300万元"),
        (INCOME, "没超过300万元", None),
        (INCOME, "超过300万", "超过300万元"),
        (YEARS, "满5年", "满5年以上"),
        (YEARS, "不满2年", "不满2年"),
        (FACE, "是的", True),
        (FACE, "能", True),
        (FACE, "1", True),
        (FACE, "刷过", True),
        (FACE, "不能。", False),
        (FACE, "没有", False),
        (FACE, "收不到", False),
        (FACE, "2", False),
        (FACE, "不知道", None),
        (FACE, "是不是要刷脸", None),
        (FACE, "", None),
        (KIND, "", None),
    ],
)
def test_replies_are_read_as_people_type_them(slot: Slot, text: str, value: Value | None) -> None:
    assert read(slot, text) == value


def test_a_number_outside_the_list_is_none_of_it() -> None:
    assert [ordinal(text, 3) for text in ("1", "第三项", "四", "0", "12", "一个亿")] == [0, 2, None, None, None, None]


def test_a_state_survives_storage() -> None:
    state = asked(say("单位")).state
    assert msgspec.json.decode(msgspec.json.encode(state), type=DialogueState) == state


@pytest.mark.parametrize(
    "change",
    [
        {"rules": []},
        {"rules": [{"when": {"nobody": True}, "answer": "a"}]},
        {"rules": [{"when": {"who": "政府"}, "answer": "a"}]},
        {"rules": [{"when": {"bank": "是"}, "answer": "a"}]},
        {"slots": [{"name": "who", "ask": "?"}]},
        {"slots": [{"name": "who", "ask": "?", "type": "boolean", "choices": ["是"]}]},
        {"slots": [{"name": "who", "ask": "?", "type": "boolean"}] * 2},
    ],
)
def test_a_dialogue_that_cannot_work_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**msgspec.to_builtins(DIALOGUE), **change}, type=Dialogue)


def paths(dialogue: Dialogue, step: Step, said: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Step]]:
    """Every way through a dialogue, always taking one of the choices offered."""
    if not isinstance(step, SlotAsked):
        yield said, step
        return
    for choice in step.choices:
        yield from paths(dialogue, reply(dialogue, step.state, choice), (*said, choice))


@pytest.mark.req("A4")
@pytest.mark.parametrize("number", range(12))
def test_every_path_of_a_sample_dialogue_ends_and_every_rule_is_reached(sample: Knowledge, number: int) -> None:
    dialogue = sample.dialogues[number]
    ends = list(paths(dialogue, start(dialogue)))
    reached = {step.text for _, step in ends if isinstance(step, Concluded)}
    assert reached == {rule.answer for rule in dialogue.rules}
    assert all(isinstance(step, Concluded | GaveUp) for _, step in ends)
    assert all(len(said) <= len(dialogue.slots) for said, _ in ends)


def test_the_sample_has_twelve_dialogues(sample: Knowledge) -> None:
    assert len(sample.dialogues) == 12
