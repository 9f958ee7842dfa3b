"""Operations on several consultations at once, for whoever decides for many: one step each, whatever the database.

Each function is a step of a transaction script: `found = yield from load_many(ids)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay_protocol.ids import ConsultationId
from relay_protocol.messages import AnyEvent
from relay_server.domain.consultation import Consultation
from relay_server.store.base import Operation, Transaction
from relay_server.store.events import Append, numbered
from relay_server.store.followers import move_followers


@dataclass(frozen=True)
class LoadMany(Operation):
    """Several consultations, to be changed in this transaction; the answer is in the order asked for."""

    consultations: tuple[ConsultationId, ...]


@dataclass(frozen=True)
class AppendMany(Operation):
    """Events of different consultations, each as `Append` says it, written together."""

    appends: tuple[Append, ...]


def load_many(consultations: Sequence[ConsultationId]) -> Transaction[list[Consultation | None]]:
    """Return several consultations."""
    found: list[Consultation | None] = (yield LoadMany(tuple(consultations))) if consultations else []
    return found


def append_many(given: Sequence[tuple[Consultation, Sequence[AnyEvent]]], now: float) -> Transaction[None]:
    """Append events after the states of different consultations, all in one step."""
    appends = tuple(numbered(before, events, now) for before, events in given if events)
    if appends:
        yield AppendMany(appends)
    for one in appends:
        yield from move_followers(one.before, one.state)
