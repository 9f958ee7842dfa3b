"""Operations for dispatch: who waits, how many everybody serves, and who may decide for a group of queues.

Each function is a step of a transaction script: `standing = yield from who_waits()`.
"""

from dataclasses import dataclass

import msgspec

from relay_protocol.ids import AgentId, ConsultationId, TaxpayerId
from relay_server.domain.consultation import Offer, State, Ticket
from relay_server.store.base import Operation, Transaction


class Person(msgspec.Struct, frozen=True):
    """Who it is."""

    id: TaxpayerId


class Standing(msgspec.Struct, frozen=True):
    """What a round must know of one who waits; the fields are those of `Consultation`, read without the others."""

    id: ConsultationId
    taxpayer: Person
    state: State
    last_seq: int
    ticket: Ticket | None = None
    offer: Offer | None = None
    returned: dict[AgentId, float] = {}
    away_until: float = 0.0


standing_reader = msgspec.json.Decoder(Standing)
"""Reads the projection of a consultation as a `Standing`."""


@dataclass(frozen=True)
class ListStanding(Operation):
    """Everybody in the states queued and offered."""


@dataclass(frozen=True)
class ReadLoads(Operation):
    """How many consultations each agent is offered, serves, or owes a wrap-up for."""


@dataclass(frozen=True)
class LockGroup(Operation):
    """Wait until no other transaction holds this group of queues, and hold it until the end of this one."""

    group: str


@dataclass(frozen=True)
class AnyDue(Operation):
    """Whether work of a kind is due."""

    kind: str
    now: float


def who_waits() -> Transaction[list[Standing]]:
    """Return everybody who waits or is being offered, in no order."""
    found: list[Standing] = yield ListStanding()
    return found


def read_loads() -> Transaction[dict[AgentId, int]]:
    """Return how many places of each agent are taken; agents who have nothing to do are left out."""
    found: dict[AgentId, int] = yield ReadLoads()
    return found


def lock_group(group: str) -> Transaction[None]:
    """Be the one writer of a group of queues that share agents; take several in ascending order."""
    yield LockGroup(group)


def any_due(kind: str, now: float) -> Transaction[bool]:
    """Tell whether work of a kind is due, without taking it."""
    found: bool = yield AnyDue(kind, now)
    return found
