"""The index of messages: any run of Chinese is found, and only by those whose it is."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay_protocol.ids import AgentId, ConsultationId, TaxpayerId
from relay_server.search.base import Reach, Said, Wanted
from relay_server.search.tantivy import TantivyIndex
from relay_server.search.words import phrases
from relay_server.store.replay import BEGINNING, Position

ALL = Reach(everything=True)
XIHU, ZHANGGONG = frozenset({"360103"}), frozenset({"360702"})


def said(
    text: str, seq: int = 1, *, consultation: str = "C1", taxpayer: str = "T1", offices: frozenset[str] = XIHU
) -> Said:
    """Return words said by somebody, agent A1 taking part."""
    people = frozenset({AgentId("A1")})
    return Said(ConsultationId(consultation), seq, 1000.0 + seq, text, TaxpayerId(taxpayer), offices, people)


@pytest.fixture
def index(tmp_path: Path) -> TantivyIndex:
    return TantivyIndex(tmp_path / "index")


def found(index: TantivyIndex, words: str, reach: Reach = ALL) -> list[int]:
    return [place.seq for place in index.search(Wanted(words), reach, 20)]


def fill(index: TantivyIndex, *lines: Said) -> None:
    index.add(lines)
    index.commit(Position("9"))


def test_any_run_of_characters_is_found_wherever_a_word_may_begin(index: TantivyIndex) -> None:
    fill(index, said("怎样申报增值税留抵退税？", 1), said("电子税务局 ETAX-4021 报错", 2))
    assert found(index, "值税留") == [1]
    assert found(index, "税") == [2, 1], "the newest first"
    assert found(index, "etax-4021") == [2]
    assert found(index, "ＥＴＡＸ－４０２１") == [2], "full-width is the same"
    assert found(index, "留抵 申报") == [1], "all of them, in any order"
    assert found(index, "税增") == [], "not the characters alone: their order"


def test_blanks_marks_and_nothing_find_nothing(index: TantivyIndex) -> None:
    fill(index, said("您好"))
    for query in ("", "   ", "？！", "\x00", "(" * 50, "*:* OR key:C1"):
        assert found(index, query) == []


@pytest.mark.req("S1")
def test_only_words_within_the_askers_reach_are_found(index: TantivyIndex) -> None:
    fill(index, said("开票", 1), said("开票", 2, consultation="C2", taxpayer="T2", offices=ZHANGGONG))
    assert found(index, "开票", Reach(offices=XIHU)) == [1]
    assert found(index, "开票", Reach(offices=ZHANGGONG)) == [2]
    assert found(index, "开票", Reach(agent="A1")) == [2, 1]
    assert found(index, "开票", Reach(agent="A2")) == []
    assert found(index, "开票", Reach(agent="A2", contacts=frozenset({TaxpayerId("T2")}))) == [2]
    assert found(index, "开票", Reach()) == [], "nobody's scope finds nothing"


def test_the_time_and_the_person_can_be_given(index: TantivyIndex) -> None:
    fill(index, said("开票", 1), said("开票", 2), said("开票", 3, taxpayer="T2"))
    assert [one.seq for one in index.search(Wanted("开票", since=1002.0), ALL, 9)] == [3, 2]
    assert [one.seq for one in index.search(Wanted("开票", until=1002.0), ALL, 9)] == [1]
    assert [one.seq for one in index.search(Wanted("开票", taxpayer="T2"), ALL, 9)] == [3]


def test_it_goes_on_where_it_was_after_a_restart_and_holds_nothing_twice(tmp_path: Path) -> None:
    first = TantivyIndex(tmp_path / "index")
    fill(first, said("开票", 1))
    first.add([said("开票", 2)])  # never committed
    first.close()
    again = TantivyIndex(tmp_path / "index")
    assert again.position == Position("9")
    fill(again, said("开票", 1), said("开票", 2))
    assert found(again, "开票") == [2, 1]


def test_a_damaged_index_begins_anew(tmp_path: Path) -> None:
    fill(TantivyIndex(tmp_path / "index"), said("开票"))
    (tmp_path / "index" / "meta.json").write_text("{", "utf-8")
    again = TantivyIndex(tmp_path / "index")
    assert again.position == BEGINNING
    assert found(again, "开票") == []


def test_what_was_dropped_or_forgotten_is_not_found(index: TantivyIndex) -> None:
    fill(index, said("开票", 1), said("开票", 2, consultation="C2", taxpayer="T2"))
    index.drop(ConsultationId("C1"))
    index.commit(Position("10"))
    assert found(index, "开票") == [2]
    index.forget(TaxpayerId("T2"))
    index.commit(Position("11"))
    assert found(index, "开票") == []


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="增值税申报开票，。！", max_size=60), st.integers(0, 20), st.integers(2, 12))
def test_every_stretch_of_a_chinese_text_finds_it(text: str, start: int, length: int) -> None:
    query = text[start : start + length]
    if not phrases(query):
        return
    with TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder) / "index")
        fill(index, said(text))
        assert found(index, query) == [1]
        index.destroy()
