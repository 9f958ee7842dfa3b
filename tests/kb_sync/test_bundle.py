"""A bundle gives back what was packed, has the same hash everywhere, and is refused when anything is off."""

from datetime import date
from pathlib import Path

import msgspec
import pytest
import zstandard

from kb_sync.bundle import (
    FORMAT,
    Header,
    Knowledge,
    assemble,
    load,
    pack,
    read_sources,
    same_question,
    save,
    unpack,
)
from kb_sync.entry import Entry
from kb_sync.errors import KnowledgeError
from kb_sync.suggest import SuggestionRules
from relay_protocol.errors import ErrorCode

ENTRIES = [
    Entry(id=key, question="何时申报", answer="每月15日前。", effective_from=date(2024, 1, 1)) for key in ("b", "a")
]


def outcome(data: bytes) -> Knowledge | ErrorCode:
    """What reading these bytes leads to."""
    try:
        return unpack(data)
    except KnowledgeError as error:
        return error.code


def forged(**change: object) -> bytes:
    """A bundle whose header was changed."""
    line, content = pack(assemble(ENTRIES)).split(b"\n", 1)
    return msgspec.json.encode({**msgspec.json.decode(line), **change}) + b"\n" + content


def test_the_sample_survives_packing_and_keeps_its_hash(sample: Knowledge, tmp_path: Path) -> None:
    save(sample, tmp_path / "tax.kb")
    again = load(tmp_path / "tax.kb")
    assert again == sample
    assert again.content_hash == sample.content_hash
    assert [path.name for path in tmp_path.iterdir()] == ["tax.kb"]


def test_the_sample_is_marked_as_sample_and_complete(sample: Knowledge) -> None:
    assert (len(sample.entries), len(sample.lexicon)) == (470, 272)


def test_the_order_of_the_sources_does_not_change_the_hash() -> None:
    assert assemble(ENTRIES).content_hash == assemble(reversed(ENTRIES)).content_hash


def test_a_field_of_a_later_version_in_the_header_is_ignored() -> None:
    assert unpack(forged(signature="…")) == assemble(ENTRIES)


def test_no_flipped_bit_changes_the_knowledge_and_every_cut_is_noticed() -> None:
    """A flipped bit is refused, or was one that means nothing (a field's name in the header, a spare bit of zstd)."""
    data = pack(assemble(ENTRIES))
    for position in range(len(data)):
        assert outcome(data[:position]) == ErrorCode.CORRUPT
        flipped = bytearray(data)
        flipped[position] ^= 0x40
        assert outcome(bytes(flipped)) in (ErrorCode.CORRUPT, ErrorCode.UNSUPPORTED, assemble(ENTRIES))
    assert outcome(data + b"x") == ErrorCode.CORRUPT


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "zip"}, ErrorCode.CORRUPT),
        ({"version": 2}, ErrorCode.UNSUPPORTED),
        ({"content_hash": "0" * 64}, ErrorCode.CORRUPT),
        ({"size": 1}, ErrorCode.CORRUPT),
        ({"size": -1}, ErrorCode.CORRUPT),
        ({"size": 2**60}, ErrorCode.CORRUPT),
    ],
)
def test_a_header_that_does_not_fit_is_refused(change: dict[str, object], code: ErrorCode) -> None:
    assert outcome(forged(**change)) == code


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(64_000_000))
    header = Header(FORMAT, 1, "0" * 64, 100)
    assert outcome(msgspec.json.encode(header) + b"\n" + bomb) == ErrorCode.CORRUPT


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="编号重复：a"):
        assemble([*ENTRIES, ENTRIES[1]])


def test_a_suggestion_to_nowhere_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="不存在的条目：zz"):
        assemble(ENTRIES, suggestions=SuggestionRules(hot=("a", "zz")))


def test_entries_with_one_question_are_pointed_out() -> None:
    assert same_question(assemble(ENTRIES)) == (("a", "b"),)


def test_sources_that_cannot_be_read_say_which(tmp_path: Path) -> None:
    good, bad = tmp_path / "entries.jsonl", tmp_path / "bad"
    good.write_bytes(b"\n".join(map(msgspec.json.encode, ENTRIES)))
    with pytest.raises(KnowledgeError) as caught:
        read_sources([tmp_path / "missing.jsonl"])
    assert caught.value.code == ErrorCode.NOT_FOUND
    bad.write_bytes(b"\xff\xfe")
    for sources in ({"lexicon": bad}, {"dialogues": bad}, {"suggestions": bad}):
        with pytest.raises(KnowledgeError) as caught:
            read_sources([good], **sources)
        assert caught.value.code == ErrorCode.BAD_INPUT
