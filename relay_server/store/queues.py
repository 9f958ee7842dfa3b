"""Operations for dispatch: who waits, how many everybody serves, who may decide, and whom they may give one more.

Each function is a step of a transaction script: `standing = yield from who_waits()`.
"""

from collections.abc import Collection, Mapping
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


Known = Mapping[ConsultationId, Standing]
"""Who waited when somebody looked before."""

standing_reader = msgspec.json.Decoder(Standing)
"""Reads the projection of a consultation as a `Standing`."""


@dataclass(frozen=True)
class ListWaiting(Operation):
    """Everybody in the states queued and offered, each with the seq of their last event."""


@dataclass(frozen=True)
class ReadStanding(Operation):
    """Those of these consultations that are queued or offered."""

    consultations: tuple[ConsultationId, ...]


@dataclass(frozen=True)
class ReadLoads(Operation):
    """How many consultations each agent is offered, serves, or owes a wrap-up for."""


@dataclass(frozen=True)
class HoldAgent(Operation):
    """Wait until nobody else gives this agent work, and be the only one until the end of the transaction.

    The answer is how many places of theirs are taken by then.
    """

    agent: AgentId


@dataclass(frozen=True)
class TryAgents(Operation):
    """The same for several agents without waiting; who is held by somebody else is not in the answer."""

    agents: tuple[AgentId, ...]


@dataclass(frozen=True)
class TryGroup(Operation):
    """Be the one writer of a group of queues until the end of the transaction; the answer is False if there is one."""

    group: str


@dataclass(frozen=True)
class AnyDue(Operation):
    """Whether work of a kind is due."""

    kind: str
    now: float


def who_waits(known: Known | None = None) -> Transaction[list[Standing]]:
    """Return everybody who waits or is being offered, in no order; whom nothing happened to is taken from `known`."""
    before = known or {}
    heads: list[tuple[ConsultationId, int]] = yield ListWaiting()
    kept = {name: before[name] for name, seq in heads if name in before and before[name].last_seq == seq}
    unread = tuple(name for name, _ in heads if name not in kept)
    read: list[Standing] = (yield ReadStanding(unread)) if unread else []
    return [*kept.values(), *read]


def read_loads() -> Transaction[dict[AgentId, int]]:
    """Return how many places of each agent are taken; agents who have nothing to do are left out."""
    found: dict[AgentId, int] = yield ReadLoads()
    return found


def hold_agent(agent: AgentId) -> Transaction[int]:
    """Be the only one who gives an agent work; return how many places are taken. Hold their consultation before."""
    load: int = yield HoldAgent(agent)
    return load


def try_agents(agents: Collection[AgentId]) -> Transaction[dict[AgentId, int]]:
    """Return how many places are taken of those of the agents to whom one may now give work; wait for nobody."""
    found: dict[AgentId, int] = (yield TryAgents(tuple(sorted(agents)))) if agents else {}
    return found


def try_group(group: str) -> Transaction[bool]:
    """Be the one writer of a group of queues that share agents, unless somebody is."""
    mine: bool = yield TryGroup(group)
    return mine


def any_due(kind: str, now: float) -> Transaction[bool]:
    """Tell whether work of a kind is due, without taking it."""
    found: bool = yield AnyDue(kind, now)
    return found
