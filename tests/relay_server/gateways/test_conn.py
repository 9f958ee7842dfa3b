"""One WebSocket: what is bounded, and how it ends. The far side here is two plain functions of the ASGI interface."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from relay_protocol import codec
from relay_protocol.messages import Pulse
from relay_server.gateways.conn import OUTGOING_BYTES, SLOW, Conn

Frame = MutableMapping[str, Any]


class Peer:
    """The server's end of a socket: `incoming` is what the peer said, `sent` what it was told."""

    def __init__(self, reads: bool = True) -> None:
        self.incoming: asyncio.Queue[Frame] = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})
        self.sent: list[Frame] = []
        self.readable = asyncio.Event()
        if reads:
            self.readable.set()

    async def receive(self) -> Frame:
        return await self.incoming.get()

    async def send(self, frame: Frame) -> None:
        if frame["type"] == "websocket.send":
            await self.readable.wait()
        self.sent.append(frame)

    def says(self, text: str) -> None:
        self.incoming.put_nowait({"type": "websocket.receive", "text": text})

    def leaves(self) -> None:
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1001})


async def test_frames_come_in_and_messages_go_out_in_order() -> None:
    peer = Peer()
    conn = Conn(peer.receive, peer.send)

    async def echo_times() -> None:
        async for frame in conn.frames():
            conn.send(Pulse(heads={}, now=float(frame)))

    for number in range(3):
        peer.says(str(number))
    peer.leaves()
    await conn.run(echo_times)
    told = [codec.Reader[Pulse](Pulse).read(frame["text"]) for frame in peer.sent[1:-1]]
    assert [pulse.now for pulse in told if pulse] == [0.0, 1.0, 2.0]
    assert peer.sent[-1]["type"] == "websocket.close"


async def test_a_peer_that_does_not_read_is_hung_up_on_at_the_bound() -> None:
    peer = Peer(reads=False)
    conn = Conn(peer.receive, peer.send)
    large = Pulse(heads={}, now=0.0)
    count = OUTGOING_BYTES // len(codec.encode(large)) + 2

    async def pour() -> None:
        for _ in range(count):
            conn.send(large)
        async for _ in conn.frames():
            raise AssertionError("it says nothing")

    await asyncio.wait_for(conn.run(pour), 5)
    assert peer.sent[-1] == {"type": "websocket.close", "code": SLOW, "reason": "slow"}
    assert [frame["type"] for frame in peer.sent] == ["websocket.accept", "websocket.close"]


async def test_a_replay_waits_for_room_instead_of_overflowing() -> None:
    peer = Peer(reads=False)
    conn = Conn(peer.receive, peer.send)
    large = Pulse(heads={}, now=0.0)
    count = 3 * OUTGOING_BYTES // len(codec.encode(large))

    async def replay() -> None:
        for number in range(count):
            if number == 10:
                peer.readable.set()
            await conn.room()
            conn.send(large)

    await asyncio.wait_for(conn.run(replay), 20)
    assert sum(frame["type"] == "websocket.send" for frame in peer.sent) == count
    assert peer.sent[-1]["code"] == 1000


async def test_what_was_said_before_closing_still_goes_out() -> None:
    peer = Peer()
    conn = Conn(peer.receive, peer.send)

    async def refuse() -> None:
        conn.send(Pulse(heads={}, now=1.0))
        conn.close(4401, "unauthenticated")

    await conn.run(refuse)
    assert [frame["type"] for frame in peer.sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert peer.sent[-1]["code"] == 4401


async def test_a_mistake_of_ours_closes_with_1011_and_tells_nothing() -> None:
    peer = Peer()
    conn = Conn(peer.receive, peer.send)

    async def fail() -> None:
        raise RuntimeError("secret")

    await conn.run(fail)
    assert peer.sent[-1] == {"type": "websocket.close", "code": 1011, "reason": ""}
