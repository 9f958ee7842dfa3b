"""The few things a program asks the relay over HTTP: log in, redeem a code, upload and download files."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AssistId, AttachmentId, ConsultationId
from relay_protocol.messages import AgentCard, Attachment

CHUNK_BYTES = 64 * 1024
TIMEOUT = httpx.Timeout(30.0, connect=5.0)

T = TypeVar("T", bound=msgspec.Struct)


class AgentLogin(msgspec.Struct, frozen=True):
    """What a successful log-in returns."""

    token: str
    agent: AgentCard


class Redeemed(msgspec.Struct, frozen=True):
    """What an invitation code is exchanged for: a token for one assistance."""

    token: str
    assist: AssistId


class _Problem(msgspec.Struct):
    code: ErrorCode
    message: str


class RelayHttp:
    """The HTTP side of one relay at `server` (such as `https://relay.example`). Close it with `aclose`.

    Raise `BanwenError(BAD_INPUT)` for an address that is none.
    """

    def __init__(self, server: str) -> None:
        self._client = httpx.AsyncClient(base_url=_checked(server), timeout=TIMEOUT)
        self._token = ""

    def use_token(self, token: str) -> None:
        """Send this bearer token from now on; it travels in a header only."""
        self._token = token

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def login(self, username: str, password: str) -> AgentLogin:
        """Log an agent in."""
        reply = await self._post_json("/api/agent/login", {"username": username, "password": password})
        return _read(reply, AgentLogin)

    async def logout(self) -> None:
        """Make the token worthless."""
        await self._post_json("/api/agent/logout", {})

    async def redeem(self, code: str) -> Redeemed:
        """Exchange a one-time invitation code."""
        return _read(await self._post_json("/api/helper/redeem", {"code": code}), Redeemed)

    async def upload(
        self,
        consultation: ConsultationId,
        name: str,
        content: bytes,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Attachment:
        """Upload one file; `on_progress` hears (bytes sent, bytes in all)."""
        headers = {
            "X-Consultation": consultation,
            "X-File-Name": quote(name),
            "Content-Length": str(len(content)),
        }
        reply = await self._send("POST", "/api/uploads", headers, _chunks(content, on_progress))
        return _read(reply, Attachment)

    async def download(self, attachment: AttachmentId) -> bytes:
        """Return the content of a stored file."""
        return (await self._send("GET", f"/api/files/{attachment}")).content

    async def get(self, path: str) -> bytes:
        """Return the body of any other resource, such as the wrap-up catalogue."""
        return (await self._send("GET", path)).content

    async def _post_json(self, path: str, body: dict[str, str]) -> httpx.Response:
        return await self._send("POST", path, {"Content-Type": "application/json"}, msgspec.json.encode(body))

    async def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
    ) -> httpx.Response:
        authorization = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        sent = {**authorization, **(headers or {})}
        try:
            reply = await self._client.request(method, path, headers=sent, content=content)
        except httpx.HTTPError as error:
            raise BanwenError(
                ErrorCode.UNREACHABLE,
                "无法连接服务器，请检查网络或服务器地址后重试。",
                why=type(error).__name__,
            ) from error
        if reply.is_success:
            return reply
        raise _problem(reply)


def _checked(server: str) -> httpx.URL:
    try:
        url = httpx.URL(server)
    except httpx.InvalidURL as error:
        raise _no_address() from error
    if url.scheme not in ("http", "https") or not url.host:
        raise _no_address()
    return url


def _no_address() -> BanwenError:
    sentence = "服务器地址不正确，请核对，例如 https://relay.example 。"
    return BanwenError(ErrorCode.BAD_INPUT, sentence)


def _problem(reply: httpx.Response) -> BanwenError:
    try:
        problem = msgspec.json.decode(reply.content, type=_Problem)
    except msgspec.DecodeError:
        return BanwenError(ErrorCode.INTERNAL, "服务器暂时无法处理，请稍后重试。", status=reply.status_code)
    return BanwenError(problem.code, problem.message, status=reply.status_code)


def _read(reply: httpx.Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(reply.content, type=kind)
    except msgspec.DecodeError as error:
        raise BanwenError(ErrorCode.MALFORMED, "服务器的答复无法识别，请更新程序后重试。", why=str(error)) from error


async def _chunks(content: bytes, on_progress: Callable[[int, int], None] | None) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        chunk = content[start : start + CHUNK_BYTES]
        yield chunk
        if on_progress is not None:
            on_progress(start + len(chunk), len(content))
