"""A connection to the relay that comes back by itself: the pure machine of `relay_protocol.link`, on a websocket."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from random import random

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from relay_protocol import codec, messages
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ENTROPY_BYTES, ClientId, RequestId, ulid
from relay_protocol.link import (
    Action,
    Answer,
    Answered,
    ClientLink,
    Close,
    Connect,
    Deliver,
    LinkState,
    Restarted,
    Send,
    StateChanged,
)
from relay_protocol.messages import ErrorReply, Hello, Message, Request, Welcome
from relay_protocol.version import NEWEST, OLDEST

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
MAX_RELAY_FRAME_BYTES = 4 * 1024 * 1024


def new_request_id() -> RequestId:
    """Return a fresh identifier for a request or a message of this client."""
    return RequestId(ulid(time.time(), secrets.token_bytes(ENTROPY_BYTES)))


def websocket_url(server: str, path: str) -> str:
    """Return the websocket address of `path` on a relay whose pages are at `server` (http or https)."""
    return "ws" + server.rstrip("/").removeprefix("http") + path


def _socket(url: str) -> connect:
    """Compression is off (measured: it costs more than it saves); our heartbeats replace websocket pings."""
    return connect(url, compression=None, ping_interval=None, max_size=MAX_RELAY_FRAME_BYTES, close_timeout=2)


class RelayLink:
    """One link. Call `run` as a task; the callbacks are called from it, in order.

    `on_message` gets every delivered message, `on_state` every state with the error that explains a refusal,
    `on_restart` tells that the relay's log was replaced and everything built from events must be dropped.
    """

    def __init__(
        self,
        url: str,
        token: str,
        client: ClientId,
        *,
        app: str,
        on_message: Callable[[Message], None],
        on_state: Callable[[LinkState, BanwenError | None], None],
        on_restart: Callable[[], None],
        follows_streams: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        hello = Hello(oldest=OLDEST, newest=NEWEST, token=token, client=client, app=app)
        self._url = url
        self._machine = ClientLink(hello, random, new_request_id, follows_streams)
        self._on_message, self._on_state, self._on_restart = on_message, on_state, on_restart
        self._clock = clock
        self._reader: codec.Reader[messages.RelayFrame] = codec.Reader(messages.RelayFrame, MAX_RELAY_FRAME_BYTES)
        self._outgoing: asyncio.Queue[Message | None] = asyncio.Queue()
        self._connect_at: float | None = None
        self._waiting: dict[RequestId, asyncio.Future[Answer]] = {}
        self.ahead = 0.0
        """Seconds the relay's clock is ahead of this machine's, as of the last welcome."""

    @property
    def state(self) -> LinkState:
        """Where the link stands."""
        return self._machine.state

    async def run(self) -> None:
        """Stay connected until refused for good or cancelled."""
        self._carry_out(self._machine.start(self._clock()))
        while self._connect_at is not None:
            await asyncio.sleep(max(0.0, self._connect_at - self._clock()))
            self._connect_at = None
            self._outgoing = asyncio.Queue()
            await self._one_connection()
            self._carry_out(self._machine.closed(self._clock()))

    async def request(self, request: Request) -> Answer:
        """Send a request, however often the link breaks, and return the answer.

        Raise `BanwenError` if the relay refused it.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request.request_id] = future
        self._carry_out(self._machine.submit(request, self._clock()))
        try:
            answer = await future
        finally:
            self._waiting.pop(request.request_id, None)
            self._machine.withdraw(request.request_id)
        if isinstance(answer, ErrorReply):
            raise BanwenError(answer.code, answer.message)
        return answer

    def say(self, message: Message) -> None:
        """Send something that is worth nothing later; it is dropped while the link is down."""
        self._carry_out(self._machine.say(message, self._clock()))

    async def _one_connection(self) -> None:
        try:
            async with (
                asyncio.timeout(CONNECT_SECONDS) as limit,
                _socket(self._url) as socket,
            ):
                limit.reschedule(None)
                await self._converse(socket)
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
            log.info("link lost", extra={"why": type(error).__name__})
        except InvalidURI as error:
            log.error("link address is not valid", extra={"why": str(error)})

    async def _converse(self, socket: ClientConnection) -> None:
        self._carry_out(self._machine.opened(self._clock()))
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(self._write(socket), name="link-writer")
            try:
                await self._read(socket)
            finally:
                writer.cancel()

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            try:
                async with asyncio.timeout(max(0.0, self._machine.wakeup() - self._clock())):
                    data = await socket.recv()
            except TimeoutError:
                actions = self._machine.tick(self._clock())
            except ConnectionClosed:
                return
            else:
                actions = self._take(data)
            if self._carry_out(actions):
                return

    def _take(self, data: str | bytes) -> list[Action]:
        try:
            message = self._reader.read(data)
        except BanwenError as error:
            log.warning("frame of the relay not understood", extra={"why": str(error.detail)})
            return []
        if isinstance(message, Welcome):
            self.ahead = message.now - time.time()
        return [] if message is None else self._machine.received(message, self._clock())

    async def _write(self, socket: ClientConnection) -> None:
        while (message := await self._outgoing.get()) is not None:
            try:
                await socket.send(codec.encode(message).decode())
            except ConnectionClosed:
                return

    def _carry_out(self, actions: Sequence[Action]) -> bool:
        """Do what the machine says; return whether the socket shall be closed."""
        close = False
        for action in actions:
            match action:
                case Connect(at):
                    self._connect_at = at
                case Send(message):
                    self._outgoing.put_nowait(message)
                case Close():
                    close = True
                case Deliver(message):
                    self._on_message(message)
                case Answered(request_id, answer):
                    self._resolve(request_id, answer)
                case Restarted():
                    self._on_restart()
                case StateChanged(state, error):
                    self._on_state(state, error)
        return close

    def _resolve(self, request_id: RequestId, answer: Answer) -> None:
        future = self._waiting.get(request_id)
        if future is not None and not future.done():
            future.set_result(answer)
