"""Operations on signs of life: which agents' links each edge has heard lately.

An edge writes all it heard in one statement every few seconds, so that every dispatcher sees the same whatever edge
holds the link. Each function is a step of a transaction script.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay_protocol.ids import AgentId
from relay_server.store.base import Operation, Transaction

FORGET_AFTER = 3600.0
"""Seconds after which a sign is dropped: edges come and go under new names."""


@dataclass(frozen=True)
class PutSigns(Operation):
    """These agents were heard at an edge at `now`; signs older than `forget_before` go."""

    edge: str
    agents: tuple[AgentId, ...]
    now: float
    forget_before: float


@dataclass(frozen=True)
class DropSign(Operation):
    """An agent's last link at an edge is gone."""

    edge: str
    agent: AgentId


@dataclass(frozen=True)
class ReadSigns(Operation):
    """When each agent was heard last, over all edges."""


def put_signs(edge: str, agents: Sequence[AgentId], now: float) -> Transaction[None]:
    """Remember that these agents were heard at an edge."""
    yield PutSigns(edge, tuple(agents), now, now - FORGET_AFTER)


def drop_sign(edge: str, agent: AgentId) -> Transaction[None]:
    """Forget an agent whose last link at this edge was closed."""
    yield DropSign(edge, agent)


def read_signs() -> Transaction[dict[AgentId, float]]:
    """Return when each agent was heard last (Unix seconds), at whatever edge."""
    found: dict[AgentId, float] = yield ReadSigns()
    return found
