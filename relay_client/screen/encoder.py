"""Pictures to packed updates, each one step from the last: the sender's half of the lossless screen path."""

import numpy as np
import zstandard

from relay_client.screen.changes import Picture, apply_copy, bounds, changed_rects, scroll
from relay_protocol.screen import Copy, Point, Rect, Update, pack

LEVEL = 3
WINDOW_LOG = 23
"""8 MiB of history: a page of text seen before costs almost nothing."""


class Encoder:
    """Every packed update must reach the decoder in order; whoever drops one must ask for a key update next."""

    def __init__(self) -> None:
        self._shown: Picture | None = None
        self._sequence = 0
        self._pointer: Point | None = None
        self._stream = _new_stream()

    def encode(self, picture: Picture, key: bool = False, pointer: Point | None = None) -> bytes | None:
        """Return the update to `picture` ((height, width, 4) uint8, B G R x), or None when nothing changed."""
        self._pointer = pointer
        if key or self._shown is None or self._shown.shape != picture.shape:
            return self._key(picture)
        rects = changed_rects(self._shown, picture)
        if not rects:
            return None
        copies: tuple[Copy, ...] = ()
        if copy := scroll(self._shown, picture, bounds(rects)):
            copies = (copy,)
            apply_copy(self._shown, copy)
            rects = changed_rects(self._shown, picture)
        return self._step(picture, False, rects, copies)

    def moved(self, pointer: Point) -> bytes | None:
        """Return an update that only moves the pointer, or None before the first picture."""
        if self._shown is None:
            return None
        self._pointer = pointer
        return self._step(self._shown, False, ())

    def _key(self, picture: Picture) -> bytes:
        self._stream = _new_stream()
        self._shown = picture.copy()
        height, width = picture.shape[:2]
        return self._step(picture, True, (Rect(0, 0, width, height),))

    def _step(self, picture: Picture, key: bool, rects: tuple[Rect, ...], copies: tuple[Copy, ...] = ()) -> bytes:
        shown = self._shown
        if shown is None:
            raise ValueError("a step needs a picture to start from")
        pixels = []
        for x, y, wide, high in rects:
            part = picture[y : y + high, x : x + wide]
            shown[y : y + high, x : x + wide] = part
            pixels.append(np.ascontiguousarray(part[:, :, :3]).data)
        height, width = picture.shape[:2]
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        data = self._compress(pixels)
        return pack(Update(self._sequence, key, width, height, copies, rects, data, self._pointer))

    def _compress(self, parts: list[memoryview]) -> bytes:
        if not parts:
            return b""
        squeezed = [self._stream.compress(part) for part in parts]
        return b"".join([*squeezed, self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)])


def _new_stream() -> "zstandard.ZstdCompressionObj":
    parameters = zstandard.ZstdCompressionParameters.from_level(LEVEL, window_log=WINDOW_LOG)
    return zstandard.ZstdCompressor(compression_params=parameters).compressobj()
