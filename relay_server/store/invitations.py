"""Operations on the invitations of helpers.

Each function is a step of a transaction script: `yield from put_invitation(invitation)`.
"""

from dataclasses import dataclass

from relay_protocol.ids import AssistId, ConsultationId
from relay_server.store.base import Operation, Transaction


@dataclass(frozen=True)
class Invitation:
    """A helper's way in. Only digests are kept: of the code, and of the token it was exchanged for."""

    assist: AssistId
    consultation: ConsultationId
    code_digest: bytes
    expires_at: float
    token_digest: bytes = b""
    token_expires_at: float = 0.0


@dataclass(frozen=True)
class PutInvitation(Operation):
    """The invitation of an assistance; an earlier one is dead."""

    invitation: Invitation


@dataclass(frozen=True)
class FindInvitation(Operation):
    """An invitation by the digest of its code or of its token, or by its assistance."""

    code_digest: bytes = b""
    token_digest: bytes = b""
    assist: str = ""


def put_invitation(invitation: Invitation) -> Transaction[None]:
    """Keep the invitation of an assistance in place of an earlier one."""
    yield PutInvitation(invitation)


def invitation_by_code(code_digest: bytes) -> Transaction[Invitation | None]:
    """Return the invitation with this code."""
    found: Invitation | None = yield FindInvitation(code_digest=code_digest)
    return found


def invitation_by_token(token_digest: bytes) -> Transaction[Invitation | None]:
    """Return the invitation whose code was exchanged for this token."""
    found: Invitation | None = yield FindInvitation(token_digest=token_digest)
    return found


def invitation_of(assist: AssistId) -> Transaction[Invitation | None]:
    """Return the invitation of an assistance."""
    found: Invitation | None = yield FindInvitation(assist=assist)
    return found
