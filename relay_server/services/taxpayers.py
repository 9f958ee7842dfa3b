"""Taxpayers' sessions, with a signed identity or without; and where they stand, as the e-tax site signed it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import TaxpayerId
from relay_protocol.messages import Assurance, BusinessContext, Office, TaxpayerCard
from relay_server.domain import identity
from relay_server.domain.access import TaxpayerActor
from relay_server.domain.identity import IdentityClaims
from relay_server.services import tokens
from relay_server.store.accounts import (
    TaxpayerRecord,
    TokenKind,
    drop_token,
    put_taxpayer,
    taxpayer_by_id,
    taxpayer_by_subject,
    use_once,
)
from relay_server.store.base import Store, Transaction

ANONYMOUS_NAME = "未验证用户"
LONGEST_NAME = 40


class App(msgspec.Struct, frozen=True):
    """A site that embeds the widget, and how its tokens are checked."""

    id: str
    name: str
    issuer: str
    public_key: Ed25519PublicKey
    anonymous: bool = True


class Module(msgspec.Struct, frozen=True):
    """Which elements of a module agents may see, and which of them masked."""

    elements: frozenset[str] = frozenset()
    masked: frozenset[str] = frozenset()


class TaxpayerSession(msgspec.Struct, frozen=True):
    """What opening a session returns. The token is shown this once."""

    token: str
    taxpayer: TaxpayerCard
    expires_at: float


async def open_session(
    store: Store,
    apps: Mapping[str, App],
    offices: Mapping[str, Office],
    app_id: str,
    identity_token: str | None,
    old_token: str | None,
    lifetime: float,
    new_id: Callable[[], str],
    now: float,
) -> TaxpayerSession:
    """Open a session of `lifetime` seconds; an old token or the same identity finds the same person again.

    Raise `BanwenError`: NOT_FOUND for an unknown app, UNAUTHENTICATED for an identity that does not hold, CONFLICT for
    one that was used before, FORBIDDEN where the app lets nobody in without one.
    """
    app = find_app(apps, app_id)
    claims = identity.verify_identity(identity_token, app.public_key, app.issuer, now) if identity_token else None
    if claims is None and not app.anonymous and not old_token:
        raise _identity_needed()
    script = _open(app, claims, offices, old_token or "", TaxpayerId(new_id()), now + lifetime, now)
    return await store.transact(script)


async def taxpayer_of(store: Store, token: str, now: float) -> TaxpayerActor:
    """Return whose token this is. Raise `BanwenError(UNAUTHENTICATED)`."""
    record = await store.read(_owner(token, now))
    if record is None:
        raise BanwenError(ErrorCode.UNAUTHENTICATED, "会话已过期，请刷新页面后继续，聊天记录会保留。")
    return TaxpayerActor(record.card, record.app, record.subject)


async def sign_out(store: Store, token: str) -> None:
    """Forget this browser, as on a shared computer."""
    await store.transact(drop_token(tokens.digest_of(token)))


def find_app(apps: Mapping[str, App], app_id: str) -> App:
    """Return the app. Raise `BanwenError(NOT_FOUND)`."""
    app = apps.get(app_id)
    if app is None:
        raise BanwenError(ErrorCode.NOT_FOUND, "咨询窗口的应用标识不正确，请联系网站管理员。", app=app_id[:64])
    return app


def accept_context(
    app: App, modules: Mapping[str, Module], subject: str, token: str, now: float
) -> Transaction[BusinessContext]:
    """Check a context token as a step of the transaction that records it: its number works once.

    Raise `BanwenError`: UNAUTHENTICATED if it is forged, expired or another person's; CONFLICT if it was used before.
    """
    claims = identity.verify_context(token, app.public_key, app.issuer, now)
    if not subject or claims.sub != subject:
        raise BanwenError(ErrorCode.UNAUTHENTICATED, "页面信息与当前登录的用户不符，请刷新页面后重试。")
    yield from _first_use(claims, now)
    place, module = claims.ctx, modules.get(claims.ctx.module, Module())
    cut = identity.MAX_VALUE_CHARACTERS
    return BusinessContext(
        module=place.module[:cut],
        page=place.page[:cut],
        function=place.function[:cut],
        form=place.form[:cut],
        period=place.period[:cut],
        error=place.error[:cut],
        elements=identity.allowed_elements(place.elements, module.elements, module.masked),
        at=now,
        verified=True,
    )


def _open(
    app: App,
    claims: IdentityClaims | None,
    offices: Mapping[str, Office],
    old_token: str,
    new_id: TaxpayerId,
    expires_at: float,
    now: float,
) -> Transaction[TaxpayerSession]:
    known = yield from _owner(old_token, now)
    if known is not None and known.app != app.id:
        known = None
    if claims is None:
        if known is None and not app.anonymous:
            raise _identity_needed()
        person = known or TaxpayerRecord(new_id, app.id, "", _anonymous_card(new_id))
    else:
        if known is None or known.subject != claims.sub:
            yield from _first_use(claims, now)
        person = yield from _identified(app, claims, offices, known, new_id)
    yield from put_taxpayer(person)
    if known is not None and known.id == person.id:  # all windows of this browser keep their token
        yield from tokens.extend(old_token, TokenKind.TAXPAYER, person.id, app.id, expires_at, now)
        return TaxpayerSession(old_token, person.card, expires_at)
    yield from drop_token(tokens.digest_of(old_token))
    token = yield from tokens.issue(TokenKind.TAXPAYER, person.id, app.id, expires_at, now)
    return TaxpayerSession(token, person.card, expires_at)


def _identified(
    app: App,
    claims: IdentityClaims,
    offices: Mapping[str, Office],
    known: TaxpayerRecord | None,
    new_id: TaxpayerId,
) -> Transaction[TaxpayerRecord]:
    """Find the person the site names. Somebody anonymous until now keeps their consultation and gets a name."""
    person = yield from taxpayer_by_subject(app.id, claims.sub)
    if person is None and known is not None and not known.subject:
        person = replace(known, subject=claims.sub)
    if person is None:
        person = TaxpayerRecord(new_id, app.id, claims.sub, _anonymous_card(new_id))
    return replace(person, card=_verified_card(person.id, claims, offices))


def _owner(token: str, now: float) -> Transaction[TaxpayerRecord | None]:
    record = yield from tokens.valid(token, TokenKind.TAXPAYER, now)
    return (yield from taxpayer_by_id(TaxpayerId(record.subject))) if record else None


def _first_use(claims: IdentityClaims, now: float) -> Transaction[None]:
    fresh = yield from use_once(f"{claims.iss}/{claims.jti}", identity.jti_kept_until(claims), now)
    if not fresh:
        raise BanwenError(ErrorCode.CONFLICT, "页面信息已经使用过，请刷新页面后重试。")


def _verified_card(taxpayer: TaxpayerId, claims: IdentityClaims, offices: Mapping[str, Office]) -> TaxpayerCard:
    return TaxpayerCard(
        id=taxpayer,
        name=claims.name[:LONGEST_NAME] or "纳税人",
        assurance=Assurance.VERIFIED,
        tax_number=identity.mask(claims.tax_number[:LONGEST_NAME]),
        taxpayer_type=claims.taxpayer_type[:LONGEST_NAME],
        role=claims.role[:LONGEST_NAME],
        office=offices.get(claims.org),
    )


def _anonymous_card(taxpayer: TaxpayerId) -> TaxpayerCard:
    return TaxpayerCard(id=taxpayer, name=ANONYMOUS_NAME, assurance=Assurance.ANONYMOUS)


def _identity_needed() -> BanwenError:
    return BanwenError(ErrorCode.FORBIDDEN, "请先登录电子税务局，再使用在线咨询。")
