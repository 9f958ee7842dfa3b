"""One WebSocket: what is bounded, and how it ends."""

import asyncio

from relay_protocol import codec
from relay_protocol.messages import Pulse
from relay_server.gateways.conn import OUTGOING_BYTES, SLOW, Conn
from tests.relay_server.gateways.wire import Wire


async def test_frames_come_in_and_messages_go_out_in_order() -> None:
    peer = Wire()
    conn = Conn(peer.receive, peer.send)

    async def echo_times() -> None:
        async for frame in conn.frames():
            conn.send(Pulse(heads={}, now=float(frame)))

    for number in range(3):
        peer.says(str(number))
    peer.leaves()
    await conn.run(echo_times)
    assert [pulse.now for pulse in peer.told if isinstance(pulse, Pulse)] == [0.0, 1.0, 2.0]
    assert peer.sent[-1]["type"] == "websocket.close"


async def test_a_peer_that_does_not_read_is_hung_up_on_at_the_bound() -> None:
    peer = Wire(reads=False)
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
    peer = Wire(reads=False)
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
    peer = Wire()
    conn = Conn(peer.receive, peer.send)

    async def refuse() -> None:
        conn.send(Pulse(heads={}, now=1.0))
        conn.close(4401, "unauthenticated")

    await conn.run(refuse)
    assert [frame["type"] for frame in peer.sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert peer.sent[-1]["code"] == 4401


async def test_a_mistake_of_ours_closes_with_1011_and_tells_nothing() -> None:
    peer = Wire()
    conn = Conn(peer.receive, peer.send)

    async def fail() -> None:
        raise RuntimeError("secret")

    await conn.run(fail)
    assert peer.sent[-1] == {"type": "websocket.close", "code": 1011, "reason": ""}
