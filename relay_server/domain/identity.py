"""Who a taxpayer is and where they stand, as an e-tax site signed it: JSON Web Tokens (RFC 7519), EdDSA only."""

from collections.abc import Mapping
from typing import Any, TypeVar

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from relay_protocol.errors import BanwenError, ErrorCode

AUDIENCE = "banwen"
ALGORITHM = "EdDSA"  # pinned: the token does not choose how it is checked
CLOCK_SKEW = 60.0
IDENTITY_LIFETIME = 15 * 60.0
CONTEXT_LIFETIME = 2 * 60.0
MAX_TOKEN_CHARACTERS = 8192
MAX_VALUE_CHARACTERS = 200


class IdentityClaims(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is. Times in Unix seconds; `org` is the administrative code of the office in charge."""

    iss: str
    sub: str
    iat: float
    exp: float
    jti: str
    name: str = ""
    tax_number: str = ""
    taxpayer_type: str = ""
    role: str = ""
    org: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the person stands in the e-tax site."""

    module: str
    page: str
    function: str = ""
    form: str = ""
    period: str = ""
    error: str = ""
    elements: dict[str, str] = {}


class ContextClaims(IdentityClaims, frozen=True, kw_only=True):
    """An identity and a place."""

    ctx: Place


Claims = TypeVar("Claims", bound=IdentityClaims)


def read_public_key(pem: str) -> Ed25519PublicKey:
    """Return the key of a PEM text. Raise `ValueError` for anything but an Ed25519 public key."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key")
    return key


def verify_identity(token: str, key: Ed25519PublicKey, issuer: str, now: float) -> IdentityClaims:
    """Return the claims of an identity token. Raise `BanwenError(UNAUTHENTICATED)` unless every check holds."""
    return _verify(token, key, issuer, now, IdentityClaims, IDENTITY_LIFETIME)


def verify_context(token: str, key: Ed25519PublicKey, issuer: str, now: float) -> ContextClaims:
    """Return the claims of a context token. That its `jti` is used once is the caller's transaction to ensure."""
    return _verify(token, key, issuer, now, ContextClaims, CONTEXT_LIFETIME)


def jti_kept_until(claims: IdentityClaims) -> float:
    """Return until when a used token must be remembered: afterwards it is refused for its age."""
    return claims.exp + CLOCK_SKEW


def mask(value: str) -> str:
    """Hide the middle of a number: four characters at each end stay; of a short one, one at each end."""
    keep = 4 if len(value) > 10 else 1
    hidden = len(value) - 2 * keep
    return value[:keep] + "*" * hidden + value[-keep:] if hidden > 0 else "*" * len(value)


def allowed_elements(elements: Mapping[str, str], allowed: frozenset[str], masked: frozenset[str]) -> dict[str, str]:
    """Keep the elements a module may show, the sensitive ones masked. What nobody listed is dropped."""
    return {
        key: mask(value) if key in masked else value[:MAX_VALUE_CHARACTERS]
        for key, value in elements.items()
        if key in allowed or key in masked
    }


def _verify(token: str, key: Ed25519PublicKey, issuer: str, now: float, kind: type[Claims], lifetime: float) -> Claims:
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise _refused("too long")
    try:
        claims = msgspec.convert(_signed_claims(token, key, issuer), kind)
    except (jwt.InvalidTokenError, msgspec.ValidationError) as error:
        raise _refused(type(error).__name__) from error
    if not claims.sub or not 8 <= len(claims.jti) <= 128:
        raise _refused("sub or jti missing")
    if claims.exp - claims.iat > lifetime or claims.iat > now + CLOCK_SKEW:
        raise _refused("lives too long or was made in the future")
    if claims.exp + CLOCK_SKEW < now:
        raise _refused("expired")
    return claims


def _signed_claims(token: str, key: Ed25519PublicKey, issuer: str) -> dict[str, Any]:
    """Check signature, audience and issuer. Times are checked by us, against the clock that was given."""
    return jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        issuer=issuer,
        options={
            "require": ["iss", "aud", "sub", "iat", "exp", "jti"],
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        },
    )


def _refused(why: str) -> BanwenError:
    return BanwenError(ErrorCode.UNAUTHENTICATED, "身份或页面信息未通过核验，请刷新页面后重试。", why=why)
