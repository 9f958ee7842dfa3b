"""Synonyms are found one step away, and circles between groups are harmless."""

import pytest

from kb_sync.errors import KnowledgeError
from kb_sync.lexicon import Lexicon, parse_lexicon
from relay_protocol.errors import ErrorCode


def lexicon(tsv: str) -> Lexicon:
    return Lexicon(parse_lexicon(tsv))


@pytest.mark.req("K4")
def test_a_word_brings_the_other_words_of_its_group_but_not_those_already_said() -> None:
    words = lexicon("增值税专用发票\t专票|增专票\n# 注释\n\n个体工商户\t个体户\n")
    assert words.expand("专票怎么开") == ("增专票", "增值税专用发票")
    assert words.expand("个体户也叫个体工商户") == ()
    assert words.expand("今天天气") == ()


def test_the_longest_word_wins() -> None:
    assert lexicon("登记\t注册\n税务登记\t税务报到\n").expand("税务登记") == ("税务报到",)


def test_a_circle_of_groups_goes_one_step_and_ends() -> None:
    assert lexicon("甲\t乙\n乙\t丙\n丙\t甲\n").expand("甲") == ("丙", "乙")


def test_without_words_nothing_is_found() -> None:
    assert Lexicon(()).expand("专票") == ()


@pytest.mark.parametrize("line", ["专票", "专票\t", "\t专票", "专票\t|"])
def test_a_group_without_word_or_variants_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(KnowledgeError) as caught:
        parse_lexicon(f"个体工商户\t个体户\n{line}\n")
    assert (caught.value.code, caught.value.detail["line"]) == (ErrorCode.BAD_INPUT, 2)
