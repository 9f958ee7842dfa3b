"""The far side of a WebSocket for unit tests: what the server's protocol offers, with a memory."""

import asyncio
from collections.abc import Callable, Sequence

from relay_protocol import codec, messages
from relay_protocol.messages import EventFrame, Message


class Wire:
    """`says` is what the peer sends, `sent` holds what it was told. A wire that does not read takes nothing."""

    def __init__(self, reads: bool = True) -> None:
        self.blocked = not reads
        self.sent: list[bytes] = []
        self.writes = 0
        self.goodbye: tuple[int, str] | None = None
        self.aborted = False
        self.reading = True
        self._more = asyncio.Event()

    def listen(
        self,
        on_message: Callable[[bytes], None],
        on_large: Callable[[], None],
        on_writable: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        """Remember whom to tell."""
        self._on_message, self.sends_too_much, self._on_writable, self.leaves = (
            on_message,
            on_large,
            on_writable,
            on_lost,
        )

    def write(self, messages: Sequence[bytes]) -> None:
        """Take messages for the peer."""
        self.sent += messages
        self.writes += 1
        self._more.set()

    def pause_reading(self) -> None:
        """The server wants no more."""
        self.reading = False

    def resume_reading(self) -> None:
        """The server wants more."""
        self.reading = True

    def abort(self) -> None:
        """The server hangs up."""
        self.aborted = True

    async def close(self, code: int, reason: str) -> None:
        """The server says goodbye; a peer that does not read never hears it."""
        if self.blocked:
            await asyncio.get_running_loop().create_future()
        self.goodbye = (code, reason)

    def says(self, text: str | bytes) -> None:
        """The peer sends a frame."""
        self._on_message(text.encode() if isinstance(text, str) else text)

    def reads(self) -> None:
        """The peer begins to read."""
        self.blocked = False
        self._on_writable()

    @property
    def told(self) -> list[Message]:
        """Everything the peer was told, decoded."""
        reader: codec.Reader[messages.RelayFrame] = codec.Reader(messages.RelayFrame, 4 * 1024 * 1024)
        read = [reader.read(frame) for frame in self.sent]
        return [message for message in read if message is not None]

    @property
    def sequence(self) -> list[int]:
        """The sequence numbers of the events it was told of."""
        return [message.seq for message in self.told if isinstance(message, EventFrame)]

    async def until(self, count: int) -> None:
        """Wait until it was told of `count` events."""
        async with asyncio.timeout(10):
            while sum(b'"EventFrame"' in frame for frame in self.sent) < count:
                self._more.clear()
                await self._more.wait()
