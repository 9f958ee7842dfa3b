"""What would have happened: a logged day played again with other rules, by the same `match` that decides live.

People come when they came, lose patience when they did, and take as long to serve as they took; agents are at work
when they were. Only who is asked for whom, and when, is decided anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from statistics import fmean, median

from relay_protocol.ids import AgentId, ConsultationId, consultation_of, is_consultation
from relay_protocol.messages import (
    EventFrame,
    OfferAccepted,
    Offered,
    PresenceChanged,
    PresenceState,
    ServiceFinished,
    TicketLeft,
    TicketTaken,
    WrappedUp,
)
from relay_server.domain.dispatch import Waiting, match
from relay_server.domain.pool import Server
from relay_server.domain.rulebook import Rulebook

USUAL_SERVICE = 300.0
USUAL_ANSWER = 5.0
"""Seconds taken where the log has no service, or no answer to an offer, to learn from."""


@dataclass(frozen=True)
class Arrival:
    """One ticket of the day. Times in Unix seconds; 0 for what did not happen."""

    consultation: ConsultationId
    number: str
    queue: str
    office: str
    at: float
    priority: str = "normal"
    skills: tuple[str, ...] = ()
    served_by: str = ""
    served_at: float = 0.0
    left_at: float = 0.0
    over_at: float = 0.0


@dataclass(frozen=True)
class Day:
    """What a log tells of a day: who came, who was at work when, how long an offer rings until it is taken."""

    arrivals: tuple[Arrival, ...]
    presence: tuple[tuple[float, AgentId, PresenceState], ...]
    answer: float


@dataclass(frozen=True)
class Fate:
    """What became of one ticket: `agent` is empty for whoever left; `waited` in seconds."""

    agent: str
    waited: float
    step: int = 0


@dataclass
class _Log:
    arrivals: dict[ConsultationId, Arrival] = field(default_factory=dict)
    offered: dict[ConsultationId, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    presence: list[tuple[float, AgentId, PresenceState]] = field(default_factory=list)


def read_day(frames: Iterable[EventFrame], since: float, until: float) -> Day:
    """Return what the events of a log, in order, tell of the time between `since` and `until`."""
    log = _Log()
    for frame in frames:
        if frame.at < until:
            _read(log, frame, since)
    arrivals = tuple(sorted(log.arrivals.values(), key=lambda one: (one.at, one.number)))
    return Day(arrivals, tuple(log.presence), median(log.answers) if log.answers else USUAL_ANSWER)


def before(day: Day) -> dict[ConsultationId, Fate]:
    """Return what really became of everybody; who still waited at the end is left out."""
    found = {}
    for one in day.arrivals:
        if one.served_at:
            found[one.consultation] = Fate(one.served_by, one.served_at - one.at)
        elif one.left_at:
            found[one.consultation] = Fate("", one.left_at - one.at)
    return found


def after(day: Day, agents: Sequence[Server], rulebook: Rulebook) -> dict[ConsultationId, Fate]:
    """Return what would have become of everybody with these rules and agents (their load and state are ignored)."""
    return _Play(day, agents, rulebook).run()


@dataclass(frozen=True)
class Summary:
    """A day in figures; waits in seconds, of those who were served."""

    served: int
    left: int
    mean: float
    median: float
    p95: float


def summary(fates: Mapping[ConsultationId, Fate]) -> Summary:
    """Return the figures of a day."""
    waits = sorted(fate.waited for fate in fates.values() if fate.agent)
    left = sum(not fate.agent for fate in fates.values())
    if not waits:
        return Summary(0, left, 0.0, 0.0, 0.0)
    p95 = waits[min(len(waits) - 1, int(len(waits) * 0.95))]
    return Summary(len(waits), left, round(fmean(waits), 1), round(median(waits), 1), round(p95, 1))


def _read(log: _Log, frame: EventFrame, since: float) -> None:
    event = frame.event
    if isinstance(event, PresenceChanged):
        log.presence.append((frame.at, AgentId(frame.stream.removeprefix("presence/")), event.state))
    if not is_consultation(frame.stream):
        return
    key = consultation_of(frame.stream)
    if isinstance(event, TicketTaken) and event.entered_at is None and frame.at >= since:
        log.arrivals[key] = Arrival(
            key, event.number, event.queue, event.office.code, frame.at, event.priority, tuple(event.skills)
        )
    known = log.arrivals.get(key)
    if known is None:
        return
    match event:
        case Offered():
            log.offered[key] = frame.at
        case OfferAccepted(agent=agent) if not known.served_at:
            log.arrivals[key] = replace(known, served_by=agent.number, served_at=frame.at)
            log.answers.append(frame.at - log.offered.get(key, frame.at))
        case TicketLeft() if not known.served_at:
            log.arrivals[key] = replace(known, left_at=frame.at)
        case ServiceFinished() | WrappedUp() if known.served_at:
            log.arrivals[key] = replace(known, over_at=frame.at)


class _Play:
    """The clock of a simulation: people come and leave, agents come free, presence changes, steps are reached."""

    def __init__(self, day: Day, agents: Sequence[Server], rulebook: Rulebook) -> None:
        self._day, self._rulebook = day, rulebook
        self._agents = {one.card.id: replace(one, load=0, state=PresenceState.OFFLINE) for one in agents}
        self._waiting: dict[ConsultationId, Waiting] = {}
        self._arrivals = {one.consultation: one for one in day.arrivals}
        self._fates: dict[ConsultationId, Fate] = {}
        took = [one.over_at - one.served_at for one in day.arrivals if one.over_at]
        self._usual = median(took) if took else USUAL_SERVICE
        self._clock: list[tuple[float, int, str, str, str]] = []

    def run(self) -> dict[ConsultationId, Fate]:
        """Play the day to its end: until everybody was served, left, or nothing can happen any more."""
        self._clock = [(one.at, 2, "comes", one.consultation, "") for one in self._day.arrivals]
        self._clock += [(at, 0, "says", agent, state) for at, agent, state in self._day.presence]
        heapify(self._clock)
        while self._clock:
            now = self._clock[0][0]
            while self._clock and self._clock[0][0] == now:
                _, _, what, who, word = heappop(self._clock)
                self._happen(now, what, who, word)
            self._decide(now)
        return self._fates

    def _happen(self, now: float, what: str, who: str, word: str) -> None:
        if what == "says" and (agent := self._agents.get(AgentId(who))):
            idle = now if agent.state is not PresenceState.READY else agent.idle_since
            self._agents[agent.card.id] = replace(agent, state=PresenceState(word), idle_since=idle)
        elif what == "free" and (agent := self._agents.get(AgentId(who))):
            self._agents[agent.card.id] = replace(agent, load=agent.load - 1, idle_since=now)
        elif what == "comes":
            self._come(self._arrivals[ConsultationId(who)], now)
        elif what == "leaves" and (left := self._waiting.pop(ConsultationId(who), None)):
            self._fates[left.consultation] = Fate("", now - left.entered_at)

    def _come(self, one: Arrival, now: float) -> None:
        rules = self._rulebook.rules(one.queue)
        self._waiting[one.consultation] = Waiting(
            one.consultation,
            now,
            one.number,
            self._rulebook.path(one.office),
            reach=self._rulebook.reach(one.queue, one.office),
            rules=rules,
            priority=one.priority,
            skills=one.skills,
        )
        for step in rules.steps[1:]:
            heappush(self._clock, (now + step.after, 3, "step", one.consultation, ""))
        if one.left_at:
            heappush(self._clock, (one.left_at, 1, "leaves", one.consultation, ""))

    def _decide(self, now: float) -> None:
        rulebook = self._rulebook
        hours = {one.path[0]: rulebook.open("", one.path[0], now) for one in self._agents.values() if one.path}
        agents = [replace(one, open=hours.get(one.path[0] if one.path else "", True)) for one in self._agents.values()]
        for made in match(list(self._waiting.values()), agents, now, limit=len(self._waiting)):
            ticket = self._waiting[made.consultation]
            if made.chosen is None:
                self._waiting[made.consultation] = replace(ticket, step=made.step)
                continue
            del self._waiting[made.consultation]
            answered = now + self._day.answer
            self._fates[made.consultation] = Fate(made.chosen.number, answered - ticket.entered_at, made.step)
            agent = self._agents[made.chosen.id]
            self._agents[agent.card.id] = replace(agent, load=agent.load + 1, idle_since=now)
            heappush(self._clock, (answered + self._took(made.consultation), 1, "free", agent.card.id, ""))

    def _took(self, consultation: ConsultationId) -> float:
        one = self._arrivals[consultation]
        return one.over_at - one.served_at if one.over_at else self._usual
