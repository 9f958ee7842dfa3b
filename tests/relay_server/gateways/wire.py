"""The far side of a WebSocket for unit tests: two plain functions of the ASGI interface, with a memory."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from relay_protocol import codec, messages
from relay_protocol.messages import EventFrame, Message

Frame = MutableMapping[str, Any]


class Wire:
    """`says` queues what the peer sends, `sent` holds what it was told. A wire that is not `readable` takes nothing."""

    def __init__(self, reads: bool = True) -> None:
        self.incoming: asyncio.Queue[Frame] = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})
        self.sent: list[Frame] = []
        self._more = asyncio.Event()
        self.readable = asyncio.Event()
        if reads:
            self.readable.set()

    async def receive(self) -> Frame:
        """Return the next event of the peer."""
        return await self.incoming.get()

    async def send(self, frame: Frame) -> None:
        """Take an event for the peer, once it reads."""
        if frame["type"] == "websocket.send":
            await self.readable.wait()
        self.sent.append(frame)
        self._more.set()

    def says(self, text: str) -> None:
        """The peer sends a frame."""
        self.incoming.put_nowait({"type": "websocket.receive", "text": text})

    def leaves(self) -> None:
        """The peer goes away."""
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1001})

    @property
    def told(self) -> list[Message]:
        """Everything the peer was told, decoded."""
        reader: codec.Reader[messages.RelayFrame] = codec.Reader(messages.RelayFrame, 4 * 1024 * 1024)
        read = [reader.read(frame["text"]) for frame in self.sent if frame["type"] == "websocket.send"]
        return [message for message in read if message is not None]

    @property
    def sequence(self) -> list[int]:
        """The sequence numbers of the events it was told of."""
        return [message.seq for message in self.told if isinstance(message, EventFrame)]

    async def until(self, count: int) -> None:
        """Wait until it was told of `count` events."""
        async with asyncio.timeout(10):
            while sum('"EventFrame"' in frame.get("text", "") for frame in self.sent) < count:
                self._more.clear()
                await self._more.wait()
