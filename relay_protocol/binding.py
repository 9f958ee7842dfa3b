"""Who signs which fingerprint: what keeps a relay from sitting between a helper and a workbench.

The agent signs one `Statement` per ask: this assistance, the helper's nonce, the DTLS certificates of both ends, what
is asked and until when. The helper checks it against the root certificate it was built with before its person is asked
anything. Who asks (name, badge number, office) is read from the certificate and from nowhere else.

Signatures are Ed25519 (RFC 8032); fingerprints are those of SDP (RFC 8122), SHA-256 only.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay_protocol.certificates import CLOCK_SKEW_SECONDS, CertifiedAgent, certified_agent
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages.assist import Privilege

VERSION = 1
CONTEXT = b"banwen remote assistance, statement of the agent\x00"
LONGEST_STATEMENT_SECONDS = 600.0
MAX_STATEMENT_BYTES = 2048
REFUSAL = "无法确认对方座席的身份，为保障您的安全已拒绝连接。请关闭本窗口，通过在线咨询或 12366 重新联系座席。"

_FINGERPRINT_LINE = re.compile(r"^a=fingerprint:[ \t]*(\S+)[ \t]+(\S+)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_SHA256 = re.compile(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}")


class Signer(Protocol):
    """The agent's private key; it may live in a keyring or on a card."""

    def sign(self, data: bytes, /) -> bytes:
        """Return the Ed25519 signature (64 bytes) of `data`."""


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent signs. Fingerprints as in SDP, `nonce` base64 as the helper sent it, `expires` in Unix seconds.

    `ask` counts from 1 within one assistance, so that an earlier statement can never be played again.
    """

    version: int
    session: str
    nonce: str
    helper_fingerprint: str
    agent_fingerprint: str
    scope: list[Privilege]
    expires: float
    ask: int


@dataclass(frozen=True)
class SignedStatement:
    """A statement as it travels: signed bytes and signature in base64, certificates as PEM, the agent's first."""

    statement: str
    signature: str
    certificates: tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """What the helper knows by itself when it checks a statement."""

    session: str
    nonce: str
    helper_fingerprint: str
    agent_fingerprint: str
    ask: int


@dataclass(frozen=True)
class Bound:
    """A statement that held: who asks for what. `signed` is the proof to keep with the consent."""

    agent: CertifiedAgent
    scope: frozenset[Privilege]
    ask: int
    expires: float
    signed: SignedStatement


def _unbound(why: str, **detail: object) -> BanwenError:
    return BanwenError(ErrorCode.UNBOUND, REFUSAL, why=why, **detail)


def fingerprint_of(sdp: str) -> str:
    """Return the one SHA-256 fingerprint of an SDP, in upper case.

    Raise UNBOUND when there is none, when there are several different ones, or one by any other algorithm: a transport
    might be content with the weakest of them.
    """
    named = sdp.lower().count("a=fingerprint:")
    found = _FINGERPRINT_LINE.findall(sdp.replace("\r\n", "\n"))
    values = {value.upper() for algorithm, value in found if algorithm.lower() == "sha-256"}
    if len(found) != named or any(algorithm.lower() != "sha-256" for algorithm, _ in found):
        raise _unbound("fingerprint by another algorithm", algorithms=sorted({name for name, _ in found}))
    if len(values) != 1:
        raise _unbound("not exactly one fingerprint", count=len(values))
    value: str = values.pop()
    if not _SHA256.fullmatch(value):
        raise _unbound("fingerprint is malformed")
    return value


def only_sha256(sdp: str) -> str:
    """Return an SDP of our own without fingerprints by other algorithms."""
    lines = sdp.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("a=fingerprint:") or "sha-256" in line.lower())


def sign(statement: Statement, signer: Signer, certificates: Sequence[str]) -> SignedStatement:
    """Sign one statement as the agent whose `certificates` (PEM, the agent's first, without the root) these are."""
    data = msgspec.json.encode(statement)
    signature = signer.sign(CONTEXT + data)
    return SignedStatement(_text(data), _text(signature), tuple(certificates))


def check(signed: SignedStatement, expected: Expected, root: x509.Certificate, now: float) -> Bound:
    """Return who asks for what, or raise UNBOUND. Nothing of a statement may be used before this returned."""
    try:
        leaf, agent = certified_agent(signed.certificates, root, now)
    except ValueError as error:
        raise _unbound("certificate does not hold", error=str(error)) from error
    data = _signed_bytes(signed, leaf)
    statement = _read(data)
    for name, ours, theirs in (
        ("version", VERSION, statement.version),
        ("session", expected.session, statement.session),
        ("nonce", expected.nonce, statement.nonce),
        ("helper_fingerprint", expected.helper_fingerprint, statement.helper_fingerprint),
        ("agent_fingerprint", expected.agent_fingerprint, statement.agent_fingerprint),
        ("ask", expected.ask, statement.ask),
    ):
        if ours != theirs:
            raise _unbound("statement is about something else", field=name)
    _check_time(statement, now)
    if not statement.scope or Privilege.VIEW not in statement.scope:
        raise _unbound("scope must hold view")
    return Bound(agent, frozenset(statement.scope), statement.ask, statement.expires, signed)


def _check_time(statement: Statement, now: float) -> None:
    left = statement.expires - now
    if not -CLOCK_SKEW_SECONDS < left <= LONGEST_STATEMENT_SECONDS + CLOCK_SKEW_SECONDS:
        raise _unbound("statement has expired, or the clock is wrong", left=left)


def _signed_bytes(signed: SignedStatement, leaf: x509.Certificate) -> bytes:
    data, signature = _bytes(signed.statement), _bytes(signed.signature)
    key = leaf.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise _unbound("key of the agent is not Ed25519")
    try:
        key.verify(signature, CONTEXT + data)
    except InvalidSignature:
        raise _unbound("signature does not fit") from None
    return data


def _read(data: bytes) -> Statement:
    """Decode a statement; bytes that are not exactly what we would have written are refused."""
    try:
        statement = msgspec.json.decode(data, type=Statement)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise _unbound("statement is malformed", error=str(error)) from error
    if msgspec.json.encode(statement) != data:
        raise _unbound("statement is not canonical")
    return statement


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    if len(text) > MAX_STATEMENT_BYTES:
        raise _unbound("statement is too long")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _unbound("statement is not base64") from None
