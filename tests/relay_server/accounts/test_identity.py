"""Tokens of an e-tax site: what is signed, current and meant for us is believed; nothing else is."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.domain import identity

NOW = 1_800_000_000.0
SITE = Ed25519PrivateKey.generate()
KEY = SITE.public_key()
PUBLIC_PEM = KEY.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def claims(**changes: Any) -> dict[str, Any]:
    base = {"iss": "etax", "aud": "banwen", "sub": "u1", "iat": NOW, "exp": NOW + 600, "jti": "0123456789abcdef"}
    return {**base, "name": "张三", **changes}


def signed(payload: dict[str, Any], key: Any = SITE, algorithm: str = "EdDSA") -> str:
    return jwt.encode(payload, key, algorithm=algorithm)


def place(**changes: Any) -> dict[str, Any]:
    ctx = {"module": "vat_filing", "page": "主表", "elements": {"sales": "100"}}
    return claims(exp=NOW + 100, ctx=ctx, **changes)


def test_a_signed_identity_is_read() -> None:
    who = identity.verify_identity(signed(claims(org="360103")), KEY, "etax", NOW)
    assert (who.sub, who.name, who.org) == ("u1", "张三", "360103")


@pytest.mark.req("I2")
def test_a_signed_context_is_read() -> None:
    where = identity.verify_context(signed(place()), KEY, "etax", NOW)
    assert where.ctx.module == "vat_filing"
    assert where.ctx.elements == {"sales": "100"}


def tampered() -> str:
    head, body, signature = signed(claims()).split(".")
    return f"{head}.{body[:-4]}AAAA.{signature}"


FORGERIES: dict[str, Callable[[], str]] = {
    "signed by another key": lambda: signed(claims(), Ed25519PrivateKey.generate()),
    "changed after signing": tampered,
    "signed by nobody": lambda: signed(claims(), None, "none"),
    "signed with a shared secret": lambda: signed(claims(), b"x" * 32, "HS256"),
    "meant for somebody else": lambda: signed(claims(aud="other")),
    "from another issuer": lambda: signed(claims(iss="other")),
    "expired": lambda: signed(claims(iat=NOW - 900, exp=NOW - 61)),
    "made in the future": lambda: signed(claims(iat=NOW + 61, exp=NOW + 300)),
    "living too long": lambda: signed(claims(exp=NOW + 901)),
    "without a number of its own": lambda: signed({k: v for k, v in claims().items() if k != "jti"}),
    "without a person": lambda: signed(claims(sub="")),
    "with a field of the wrong kind": lambda: signed(claims(name=["a"])),
    "far too long": lambda: signed(claims(name="x" * 9000)),
    "no token at all": lambda: "not.a.token",
    "empty": lambda: "",
}


@pytest.mark.req("I2")
@pytest.mark.parametrize("make", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_token_is_refused_when_it_is(make: Callable[[], str]) -> None:
    with pytest.raises(BanwenError) as caught:
        identity.verify_identity(make(), KEY, "etax", NOW)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED


def test_a_public_key_is_no_shared_secret() -> None:
    """The classic confusion: HS256 with the published key as its secret."""
    head_body = jwt.encode(claims(), "x" * 40, algorithm="HS256").rsplit(".", 1)[0]
    mac = hmac.new(PUBLIC_PEM, head_body.encode(), hashlib.sha256).digest()
    forged = f"{head_body}.{jwt.utils.base64url_encode(mac).decode()}"
    with pytest.raises(BanwenError):
        identity.verify_identity(forged, KEY, "etax", NOW)


def test_clocks_may_differ_by_a_minute() -> None:
    identity.verify_identity(signed(claims(iat=NOW + 59, exp=NOW + 300)), KEY, "etax", NOW)
    identity.verify_identity(signed(claims(iat=NOW - 600, exp=NOW - 59)), KEY, "etax", NOW)


def test_a_context_lives_two_minutes_at_most() -> None:
    with pytest.raises(BanwenError):
        identity.verify_context(signed(place() | {"exp": NOW + 121}), KEY, "etax", NOW)


@pytest.mark.req("I2")
def test_unlisted_elements_are_dropped_and_sensitive_ones_masked() -> None:
    kept = identity.allowed_elements(
        {"sales": "100", "bank": "6222020200112233445", "secret": "x"}, frozenset({"sales"}), frozenset({"bank"})
    )
    assert kept == {"sales": "100", "bank": "6222***********3445"}


@pytest.mark.parametrize(
    ("number", "shown"),
    [("91360100MA35ABCD12", "9136**********CD12"), ("12345", "1***5"), ("12", "**"), ("", "")],
)
def test_a_mask_hides_the_middle(number: str, shown: str) -> None:
    assert identity.mask(number) == shown
