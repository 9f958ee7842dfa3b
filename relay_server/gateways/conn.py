"""One WebSocket: bounded on the way out, counted on the way in, closed with a reason.

What is sent within one turn of the loop goes out in one write. A slow reader may hold at most `OUTGOING_BYTES` here;
beyond that it is closed with 1013 and resumes later: the log is the truth, and nothing is lost by hanging up.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from relay_protocol import codec
from relay_protocol.errors import ErrorCode
from relay_protocol.messages import ErrorReply
from relay_protocol.messages.base import Message

log = logging.getLogger(__name__)

OUTGOING_BYTES = 1024 * 1024
"""What one peer may leave unread here, the server's own buffer included."""
WRITE_BYTES = 64 * 1024
"""What is handed to the server's buffer at once, whose high-water mark this is as well."""
ROOM_BYTES = OUTGOING_BYTES // 2
INCOMING_MESSAGES = 64
"""How many messages of one peer wait here before no more is read from it."""
CLOSE_SECONDS = 2.0

NORMAL = 1000
INTERNAL = 1011
SLOW = 1013
TOO_LARGE = ErrorReply(code=ErrorCode.TOO_LARGE, message="内容太大，请精简后重试。")


class Socket(Protocol):
    """What a connection needs of the server; see `wire.Wire`."""

    blocked: bool

    def listen(
        self,
        on_message: Callable[[bytes], None],
        on_large: Callable[[], None],
        on_writable: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None: ...

    def write(self, messages: Sequence[bytes]) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def abort(self) -> None: ...


Goodbye = Callable[[int, str], Awaitable[None]]


class Conn:
    """One accepted WebSocket. `run` owns it; `send` may be called from anywhere on the loop and never waits.

    `at_once` may take a message as it arrives; what it does not take waits its turn in `messages()`.
    """

    __slots__ = (
        "_call_soon", "_close", "_held", "_incoming", "_outgoing", "_paused", "_room", "_socket", "_waiter",
        "_will_flush", "at_once",
    )  # fmt: skip

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._call_soon = asyncio.get_running_loop().call_soon
        self._outgoing: list[bytes] = []
        self._held = 0
        self._will_flush = False
        self._incoming: deque[bytes] | None = None
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Event | None = None
        self._close: tuple[int, str] | None = None
        self.at_once: Callable[[bytes], bool] | None = None
        socket.listen(self._heard, self._too_large, self._flush, self._lost)

    @property
    def closing(self) -> bool:
        """Whether nothing more will be sent."""
        return self._close is not None

    async def run(self, converse: Callable[[], Awaitable[None]], goodbye: Goodbye) -> None:
        """Run `converse` to its end, then send what is left and say goodbye; drop a peer that does not hear it."""
        try:
            await converse()
            self.close(NORMAL)
        except Exception:
            log.exception("link failed")
            self.close(INTERNAL)
        self._flush()
        code, reason = self._close or (NORMAL, "")
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await goodbye(code, reason)
        except Exception as error:  # gone already, or does not read: nobody is left to tell
            log.debug("goodbye not heard", extra={"why": type(error).__name__})
            self._socket.abort()

    async def messages(self) -> AsyncIterator[bytes]:
        """Yield what the peer sends and `at_once` did not take, until either end has closed."""
        while self._close is None:
            if self._incoming:
                yield self._incoming.popleft()
                self._read_on()
                continue
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def send(self, message: Message) -> None:
        """Put one message in the outgoing buffer; hang up on a peer who lets it overflow."""
        self.send_encoded(codec.encode(message))

    def send_encoded(self, data: bytes) -> None:
        """Send a message that was encoded once for everybody."""
        if self._close is not None:
            return
        self._outgoing.append(data)
        self._held += len(data)
        if self._held > ROOM_BYTES:
            self._no_room()
        if not self._will_flush and not self._socket.blocked:
            self._will_flush = True
            self._call_soon(self._flush)

    async def room(self) -> None:
        """Wait until the buffer is half empty; something long, such as a replay, does so before each message."""
        if self._room is not None:
            await self._room.wait()

    def close(self, code: int, reason: str = "") -> None:
        """Send what is buffered, then close. The first close wins."""
        if self._close is None:
            self._close = (code, reason)
            self._make_room()
            self._wake()

    def _heard(self, data: bytes) -> None:
        """Take a message now if nothing is before it and it needs no waiting."""
        idle = self._waiter is not None and not self._incoming and self._close is None
        if idle and self.at_once is not None and self.at_once(data):
            return
        if self._incoming is None:
            self._incoming = deque()
        self._incoming.append(data)
        if len(self._incoming) >= INCOMING_MESSAGES and not self._paused:
            self._paused = True
            self._socket.pause_reading()
        self._wake()

    def _read_on(self) -> None:
        if self._paused and not self._incoming:
            self._paused = False
            self._socket.resume_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _too_large(self) -> None:
        """The server below will close with 1009; say in words why."""
        self.send(TOO_LARGE)
        self._flush()

    def _lost(self) -> None:
        self.close(NORMAL)

    def _no_room(self) -> None:
        if self._room is None:
            self._room = asyncio.Event()
        if self._held <= OUTGOING_BYTES - 2 * WRITE_BYTES:
            return
        self._flush()
        if self._held > OUTGOING_BYTES - 2 * WRITE_BYTES:
            log.info("peer reads too slowly", extra={"held": self._held})
            self._outgoing.clear()
            self._held = 0
            self.close(SLOW, "slow")

    def _make_room(self) -> None:
        if self._room is not None:
            self._room.set()
            self._room = None

    def _flush(self) -> None:
        """Write what there is, as far as the peer reads."""
        self._will_flush = False
        outgoing, socket = self._outgoing, self._socket
        if self._held <= WRITE_BYTES and not socket.blocked:  # nearly always
            if outgoing:
                socket.write(outgoing)
                self._outgoing, self._held = [], 0
        else:
            self._flush_some()
        if self._room is not None and self._held <= ROOM_BYTES:
            self._make_room()

    def _flush_some(self) -> None:
        sent = 0
        while sent < len(self._outgoing) and not self._socket.blocked:
            first, size = sent, 0
            while sent < len(self._outgoing) and size < WRITE_BYTES:
                size += len(self._outgoing[sent])
                sent += 1
            self._socket.write(self._outgoing[first:sent])
            self._held -= size
        del self._outgoing[:sent]
