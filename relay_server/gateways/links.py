"""What all links have in common: hello, welcome, one message after the other, bad frames counted, errors told."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from relay_protocol import codec
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import RequestId
from relay_protocol.messages import ErrorReply, Hello, Message, PostMessage, Request, Welcome
from relay_protocol.version import negotiate
from relay_server.gateways.conn import Conn
from relay_server.gateways.parts import Parts
from relay_server.gateways.wire import wire_of

log = logging.getLogger(__name__)

HELLO_SECONDS = 10.0

BAD_FRAMES = 4400
CLOSE_CODES = {
    ErrorCode.MALFORMED: BAD_FRAMES,
    ErrorCode.UNAUTHENTICATED: 4401,
    ErrorCode.FORBIDDEN: 4403,
    ErrorCode.VERSION: 4406,
    ErrorCode.GONE: 4410,
    ErrorCode.RATE_LIMITED: 4429,
}

AT_ONCE = PostMessage
"""What a session may do as it arrives: the messages there are many of."""


class Session(Protocol):
    """One signed-in peer on one link."""

    key: str
    """Whose rate this counts for."""

    async def start(self) -> None:
        """Begin, after the welcome."""

    def at_once(self, message: Message) -> bool:
        """Act on a message without waiting for anything, if that can be done; it is the next one in order."""

    async def handle(self, message: Message) -> None:
        """Act on one message; raise `BanwenError` to refuse it."""

    async def stop(self) -> None:
        """The link is gone."""


SignIn = Callable[[Conn, Hello], Awaitable[Session]]


class _RequestNumber(msgspec.Struct):
    request_id: RequestId


_request_number = msgspec.json.Decoder(_RequestNumber)


class LinkEndpoint:
    """The ASGI endpoint of one family of links: `frames` is the union it reads, `sign_in` knows its tokens."""

    def __init__(self, parts: Parts, frames: Any, sign_in: SignIn) -> None:
        self._parts, self._frames, self._sign_in = parts, frames, sign_in
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection from its handshake to its end."""
        if await _admitted(self._parts, scope, receive, send):
            await receive()
            wire = wire_of(scope)
            conn = Conn(wire)
            await send({"type": "websocket.accept"})
            wire.begin()

            async def goodbye(code: int, reason: str) -> None:
                await send({"type": "websocket.close", "code": code, "reason": reason})

            await conn.run(lambda: self._serve(conn), goodbye)

    async def _serve(self, conn: Conn) -> None:
        reader = codec.Reader[Message](self._frames)
        try:
            hello = await _hello(conn, reader)
            if hello is None:
                return
            protocol = negotiate(hello.oldest, hello.newest)
            session = await self._sign_in(conn, hello)
            self._check_number_of(session.key)
        except BanwenError as error:
            refuse(conn, error)
            return
        parts = self._parts
        heartbeat = parts.config.relay.heartbeat
        conn.send(Welcome(protocol=protocol, epoch=parts.store.epoch, now=parts.now(), heartbeat=heartbeat))
        self._open[session.key] += 1
        try:
            await session.start()
            await _Conversation(parts, conn, reader, session).run()
        except BanwenError as error:
            refuse(conn, error)
        finally:
            self._open -= Counter([session.key])
            await session.stop()

    def _check_number_of(self, key: str) -> None:
        if self._open[key] >= self._parts.config.limits.links_per_session:
            raise BanwenError(ErrorCode.RATE_LIMITED, "打开的窗口太多，请先关闭其他窗口。", wait=30)


class Links:
    """WebSockets go straight to the endpoint of their path, whatever else comes to the HTTP application.

    What a framework puts between them would stay on the stack of every idle link: several kilobytes each.
    """

    def __init__(self, endpoints: Mapping[str, ASGIApp], http: Starlette) -> None:
        self.endpoints, self.http = endpoints, http

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand one connection on."""
        endpoint = self.endpoints.get(scope["path"]) if scope["type"] == "websocket" else None
        return (endpoint or self.http)(scope, receive, send)


def refuse(conn: Conn, error: BanwenError) -> None:
    """Say why the link cannot be, then close it."""
    log.info("link refused", extra={"code": str(error.code)})
    conn.send(ErrorReply(code=error.code, message=error.message))
    conn.close(CLOSE_CODES.get(error.code, BAD_FRAMES), str(error.code))


async def _admitted(parts: Parts, scope: Scope, receive: Receive, send: Send) -> bool:
    """Refuse the handshake of another site's page, and of an address that opens too many."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    address = (scope.get("client") or ("", 0))[0]
    try:
        parts.origins.check(headers)
        parts.limits.requests.check(address, parts.now())
    except BanwenError as error:
        log.info("handshake refused", extra={"code": str(error.code)})
        await receive()
        await send({"type": "websocket.close", "code": 4403})
        return False
    return True


async def _hello(conn: Conn, reader: codec.Reader[Message]) -> Hello | None:
    """Return the hello, or None if the peer left. Whatever else comes first is refused, and so is silence."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            data = await anext(conn.messages(), None)
    except TimeoutError:
        data = b""
    if data is None:
        return None
    message = reader.read(data) if data else None
    if not isinstance(message, Hello):
        raise BanwenError(ErrorCode.UNAUTHENTICATED, "连接没有说明身份，请刷新页面或重新启动程序。")
    return message


class _Conversation:
    """One link's messages in their order: what needs no waiting is done as it arrives, the rest one after the other."""

    def __init__(self, parts: Parts, conn: Conn, reader: codec.Reader[Message], session: Session) -> None:
        self._parts, self._conn, self._reader, self._session = parts, conn, reader, session
        self._bad = 0

    async def run(self) -> None:
        """Converse until either end has closed."""
        self._conn.at_once = self._at_once
        try:
            async for data in self._conn.messages():
                message = self._read(data)
                if message is not None:
                    await self._handle(message)
        finally:
            self._conn.at_once = None
            if self._reader.skipped:
                log.info("messages of a newer peer skipped", extra={"count": self._reader.skipped})

    def _read(self, data: bytes) -> Message | None:
        """Return a message; answer a frame that is none, and hang up on a peer that sends many of those."""
        try:
            return self._reader.read(data)
        except BanwenError as error:
            self._bad += 1
            self._conn.send(ErrorReply(code=error.code, message=error.message, request_id=_number_in(data)))
            if self._bad >= self._parts.config.limits.malformed_frames:
                log.info("too many bad frames", extra={"bad": self._bad})
                self._conn.close(BAD_FRAMES, "malformed")
            return None

    def _at_once(self, data: bytes) -> bool:
        """Take a frame as it arrives. What only waiting can do is left to `run`."""
        message = self._read(data)
        if message is None:
            return True
        if not isinstance(message, AT_ONCE):
            return False
        try:
            self._parts.limits.frames.check(self._session.key, self._parts.now())
            return self._session.at_once(message)
        except Exception as error:
            self._refuse(message, error)
            return True

    async def _handle(self, message: Message) -> None:
        """Act on a message; a refused request is answered, a refused remark is dropped."""
        try:
            self._parts.limits.frames.check(self._session.key, self._parts.now())
            if not self._session.at_once(message):
                await self._session.handle(message)
        except Exception as error:
            self._refuse(message, error)

    def _refuse(self, message: Message, error: Exception) -> None:
        number = message.request_id if isinstance(message, Request) else None
        tell_refusal(self._conn, type(message).__name__, number, error)


def tell_refusal(conn: Conn, kind: str, request_id: RequestId | None, error: BaseException) -> None:
    """Answer a request that had no effect; log what is a mistake of ours."""
    if isinstance(error, BanwenError):
        log.info("message refused", extra={"type": kind, "code": str(error.code)})
        reply = ErrorReply(code=error.code, message=error.message, request_id=request_id)
    else:
        log.error("incident", extra={"type": kind}, exc_info=error)
        reply = ErrorReply(code=ErrorCode.INTERNAL, message="系统暂时无法处理，请稍后重试。", request_id=request_id)
    if request_id is not None:
        conn.send(reply)


def _number_in(data: str | bytes) -> RequestId | None:
    """Find the request a broken frame belongs to, so that its sender need not wait for an answer."""
    try:
        return _request_number.decode(data).request_id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
