"""A board on a link: sent whole when it changed, at most twice a second."""

import asyncio

from relay_protocol.messages import QueueBoard
from relay_server.bus.base import BOARDS
from relay_server.domain.access import AgentActor
from relay_server.gateways.conn import Conn
from relay_server.gateways.parts import Parts
from relay_server.services import boards
from relay_server.spawn import spawn

PAUSE = 0.5
"""Seconds between two boards."""
AT_LEAST = 5.0
"""Seconds after which one looks although nothing was heard: silence and reach change without a word."""


class BoardLink:
    """Keeps one supervisor's board up to date until it is closed."""

    def __init__(self, parts: Parts, conn: Conn, actor: AgentActor) -> None:
        self._parts, self._conn, self._actor = parts, conn, actor
        self._wake = asyncio.Event()
        self._stop = parts.bus.listen(BOARDS, lambda _: self._wake.set())
        self._task = spawn(self._run(), "board")

    def close(self) -> None:
        """Send no more."""
        self._stop()
        self._task.cancel()

    async def _run(self) -> None:
        sent: QueueBoard | None = None
        while True:
            self._wake.clear()
            board = await boards.read(self._parts.store, self._parts.floor, self._actor, self._parts.now())
            if board != sent:
                self._conn.send(board)
                sent = board
            await asyncio.sleep(PAUSE)
            try:
                async with asyncio.timeout(AT_LEAST):
                    await self._wake.wait()
            except TimeoutError:
                continue
