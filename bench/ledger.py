"""The judge of a dispatcher: reads the event log of a run and says whether anybody was wronged.

It knows nothing of the dispatcher. Whoever waits with the same office, skills and class is of one tier; all agents of a
run may serve everybody, so a free agent beside somebody who waits is always idle for nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from relay_protocol.ids import AgentId, ConsultationId, consultation_of, is_consultation
from relay_protocol.messages import (
    ConsultationClosed,
    EventFrame,
    OfferAccepted,
    Offered,
    OfferReturned,
    PresenceChanged,
    PresenceState,
    Released,
    TicketLeft,
    TicketTaken,
)


@dataclass
class Verdict:
    """What was found. `idle` is the longest time (s) an agent with a free place was offered nothing beside a line."""

    offers: int = 0
    doubles: int = 0
    over_capacity: int = 0
    displaced: int = 0
    idle: float = 0.0
    numbers: list[str] = field(default_factory=list)


@dataclass
class Ledger:
    """The state of the floor as the log tells it so far."""

    capacity: int
    verdict: Verdict = field(default_factory=Verdict)
    _places: dict[ConsultationId, tuple[float, str]] = field(default_factory=dict)
    _waiting: dict[ConsultationId, tuple[float, str]] = field(default_factory=dict)
    _holder: dict[ConsultationId, AgentId] = field(default_factory=dict)
    _load: dict[AgentId, int] = field(default_factory=dict)
    _ready: set[AgentId] = field(default_factory=set)
    _idle_since: dict[AgentId, float] = field(default_factory=dict)

    def judge(self, frames: Iterable[EventFrame], until: float) -> Verdict:
        """Read the log in the order of its commits, up to `until` (Unix seconds)."""
        for frame in frames:
            self._note_idleness(frame.at)
            if is_consultation(frame.stream):
                self._consultation(consultation_of(frame.stream), frame)
            elif isinstance(frame.event, PresenceChanged):
                self._presence(AgentId(frame.stream.removeprefix("presence/")), frame.event)
            self._note_who_is_free(frame.at)
        self._note_idleness(until)
        return self.verdict

    def _consultation(self, key: ConsultationId, frame: EventFrame) -> None:
        match frame.event:
            case TicketTaken(number=number, entered_at=entered_at):
                self.verdict.numbers.append(number)
                self._places[key] = self._waiting[key] = (frame.at if entered_at is None else entered_at, number)
            case Offered(agent=agent):
                self._offer(key, agent.id)
            case OfferReturned() | Released():
                self._free(key)
                self._waiting[key] = self._places[key]
            case TicketLeft():
                self._waiting.pop(key, None)
            case ConsultationClosed():
                self._free(key)
            case OfferAccepted(agent=agent) if self._holder.get(key) != agent.id:
                self.verdict.doubles += 1

    def _offer(self, key: ConsultationId, agent: AgentId) -> None:
        self.verdict.offers += 1
        place = self._waiting.pop(key, None)
        if place is None or key in self._holder:
            self.verdict.doubles += 1
            return
        self.verdict.displaced += sum(other < place for other in self._waiting.values())
        self._holder[key] = agent
        self._idle_since.pop(agent, None)
        self._load[agent] = self._load.get(agent, 0) + 1
        self.verdict.over_capacity += self._load[agent] > self.capacity

    def _free(self, key: ConsultationId) -> None:
        agent = self._holder.pop(key, None)
        if agent is not None:
            self._load[agent] -= 1

    def _presence(self, agent: AgentId, event: PresenceChanged) -> None:
        if event.state is PresenceState.READY:
            self._ready.add(agent)
        else:
            self._ready.discard(agent)

    def _note_who_is_free(self, now: float) -> None:
        free = {agent for agent in self._ready if self._load.get(agent, 0) < self.capacity} if self._waiting else set()
        self._idle_since = {agent: self._idle_since.get(agent, now) for agent in free}

    def _note_idleness(self, now: float) -> None:
        longest = max((now - since for since in self._idle_since.values()), default=0.0)
        self.verdict.idle = max(self.verdict.idle, longest)
