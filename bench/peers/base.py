"""What the comparison asks of a server: start it privately, open chats, know its processes."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, cast

from bench.load import Chat, Tally


class Running(Protocol):
    """A server that runs. `process_ids` are all whose processor time counts."""

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes to be measured."""

    async def connect(self, chats: int, tally: Tally) -> Sequence[Chat]:
        """Open this many chats, both sides signed in."""


Start = Callable[[Path], AbstractContextManager[Running]]
"""Starts a server whose files are all below the folder, and ends it."""


class Connection(asyncio.Protocol):
    """A socket. `transport` writes; `arrived` gets all bytes; `wait` lets the beginning be read in steps."""

    def __init__(self) -> None:
        self.transport = asyncio.WriteTransport()
        self.pending = b""
        self._more = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self.pending += data
        self.arrived()
        self._more.set()

    def arrived(self) -> None:
        """Look at `pending` and take from it what is complete."""

    async def until(self, condition: Callable[[bytes], bool], seconds: float = 20.0) -> None:
        """Wait for a condition on `pending`."""
        async with asyncio.timeout(seconds):
            while not condition(self.pending):
                self._more.clear()
                await self._more.wait()
