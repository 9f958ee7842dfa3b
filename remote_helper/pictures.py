"""Sends the screen while it may be seen: the newest picture once the last ones were shown, nothing queued between."""

import asyncio
from collections.abc import Awaitable, Callable

from remote_helper.capture.base import Capture
from remote_helper.path import Path

MAX_UNSHOWN = 2


class Pictures:
    """Belongs to one assistance; `run` is its task. Nothing is captured unless `show_to` named a path."""

    def __init__(self, start: Callable[[], Awaitable[Capture]]) -> None:
        self._start = start
        self._capture: Capture | None = None
        self._path: Path | None = None
        self._key = True
        self._sent = self._shown = 0
        self._changed, self._starting = asyncio.Event(), asyncio.Lock()

    async def prepare(self) -> None:
        """Start the capture process while the person still reads the question; it looks at nothing yet."""
        async with self._starting:
            if self._capture is None:
                self._capture = await self._start()

    def show_to(self, path: Path | None) -> None:
        """Show the screen on this path from now on, or nowhere."""
        if path is not self._path:
            self._key = True
            self._sent = self._shown = 0
        self._path = path
        self._changed.set()

    def shown_up_to(self, sequence: int) -> None:
        """The workbench has shown so much."""
        self._shown = max(self._shown, min(sequence, self._sent))
        self._changed.set()

    def ask_key(self) -> None:
        """The workbench needs the whole picture."""
        self._key = True
        self._shown = self._sent
        self._changed.set()

    async def run(self) -> None:
        """Send one picture after the other, for ever."""
        while True:
            path = await self._ready()
            await self.prepare()
            if self._capture is None or path is not self._path:
                continue
            key, self._key = self._key, False
            packed = await self._capture.next(key)
            if path is not self._path:
                self._key = True  # never sent: the next one must not build on it
                continue
            self._sent = path.show(packed)

    async def close(self) -> None:
        """Capture no more."""
        self.show_to(None)
        if self._capture is not None:
            await self._capture.close()

    async def _ready(self) -> Path:
        while True:
            path = self._path
            if path is not None and path.is_open and not path.is_full and self._sent - self._shown < MAX_UNSHOWN:
                return path
            self._changed.clear()
            await self._changed.wait()
