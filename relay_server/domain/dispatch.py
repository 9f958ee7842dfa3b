"""Who gets whom: one pure match of those who wait with those who can serve, and why nobody else was chosen.

First come, first served. Among the agents who can take a consultation the nearest office wins, then the least loaded,
then whoever has been idle longest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import AgentCard, PresenceState

PAUSE_AFTER_RETURN = 15.0
"""Seconds before an agent who gave an offer back is asked for the same consultation again."""


@dataclass(frozen=True)
class Waiting:
    """A ticket. `path` is the competent office and those above it, nearest first, as division codes."""

    consultation: ConsultationId
    entered_at: float
    number: str
    path: tuple[str, ...]
    returned: dict[AgentId, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Server:
    """An agent who might serve. `path` is their office and those above it, nearest first."""

    card: AgentCard
    state: PresenceState
    reachable: bool
    load: int
    capacity: int
    idle_since: float
    path: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """What was decided for one ticket; `excluded` says of every agent passed over, why."""

    consultation: ConsultationId
    chosen: AgentCard | None
    excluded: dict[AgentId, str]


def match(waiting: Sequence[Waiting], agents: Sequence[Server], now: float) -> list[Decision]:
    """Decide for everybody who waits, oldest first; each choice adds to its agent's load."""
    servers = {agent.card.id: agent for agent in agents}
    decisions = []
    for ticket in sorted(waiting, key=lambda one: (one.entered_at, one.number)):
        decision = _decide(ticket, list(servers.values()), now)
        decisions.append(decision)
        if decision.chosen is not None:
            taken = servers[decision.chosen.id]
            servers[taken.card.id] = replace(taken, load=taken.load + 1, idle_since=now)
    return decisions


def distance(ticket: tuple[str, ...], agent: tuple[str, ...]) -> int:
    """Return how far an agent's office is: steps up from the taxpayer's office to the first one both are under."""
    return next((steps for steps, office in enumerate(ticket) if office in agent), len(ticket))


def _decide(ticket: Waiting, agents: Sequence[Server], now: float) -> Decision:
    excluded = {agent.card.id: why for agent in agents if (why := _why_not(ticket, agent, now))}
    able = [agent for agent in agents if agent.card.id not in excluded]
    if not able:
        return Decision(ticket.consultation, None, excluded)
    best = min(able, key=lambda agent: _rank(ticket, agent))
    passed_over = {agent.card.id: "another_is_nearer_or_freer" for agent in able if agent is not best}
    return Decision(ticket.consultation, best.card, {**excluded, **passed_over})


def _why_not(ticket: Waiting, agent: Server, now: float) -> str:
    if agent.state is not PresenceState.READY:
        return f"presence_{agent.state}"
    if not agent.reachable:
        return "unreachable"
    if agent.load >= agent.capacity:
        return "at_capacity"
    if now - ticket.returned.get(agent.card.id, float("-inf")) < PAUSE_AFTER_RETURN:
        return "just_returned_it"
    return ""


def _rank(ticket: Waiting, agent: Server) -> tuple[int, float, float, str]:
    return distance(ticket.path, agent.path), agent.load / agent.capacity, agent.idle_since, agent.card.id
