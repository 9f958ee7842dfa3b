"""Bytes to messages and back: JSON through msgspec, strict on what is known, tolerant of what is newer."""

from typing import Any, Generic, TypeVar, get_args

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode

MAX_FRAME_BYTES = 256 * 1024

T = TypeVar("T")

_encoder = msgspec.json.Encoder()


class _Tagged(msgspec.Struct):
    type: str


_tag_reader = msgspec.json.Decoder(_Tagged)


def encode(message: msgspec.Struct) -> bytes:
    """Return the UTF-8 JSON of one message."""
    return _encoder.encode(message)


class Reader(Generic[T]):
    """Decode frames of one union. Types that are not in it are skipped and counted in `skipped`."""

    def __init__(self, union: Any, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(union)
        self._known = frozenset(member.__name__ for member in get_args(union) or (union,))
        self._max_bytes = max_bytes
        self.skipped = 0

    def read(self, data: bytes | str) -> T | None:
        """Return the message, or None for a type this reader does not know.

        Raise `BanwenError`: TOO_LARGE above `max_bytes`, MALFORMED for anything that is not a valid message.
        """
        if len(data) > self._max_bytes:
            raise BanwenError(ErrorCode.TOO_LARGE, "内容太大，请精简后重试。", size=len(data))
        try:
            return self._decoder.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            if self._is_newer(data):
                self.skipped += 1
                return None
            raise BanwenError(ErrorCode.MALFORMED, "收到无法识别的内容，请刷新页面后重试。", why=str(error)) from error

    def _is_newer(self, data: bytes | str) -> bool:
        """Tell a well-formed message of an unknown type from garbage."""
        try:
            return _tag_reader.decode(data).type not in self._known
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return False
