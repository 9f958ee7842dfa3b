"""Frames: what is understood, what is skipped, what is refused, whatever arrives."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_protocol import codec, messages
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import Heartbeat, Message


def reader(max_bytes: int = codec.MAX_FRAME_BYTES) -> codec.Reader[Message]:
    return codec.Reader(messages.TaxpayerFrame, max_bytes)


def code_of(data: bytes | str, max_bytes: int = codec.MAX_FRAME_BYTES) -> ErrorCode:
    with pytest.raises(BanwenError) as caught:
        reader(max_bytes).read(data)
    return caught.value.code


def test_a_message_comes_back_as_it_went() -> None:
    assert reader().read(codec.encode(Heartbeat())) == Heartbeat()


def test_a_type_from_the_future_is_skipped_and_counted() -> None:
    frames = reader()
    assert frames.read(b'{"type":"Telepathy","x":1}') is None
    assert frames.skipped == 1


def test_a_message_meant_for_another_speaker_is_not_understood() -> None:
    assert reader().read(codec.encode(messages.SetPresence(request_id="r", state="ready"))) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"type":7}', b"\xff\xfe", b'{"type":"AskHuman"}']
)
def test_garbage_is_malformed(data: bytes) -> None:
    assert code_of(data) is ErrorCode.MALFORMED


def test_a_deeply_nested_frame_is_malformed() -> None:
    assert code_of(b"[" * 100_000 + b"]" * 100_000) is ErrorCode.MALFORMED


def test_a_frame_above_the_limit_is_too_large() -> None:
    assert code_of(codec.encode(Heartbeat()), max_bytes=8) is ErrorCode.TOO_LARGE


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_whatever_arrives_only_typed_errors_leave(data: bytes | str) -> None:
    with contextlib.suppress(BanwenError):
        reader().read(data)
