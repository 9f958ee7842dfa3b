"""猜你想问 fits the page, the taxpayer and the error, and says why."""

from datetime import date
from itertools import combinations, product

import msgspec
import pytest

from kb_sync.bundle import Knowledge
from kb_sync.candidates import SearchContext
from kb_sync.entry import Audience, Entry, revision_of
from kb_sync.index import KnowledgeIndex
from kb_sync.suggest import STATUSES, Page, SuggestionRules, suggest

TODAY = date(2026, 3, 1)
MODULES = ("vat_filing", "invoice_issue", "social_insurance")
AUDIENCES: tuple[Audience, ...] = ("enterprise", "individual")


def entries(*keys: str, **more: object) -> dict[str, Entry]:
    fields = {"answer": "a", "effective_from": "2024-01-01", **more}
    return {key: msgspec.convert({"id": key, "question": f"{key}?", **fields}, type=Entry) for key in keys}


@pytest.mark.req("A2")
def test_three_pages_and_two_kinds_of_taxpayer_get_six_different_lists_that_fit(
    index: KnowledgeIndex, sample: Knowledge
) -> None:
    lists = {}
    for module, audience in product(MODULES, AUDIENCES):
        shown = index.suggest(SearchContext(TODAY, module, audience))
        assert 3 <= len(shown) <= 6
        assert {suggestion.why for suggestion in shown} >= {"profile", "hot"}
        assert len({suggestion.entry_id for suggestion in shown}) == len(shown)
        for suggestion in shown:
            entry = sample.by_id[suggestion.entry_id]
            assert entry.serves(audience)
            assert (suggestion.question, suggestion.revision) == (entry.question, revision_of(entry))
        lists[module, audience] = {suggestion.entry_id for suggestion in shown if suggestion.why != "hot"}
    assert all(one.isdisjoint(other) or len(one & other) <= 1 for one, other in combinations(lists.values(), 2))


@pytest.mark.req("A2")
def test_an_error_on_the_page_comes_first(index: KnowledgeIndex) -> None:
    first = index.suggest(SearchContext(TODAY, "vat_filing", "enterprise"), error_code="SB2031")[0]
    assert (first.entry_id, first.why) == ("etax-0114", "error")


@pytest.mark.req("A2")
def test_what_is_asked_most_today_takes_the_last_place(index: KnowledgeIndex) -> None:
    shown = index.suggest(SearchContext(TODAY, "vat_filing", "enterprise"), hot=["etax-0019"])
    assert (shown[-1].entry_id, shown[-1].why) == ("etax-0019", "hot")


@pytest.mark.req("A2")
@pytest.mark.parametrize(("status", "other"), [STATUSES, STATUSES[::-1]])
def test_nobody_is_offered_a_question_of_the_other_status(index: KnowledgeIndex, status: str, other: str) -> None:
    for module in MODULES:
        shown = index.suggest(SearchContext(TODAY, module, "enterprise", status))
        assert 3 <= len(shown) <= 6
        assert not [one for one in shown if other in one.question and status not in one.question]


def test_an_unknown_page_still_gets_questions(index: KnowledgeIndex) -> None:
    shown = index.suggest(SearchContext(TODAY, "nowhere", "individual"), error_code="??")
    assert len(shown) >= 3
    assert {suggestion.why for suggestion in shown} == {"hot"}


def test_a_page_without_rules_shows_its_modules_entries() -> None:
    known = entries("a", "b", module="m") | entries("c", module="n")
    shown = suggest(SuggestionRules(), known, module="m", audience="both", today=TODAY)
    assert [(one.entry_id, one.why) for one in shown] == [("a", "page"), ("b", "page")]


def test_an_expired_entry_is_never_suggested() -> None:
    rules = SuggestionRules({"m": Page("页", both=("old", "new"))}, {"E1": ("old",)}, ("old",))
    known = entries("old", effective_to="2025-12-31") | entries("new")
    shown = suggest(rules, known, module="m", audience="both", today=TODAY, error_code="E1")
    assert [one.entry_id for one in shown] == ["new"]
