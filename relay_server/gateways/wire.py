"""The server's half of a WebSocket, cheap where a chat is: whole text frames in, several frames out in one write.

uvicorn's protocol (by `websockets`) does the handshake, control frames, fragments and every violation; only what
happens for each message is done here, without a queue, a task or two system calls per frame (docs/benchmarks.md).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

try:
    from websockets.speedups import apply_mask
except ImportError:  # a machine without the compiled part
    from websockets.utils import apply_mask

TEXT, BINARY = 0x81, 0x82
PLAIN = frozenset({TEXT, BINARY})
"""First bytes of messages in one frame, without an extension."""
SHORT = [bytes((TEXT, size)) for size in range(126)]
HEAD_OF_64K, HEAD_OF_MORE = bytes((TEXT, 126)), bytes((TEXT, 127))
EXTENSION = "banwen.wire"


def wire_of(scope: Any) -> "Wire":
    """Return the wire below an ASGI WebSocket connection."""
    wire: Wire = scope["extensions"][EXTENSION]
    return wire


class Nowhere:
    """In the place of the events nobody reads once a link is open; an empty queue of its own takes 2 kB."""

    def put_nowait(self, event: object) -> None:
        """Forget it: `Wire` tells of the end by itself."""


class Wire(WebSocketsSansIOProtocol):
    """One connection. `listen` says who takes messages; `write` sends; `blocked` while the peer does not read."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._rest: bytearray | None = None
        self._on_message: Callable[[bytes], None] | None = None
        self._on_large: Callable[[], None] = lambda: None
        self._on_writable: Callable[[], None] = lambda: None
        self._on_lost: Callable[[], None] = lambda: None
        self.blocked = False

    def listen(
        self,
        on_message: Callable[[bytes], None],
        on_large: Callable[[], None],
        on_writable: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        """Say who takes messages, hears of one that is too large, of room to write again, and of the end."""
        self._on_message, self._on_large = on_message, on_large
        self._on_writable, self._on_lost = on_writable, on_lost

    def begin(self) -> None:
        """The connection was accepted: let go of the handshake, and take what may have come before."""
        del self.request, self.response
        self.scope["headers"] = []
        self.queue = cast("asyncio.Queue[Any]", Nowhere())
        if self._rest:
            self.data_received(b"")

    def write(self, messages: Sequence[bytes]) -> None:
        """Send UTF-8 texts, each a frame, in one write."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        parts: list[bytes] = []
        for data in messages:
            size = len(data)
            if size < 126:
                parts.append(SHORT[size])
            elif size < 65536:
                parts.append(HEAD_OF_64K + size.to_bytes(2, "big"))
            else:
                parts.append(HEAD_OF_MORE + size.to_bytes(8, "big"))
            parts.append(data)
        self.transport.write(b"".join(parts))

    def pause_reading(self) -> None:
        """Take no more from the peer for now."""
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the peer again."""
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def abort(self) -> None:
        """Drop the connection with whatever was not sent."""
        self.transport.abort()

    async def run_asgi(self) -> None:
        """Run the application, which finds this wire in its scope."""
        cast(dict[str, Any], self.scope["extensions"])[EXTENSION] = self
        await super().run_asgi()

    def data_received(self, data: bytes) -> None:
        """Take apart what came, frame by frame; all but whole plain messages goes to the protocol below."""
        if not self.handshake_initiated:
            super().data_received(data)
            return
        ready = self.handshake_complete and self._on_message is not None
        if self._rest is None and ready:
            at = self._frames_in(data)
            if at < len(data):
                self._rest = bytearray(data[at:])
            return
        if self._rest is None:
            self._rest = bytearray()
        self._rest += data
        if ready:
            del self._rest[: self._frames_in(self._rest)]
            self._rest = self._rest or None

    def _frames_in(self, buffer: bytes | bytearray) -> int:
        """Take all whole frames; return how many bytes they were."""
        at, end = 0, len(buffer)
        while end - at >= 2:
            first, size, start = buffer[at], buffer[at + 1] & 0x7F, at + 6
            if size == 126:
                start = at + 8
                size = int.from_bytes(buffer[at + 2 : at + 4], "big") if end - at >= 4 else 0
            elif size == 127:
                start = at + 14
                size = int.from_bytes(buffer[at + 2 : at + 10], "big") if end - at >= 10 else 0
            if not buffer[at + 1] & 0x80:  # unmasked: a violation, which the protocol below knows how to end
                super().data_received(bytes(buffer[at:]))
                return end
            if size > self.config.ws_max_size:
                self._on_large()
                super().data_received(bytes(buffer[at:start]))
                return end
            stop = start + size
            if stop > end:
                break
            if first in PLAIN and self.conn.current_size is None:
                self._message(apply_mask(buffer[start:stop], buffer[start - 4 : start]))
            else:
                super().data_received(bytes(buffer[at:stop]))
                if self.transport.is_closing():  # what comes after a goodbye or a violation is not heard
                    return end
            at = stop
        return at

    def send_receive_event_to_app(self) -> None:
        """A message that came in fragments."""
        data = b"".join(self.frames)
        self.frames = []
        self._message(data)

    def _message(self, data: bytes) -> None:
        if self._on_message is not None and not self.close_sent:
            self._on_message(data)

    def pause_writing(self) -> None:
        """The peer does not read."""
        self.blocked = True
        super().pause_writing()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self.blocked = False
        super().resume_writing()
        self._on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone, or we hung up."""
        super().connection_lost(exc)
        self._on_lost()

    def shutdown(self) -> None:
        """The server stops."""
        super().shutdown()
        self._on_lost()
