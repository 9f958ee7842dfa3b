"""What every HTTP endpoint asks of a request: its origin and rate, whose token it carries, its body, its parameters."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.domain.access import AgentActor, TaxpayerActor
from relay_server.gateways.parts import Parts
from relay_server.services import accounts, clients, taxpayers, uploads

MAX_BODY_BYTES = 64 * 1024
LONGEST_TOKEN = 128
LONGEST_REASON = 200

Body = TypeVar("Body", bound=msgspec.Struct)
Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(parts: Parts, endpoint: Endpoint) -> Endpoint:
    """Check origin and rate before anything else."""

    async def checked(request: Request) -> Response:
        parts.origins.check(request.headers)
        parts.limits.requests.check(address_of(request), parts.now())
        return await endpoint(request)

    return checked


async def actor_of(parts: Parts, request: Request) -> TaxpayerActor | AgentActor:
    """Return who asks, a taxpayer or an agent. Raise `BanwenError(UNAUTHENTICATED)`."""
    try:
        return await taxpayers.taxpayer_of(parts.store, token_of(request), parts.now())
    except BanwenError:
        return await agent_of(parts, request)


async def agent_of(parts: Parts, request: Request) -> AgentActor:
    """Return the agent or program that asks, with the reason an auditor gave (`X-Reason`, percent-encoded).

    Raise `BanwenError(UNAUTHENTICATED)`.
    """
    token = token_of(request)
    if token.startswith(clients.PREFIX):
        return await clients.client_of(parts.store, parts.directory.current, token)
    actor = await accounts.agent_of(parts.store, parts.directory.current, token, parts.now())
    reason = unquote(request.headers.get("x-reason", ""), errors="replace").strip()
    return replace(actor, reason=reason[:LONGEST_REASON])


def address_of(request: Request) -> str:
    """Return where the request comes from."""
    return request.client.host if request.client else ""


def token_of(request: Request) -> str:
    """Return the bearer token. Raise `BanwenError(UNAUTHENTICATED)`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
        raise BanwenError(ErrorCode.UNAUTHENTICATED, "请先登录。")
    return token


def check_length(headers: Headers, limit: int) -> None:
    """Refuse early what says it is too large; what lies is cut off while it streams."""
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise uploads.too_large(limit)


async def body_of(request: Request, kind: type[Body]) -> Body:
    """Return the JSON body. Raise `BanwenError`: TOO_LARGE, MALFORMED."""
    check_length(request.headers, MAX_BODY_BYTES)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise BanwenError(ErrorCode.TOO_LARGE, "请求内容太大，请精简后重试。")
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise BanwenError(ErrorCode.MALFORMED, "请求内容无法识别，请刷新页面后重试。", why=str(error)) from error


def query_of(request: Request, kind: type[Body]) -> Body:
    """Return the parameters of the address; unknown ones are refused. Raise `BanwenError(BAD_INPUT)`."""
    given: dict[str, Any] = dict(request.query_params)
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BanwenError(ErrorCode.BAD_INPUT, f"查询条件不正确：{error}。") from error
