"""HTTP: sign in and out, redeem a helper's code, upload and download, the wrap-up catalogue."""

from collections.abc import AsyncIterator
from urllib.parse import quote, unquote

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from relay_protocol.errors import BanwenError
from relay_protocol.ids import AttachmentId, ConsultationId
from relay_server.domain.access import Action, AgentActor
from relay_server.domain.channels import Channel, channel_of
from relay_server.gateways import replies
from relay_server.gateways.parts import Parts
from relay_server.gateways.requests import Endpoint, actor_of, address_of, body_of, check_length, guarded, token_of
from relay_server.services import accounts, assist, consultations, records, taxpayers, uploads

DRAIN_BYTES = 32 * 1024 * 1024


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
        wish = await body_of(request, SessionWish)
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
        await taxpayers.sign_out(parts.store, token_of(request))
        return replies.json({})

    async def login(request: Request) -> Response:
        parts.limits.attempts.check(address_of(request), parts.now())
        wish = await body_of(request, LoginWish)
        session = parts.config.session
        policy = accounts.LoginPolicy(session.wrong_passwords, session.lockout, session.agent)
        opened = await accounts.login(
            parts.store, parts.passwords, parts.directory.current, policy, wish.username, wish.password, parts.now()
        )
        return replies.json(opened)

    async def logout(request: Request) -> Response:
        await accounts.logout(parts.store, token_of(request))
        return replies.json({})

    async def redeem(request: Request) -> Response:
        parts.limits.attempts.check(address_of(request), parts.now())
        wish = await body_of(request, RedeemWish)
        return replies.json(await assist.redeem(parts.store, wish.code, parts.config.session.helper, parts.now()))

    async def upload(request: Request) -> Response:
        actor = await actor_of(parts, request)
        consultation = ConsultationId(request.headers.get("x-consultation", ""))
        found = await consultations.find(parts.store, actor, Action.POST, consultation)
        name = unquote(request.headers.get("x-file-name", ""), errors="replace")
        limits = _limits(parts, channel_of(found.channel))
        body = request.stream()
        try:
            check_length(request.headers, limits.size)
            attachment = await uploads.receive(
                parts.store, parts.files, consultation, name, body, limits, parts.new_id, parts.now()
            )
        except BanwenError:
            await _drain(body)
            raise
        return replies.json(attachment)

    async def download(request: Request) -> Response:
        actor = await actor_of(parts, request)
        file = await uploads.find(parts.store, AttachmentId(request.path_params["id"]))
        try:
            await consultations.find(parts.store, actor, Action.READ, file.consultation)
        except BanwenError:
            raise uploads.missing() from None
        if isinstance(actor, AgentActor):
            await records.note_read(parts.store, actor, Action.READ, "file", file.attachment.id, parts.now())
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
        await accounts.agent_of(parts.store, parts.directory.current, token_of(request), parts.now())
        return replies.json(parts.catalogue)

    endpoints: list[tuple[str, str, Endpoint]] = [
        ("POST", "/api/taxpayer/session", open_session),
        ("POST", "/api/taxpayer/logout", close_session),
        ("POST", "/api/agent/login", login),
        ("POST", "/api/agent/logout", logout),
        ("POST", "/api/helper/redeem", redeem),
        ("POST", "/api/uploads", upload),
        ("GET", "/api/files/{id}", download),
        ("GET", "/api/catalogue", catalogue),
    ]
    return [Route(path, guarded(parts, endpoint), methods=[method]) for method, path, endpoint in endpoints]


def _limits(parts: Parts, channel: Channel) -> uploads.UploadLimits:
    given = parts.config.limits
    size = min(given.upload_bytes, max(channel.sizes.values()))
    seconds = min(given.voice_seconds, channel.seconds)
    return uploads.UploadLimits(size, given.image_pixels, seconds, given.consultation_bytes, tuple(given.scan))


async def _drain(body: AsyncIterator[bytes]) -> None:
    """Read on for a while before refusing: a browser that is cut off while it sends never sees the answer."""
    left = DRAIN_BYTES
    async for chunk in body:
        left -= len(chunk)
        if left < 0:
            return
