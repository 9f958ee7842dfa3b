"""One WebSocket over raw ASGI: bounded on the way out, counted on the way in, closed with a reason.

A slow reader may hold at most `OUTGOING_BYTES` here; beyond that it is closed with 1013 and resumes later: the log is
the truth, and nothing is lost by hanging up.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from relay_protocol import codec
from relay_protocol.messages.base import Message

log = logging.getLogger(__name__)

OUTGOING_BYTES = 1024 * 1024
ROOM_BYTES = OUTGOING_BYTES // 2
CLOSE_SECONDS = 2.0

NORMAL = 1000
INTERNAL = 1011
SLOW = 1013

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Conn:
    """One accepted WebSocket. `run` owns it; `send` may be called from anywhere on the loop and never waits."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._outgoing: deque[bytes] = deque()
        self._held = 0
        self._work, self._room = asyncio.Event(), asyncio.Event()
        self._room.set()
        self._close: tuple[int, str] | None = None
        self._patience: asyncio.Timeout | None = None

    @property
    def closing(self) -> bool:
        """Whether nothing more will be sent."""
        return self._close is not None

    async def run(self, converse: Callable[[], Awaitable[None]]) -> None:
        """Accept, then run `converse` beside the one task that writes; return when either has ended."""
        await self._receive()
        await self._send({"type": "websocket.accept"})
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(self._converse(converse), name="link-reader")
            await self._pump()
            reader.cancel()

    async def frames(self) -> AsyncIterator[str | bytes]:
        """Yield what the peer sends, until it is gone. Size and UTF-8 were checked by the server below."""
        while True:
            event = await self._receive()
            if event["type"] != "websocket.receive":
                self.close(NORMAL)
                return
            yield event.get("text") or event.get("bytes") or ""

    def send(self, message: Message) -> None:
        """Put one message in the outgoing buffer; hang up on a peer who lets it overflow."""
        self.send_encoded(codec.encode(message))

    def send_encoded(self, data: bytes) -> None:
        """Send a message that was encoded once for everybody."""
        if self._close is not None:
            return
        self._outgoing.append(data)
        self._held += len(data)
        self._work.set()
        if self._held > ROOM_BYTES:
            self._room.clear()
        if self._held > OUTGOING_BYTES:
            self._hang_up_on_slow_peer()

    async def room(self) -> None:
        """Wait until the buffer is half empty; something long, such as a replay, does so before each message."""
        await self._room.wait()

    def close(self, code: int, reason: str = "") -> None:
        """Send what is buffered, then close. The first close wins."""
        if self._close is None:
            self._close = (code, reason)
            self._work.set()
            self._room.set()

    def _hang_up_on_slow_peer(self) -> None:
        log.info("peer reads too slowly", extra={"held": self._held})
        self._outgoing.clear()
        self._held = 0
        self.close(SLOW, "slow")
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())

    async def _converse(self, converse: Callable[[], Awaitable[None]]) -> None:
        try:
            await converse()
            self.close(NORMAL)
        except Exception:
            log.exception("link failed")
            self.close(INTERNAL)

    async def _pump(self) -> None:
        """Write until closed. A write that blocks is interrupted once its peer has been given up."""
        try:
            async with asyncio.timeout(None) as self._patience:
                while self._outgoing or self._close is None:
                    await self._write_next()
        except TimeoutError:
            log.debug("write to a slow peer abandoned")
        except Exception as error:  # what the server raises for a peer that vanished differs between servers
            log.debug("peer vanished", extra={"why": type(error).__name__})
            self.close(NORMAL)
            return
        await self._say_goodbye()

    async def _write_next(self) -> None:
        if not self._outgoing:
            self._work.clear()
            await self._work.wait()
            return
        data = self._outgoing.popleft()
        await self._send({"type": "websocket.send", "text": data.decode()})
        self._held -= len(data)
        if self._held <= ROOM_BYTES:
            self._room.set()

    async def _say_goodbye(self) -> None:
        code, reason = self._close or (NORMAL, "")
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except Exception as error:  # gone already, or does not read: nobody is left to tell
            log.debug("goodbye not heard", extra={"why": type(error).__name__})
