"""HTTP: sign in and out, redeem a helper's code, upload and download, the wrap-up catalogue, and a sign of life."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from urllib.parse import quote, unquote

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AttachmentId, ConsultationId
from relay_server.domain.access import Action, AgentActor, TaxpayerActor
from relay_server.gateways import replies
from relay_server.gateways.parts import Parts
from relay_server.services import accounts, assist, consultations, taxpayers, uploads
from relay_server.store.accounts import find_agent

MAX_BODY_BYTES = 64 * 1024
DRAIN_BYTES = 32 * 1024 * 1024
LONGEST_TOKEN = 128

Body = TypeVar("Body", bound=msgspec.Struct)
Endpoint = Callable[[Request], Awaitable[Response]]


class SessionWish(msgspec.Struct, frozen=True):
    """Body of `POST /api/taxpayer/session`."""

    app: str
    identity: str | None = None
    token: str | None = None


class LoginWish(msgspec.Struct, frozen=True):
    """Body of `POST /api/agent/login`."""

    username: str
    password: str


class RedeemWish(msgspec.Struct, frozen=True):
    """Body of `POST /api/helper/redeem`."""

    code: str


def routes(parts: Parts) -> list[Route]:
    """Return the routes of the API."""

    async def open_session(request: Request) -> Response:
        wish = await _body(request, SessionWish)
        session = await taxpayers.open_session(
            parts.store,
            parts.apps,
            parts.offices,
            wish.app,
            wish.identity,
            wish.token,
            parts.config.session.taxpayer,
            parts.new_id,
            parts.now(),
        )
        return replies.json(session)

    async def close_session(request: Request) -> Response:
        await taxpayers.sign_out(parts.store, _token(request))
        return replies.json({})

    async def login(request: Request) -> Response:
        parts.limits.attempts.check(_address(request), parts.now())
        wish = await _body(request, LoginWish)
        session = parts.config.session
        policy = accounts.LoginPolicy(session.wrong_passwords, session.lockout, session.agent)
        opened = await accounts.login(
            parts.store, parts.passwords, parts.directory.current, policy, wish.username, wish.password, parts.now()
        )
        return replies.json(opened)

    async def logout(request: Request) -> Response:
        await accounts.logout(parts.store, _token(request))
        return replies.json({})

    async def redeem(request: Request) -> Response:
        parts.limits.attempts.check(_address(request), parts.now())
        wish = await _body(request, RedeemWish)
        return replies.json(await assist.redeem(parts.store, wish.code, parts.config.session.helper, parts.now()))

    async def upload(request: Request) -> Response:
        actor = await _actor(parts, _token(request))
        consultation = ConsultationId(request.headers.get("x-consultation", ""))
        await consultations.find(parts.store, actor, Action.POST, consultation)
        name = unquote(request.headers.get("x-file-name", ""), errors="replace")
        limits = uploads.UploadLimits(parts.config.limits.upload_bytes, parts.config.limits.image_pixels)
        body = request.stream()
        try:
            _check_length(request.headers, limits.size)
            attachment = await uploads.receive(
                parts.store, parts.files, consultation, name, body, limits, parts.new_id, parts.now()
            )
        except BanwenError:
            await _drain(body)
            raise
        return replies.json(attachment)

    async def download(request: Request) -> Response:
        actor = await _actor(parts, _token(request))
        file = await uploads.find(parts.store, AttachmentId(request.path_params["id"]))
        try:
            await consultations.find(parts.store, actor, Action.READ, file.consultation)
        except BanwenError:
            raise uploads.missing() from None
        attachment, path = file.attachment, parts.files / file.file_name
        return FileResponse(
            path,
            media_type=attachment.media_type,
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, max-age=3600, immutable",
            },
        )

    async def catalogue(request: Request) -> Response:
        await accounts.agent_of(parts.store, parts.directory.current, _token(request), parts.now())
        return replies.json(parts.catalogue)

    async def healthz(request: Request) -> Response:
        await parts.store.read(find_agent(""))  # the database answers, or this fails
        return replies.json({"ok": True, "program": "banwen-relay"})

    endpoints: list[tuple[str, str, Endpoint]] = [
        ("POST", "/api/taxpayer/session", open_session),
        ("POST", "/api/taxpayer/logout", close_session),
        ("POST", "/api/agent/login", login),
        ("POST", "/api/agent/logout", logout),
        ("POST", "/api/helper/redeem", redeem),
        ("POST", "/api/uploads", upload),
        ("GET", "/api/files/{id}", download),
        ("GET", "/api/catalogue", catalogue),
        ("GET", "/healthz", healthz),
    ]
    return [Route(path, _guarded(parts, endpoint), methods=[method]) for method, path, endpoint in endpoints]


async def _actor(parts: Parts, token: str) -> TaxpayerActor | AgentActor:
    """Return whose token it is, a taxpayer's or an agent's. Raise `BanwenError(UNAUTHENTICATED)`."""
    try:
        return await taxpayers.taxpayer_of(parts.store, token, parts.now())
    except BanwenError:
        return await accounts.agent_of(parts.store, parts.directory.current, token, parts.now())


def _guarded(parts: Parts, endpoint: Endpoint) -> Endpoint:
    """Check origin and rate before anything else."""

    async def guarded(request: Request) -> Response:
        parts.origins.check(request.headers)
        parts.limits.requests.check(_address(request), parts.now())
        return await endpoint(request)

    return guarded


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
        raise BanwenError(ErrorCode.UNAUTHENTICATED, "请先登录。")
    return token


def _check_length(headers: Headers, limit: int) -> None:
    """Refuse early what says it is too large; what lies is cut off while it streams."""
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise uploads.too_large(limit)


async def _drain(body: AsyncIterator[bytes]) -> None:
    """Read on for a while before refusing: a browser that is cut off while it sends never sees the answer."""
    left = DRAIN_BYTES
    async for chunk in body:
        left -= len(chunk)
        if left < 0:
            return


async def _body(request: Request, kind: type[Body]) -> Body:
    _check_length(request.headers, MAX_BODY_BYTES)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise BanwenError(ErrorCode.TOO_LARGE, "请求内容太大，请精简后重试。")
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise BanwenError(ErrorCode.MALFORMED, "请求内容无法识别，请刷新页面后重试。", why=str(error)) from error
