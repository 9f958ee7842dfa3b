"""Packed updates to the picture: the receiver's half of the lossless screen path, safe against whatever arrives."""

import numpy as np
import zstandard

from relay_client.screen.changes import Picture, apply_copy
from relay_client.screen.encoder import WINDOW_LOG
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.screen import Rect, Update, pixels_of, unpack

PIECE_BYTES = 512
"""A zstd block of 4 bytes may hold 128 KiB (RFC 8878, 3.1.1.2), so one piece becomes 16 MiB at most."""


class Decoder:
    """Holds the picture. After an error it waits for the next key update, refusing what comes before."""

    def __init__(self) -> None:
        self.picture: Picture = np.zeros((0, 0, 4), np.uint8)
        """(height, width, 4) uint8, B G R and 255: a QImage of Format_RGB32 may look at it. Replaced on a new size."""
        self.lost = True
        self._sequence = 0
        self._stream = _new_stream()

    def apply(self, packed: bytes) -> tuple[Update, tuple[Rect, ...]]:
        """Apply one packed update; return it and the rectangles that changed. Raise CORRUPT or UNSUPPORTED."""
        try:
            return self._apply(unpack(packed))
        except BanwenError:
            self.lost = True
            raise

    def _apply(self, update: Update) -> tuple[Update, tuple[Rect, ...]]:
        if update.key:
            self._begin(update)
        self._check_follows(update)
        for copy in update.copies:
            apply_copy(self.picture, copy)
        self._paint(update)
        self._sequence = update.sequence
        return update, tuple(Rect(*copy[:4]) for copy in update.copies) + update.rects

    def _begin(self, update: Update) -> None:
        self._stream = _new_stream()
        if self.picture.shape[:2] != (update.height, update.width):
            self.picture = np.full((update.height, update.width, 4), 255, np.uint8)
        self._sequence = update.sequence - 1
        self.lost = False

    def _check_follows(self, update: Update) -> None:
        if self.lost or self.picture.shape[:2] != (update.height, update.width):
            raise _corrupt("no picture to start from")
        if update.sequence != (self._sequence + 1) & 0xFFFFFFFF:
            raise _corrupt("an update is missing")

    def _paint(self, update: Update) -> None:
        pixels = np.frombuffer(self._decompress(update), np.uint8)
        at = 0
        for x, y, wide, high in update.rects:
            size = wide * high * 3
            self.picture[y : y + high, x : x + wide, :3] = pixels[at : at + size].reshape(high, wide, 3)
            at += size

    def _decompress(self, update: Update) -> bytes:
        """Unpack piece by piece, so that a small update cannot become a huge one before it is noticed."""
        wanted, parts = pixels_of(update.rects) * 3, []
        for start in range(0, len(update.data), PIECE_BYTES):
            parts.append(self._more(update.data[start : start + PIECE_BYTES]))
            wanted -= len(parts[-1])
            if wanted < 0:
                raise _corrupt("more pixels than announced")
        if wanted:
            raise _corrupt("fewer pixels than announced")
        return b"".join(parts)

    def _more(self, piece: bytes) -> bytes:
        try:
            return self._stream.decompress(piece)
        except zstandard.ZstdError as error:
            raise _corrupt(f"not a zstd stream: {error}") from error


def _corrupt(why: str) -> BanwenError:
    return BanwenError(ErrorCode.CORRUPT, "收到的画面数据有误，正在重新获取。", why=why)


def _new_stream() -> "zstandard.ZstdDecompressionObj":
    return zstandard.ZstdDecompressor(max_window_size=1 << WINDOW_LOG).decompressobj()
