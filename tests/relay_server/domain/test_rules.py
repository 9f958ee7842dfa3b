"""Rule sets as data: what fits is kept, what contradicts itself is refused in Chinese, all mistakes at once."""

import msgspec
import pytest

from relay_protocol.errors import BanwenError
from relay_server.domain.rules import DEFAULT, Level, RuleSet, Step, check, parse, sentence


def test_the_built_in_rules_are_sound_and_survive_being_written_down() -> None:
    assert list(check(DEFAULT)) == []
    assert parse(msgspec.json.encode(DEFAULT)) == DEFAULT


@pytest.mark.req("A27")
@pytest.mark.parametrize(
    ("waited", "step"), [(0, 0), (29.9, 0), (30, 1), (59, 1), (60, 2), (119, 2), (120, 3), (1e6, 4)]
)
def test_a_step_is_due_once_its_time_has_come(waited: float, step: int) -> None:
    assert DEFAULT.step_due(waited) == step


def test_a_class_nobody_defined_has_no_head_start() -> None:
    assert DEFAULT.head_start("returned") > DEFAULT.head_start("normal") == DEFAULT.head_start("没有的") == 0


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([], "至少要有一步"),
        ([Step(after=5, level=Level.COUNTY)], "从第 0 秒开始"),
        ([Step(after=0, level=Level.CITY), Step(after=0, level=Level.PROVINCE)], "第 2 步的 after（0 秒）应晚于"),
        ([Step(after=0, level=Level.CITY), Step(after=9, level=Level.COUNTY)], "“本县区”比上一步“全市”窄"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(steps: list[Step], told: str) -> None:
    with pytest.raises(BanwenError, match=told):
        parse(msgspec.json.encode(RuleSet(name="x", steps=steps)))


def test_all_mistakes_are_told_at_once() -> None:
    wrong = RuleSet(name=" ", steps=[Step(after=3, level=Level.ANY)], lost_after=5.0)
    assert len(list(check(wrong))) == 3


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"name":"x"}',
        b'{"name":"x","steps":[{"after":-1,"level":"county"}]}',
        b'{"name":"x","steps":[{"after":0,"level":"street"}]}',
        b'{"name":"x","steps":[],"offer_timeuot":3}',
    ],
)
def test_what_is_no_rule_set_is_refused(raw: bytes) -> None:
    with pytest.raises(BanwenError, match="格式不正确"):
        parse(raw)


def test_a_step_is_told_in_words() -> None:
    assert sentence(Step(after=30, level=Level.CITY, min_level=3)) == "等待 30 秒起：全市，需具备业务技能（3 级以上）"
    assert sentence(Step(after=60, level=Level.ANY, skilled=False)) == "等待 60 秒起：所有机构"
