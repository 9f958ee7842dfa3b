"""Who gets whom: one pure match of those who wait with those who can serve, and why nobody else was chosen.

First come, first served, with the head start of a priority class. Each ticket asks the agents of the steps it has
reached: those of an earlier step first, of one step the nearest, then the least loaded, then whoever was idle longest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import AgentCard, PresenceState
from relay_server.domain.groups import reach
from relay_server.domain.pool import EVERYWHERE, Pool, Server
from relay_server.domain.rules import DEFAULT, RuleSet

AT_ONCE = 256
"""Consultations given away in one round; the next follows at once."""
CANDIDATES = 30
"""Agents whose reason is told in one decision, the nearest first."""


@dataclass(frozen=True)
class Waiting:
    """A ticket. `path` is the competent office and those above it, nearest first, as division codes.

    `reach` says for each step of the rules within which office it looks, empty for everywhere; `step` is the one
    reached before; `returned` when an agent last gave it back. Who is `away` keeps the place and is not offered.
    """

    consultation: ConsultationId
    entered_at: float
    number: str
    path: tuple[str, ...]
    returned: Mapping[AgentId, float] = field(default_factory=dict)
    reach: tuple[str, ...] = ()
    rules: RuleSet = DEFAULT
    priority: str = "normal"
    skills: tuple[str, ...] = ()
    step: int = 0
    away: bool = False

    @property
    def place(self) -> tuple[float, float, str, str]:
        """What decides who goes first. The head start is bounded, so waiting long enough passes every class."""
        head_start = self.rules.head_start(self.priority)
        return self.entered_at - head_start, self.entered_at, self.number, self.consultation


class Verdict(StrEnum):
    """How it stands with a ticket after a round."""

    CHOSEN = "chosen"
    BUSY = "busy"
    NOBODY = "nobody"
    AWAY = "away"


@dataclass(frozen=True)
class Why:
    """One agent of a decision; `reason` is empty for the one chosen."""

    agent: AgentCard
    reason: str


@dataclass(frozen=True)
class Decision:
    """What was decided for one ticket: at which step of the rules, and who was chosen.

    `candidates` says it of the agents looked at, the nearest first; `others` counts those further away. Both are
    filled in for a choice; for one who goes on waiting `explain` tells them when somebody asks.
    """

    consultation: ConsultationId
    verdict: Verdict
    step: int
    chosen: AgentCard | None = None
    candidates: tuple[Why, ...] = ()
    others: int = 0

    @property
    def excluded(self) -> dict[AgentId, str]:
        """Why somebody was not chosen, by agent."""
        return {why.agent.id: why.reason for why in self.candidates if why.reason}


def reach_of(rules: RuleSet, path: tuple[str, ...], levels: Mapping[str, str]) -> tuple[str, ...]:
    """Return for each step of the rules within which office it looks; `levels` names the level of every office."""
    return tuple(reach(path, levels, step.level) for step in rules.steps)


def match(waiting: Sequence[Waiting], agents: Sequence[Server], now: float, limit: int = AT_ONCE) -> list[Decision]:
    """Decide for everybody who waits, in order; each choice adds to its agent's load. At most `limit` are chosen."""
    return match_in(Pool(agents), waiting, now, limit)


def match_in(pool: Pool, waiting: Sequence[Waiting], now: float, limit: int = AT_ONCE) -> list[Decision]:
    """Decide as `match` does; afterwards the pool is as the round leaves it."""
    hopes, made, left = _Hopes(), list[Decision](), limit
    for ticket in sorted(waiting, key=lambda one: one.place):
        decision = _decide(ticket, pool, hopes, now, may_choose=left > 0)
        left -= decision.chosen is not None
        made.append(decision)
    return made


def explain(ticket: Waiting, pool: Pool, step: int, now: float) -> tuple[tuple[Why, ...], int]:
    """Return why each of the nearest agents cannot take the ticket at this step, and how many others there are."""
    return _candidates(ticket, pool, step, None, now)


def distance(ticket: tuple[str, ...], agent: tuple[str, ...]) -> int:
    """Return how far an agent's office is: steps up from the taxpayer's office to the first one both are under."""
    return next((steps for steps, office in enumerate(ticket) if office in agent), len(ticket))


class _Hopes:
    """Which steps have somebody on duty, found out once for all tickets that ask the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], bool] = {}

    def at(self, ticket: Waiting, index: int, pool: Pool, but: frozenset[AgentId]) -> bool:
        step = ticket.rules.steps[index]
        asked = ticket.skills if step.skilled else ()
        key = (ticket.reach[index], asked, step.min_level, but)
        if key not in self._known:
            self._known[key] = pool.any_on_duty(ticket.reach[index], asked, step.min_level, but)
        return self._known[key]


def _decide(ticket: Waiting, pool: Pool, hopes: _Hopes, now: float, *, may_choose: bool) -> Decision:
    due = max(min(ticket.step, len(ticket.rules.steps) - 1), ticket.rules.step_due(now - ticket.entered_at))
    if ticket.away:
        return Decision(ticket.consultation, Verdict.AWAY, due)
    but = _resting(ticket, now)
    step, hopeful = _step(ticket, due, pool, hopes, but)
    chosen = _choose(ticket, step, pool, but) if hopeful and may_choose and pool.places > 0 else None
    if chosen is None:
        return Decision(ticket.consultation, Verdict.BUSY if hopeful else Verdict.NOBODY, step)
    candidates, others = _candidates(ticket, pool, step, chosen, now)
    pool.give(chosen.card.id, now)
    return Decision(ticket.consultation, Verdict.CHOSEN, step, chosen.card, candidates, others)


def _resting(ticket: Waiting, now: float) -> frozenset[AgentId]:
    """Return who gave the ticket back so lately that they are not asked again."""
    return frozenset(agent for agent, at in ticket.returned.items() if now - at < ticket.rules.pause)


def _step(ticket: Waiting, due: int, pool: Pool, hopes: _Hopes, but: frozenset[AgentId]) -> tuple[int, bool]:
    """Return the step the ticket is at, and whether somebody of it could serve.

    Where nobody is at work waiting would be in vain: the first later step that has somebody is taken at once.
    """
    if any(hopes.at(ticket, index, pool, but) for index in range(due + 1)):
        return due, True
    if ticket.rules.skip_empty:
        for index in range(due + 1, len(ticket.rules.steps)):
            if hopes.at(ticket, index, pool, but):
                return index, True
    return due, False


def _choose(ticket: Waiting, reached: int, pool: Pool, but: frozenset[AgentId]) -> Server | None:
    for index in range(reached + 1):
        step = ticket.rules.steps[index]
        asked = ticket.skills if step.skilled else ()
        for office in _outward(ticket.path, ticket.reach[index]):
            if found := pool.freest(office, asked, step.min_level, but):
                return found
    return None


def _outward(path: tuple[str, ...], within: str) -> Iterator[str]:
    """Return the offices to look under, the nearest first, up to the one a step reaches."""
    for office in path:
        yield office
        if office == within:
            return
    yield within if within not in path else EVERYWHERE


def _candidates(
    ticket: Waiting, pool: Pool, step: int, chosen: Server | None, now: float
) -> tuple[tuple[Why, ...], int]:
    told: dict[AgentId, Why] = {chosen.card.id: Why(chosen.card, "")} if chosen else {}
    for office in (*ticket.path, EVERYWHERE):
        for agent in pool.under(office):
            if len(told) >= CANDIDATES:
                return tuple(told.values()), len(pool) - len(told)
            if agent not in told:
                told[agent] = Why(pool[agent].card, _why_not(ticket, pool[agent], step, now))
    return tuple(told.values()), 0


def _why_not(ticket: Waiting, agent: Server, step: int, now: float) -> str:
    if agent.state is not PresenceState.READY:
        return f"presence_{agent.state}"
    if not agent.reachable:
        return "unreachable"
    if not agent.open:
        return "office_closed"
    if agent.card.id in _resting(ticket, now):
        return "just_returned_it"
    unfit = _unfit(ticket, agent, step)
    return unfit or ("at_capacity" if agent.load >= agent.capacity else "another_is_nearer_or_freer")


def _unfit(ticket: Waiting, agent: Server, reached: int) -> str:
    """Return why no step reached so far asks this agent; empty if one does."""
    reason = "not_reached_yet"
    for index in range(reached + 1):
        step, within = ticket.rules.steps[index], ticket.reach[index]
        if within and within not in agent.path:
            continue
        if not step.skilled or agent.knows(ticket.skills, step.min_level):
            return ""
        reason = "level_too_low" if agent.knows(ticket.skills, 1) else "skill_missing"
    return reason
