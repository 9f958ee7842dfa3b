"""The client's half of a WebSocket (RFC 6455), for speed: text frames below 64 KiB, masked with zeros."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from bench.peers.base import Connection

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
NO_MASK = b"\0\0\0\0"
TEXT, PING = 0x81, 0x89
PONG = b"\x8a\x80" + NO_MASK


class WebSocket(Connection):
    """One link. `heard` gets the payload of each text frame."""

    def __init__(self) -> None:
        super().__init__()
        self.upgraded = False

    def heard(self, payload: bytes) -> None:
        """Take one message."""

    def send(self, payload: bytes) -> None:
        """Send one text message."""
        size = len(payload)
        head = bytes((TEXT, 0x80 | size)) if size < 126 else bytes((TEXT, 0xFE)) + size.to_bytes(2, "big")
        self.transport.write(head + NO_MASK + payload)

    def arrived(self) -> None:
        """Take complete frames; what is not text or a ping is nothing to us."""
        if not self.upgraded:
            return
        data, at = self.pending, 0
        while len(data) >= at + 2:
            start, size = at + 2, data[at + 1]
            if size == 126:
                start, size = at + 4, int.from_bytes(data[at + 2 : at + 4], "big")
            elif size == 127:
                start, size = at + 10, int.from_bytes(data[at + 2 : at + 10], "big")
            if len(data) < start + size:
                break
            kind, at = data[at], start + size
            if kind == TEXT:
                self.heard(data[start:at])
            elif kind == PING:
                self.transport.write(PONG)
        self.pending = data[at:]


L = TypeVar("L", bound=WebSocket)


async def dial(url: str, make: Callable[[], L]) -> L:
    """Open a link to a ws:// address; `make()` returns the protocol."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(make, parts.hostname or "", parts.port or 80)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    link.transport.write(UPGRADE.format(path=path, host=parts.netloc).encode())
    await link.until(lambda data: b"\r\n\r\n" in data)
    link.upgraded = True
    link.pending = link.pending.partition(b"\r\n\r\n")[2]
    link.arrived()
    return link
