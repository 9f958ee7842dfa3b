"""The first frame of a link: a hello in time, or none at all."""

import asyncio
from collections.abc import Callable

import pytest

from relay_protocol import codec
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ClientId
from relay_protocol.messages import Hello, Message, TaxpayerFrame
from relay_server.gateways import links
from relay_server.gateways.conn import Conn
from tests.relay_server.gateways.wire import Wire


async def first_frame_of(wire: Wire, before: Callable[[Wire], None] = lambda wire: None) -> Hello | None:
    conn = Conn(wire)
    before(wire)
    return await links._hello(conn, codec.Reader[Message](TaxpayerFrame))


async def test_silence_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "HELLO_SECONDS", 0.02)
    with pytest.raises(BanwenError) as caught:
        await asyncio.wait_for(first_frame_of(Wire()), 5)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED


async def test_a_peer_that_leaves_at_once_is_nobody() -> None:
    assert await first_frame_of(Wire(), lambda wire: wire.leaves()) is None


async def test_a_hello_is_read() -> None:
    hello = Hello(oldest=1, newest=1, token="t", client=ClientId("w"))
    assert await first_frame_of(Wire(), lambda wire: wire.says(codec.encode(hello))) == hello
