"""Whatever a stranger types, search and decisions give typed results: never an exception, never an invention."""

from datetime import date
from functools import cache
from typing import get_args

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kb_sync.bundle import load_sample
from kb_sync.candidates import SearchContext, State
from kb_sync.decide import Answer, Ask, Clarify, Decision, decide
from kb_sync.dialogue import Slot, read
from kb_sync.index import KnowledgeIndex

CONTEXT = SearchContext(date(2026, 3, 1), "vat_filing", "enterprise")
STRANGE = st.text(max_size=500)
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=60)
TAX = st.lists(
    st.sampled_from(
        ["发票", "申报", "怎么", "社保", "不", "1", "是", "转", "人工", "SB2031", "+", '"', "*", "AND", ":"]
    ),
    max_size=20,
).map("".join)
MESSAGES = STRANGE | CHINESE | TAX


@cache
def index() -> KnowledgeIndex:
    return KnowledgeIndex.build(load_sample())


@settings(max_examples=150, deadline=None)
@given(MESSAGES)
def test_search_gives_hits_in_order_with_confidence_between_zero_and_one(query: str) -> None:
    hits = index().search(query, CONTEXT, top=5)
    assert len(hits) <= 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 <= hit.confidence <= 1 and hit.entry.in_force(CONTEXT.today) for hit in hits)


@settings(max_examples=100, deadline=None)
@given(st.lists(MESSAGES, max_size=5), st.sampled_from(["", "社保怎么交", "怎么开发票"]))
def test_any_conversation_gets_decisions_and_every_answer_is_published_text(messages: list[str], opening: str) -> None:
    knowledge, state = index().knowledge, None
    for message in [opening, *messages]:
        decision: Decision = decide(message, index().candidates(message, CONTEXT, state), state, CONTEXT)
        assert isinstance(decision, get_args(Decision))
        assert decision.text
        if isinstance(decision, Answer):
            entry = knowledge.by_id.get(decision.entry_id)
            rules = knowledge.dialogues_by_id[decision.entry_id].rules if entry is None else ()
            assert decision.text in ({entry.answer} if entry else {rule.answer for rule in rules})
        state = _stored(decision)


@settings(max_examples=150, deadline=None)
@given(MESSAGES)
def test_a_slot_is_filled_only_with_a_value_it_takes(text: str) -> None:
    for slot in (
        Slot(name="a", ask="?", choices=("是", "超过300万元", "不超过300万元")),
        Slot(name="b", ask="?", type="boolean"),
    ):
        value = read(slot, text)
        assert value is None or slot.takes(value)


def _stored(decision: Decision) -> State | None:
    """The state after a trip through storage."""
    if not isinstance(decision, Ask | Clarify):
        return None
    state: State = msgspec.json.decode(msgspec.json.encode(decision.state), type=State)
    return state
