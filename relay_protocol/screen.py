"""How updates of a screen are framed: bytes to `Update` and back, and updates to chunks and back. No codecs here.

An update says how to get from one picture to the next: first `copies` (in order, from what the picture was then), then
`rects` in order, whose pixels are `data`. A key update starts from nothing. Layout, little-endian:

    u8 version | u8 flags (1 = key) | u32 sequence | u16 width | u16 height | section…
    section: u8 kind | u32 length | body
      1 copies   n × (u16 x, y, width, height, source x, source y)
      2 rects    n × (u16 x, y, width, height)
      3 data     the pixels of all rects, B G R per pixel, row by row: the next piece of one zstd stream (RFC 8878)
      4 pointer  u16 x, y

Kinds from 128 up are optional: a reader that does not know one skips it. Any other unknown kind is an error.
A chunk is `u8 last | u32 sequence | piece`: SCTP carries messages up to 64 KiB only.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from relay_protocol.errors import BanwenError, ErrorCode

VERSION = 1
KEY = 1
MAX_CHUNK_BYTES = 60_000
MAX_UPDATE_BYTES = 48 * 1024 * 1024
MAX_SIDE = 16_384
MAX_PIXELS = 7680 * 4320
OPTIONAL_KIND = 128

_HEAD = struct.Struct("<BBIHH")
_SECTION = struct.Struct("<BI")
_COPY = struct.Struct("<6H")
_RECT = struct.Struct("<4H")
_POINTER = struct.Struct("<2H")
_CHUNK = struct.Struct("<BI")
_COPIES, _RECTS, _DATA, _POINTER_KIND = 1, 2, 3, 4


class Rect(NamedTuple):
    """A rectangle in pixels of the picture."""

    x: int
    y: int
    width: int
    height: int


class Copy(NamedTuple):
    """Pixels that moved: the rectangle that was at (`from_x`, `from_y`) is at (`x`, `y`) now."""

    x: int
    y: int
    width: int
    height: int
    from_x: int
    from_y: int


class Point(NamedTuple):
    """A place in pixels of the picture."""

    x: int
    y: int


@dataclass(frozen=True)
class Update:
    """One step of the picture. `width` and `height` are the picture's; a change of size comes as a key update."""

    sequence: int
    key: bool
    width: int
    height: int
    copies: tuple[Copy, ...] = ()
    rects: tuple[Rect, ...] = ()
    data: bytes = b""
    pointer: Point | None = None


def _corrupt(why: str) -> BanwenError:
    return BanwenError(ErrorCode.CORRUPT, "收到的画面数据有误，正在重新获取。", why=why)


def pack(update: Update) -> bytes:
    """Return the bytes of one update."""
    parts = [_HEAD.pack(VERSION, KEY if update.key else 0, update.sequence, update.width, update.height)]
    for kind, body in (
        (_COPIES, b"".join(_COPY.pack(*copy) for copy in update.copies)),
        (_RECTS, b"".join(_RECT.pack(*rect) for rect in update.rects)),
        (_DATA, update.data),
        (_POINTER_KIND, _POINTER.pack(*update.pointer) if update.pointer else b""),
    ):
        if body:
            parts += [_SECTION.pack(kind, len(body)), body]
    return b"".join(parts)


def unpack(data: bytes) -> Update:
    """Return the update in these bytes. Raise CORRUPT for anything it cannot be, UNSUPPORTED for a newer version."""
    if len(data) < _HEAD.size:
        raise _corrupt("shorter than its head")
    version, flags, sequence, width, height = _HEAD.unpack_from(data)
    if version != VERSION:
        raise BanwenError(ErrorCode.UNSUPPORTED, "对方的程序版本较新，请更新后重试。", version=version)
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise _corrupt("size of the picture")
    sections = dict(_sections(data))
    copies = tuple(Copy(*values) for values in _rows(_COPY, sections.get(_COPIES, b"")))
    rects = tuple(Rect(*values) for values in _rows(_RECT, sections.get(_RECTS, b"")))
    _check_inside(copies, rects, width, height)
    points = [Point(*values) for values in _rows(_POINTER, sections.get(_POINTER_KIND, b""))]
    pixels = sections.get(_DATA, b"")
    return Update(sequence, bool(flags & KEY), width, height, copies, rects, pixels, points[0] if points else None)


def sequence_of(packed: bytes) -> int:
    """Return the sequence number of one packed update of our own."""
    return int(_HEAD.unpack_from(packed)[2])


def pixels_of(rects: tuple[Rect, ...]) -> int:
    """Return how many pixels the rectangles hold together."""
    return sum(rect.width * rect.height for rect in rects)


def _sections(data: bytes) -> Iterator[tuple[int, bytes]]:
    at, seen = _HEAD.size, set[int]()
    while at < len(data):
        if len(data) - at < _SECTION.size:
            raise _corrupt("section is cut off")
        kind, length = _SECTION.unpack_from(data, at)
        at += _SECTION.size
        if length > len(data) - at or kind in seen:
            raise _corrupt("section is cut off or doubled")
        if kind in (_COPIES, _RECTS, _DATA, _POINTER_KIND):
            yield kind, data[at : at + length]
        elif kind < OPTIONAL_KIND:
            raise _corrupt("unknown section")
        seen.add(kind)
        at += length


def _rows(layout: struct.Struct, body: bytes) -> Iterator[tuple[int, ...]]:
    if len(body) % layout.size:
        raise _corrupt("table is cut off")
    return layout.iter_unpack(body)


def _check_inside(copies: tuple[Copy, ...], rects: tuple[Rect, ...], width: int, height: int) -> None:
    places = [*rects, *(Rect(*copy[:4]) for copy in copies)]
    places += [Rect(copy.from_x, copy.from_y, copy.width, copy.height) for copy in copies]
    for x, y, wide, high in places:
        if not (wide and high and x + wide <= width and y + high <= height):
            raise _corrupt("rectangle lies outside")
    if pixels_of(rects) > width * height:
        raise _corrupt("rectangles hold more than the picture")


def chunks(update: bytes, sequence: int) -> Iterator[bytes]:
    """Cut one packed update into messages of at most `MAX_CHUNK_BYTES`."""
    step = MAX_CHUNK_BYTES - _CHUNK.size
    for start in range(0, len(update), step):
        last = start + step >= len(update)
        yield _CHUNK.pack(last, sequence) + update[start : start + step]


class Assembler:
    """Puts chunks of a reliable, ordered channel together again, within `MAX_UPDATE_BYTES`."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._sequence: int | None = None

    def add(self, chunk: bytes) -> bytes | None:
        """Take one chunk; return the packed update after its last. Raise CORRUPT on garbage, and start afresh."""
        try:
            return self._add(chunk)
        except BanwenError:
            self._forget()
            raise

    def _add(self, chunk: bytes) -> bytes | None:
        if not _CHUNK.size < len(chunk) <= MAX_CHUNK_BYTES:
            raise _corrupt("size of a chunk")
        last, sequence = _CHUNK.unpack_from(chunk)
        if last > 1 or self._sequence not in (None, sequence):
            raise _corrupt("chunk of another update")
        self._sequence = sequence
        self._size += len(chunk) - _CHUNK.size
        if self._size > MAX_UPDATE_BYTES:
            raise _corrupt("update is too large")
        self._pieces.append(chunk[_CHUNK.size :])
        if not last:
            return None
        whole = b"".join(self._pieces)
        self._forget()
        return whole

    def _forget(self) -> None:
        self._pieces, self._size, self._sequence = [], 0, None
