"""Operations on signs of life: whose links each edge has heard lately, agents' and those of taxpayers in its care.

An edge writes all it heard in one statement every few seconds, so that every dispatcher sees the same whatever edge
holds the link. Each function is a step of a transaction script.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay_protocol.ids import AgentId, TaxpayerId
from relay_server.store.base import Operation, Transaction

FORGET_AFTER = 3600.0
"""Seconds after which a sign is dropped: edges come and go under new names."""


PAGE = "page/"
"""What a taxpayer's sign begins with, among those of agents."""


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


def read_signs(since: float = 0.0) -> Transaction[dict[AgentId, float]]:
    """Return when each agent was heard last (Unix seconds), at whatever edge, if that was after `since`."""
    found: dict[AgentId, float] = yield ReadSigns()
    return {agent: at for agent, at in found.items() if at > since and not agent.startswith(PAGE)}


def put_pages(edge: str, taxpayers: Sequence[TaxpayerId], now: float) -> Transaction[None]:
    """Remember that pages of these taxpayers are connected to an edge."""
    yield PutSigns(edge, tuple(_page(one, edge) for one in taxpayers), now, now - FORGET_AFTER)


def drop_page(edge: str, taxpayer: TaxpayerId) -> Transaction[None]:
    """Forget a taxpayer whose last page at this edge is gone."""
    yield DropSign(edge, _page(taxpayer, edge))


def read_pages(but: str = "") -> Transaction[dict[TaxpayerId, float]]:
    """Return when a page of each taxpayer was connected last (Unix seconds), at whatever edge but this one."""
    found: dict[AgentId, float] = yield ReadSigns()
    heard: dict[TaxpayerId, float] = {}
    for name, at in found.items():
        taxpayer, _, edge = name.removeprefix(PAGE).partition("/")
        if name.startswith(PAGE) and edge != but:
            heard[TaxpayerId(taxpayer)] = max(at, heard.get(TaxpayerId(taxpayer), 0.0))
    return heard


def _page(taxpayer: TaxpayerId, edge: str) -> AgentId:
    return AgentId(f"{PAGE}{taxpayer}/{edge}")
