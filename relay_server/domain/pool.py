"""The agents of one round, found by office and skill, the freest first, without looking at all of them every time."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush

from relay_protocol.ids import AgentId
from relay_protocol.messages import AgentCard, PresenceState

EVERYWHERE = ""

Entry = tuple[float, float, AgentId, int]
"""Share of the places taken, idle since, who, and which of their changes this entry is about."""


@dataclass(frozen=True)
class Server:
    """An agent who might serve. `path` is their office and those above it, nearest first; `skills` their levels.

    `open` says whether their office has opening hours now.
    """

    card: AgentCard
    state: PresenceState
    reachable: bool
    load: int
    capacity: int
    idle_since: float
    path: tuple[str, ...]
    skills: dict[str, int] = field(default_factory=dict)
    open: bool = True

    @property
    def on_duty(self) -> bool:
        """Whether they serve now, or will as soon as a place of theirs is free."""
        return self.state is PresenceState.READY and self.reachable and self.open and self.capacity > 0

    @property
    def rank(self) -> tuple[float, float]:
        """Who is asked first of those equally near: the least loaded, then whoever has been idle longest."""
        return self.load / self.capacity, self.idle_since

    def knows(self, skills: Sequence[str], level: int) -> bool:
        """Tell whether they have all these skills, each at least at `level`."""
        return all(self.skills.get(skill, 0) >= max(level, 1) for skill in skills)


class Pool:
    """The agents of one round and what the round has given them so far."""

    def __init__(self, agents: Iterable[Server]) -> None:
        ordered = sorted(agents, key=lambda one: (not one.on_duty, one.card.id))
        self._agents = {one.card.id: one for one in ordered}
        self._changes: dict[AgentId, int] = {}
        self._under: dict[str, list[AgentId]] = {}
        self._duty: dict[tuple[str, str], list[AgentId]] = {}
        self._heaps: dict[tuple[str, str], list[Entry]] = {}
        self._capacity: dict[str, int] = {}
        self.places = 0
        for one in ordered:
            self._enter(one)

    def __getitem__(self, agent: AgentId) -> Server:
        """Return the agent as the round stands."""
        return self._agents[agent]

    def __len__(self) -> int:
        return len(self._agents)

    def under(self, office: str) -> Sequence[AgentId]:
        """Return everybody of an office and below, those on duty first."""
        return self._under.get(office, ())

    def capacity(self, office: str) -> int:
        """Return how many consultations those on duty under an office can hold at once."""
        return self._capacity.get(office, 0)

    def any_on_duty(self, office: str, skills: Sequence[str], level: int, but: Collection[AgentId]) -> bool:
        """Tell whether somebody there could serve, be they free now or later."""
        members = self._duty.get((office, skills[0] if skills else ""), ())
        return any(one not in but and self._agents[one].knows(skills, level) for one in members)

    def freest(self, office: str, skills: Sequence[str], level: int, but: Collection[AgentId]) -> Server | None:
        """Return who of an office and below is asked first; None if nobody there has a free place and the skills."""
        heap = self._heap((office, skills[0] if skills else ""))
        unfit: list[Entry] = []
        found: Server | None = None
        while heap and found is None:
            entry = heap[0]
            agent = self._agents[entry[2]]
            if entry[3] != self._changes.get(entry[2], 0) or agent.load >= agent.capacity:
                heappop(heap)
            elif entry[2] in but or not agent.knows(skills, level):
                unfit.append(heappop(heap))
            else:
                found = agent
        for entry in unfit:
            heappush(heap, entry)
        return found

    def give(self, agent: AgentId, now: float) -> None:
        """Count one more consultation for an agent."""
        taken = replace(self._agents[agent], load=self._agents[agent].load + 1, idle_since=now)
        self._agents[agent] = taken
        self._changes[agent] = self._changes.get(agent, 0) + 1
        self.places -= 1
        if taken.load < taken.capacity:
            for key in _keys(taken):
                if key in self._heaps:
                    heappush(self._heaps[key], self._entry(taken))

    def _enter(self, agent: Server) -> None:
        for office in (*agent.path, EVERYWHERE):
            self._under.setdefault(office, []).append(agent.card.id)
        if not agent.on_duty:
            return
        self.places += max(0, agent.capacity - agent.load)
        for office in (*agent.path, EVERYWHERE):
            self._capacity[office] = self._capacity.get(office, 0) + agent.capacity
        for key in _keys(agent):
            self._duty.setdefault(key, []).append(agent.card.id)

    def _heap(self, key: tuple[str, str]) -> list[Entry]:
        heap = self._heaps.get(key)
        if heap is None:
            members = (self._agents[one] for one in self._duty.get(key, ()))
            heap = self._heaps[key] = [self._entry(one) for one in members if one.load < one.capacity]
            heapify(heap)
        return heap

    def _entry(self, agent: Server) -> Entry:
        return (*agent.rank, agent.card.id, self._changes.get(agent.card.id, 0))


def _keys(agent: Server) -> list[tuple[str, str]]:
    """Return where an agent is found: under each office above, without a skill and with each of theirs."""
    return [(office, skill) for office in (*agent.path, EVERYWHERE) for skill in ("", *agent.skills)]
