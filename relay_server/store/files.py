"""Operations on uploads as a whole: how much a consultation holds, which were posted, which nobody ever posted.

Each function is a step of a transaction script: `held = yield from bytes_held(consultation)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay_protocol.ids import AttachmentId, ConsultationId
from relay_protocol.messages import Attachment
from relay_server.store.accounts import StoredFile
from relay_server.store.base import Operation, Transaction


@dataclass(frozen=True)
class ReadHeld(Operation):
    """How many bytes the uploads of a consultation have together."""

    consultation: ConsultationId


@dataclass(frozen=True)
class MarkPosted(Operation):
    """These uploads stand in a message and stay."""

    ids: tuple[AttachmentId, ...]
    at: float


@dataclass(frozen=True)
class DropUnposted(Operation):
    """Forget at most `limit` uploads older than `before` that no message names; the answer is what they were."""

    before: float
    limit: int


@dataclass(frozen=True)
class KnownFiles(Operation):
    """Those of these file names that belong to an upload."""

    names: tuple[str, ...]


def bytes_held(consultation: ConsultationId) -> Transaction[int]:
    """Return how many bytes the uploads of a consultation have together."""
    held: int = yield ReadHeld(consultation)
    return held


def mark_posted(attachment: Attachment, now: float) -> Transaction[None]:
    """Keep an upload, and its thumbnail, because a message names it."""
    small = (attachment.thumbnail,) if attachment.thumbnail is not None else ()
    yield MarkPosted((attachment.id, *small), now)


def drop_unposted(before: float, limit: int) -> Transaction[list[StoredFile]]:
    """Forget uploads that nobody posted; return what they were, for whoever removes them from the disk."""
    found: list[StoredFile] = yield DropUnposted(before, limit)
    return found


def known_files(names: Sequence[str]) -> Transaction[set[str]]:
    """Return those of these file names that belong to an upload."""
    found: set[str] = yield KnownFiles(tuple(names))
    return found
