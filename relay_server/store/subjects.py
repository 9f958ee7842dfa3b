"""Operations on people as subjects of their own data: destroy a key, take a person out of projections and files.

Each function is a step of a transaction script: `yield from destroy_key(taxpayer, now)`.
"""

from dataclasses import dataclass

from relay_protocol.ids import ConsultationId, TaxpayerId
from relay_server.domain.consultation import Consultation
from relay_server.store.accounts import StoredFile
from relay_server.store.base import Operation, Transaction


@dataclass(frozen=True)
class DestroyKey(Operation):
    """Nobody can read any more what is sealed for a person, nor seal anything; names they gave messages go too."""

    subject: TaxpayerId
    now: float


@dataclass(frozen=True)
class Rewrite(Operation):
    """Put a consultation's state in place without an event: a person was taken out of it."""

    state: Consultation


@dataclass(frozen=True)
class DropFiles(Operation):
    """Forget all uploads of a consultation; the answer is what they were, for whoever removes them from the disk."""

    consultation: ConsultationId


def destroy_key(subject: TaxpayerId, now: float) -> Transaction[None]:
    """Erase all that is sealed for a person: it cannot be read any more, from no place."""
    yield DestroyKey(subject, now)


def rewrite(state: Consultation) -> Transaction[None]:
    """Put a consultation from which a person was taken in place of what it was."""
    yield Rewrite(state)


def drop_files(consultation: ConsultationId) -> Transaction[list[StoredFile]]:
    """Forget all uploads of a consultation; return what they were."""
    found: list[StoredFile] = yield DropFiles(consultation)
    return found
