"""Bearer tokens: 256 random bits shown once to their owner; the database holds only their SHA-256."""

import hashlib
import secrets

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.store.accounts import TokenKind, TokenRecord, find_token, put_token
from relay_server.store.base import Transaction

BYTES = 32


def new_token() -> str:
    """Return a token: 43 URL-safe characters."""
    return secrets.token_urlsafe(BYTES)


def digest_of(token: str) -> bytes:
    """Return what is stored of a token. It has full entropy, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def issue(kind: TokenKind, subject: str, app: str, expires_at: float, now: float) -> Transaction[str]:
    """Store a new token and return it."""
    token = new_token()
    yield from extend(token, kind, subject, app, expires_at, now)
    return token


def extend(token: str, kind: TokenKind, subject: str, app: str, expires_at: float, now: float) -> Transaction[None]:
    """Let a token live until `expires_at`."""
    yield from put_token(TokenRecord(digest_of(token), kind, subject, app, expires_at), now)


def valid(token: str, kind: TokenKind, now: float) -> Transaction[TokenRecord | None]:
    """Return the record of a token that is known, of this kind and not expired."""
    record = yield from find_token(digest_of(token))
    return record if record and record.kind is kind and record.expires_at > now else None


def sign_in_again() -> BanwenError:
    """Return the refusal for a token that is unknown, expired or somebody else's kind; it does not say which."""
    return BanwenError(ErrorCode.UNAUTHENTICATED, "登录已失效，请重新登录。")
