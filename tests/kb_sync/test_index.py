"""Search on the sample: found, in force, nudged by context, and the same from memory and from disk."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from kb_sync.bundle import Knowledge, assemble
from kb_sync.candidates import OptionsState, SearchContext
from kb_sync.dialogue import DialogueState
from kb_sync.entry import Entry, revision_of
from kb_sync.index import KnowledgeIndex
from kb_sync.suggest import SuggestionRules

TODAY = date(2026, 3, 1)


def entry(key: str, question: str, **more: object) -> Entry:
    return msgspec.convert(
        {"id": key, "question": question, "answer": "按规定办理。", "effective_from": "2024-01-01", **more}, type=Entry
    )


def found(index: KnowledgeIndex, query: str, context: SearchContext) -> list[str]:
    return [hit.entry.id for hit in index.search(query, context)]


def test_the_question_of_an_entry_finds_it_first_with_its_revision(
    index: KnowledgeIndex, sample: Knowledge, context: SearchContext
) -> None:
    for wanted in sample.entries[::10]:
        first = index.search(wanted.question, context)[0]
        assert (first.entry, first.revision) == (wanted, revision_of(wanted))
        assert first.confidence > 0.9


def test_confidence_is_low_for_what_is_not_in_the_knowledge(index: KnowledgeIndex, context: SearchContext) -> None:
    for query in ("今天中午吃什么好", "帮我写一首诗", "公积金怎么提取"):
        assert all(hit.confidence < 0.4 for hit in index.search(query, context))


@pytest.mark.parametrize("query", ["", "   ", "？？？", "😀", "\u200b"])
def test_a_question_without_words_finds_nothing(index: KnowledgeIndex, context: SearchContext, query: str) -> None:
    assert index.search(query, context) == []


@pytest.mark.req("K7")
def test_an_entry_out_of_force_is_not_found() -> None:
    index = KnowledgeIndex.build(
        assemble(
            [
                entry("old", "小规模征收率", effective_to="2025-12-31"),
                entry("now", "小规模征收率是多少", effective_from="2026-01-01"),
                entry("next", "小规模征收率几个点", effective_from="2027-01-01"),
            ]
        )
    )
    assert found(index, "小规模征收率", SearchContext(TODAY)) == ["now"]
    assert found(index, "小规模征收率", SearchContext(date(2025, 6, 1))) == ["old"]


def test_page_and_taxpayer_settle_a_tie() -> None:
    index = KnowledgeIndex.build(
        assemble(
            [
                entry("company", "社保怎么缴", module="social", audience="enterprise"),
                entry("person", "社保怎么缴", module="social", audience="individual"),
                entry("vat", "社保怎么缴", module="vat", audience="both"),
            ]
        )
    )
    assert found(index, "社保怎么缴", SearchContext(TODAY, "social", "individual"))[0] == "person"
    assert found(index, "社保怎么缴", SearchContext(TODAY, "social", "enterprise"))[0] == "company"
    assert found(index, "社保怎么缴", SearchContext(TODAY, "vat", "individual"))[0] == "vat"


def test_an_error_code_in_the_message_leads_to_its_entry(index: KnowledgeIndex, context: SearchContext) -> None:
    first = index.search("提交的时候报错sb2031，是什么意思", context)[0]
    assert first.entry.id == "etax-0114"
    assert first.confidence > 0.9


def test_a_code_belongs_to_no_other_entry(context: SearchContext) -> None:
    rules = SuggestionRules(error_codes={"AB12": ("one",)})
    index = KnowledgeIndex.build(assemble([entry("one", "比对不通过"), entry("two", "AB13 报错")], suggestions=rules))
    assert found(index, "AB12", context) == ["one"]


@pytest.mark.req("K12")
def test_an_index_on_disk_is_reused_rebuilt_when_the_knowledge_changes_and_when_it_is_damaged(
    tmp_path: Path, context: SearchContext
) -> None:
    folder = tmp_path / "index"
    first = assemble([entry("one", "怎么申报")])
    KnowledgeIndex.open(first, folder)
    written = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    KnowledgeIndex.open(first, folder)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == written

    second = assemble([entry("two", "怎么缴税")])
    assert found(KnowledgeIndex.open(second, folder), "怎么缴税", context) == ["two"]

    for path in folder.iterdir():
        if path.name != "content-hash":
            path.write_bytes(b"damaged")
    assert found(KnowledgeIndex.open(second, folder), "怎么缴税", context) == ["two"]


def test_candidates_follow_the_state_only_while_its_revision_is_still_there(
    index: KnowledgeIndex, sample: Knowledge, context: SearchContext
) -> None:
    dialogue = sample.dialogues[0]
    running = DialogueState(dialogue.id, revision_of(dialogue))
    assert index.candidates("是", context, running).running == dialogue
    assert index.candidates("是", context, msgspec.structs.replace(running, revision="0" * 12)).running is None
    offered = index.candidates("1", context, OptionsState(("etax-0001", "gone"))).offered
    assert offered == (sample.by_id["etax-0001"], None)


def test_an_empty_knowledge_can_be_searched(context: SearchContext) -> None:
    assert KnowledgeIndex.build(assemble([])).search("怎么申报", context) == []
