"""A plain client for contract tests: it says exactly what a test tells it to, and remembers what it hears."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from relay_protocol import codec, messages
from relay_protocol.ids import ClientId, ConsultationId, RequestId, Stream
from relay_protocol.messages import Done, ErrorReply, EventFrame, Hello, Message, Request, Resume, Welcome
from relay_protocol.version import NEWEST, OLDEST
from tests.running import APP, RunningRelay

PATIENCE = 15.0

Heard = TypeVar("Heard", bound=Message)


def fresh() -> RequestId:
    """Return a new request id."""
    return RequestId(uuid4().hex)


class Peer:
    """One open link. `heard` holds every message in order; `frames` the events of each stream."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[Message] = []
        self._reader: codec.Reader[messages.RelayFrame] = codec.Reader(messages.RelayFrame, 4 * 1024 * 1024)

    async def say(self, message: Message) -> None:
        """Send one message."""
        await self.socket.send(codec.encode(message).decode())

    async def say_raw(self, data: str | bytes) -> None:
        """Send one frame of anything."""
        await self.socket.send(data)

    async def hear(self) -> Message:
        """Return the next message."""
        async with asyncio.timeout(PATIENCE):
            message = self._reader.read(await self.socket.recv())
        if message is None:
            raise AssertionError("a message of an unknown type")
        self.heard.append(message)
        return message

    async def hear_until(self, kind: type[Heard], fits: Callable[[Heard], bool] = lambda _: True) -> Heard:
        """Listen until a message of `kind` fits."""
        while True:
            message = await self.hear()
            if isinstance(message, kind) and fits(message):
                return message

    async def event(self, kind: type[Any], fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """Return the first event of `kind` that fits, heard already or still to come."""
        for message in self.heard:
            if isinstance(message, EventFrame) and isinstance(message.event, kind) and fits(message.event):
                return message.event
        frame = await self.hear_until(EventFrame, lambda frame: isinstance(frame.event, kind) and fits(frame.event))
        return frame.event

    async def ask(self, request: Request) -> Done | ErrorReply:
        """Send a request and return its answer."""
        await self.say(request)
        return await self.answer(request.request_id)

    async def answer(self, request_id: RequestId) -> Done | ErrorReply:
        """Listen until this request is answered."""
        while True:
            message = await self.hear()
            if isinstance(message, Done | ErrorReply) and message.request_id == request_id:
                return message

    async def done(self, request: Request) -> Done:
        """Send a request that must succeed."""
        answer = await self.ask(request)
        if not isinstance(answer, Done):
            raise AssertionError(f"{type(request).__name__} was refused: {answer}")
        return answer

    async def refused(self, request: Request) -> ErrorReply:
        """Send a request that must be refused."""
        answer = await self.ask(request)
        if not isinstance(answer, ErrorReply):
            raise AssertionError(f"{type(request).__name__} was accepted")
        return answer

    async def resume(self, epoch: str, cursors: dict[Stream, int] | None = None) -> None:
        """Ask for everything after `cursors`, and listen until it is there."""
        await self.done(Resume(request_id=fresh(), epoch=epoch, cursors=cursors or {}))

    async def closed(self) -> int:
        """Listen until the relay closes the link; return the close code."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.hear()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006

    def frames(self, stream: Stream) -> list[EventFrame]:
        """Return the events heard of one stream, in the order they came."""
        return [one for one in self.heard if isinstance(one, EventFrame) and one.stream == stream]


@asynccontextmanager
async def socket_to(relay: RunningRelay, path: str, origin: str | None = None) -> AsyncIterator[Peer]:
    """Open a link and say nothing yet."""
    address = "ws" + relay.url.removeprefix("http") + path
    headers = {"Origin": origin} if origin else {}
    async with connect(address, additional_headers=headers, compression=None, max_size=None) as socket:
        yield Peer(socket)


@asynccontextmanager
async def link_to(relay: RunningRelay, path: str, token: str) -> AsyncIterator[Peer]:
    """Open a link, say hello, resume from nothing."""
    async with socket_to(relay, path) as peer:
        welcome = await greet(peer, token)
        if path != "/ws/helper":
            await peer.resume(welcome.epoch)
        yield peer


async def greet(peer: Peer, token: str) -> Welcome:
    """Say hello and return the welcome."""
    await peer.say(Hello(oldest=OLDEST, newest=NEWEST, token=token, client=ClientId(uuid4().hex), app=APP))
    return await peer.hear_until(Welcome)


async def taxpayer_session(
    relay: RunningRelay, identity: str | None = None, token: str | None = None
) -> dict[str, Any]:
    """Open a taxpayer's session over HTTP."""
    return await post(relay, "/api/taxpayer/session", {"app": APP, "identity": identity, "token": token})


async def agent_token(relay: RunningRelay, number: str) -> str:
    """Log an agent in and return the token."""
    body = {"username": number, "password": relay.passwords[number]}
    token: str = (await post(relay, "/api/agent/login", body))["token"]
    return token


async def post(relay: RunningRelay, path: str, body: Any, status: int = 200, **headers: str) -> dict[str, Any]:
    """POST JSON, insist on the status, return the JSON reply."""
    async with httpx.AsyncClient(base_url=relay.url, timeout=PATIENCE) as client:
        reply = await client.post(path, json=body, headers=headers)
    if reply.status_code != status:
        raise AssertionError(f"{path}: {reply.status_code} {reply.text}")
    decoded: dict[str, Any] = reply.json()
    return decoded


async def open_consultation(peer: Peer) -> ConsultationId:
    """Open or continue the taxpayer's consultation."""
    done = await peer.done(messages.OpenConsultation(request_id=fresh()))
    if done.consultation is None:
        raise AssertionError("opened nothing")
    return done.consultation
