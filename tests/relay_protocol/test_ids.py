"""Identifiers sort by time and are recognised; streams name their consultation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_protocol.ids import ENTROPY_BYTES, ConsultationId, consultation_of, consultation_stream, is_ulid, ulid

entropies = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)


@given(st.integers(0, 2**47), st.integers(1, 2**40), entropies, entropies)
def test_later_identifiers_sort_later(start: int, step: int, first: bytes, second: bytes) -> None:
    assert ulid(start / 1000, first) < ulid((start + step + 1) / 1000, second)


@given(st.floats(0, 2e9), entropies)
def test_an_identifier_is_recognised(now: float, entropy: bytes) -> None:
    assert is_ulid(ulid(now, entropy))


@pytest.mark.parametrize("text", ["", "x" * 26, "8" + "0" * 25, "0" * 25, "0" * 25 + "I"])
def test_other_text_is_not_an_identifier(text: str) -> None:
    assert not is_ulid(text)


def test_short_entropy_is_refused() -> None:
    with pytest.raises(ValueError, match="entropy"):
        ulid(0, b"")


def test_a_stream_names_its_consultation() -> None:
    consultation = ConsultationId(ulid(1.0, bytes(ENTROPY_BYTES)))
    assert consultation_of(consultation_stream(consultation)) == consultation
