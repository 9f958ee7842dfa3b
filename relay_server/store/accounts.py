"""Operations on people: agents' accounts, wrong passwords, tokens, taxpayers, used token numbers, uploads.

Each function is a step of a transaction script: `agent = yield from find_agent(username)`.
"""

from dataclasses import dataclass
from enum import StrEnum

from relay_protocol.ids import AgentId, AttachmentId, ConsultationId, TaxpayerId
from relay_protocol.messages import Attachment, TaxpayerCard
from relay_server.store.base import Operation, Transaction


class TokenKind(StrEnum):
    """Whose token it is."""

    AGENT = "agent"
    TAXPAYER = "taxpayer"


@dataclass(frozen=True)
class AgentAccount:
    """One agent or administrator. `username` is the badge number; `office` is a code, empty for administrators."""

    id: AgentId
    username: str
    name: str
    office: str
    password_hash: str
    administrator: bool = False
    disabled: bool = False
    created_at: float = 0.0


@dataclass(frozen=True)
class Guard:
    """How often a username was tried with a wrong password, and until when it is locked (Unix seconds)."""

    failures: int = 0
    locked_until: float = 0.0
    failed_at: float = 0.0


@dataclass(frozen=True)
class TokenRecord:
    """A bearer token as it is stored: its SHA-256, never itself. `app` is set for taxpayers."""

    digest: bytes
    kind: TokenKind
    subject: str
    app: str
    expires_at: float


@dataclass(frozen=True)
class TaxpayerRecord:
    """A person of one app; `subject` is the app's own id for them, empty for anonymous ones."""

    id: TaxpayerId
    app: str
    subject: str
    card: TaxpayerCard


@dataclass(frozen=True)
class StoredFile:
    """An upload: what it is, whose consultation it belongs to, and its random file name."""

    attachment: Attachment
    consultation: ConsultationId
    file_name: str
    at: float


@dataclass(frozen=True)
class FindAgent(Operation):
    """By `username`, or by `id` when the username is empty."""

    username: str = ""
    id: str = ""


@dataclass(frozen=True)
class ListAgents(Operation):
    """All accounts, by username."""


@dataclass(frozen=True)
class PutAgent(Operation):
    """Insert or replace one account."""

    agent: AgentAccount


@dataclass(frozen=True)
class FindGuard(Operation):
    """The guard of a username, whether or not somebody has that name."""

    username: str


@dataclass(frozen=True)
class PutGuard(Operation):
    """Remember wrong passwords; guards untouched since `forget_before` go."""

    username: str
    guard: Guard
    forget_before: float


@dataclass(frozen=True)
class PutToken(Operation):
    """Store a token; those that expired before `now` go."""

    token: TokenRecord
    now: float


@dataclass(frozen=True)
class FindToken(Operation):
    """A token by its digest."""

    digest: bytes


@dataclass(frozen=True)
class DropToken(Operation):
    """Make one token worthless."""

    digest: bytes


@dataclass(frozen=True)
class DropTokensOf(Operation):
    """Make all tokens of somebody worthless."""

    kind: TokenKind
    subject: str


@dataclass(frozen=True)
class FindTaxpayer(Operation):
    """By `id`, or by `app` and `subject` when the id is empty."""

    id: str = ""
    app: str = ""
    subject: str = ""


@dataclass(frozen=True)
class PutTaxpayer(Operation):
    """Insert or replace one person."""

    taxpayer: TaxpayerRecord


@dataclass(frozen=True)
class UseOnce(Operation):
    """Mark `key` as used until `expires_at`; the answer is False if it was used before."""

    key: str
    expires_at: float
    now: float


@dataclass(frozen=True)
class PutFile(Operation):
    """Remember an upload."""

    file: StoredFile


@dataclass(frozen=True)
class FindFile(Operation):
    """An upload by its attachment id."""

    id: AttachmentId


def find_agent(username: str) -> Transaction[AgentAccount | None]:
    """Return the account with this username."""
    found: AgentAccount | None = yield FindAgent(username=username)
    return found


def agent_by_id(agent: AgentId) -> Transaction[AgentAccount | None]:
    """Return the account with this id."""
    found: AgentAccount | None = yield FindAgent(id=agent)
    return found


def list_agents() -> Transaction[list[AgentAccount]]:
    """Return all accounts, by username."""
    found: list[AgentAccount] = yield ListAgents()
    return found


def put_agent(agent: AgentAccount) -> Transaction[None]:
    """Insert or replace an account."""
    yield PutAgent(agent)


def find_guard(username: str) -> Transaction[Guard]:
    """Return how often this username was tried in vain."""
    found: Guard = yield FindGuard(username)
    return found


def put_guard(username: str, guard: Guard, forget_before: float) -> Transaction[None]:
    """Remember how often this username was tried in vain."""
    yield PutGuard(username, guard, forget_before)


def put_token(token: TokenRecord, now: float) -> Transaction[None]:
    """Store a token."""
    yield PutToken(token, now)


def find_token(digest: bytes) -> Transaction[TokenRecord | None]:
    """Return the token with this digest, expired or not."""
    found: TokenRecord | None = yield FindToken(digest)
    return found


def drop_token(digest: bytes) -> Transaction[None]:
    """Make one token worthless."""
    yield DropToken(digest)


def drop_tokens_of(kind: TokenKind, subject: str) -> Transaction[None]:
    """Make all tokens of somebody worthless."""
    yield DropTokensOf(kind, subject)


def taxpayer_by_id(taxpayer: TaxpayerId) -> Transaction[TaxpayerRecord | None]:
    """Return the person with this id."""
    found: TaxpayerRecord | None = yield FindTaxpayer(id=taxpayer)
    return found


def taxpayer_by_subject(app: str, subject: str) -> Transaction[TaxpayerRecord | None]:
    """Return the person whom an app knows as `subject`."""
    found: TaxpayerRecord | None = yield FindTaxpayer(app=app, subject=subject)
    return found


def put_taxpayer(taxpayer: TaxpayerRecord) -> Transaction[None]:
    """Insert or replace a person."""
    yield PutTaxpayer(taxpayer)


def use_once(key: str, expires_at: float, now: float) -> Transaction[bool]:
    """Mark `key` as used; return False if it was used before."""
    fresh: bool = yield UseOnce(key, expires_at, now)
    return fresh


def put_file(file: StoredFile) -> Transaction[None]:
    """Remember an upload."""
    yield PutFile(file)


def find_file(attachment: AttachmentId) -> Transaction[StoredFile | None]:
    """Return the upload with this id."""
    found: StoredFile | None = yield FindFile(attachment)
    return found
