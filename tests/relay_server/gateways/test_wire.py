"""The bytes of a WebSocket: frames however they are cut up, and what is no frame at all."""

import asyncio
import random
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from relay_server.gateways.wire import Wire, wire_of

HANDSHAKE = (
    b"GET /ws/agent HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
LARGEST = 70_000
TEXT, CONTINUED, PING, CLOSE = 0x81, 0x80, 0x89, 0x88


class Transport:
    """A socket that remembers."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Peer:
    """An accepted connection seen from its client. `heard` holds what the program got."""

    def __init__(self) -> None:
        self.transport = Transport()
        self.heard: list[bytes] = []
        self.too_large = self.lost = 0
        self.over = asyncio.Event()
        self.wire: Wire | None = None
        config = uvicorn.Config(
            self._app, interface="asgi3", ws=Wire, ws_max_size=LARGEST, ws_per_message_deflate=False, log_config=None
        )
        config.load()
        self._protocol = Wire(config, ServerState(), {}, asyncio.get_running_loop())
        self._protocol.connection_made(cast(Any, self.transport))

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        wire = wire_of(scope)
        wire.listen(self.heard.append, self._large, lambda: None, self._lost)
        await send({"type": "websocket.accept"})
        wire.begin()
        self.wire = wire
        await self.over.wait()

    async def open(self) -> None:
        self._protocol.data_received(HANDSHAKE)
        async with asyncio.timeout(5):
            while self.wire is None:  # noqa: ASYNC110 - a turn or two of the loop
                await asyncio.sleep(0)
        self.transport.written = b""

    def sends(self, data: bytes) -> None:
        self._protocol.data_received(data)

    def leaves(self) -> None:
        self._protocol.connection_lost(None)
        self.over.set()

    def _large(self) -> None:
        self.too_large += 1

    def _lost(self) -> None:
        self.lost += 1


@pytest.fixture
async def peer() -> Any:
    one = Peer()
    await one.open()
    yield one
    one.leaves()
    assert one.lost == 1


def frame(first: int, payload: bytes, mask: bytes = b"\x01\x02\x03\x04") -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65536:
        head = bytes((first, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


async def test_messages_come_out_however_their_bytes_are_cut_up(peer: Peer) -> None:
    dice = random.Random(1)
    said = [dice.randbytes(size) for size in (0, 1, 125, 126, 65535, 65536, LARGEST)]
    data = b"".join(frame(TEXT, one) for one in said)
    at = 0
    while at < len(data):
        step = dice.choice((1, 2, 3, 7, 5000, 60_000))
        peer.sends(data[at : at + step])
        at += step
    assert peer.heard == said


async def test_fragments_make_one_message_with_a_ping_between_them(peer: Peer) -> None:
    peer.sends(frame(0x01, b"a") + frame(PING, b"?") + frame(0x00, b"b") + frame(CONTINUED, b"c") + frame(TEXT, b"d"))
    assert peer.heard == [b"abc", b"d"]
    assert peer.transport.written == b"\x8a\x01?"


async def test_several_messages_are_written_at_once_with_the_right_lengths(peer: Peer) -> None:
    if peer.wire is not None:
        peer.wire.write([b"a", b"b" * 126, b"c" * 65536])
    assert peer.transport.written == b"".join(
        (b"\x81\x01a", b"\x81\x7e\x00\x7e", b"b" * 126, b"\x81\x7f", (65536).to_bytes(8, "big"), b"c" * 65536)
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x01a", 1002),
        (frame(0xC1, b"a"), 1002),
        (frame(0x83, b"a"), 1002),
        (frame(CONTINUED, b"a"), 1002),
        (frame(PING, b"a" * 126), 1002),
        (frame(0x01, b"a") + frame(TEXT, b"b"), 1002),
        (frame(TEXT, b"a" * (LARGEST + 1))[:20], 1009),
    ],
)
async def test_what_breaks_the_rules_ends_with_a_code(peer: Peer, data: bytes, code: int) -> None:
    peer.sends(data)
    assert code.to_bytes(2, "big") in peer.transport.written
    assert peer.transport.closed
    assert peer.too_large == (code == 1009)
    peer.sends(frame(TEXT, b"late"))
    assert peer.heard == []


async def test_a_close_is_answered_and_what_comes_after_it_is_not_heard(peer: Peer) -> None:
    peer.sends(frame(CLOSE, (1001).to_bytes(2, "big")) + frame(TEXT, b"late"))
    assert (peer.transport.written, peer.transport.closed, peer.heard) == (b"\x88\x02\x03\xe9", True, [])


async def test_no_bytes_whatever_make_it_fail() -> None:
    dice = random.Random(7)
    for _ in range(300):
        peer = Peer()
        await peer.open()
        good = b"".join(frame(TEXT, dice.randbytes(dice.randrange(40))) for _ in range(3))
        data = bytearray(good)
        for _ in range(dice.randrange(1, 5)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        for at in range(0, len(data), 11):
            peer.sends(bytes(data[at : at + 11]))
        peer.leaves()
        assert peer.lost == 1
