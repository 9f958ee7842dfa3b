"""Screen updates keep their shape over the wire, and chunks of a channel become whole updates again."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.screen import (
    MAX_CHUNK_BYTES,
    MAX_UPDATE_BYTES,
    Assembler,
    Copy,
    Point,
    Rect,
    Update,
    chunks,
    pack,
    unpack,
)

FULL = Update(7, True, 100, 80, (Copy(0, 0, 10, 10, 5, 5),), (Rect(90, 70, 10, 10),), b"pixels", Point(3, 4))


def code_of(data: bytes) -> ErrorCode:
    with pytest.raises(BanwenError) as caught:
        unpack(data)
    return caught.value.code


@pytest.mark.parametrize("update", [FULL, Update(1, False, 1, 1)], ids=["full", "empty"])
def test_an_update_comes_back_as_it_went(update: Update) -> None:
    assert unpack(pack(update)) == update


@pytest.mark.parametrize(
    "update",
    [
        Update(1, True, 10, 10, rects=(Rect(5, 5, 6, 1),)),
        Update(1, True, 10, 10, rects=(Rect(0, 0, 0, 1),)),
        Update(1, True, 10, 10, rects=(Rect(0, 0, 10, 10), Rect(0, 0, 1, 1))),
        Update(1, True, 10, 10, copies=(Copy(0, 0, 5, 5, 6, 0),)),
        Update(1, True, 0, 10),
        Update(1, True, 65535, 65535),
    ],
)
def test_rectangles_outside_the_picture_are_corrupt(update: Update) -> None:
    assert code_of(pack(update)) is ErrorCode.CORRUPT


def test_cut_off_and_doubled_sections_are_corrupt() -> None:
    packed = pack(FULL)
    assert code_of(b"") is ErrorCode.CORRUPT
    assert code_of(packed[:-1]) is ErrorCode.CORRUPT
    assert code_of(packed + packed[10:]) is ErrorCode.CORRUPT


def test_a_newer_version_is_named_as_such() -> None:
    assert code_of(b"\x02" + pack(FULL)[1:]) is ErrorCode.UNSUPPORTED


def test_optional_sections_are_skipped_and_others_refused() -> None:
    def extra(kind: int) -> bytes:
        return pack(FULL) + struct.pack("<BI", kind, 3) + b"abc"

    assert unpack(extra(200)) == FULL
    assert code_of(extra(50)) is ErrorCode.CORRUPT


@given(st.binary(min_size=1, max_size=200_000), st.integers(0, 2**32 - 1))
def test_chunks_become_the_update_again(data: bytes, sequence: int) -> None:
    assembler, whole = Assembler(), []
    for chunk in chunks(data, sequence):
        assert len(chunk) <= MAX_CHUNK_BYTES
        whole.append(assembler.add(chunk))
    assert whole[-1] == data
    assert not any(whole[:-1])


def test_an_update_that_never_ends_is_given_up() -> None:
    assembler = Assembler()
    chunk = struct.pack("<BI", 0, 1) + bytes(MAX_CHUNK_BYTES - 5)
    for _ in range(MAX_UPDATE_BYTES // (len(chunk) - 5)):
        assert assembler.add(chunk) is None
    with pytest.raises(BanwenError):
        assembler.add(chunk)
    assert assembler.add(next(chunks(b"next", 2))) == b"next"


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_garbage_chunks_leave_only_typed_errors(garbage: list[bytes]) -> None:
    assembler = Assembler()
    for chunk in garbage:
        with contextlib.suppress(BanwenError):
            assembler.add(chunk)
