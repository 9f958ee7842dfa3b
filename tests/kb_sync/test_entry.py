"""Entries are refused with a reason and a line number, and a revision names one wording."""

from datetime import date

import msgspec
import pytest

from kb_sync.entry import Entry, parse_lines, revision_of
from kb_sync.errors import KnowledgeError
from relay_protocol.errors import ErrorCode

ENTRY = Entry(id="e-1", question="何时申报", answer="每月15日前。", effective_from=date(2024, 1, 1))


def test_an_entry_is_in_force_from_its_first_to_its_last_day() -> None:
    entry = msgspec.structs.replace(ENTRY, effective_to=date(2025, 12, 31))
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [entry.in_force(day) for day in days] == [False, True, True, False]
    assert ENTRY.in_force(date(2999, 1, 1))


def test_an_entry_serves_its_audience_and_both_serves_all() -> None:
    company = msgspec.structs.replace(ENTRY, audience="enterprise")
    assert company.serves("enterprise")
    assert company.serves("both")
    assert not company.serves("individual")
    assert ENTRY.serves("individual")


def test_every_change_of_wording_is_a_new_revision_and_reading_it_back_is_none() -> None:
    again = msgspec.json.decode(msgspec.json.encode(ENTRY), type=Entry)
    assert revision_of(again) == revision_of(ENTRY)
    assert revision_of(msgspec.structs.replace(ENTRY, answer="每月16日前。")) != revision_of(ENTRY)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"id": "e-1", "question": "", "answer": "a", "effective_from": "2024-01-01"}',
        b'{"id": "../e", "question": "q", "answer": "a", "effective_from": "2024-01-01"}',
        b'{"id": "e-1", "question": "q", "answer": "a", "effective_from": "yesterday"}',
        b'{"id": "e-1", "question": "q", "answer": "a", "effective_from": "2024-01-01", "colour": "red"}',
        b'{"id": "e-1", "question": "q", "answer": "a", "effective_from": "2024-02-01", "effective_to": "2024-01-01"}',
    ],
)
def test_an_unusable_line_is_refused_and_named(line: bytes) -> None:
    with pytest.raises(KnowledgeError) as caught:
        parse_lines(msgspec.json.encode(ENTRY) + b"\n\n" + line, Entry)
    assert caught.value.code == ErrorCode.BAD_INPUT
    assert "第 3 行" in caught.value.message
