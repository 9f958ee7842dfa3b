"""One WebSocket: what is bounded, what goes out together, and how it ends."""

import asyncio

import pytest

from relay_protocol import codec
from relay_protocol.errors import ErrorCode
from relay_protocol.messages import ErrorReply, Pulse
from relay_server.gateways import conn as module
from relay_server.gateways.conn import INCOMING_MESSAGES, OUTGOING_BYTES, SLOW, Conn
from tests.relay_server.gateways.wire import Wire

LARGE = Pulse(heads={}, now=0.0)
SIZE = len(codec.encode(LARGE))


async def test_frames_come_in_and_messages_go_out_in_order() -> None:
    peer = Wire()
    conn = Conn(peer)

    async def echo_times() -> None:
        async for frame in conn.messages():
            conn.send(Pulse(heads={}, now=float(frame)))

    for number in range(3):
        peer.says(str(number))
    asyncio.get_running_loop().call_later(0.01, peer.leaves)
    await conn.run(echo_times, peer.close)
    assert [pulse.now for pulse in peer.told if isinstance(pulse, Pulse)] == [0.0, 1.0, 2.0]
    assert peer.goodbye == (1000, "")


async def test_what_is_sent_in_one_turn_of_the_loop_is_one_write() -> None:
    peer = Wire()
    conn = Conn(peer)
    for number in range(5):
        conn.send(Pulse(heads={}, now=float(number)))
    await asyncio.sleep(0)
    assert (len(peer.sent), peer.writes) == (5, 1)


async def test_a_peer_that_does_not_read_is_hung_up_on_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.02)
    peer = Wire(reads=False)
    conn = Conn(peer)

    async def pour() -> None:
        for _ in range(OUTGOING_BYTES // SIZE + 2):
            conn.send(LARGE)
        async for _ in conn.messages():
            raise AssertionError("it says nothing")

    await asyncio.wait_for(conn.run(pour, peer.close), 5)
    assert (conn._close, peer.sent, peer.aborted) == ((SLOW, "slow"), [], True)


async def test_a_peer_that_reads_may_be_sent_more_than_the_bound_at_once() -> None:
    peer = Wire()
    conn = Conn(peer)
    for _ in range(2 * OUTGOING_BYTES // SIZE):
        conn.send(LARGE)
    await asyncio.sleep(0)
    assert (conn.closing, len(peer.sent)) == (False, 2 * OUTGOING_BYTES // SIZE)


async def test_a_replay_waits_for_room_instead_of_overflowing() -> None:
    peer = Wire(reads=False)
    conn = Conn(peer)
    count = 3 * OUTGOING_BYTES // SIZE
    asyncio.get_running_loop().call_later(0.02, peer.reads)

    async def replay() -> None:
        for _ in range(count):
            await conn.room()
            conn.send(LARGE)

    await asyncio.wait_for(conn.run(replay, peer.close), 20)
    assert (len(peer.sent), peer.goodbye) == (count, (1000, ""))


async def test_what_was_said_before_closing_still_goes_out() -> None:
    peer = Wire()
    conn = Conn(peer)

    async def refuse() -> None:
        conn.send(Pulse(heads={}, now=1.0))
        conn.close(4401, "unauthenticated")

    await conn.run(refuse, peer.close)
    assert (len(peer.sent), peer.goodbye) == (1, (4401, "unauthenticated"))


async def test_a_mistake_of_ours_closes_with_1011_and_tells_nothing() -> None:
    peer = Wire()
    conn = Conn(peer)

    async def fail() -> None:
        raise RuntimeError("secret")

    await conn.run(fail, peer.close)
    assert peer.goodbye == (1011, "")


async def test_a_frame_that_is_too_large_is_refused_in_words_before_the_server_closes() -> None:
    peer = Wire()
    Conn(peer)
    peer.sends_too_much()
    (told,) = peer.told
    assert isinstance(told, ErrorReply)
    assert told.code is ErrorCode.TOO_LARGE


async def test_what_can_be_done_at_once_never_overtakes_what_waits() -> None:
    peer, done = Wire(), list[str]()
    conn = Conn(peer)

    def at_once(data: bytes) -> bool:
        if data == b"slow":
            return False
        done.append(data.decode())
        return True

    async def converse() -> None:
        conn.at_once = at_once
        async for data in conn.messages():
            await asyncio.sleep(0.01)
            done.append(data.decode())
            if len(done) == 4:
                conn.close(1000)

    for word in ("a", "slow", "b", "c"):
        asyncio.get_running_loop().call_soon(peer.says, word)
    await conn.run(converse, peer.close)
    assert done == ["a", "slow", "b", "c"]


async def test_a_peer_that_floods_is_read_no_further_until_its_messages_were_taken() -> None:
    peer = Wire()
    conn = Conn(peer)
    for _ in range(INCOMING_MESSAGES):
        peer.says("x")
    assert not peer.reading
    messages = conn.messages()
    for _ in range(INCOMING_MESSAGES):
        await anext(messages)
    peer.leaves()
    assert [message async for message in messages] == []
    assert peer.reading
