"""What all links have in common: hello, welcome, one message after the other, bad frames counted, errors told."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import msgspec

from relay_protocol import codec
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import RequestId
from relay_protocol.messages import ErrorReply, Hello, Message, Request, Welcome
from relay_protocol.version import negotiate
from relay_server.gateways.conn import Conn, Receive, Scope, Send
from relay_server.gateways.parts import Parts

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


class Session(Protocol):
    """One signed-in peer on one link."""

    key: str
    """Whose rate this counts for."""

    async def start(self) -> None:
        """Begin, after the welcome."""

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
            conn = Conn(receive, send)
            await conn.run(lambda: self._serve(conn))

    async def _serve(self, conn: Conn) -> None:
        frames, reader = conn.frames(), codec.Reader[Message](self._frames)
        try:
            hello = await _hello(frames, reader)
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
            await _converse(parts, conn, frames, reader, session)
        except BanwenError as error:
            refuse(conn, error)
        finally:
            self._open -= Counter([session.key])
            await session.stop()

    def _check_number_of(self, key: str) -> None:
        if self._open[key] >= self._parts.config.limits.links_per_session:
            raise BanwenError(ErrorCode.RATE_LIMITED, "打开的窗口太多，请先关闭其他窗口。", wait=30)


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


async def _hello(frames: AsyncIterator[str | bytes], reader: codec.Reader[Message]) -> Hello | None:
    """Return the hello, or None if the peer left. Whatever else comes first is refused, and so is silence."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            data = await anext(frames, None)
    except TimeoutError:
        data = ""
    if data is None:
        return None
    message = reader.read(data) if data else None
    if not isinstance(message, Hello):
        raise BanwenError(ErrorCode.UNAUTHENTICATED, "连接没有说明身份，请刷新页面或重新启动程序。")
    return message


async def _converse(
    parts: Parts, conn: Conn, frames: AsyncIterator[str | bytes], reader: codec.Reader[Message], session: Session
) -> None:
    bad = 0
    async for data in frames:
        try:
            message = reader.read(data)
        except BanwenError as error:
            bad += 1
            conn.send(ErrorReply(code=error.code, message=error.message, request_id=_number_in(data)))
            if bad >= parts.config.limits.malformed_frames:
                log.info("too many bad frames", extra={"bad": bad})
                conn.close(BAD_FRAMES, "malformed")
                return
            continue
        if message is not None:
            await _handle(parts, conn, session, message)


async def _handle(parts: Parts, conn: Conn, session: Session, message: Message) -> None:
    """Act on a message; a refused request is answered, a refused remark is dropped."""
    try:
        parts.limits.frames.check(session.key, parts.now())
        await session.handle(message)
    except BanwenError as error:
        log.info("message refused", extra={"type": type(message).__name__, "code": str(error.code)})
        if isinstance(message, Request):
            conn.send(ErrorReply(code=error.code, message=error.message, request_id=message.request_id))
    except Exception:
        log.exception("incident", extra={"type": type(message).__name__})
        if isinstance(message, Request):
            sentence = "系统暂时无法处理，请稍后重试。"
            conn.send(ErrorReply(code=ErrorCode.INTERNAL, message=sentence, request_id=message.request_id))


def _number_in(data: str | bytes) -> RequestId | None:
    """Find the request a broken frame belongs to, so that its sender need not wait for an answer."""
    try:
        return _request_number.decode(data).request_id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
