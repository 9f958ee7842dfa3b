"""The resumable link against a real websocket server on loopback that can vanish and come back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from relay_client.link import RelayLink, new_request_id, websocket_url
from relay_protocol import codec, messages
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ClientId, ConsultationId, consultation_stream
from relay_protocol.link import LinkState
from relay_protocol.messages import (
    AskHuman,
    Done,
    ErrorReply,
    EventFrame,
    Hello,
    Message,
    Redacted,
    Resume,
    Typing,
    Welcome,
)

CONSULTATION = ConsultationId("c")
STREAM = consultation_stream(CONSULTATION)


@dataclass
class Peer:
    """A tiny relay: greets, replays its log after the cursor, answers requests unless told to be deaf."""

    epoch: str = "e1"
    log: int = 0
    deaf: bool = False
    refuse: ErrorCode | None = None
    got: list[Message] = field(default_factory=list)

    async def talk(self, socket: ServerConnection) -> None:
        reader: codec.Reader[Message] = codec.Reader(messages.ClientFrame)
        async for data in socket:
            message = reader.read(data)
            if message is not None:
                self.got.append(message)
                for reply in self.replies(message):
                    await socket.send(codec.encode(reply).decode())

    def replies(self, message: Message) -> list[Message]:
        match message:
            case Hello() if self.refuse:
                return [ErrorReply(code=self.refuse, message="请更新程序。")]
            case Hello():
                return [Welcome(protocol=1, epoch=self.epoch, now=0.0, heartbeat=15.0)]
            case Resume():
                after = message.cursors.get(STREAM, 0)
                missing = [event(seq) for seq in range(after + 1, self.log + 1)]
                return [*missing, Done(request_id=message.request_id)]
            case AskHuman() if not self.deaf:
                return [Done(request_id=message.request_id)]
        return []


def event(seq: int) -> EventFrame:
    return EventFrame(stream=STREAM, seq=seq, at=0.0, event=Redacted())


@dataclass
class Ears:
    """What a program hears from its link, and a way to wait for it."""

    delivered: list[int] = field(default_factory=list)
    states: list[LinkState] = field(default_factory=list)
    error: BanwenError | None = None
    restarts: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def message(self, message: Message) -> None:
        if isinstance(message, EventFrame):
            self.delivered.append(message.seq)
        self.changed.set()

    def state(self, state: LinkState, error: BanwenError | None) -> None:
        self.states.append(state)
        self.error = error or self.error
        self.changed.set()

    def restart(self) -> None:
        self.restarts += 1
        self.delivered.clear()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def joined(port: int) -> AsyncIterator[tuple[RelayLink, Ears]]:
    ears = Ears()
    link = RelayLink(
        websocket_url(f"http://127.0.0.1:{port}", "/ws/taxpayer"),
        "token",
        ClientId("window"),
        app="test",
        on_message=ears.message,
        on_state=ears.state,
        on_restart=ears.restart,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(link.run())
        yield link, ears
        running.cancel()


async def listen(peer: Peer, port: int = 0) -> tuple[Server, int]:
    server = await serve(peer.talk, "127.0.0.1", port)
    return server, next(iter(server.sockets)).getsockname()[1]


async def vanish(server: Server) -> None:
    server.close()
    await server.wait_closed()


async def test_everything_missed_is_replayed_after_the_relay_came_back() -> None:
    peer = Peer(log=2)
    server, port = await listen(peer)
    async with joined(port) as (link, ears):
        await ears.until(lambda: link.state is LinkState.LIVE)
        await vanish(server)
        await ears.until(lambda: link.state is LinkState.CONNECTING)
        peer.log = 5
        server, _ = await listen(peer, port)
        await ears.until(lambda: len(ears.delivered) == 5)
    assert ears.delivered == [1, 2, 3, 4, 5]
    await vanish(server)


async def test_a_request_survives_the_relay_and_is_answered_once() -> None:
    peer = Peer(deaf=True)
    server, port = await listen(peer)
    async with joined(port) as (link, ears), asyncio.TaskGroup() as group:
        asked = group.create_task(link.request(AskHuman(request_id=new_request_id(), consultation=CONSULTATION)))
        await ears.until(lambda: link.state is LinkState.LIVE)
        await vanish(server)
        peer.deaf = False
        server, _ = await listen(peer, port)
        assert isinstance(await asked, Done)
    await vanish(server)


async def test_a_relay_that_is_not_there_at_start_is_waited_for() -> None:
    peer = Peer()
    server, port = await listen(peer)
    await vanish(server)
    async with joined(port) as (link, ears):
        await ears.until(lambda: LinkState.CONNECTING in ears.states)
        server, _ = await listen(peer, port)
        await ears.until(lambda: link.state is LinkState.LIVE)
    await vanish(server)


async def test_a_restored_relay_makes_the_program_start_over() -> None:
    peer = Peer(log=3)
    server, port = await listen(peer)
    async with joined(port) as (_, ears):
        await ears.until(lambda: len(ears.delivered) == 3)
        await vanish(server)
        peer.epoch, peer.log = "e2", 1
        server, _ = await listen(peer, port)
        await ears.until(lambda: ears.restarts == 1 and ears.delivered == [1])
    await vanish(server)


async def test_a_refusal_for_good_ends_the_link_with_its_sentence() -> None:
    server, port = await listen(Peer(refuse=ErrorCode.VERSION))
    async with joined(port) as (link, ears):
        await ears.until(lambda: link.state is LinkState.REFUSED)
    assert ears.error is not None
    assert ears.error.message == "请更新程序。"
    await vanish(server)


async def test_typing_while_away_is_not_kept() -> None:
    peer = Peer()
    server, port = await listen(peer)
    await vanish(server)
    async with joined(port) as (link, ears):
        link.say(Typing(consultation=CONSULTATION))
        server, _ = await listen(peer, port)
        await ears.until(lambda: link.state is LinkState.LIVE)
    assert not any(isinstance(message, Typing) for message in peer.got)
    await vanish(server)


@pytest.mark.parametrize(
    ("server", "url"),
    [("http://h:1", "ws://h:1/ws/agent"), ("https://relay.example/", "wss://relay.example/ws/agent")],
)
def test_the_websocket_address_follows_the_page_address(server: str, url: str) -> None:
    assert websocket_url(server, "/ws/agent") == url
