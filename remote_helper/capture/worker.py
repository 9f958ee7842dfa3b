"""What runs in the capture process, `python -m` this module: grab, encode, hand over, each only when asked.

Input: single bytes, `n` for the next change, `k` for a key update; its end ends the process. Output: updates, each
behind its length (u32, little-endian). Nothing is grabbed before the first byte came.
"""

import os
import select
import struct
import sys
import time
from typing import BinaryIO

from relay_client.screen.encoder import Encoder
from relay_protocol.screen import Point
from remote_helper.capture.screens import Screens, open_screens

FRAME_SECONDS = 1 / 30
LENGTH = struct.Struct("<I")


class Worker:
    """Remembers what was handed over last."""

    def __init__(self, screens: Screens) -> None:
        self._screens, self._encoder = screens, Encoder()
        self._pointer: Point | None = None

    def update(self, key: bool) -> bytes | None:
        """Return the next update if there is one now."""
        pointer = self._screens.pointer()
        moved, self._pointer = pointer != self._pointer, pointer
        if key or self._screens.changed():
            packed = self._encoder.encode(self._screens.grab(), key, pointer)
            if packed is not None:
                return packed
        return self._encoder.moved(pointer) if moved and pointer else None


def main() -> None:
    """Serve until the input ends."""
    worker = Worker(open_screens())
    wanted, key = False, False
    while True:
        began = time.monotonic()
        if wanted and (packed := worker.update(key)):
            _hand_over(sys.stdout.buffer, packed)
            wanted = key = False
        pause = max(0.0, began + FRAME_SECONDS - time.monotonic()) if wanted else None
        if select.select([sys.stdin], [], [], pause)[0]:
            asked = os.read(sys.stdin.fileno(), 16)
            if not asked:
                return
            wanted, key = True, key or b"k" in asked


def _hand_over(output: BinaryIO, packed: bytes) -> None:
    output.write(LENGTH.pack(len(packed)) + packed)
    output.flush()


if __name__ == "__main__":
    main()
