"""Whatever waits and whoever works: no agent over capacity, nobody overtaken, nobody starves, the nearest is asked."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import PresenceState
from relay_server.domain.dispatch import Decision, Verdict, Waiting, distance, match, reach_of
from relay_server.domain.pool import Server
from relay_server.domain.rules import DEFAULT, Level, RuleSet, Step
from tests.relay_server.domain.queueing import LEVELS, NOW, agent, path

NAMES = [AgentId(f"a{number}") for number in range(7)]
OFFICES = [*LEVELS, "999999"]
SKILLS = ("vat", "cit")
NARROW = RuleSet(
    name="narrow", steps=[Step(after=0, level=Level.COUNTY), Step(after=60, level=Level.CITY, min_level=2)]
)
RULES = [DEFAULT, NARROW, RuleSet(name="patient", steps=DEFAULT.steps, skip_empty=False, priorities=DEFAULT.priorities)]


@st.composite
def tickets(draw: st.DrawFn) -> Waiting:
    way, rules = path(draw(st.sampled_from(OFFICES))), draw(st.sampled_from(RULES))
    return Waiting(
        ConsultationId(str(draw(st.uuids()))),
        NOW - draw(st.floats(0, 300)),
        f"A{draw(st.integers(1, 999)):03}",
        way,
        draw(st.dictionaries(st.sampled_from(NAMES), st.floats(NOW - 30, NOW), max_size=2)),
        reach_of(rules, way, LEVELS),
        rules,
        draw(st.sampled_from(["normal", "elderly", "unheard of"])),
        tuple(draw(st.lists(st.sampled_from(SKILLS), unique=True, max_size=2))),
        draw(st.integers(0, 5)),
        draw(st.booleans()) and draw(st.booleans()),
    )


@st.composite
def servers(draw: st.DrawFn) -> list[Server]:
    return [
        agent(
            name,
            draw(st.sampled_from(OFFICES)),
            draw(st.integers(0, 3)),
            draw(st.integers(1, 3)),
            state=draw(st.sampled_from([PresenceState.READY, PresenceState.READY, PresenceState.BREAK])),
            reachable=draw(st.integers(0, 4)) > 0,
            open=draw(st.integers(0, 4)) > 0,
            idle_since=draw(st.floats(0, NOW)),
            skills=draw(st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3))),
        )
        for name in NAMES[: draw(st.integers(0, len(NAMES)))]
    ]


everybody = st.lists(tickets(), max_size=12, unique_by=lambda one: one.consultation)


@settings(deadline=None)
@given(everybody, servers())
def test_every_round_is_fair_and_keeps_within_capacity(waiting: list[Waiting], agents: list[Server]) -> None:
    decisions = match(waiting, agents, NOW)
    order = [one.consultation for one in sorted(waiting, key=lambda one: one.place)]
    assert [one.consultation for one in decisions] == order, "one decision for everybody, in the order of their places"
    given_to = Counter(one.chosen.id for one in decisions if one.chosen)
    by_id = {agent.card.id: agent for agent in agents}
    for name, count in given_to.items():
        assert by_id[name].on_duty
        assert by_id[name].load + count <= by_id[name].capacity
    for decision in decisions:
        assert (decision.chosen is not None) is (decision.verdict is Verdict.CHOSEN)
        if decision.chosen:
            passed_over = by_id.keys() - {decision.chosen.id}
            assert decision.excluded.keys() == passed_over, "a reason for everybody who was not chosen"


def plain(waiting: list[Waiting], agents: list[Server]) -> dict[str, tuple[str, int]]:
    """Decide as the words say, looking at everybody every time; slow, and without a pool."""
    now: dict[str, Server] = {one.card.id: one for one in agents}
    found: dict[str, tuple[str, int]] = {}
    for ticket in sorted(waiting, key=lambda one: one.place):
        due = max(min(ticket.step, len(ticket.rules.steps) - 1), ticket.rules.step_due(NOW - ticket.entered_at))
        able = {} if ticket.away else {name: steps for name in now if (steps := steps_of(ticket, now[name]))}
        later = sorted({steps[0] for steps in able.values()})
        step = later[0] if ticket.rules.skip_empty and later and later[0] > due else due
        free = [
            (min(steps), distance(ticket.path, now[name].path), *now[name].rank, name)
            for name, steps in able.items()
            if steps[0] <= step and now[name].load < now[name].capacity
        ]
        best = min(free, default=None)
        found[ticket.consultation] = (best[-1] if best else "", step)
        if best:
            now[best[-1]] = replace(now[best[-1]], load=now[best[-1]].load + 1, idle_since=NOW)
    return found


def steps_of(ticket: Waiting, server: Server) -> list[int]:
    """Return the steps that ask an agent, were the time come."""
    rested = NOW - ticket.returned.get(server.card.id, -NOW) >= ticket.rules.pause
    if not server.on_duty or not rested:
        return []
    return [
        index
        for index, step in enumerate(ticket.rules.steps)
        if (not ticket.reach[index] or ticket.reach[index] in server.path)
        and (not step.skilled or server.knows(ticket.skills, step.min_level))
    ]


@settings(deadline=None, max_examples=300)
@given(everybody, servers())
def test_the_fast_match_decides_as_the_plain_one(waiting: list[Waiting], agents: list[Server]) -> None:
    fast = {one.consultation: (one.chosen.id if one.chosen else "", one.step) for one in match(waiting, agents, NOW)}
    assert fast == plain(waiting, agents)


@settings(deadline=None)
@given(everybody, servers(), st.randoms())
def test_the_order_in_which_things_are_listed_does_not_matter(
    waiting: list[Waiting], agents: list[Server], chance: Random
) -> None:
    before = {one.consultation: one.chosen for one in match(waiting, agents, NOW)}
    shuffled = sorted(waiting, key=lambda _: chance.random()), sorted(agents, key=lambda _: chance.random())
    assert {one.consultation: one.chosen for one in match(*shuffled, NOW)} == before


class Hall(RuleBasedStateMachine):
    """A hall over time: people come, agents finish; rounds run all the while."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.count = NOW, 0
        self.waiting: list[Waiting] = []
        self.agents = {name: agent(name, office, capacity=2) for name, office in zip(NAMES, OFFICES, strict=False)}
        self.owner: dict[ConsultationId, AgentId] = {}
        self.served: list[Waiting] = []

    @rule(office=st.sampled_from(OFFICES[:-1]), priority=st.sampled_from(["normal", "elderly", "returned"]))
    def come(self, office: str, priority: str) -> None:
        self.count += 1
        way = path(office)
        name = f"A{self.count:03}"
        self.waiting.append(
            Waiting(ConsultationId(name), self.now, name, way, reach=reach_of(DEFAULT, way, LEVELS), priority=priority)
        )

    @rule(seconds=st.floats(0.1, 200))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(pick=st.randoms())
    def finish(self, pick: Random) -> None:
        if self.owner:
            consultation = pick.choice(sorted(self.owner))
            self.change(self.owner.pop(consultation), -1)

    @rule(name=st.sampled_from(NAMES), state=st.sampled_from([PresenceState.READY, PresenceState.BREAK]))
    def present(self, name: AgentId, state: PresenceState) -> None:
        self.agents[name] = replace(self.agents[name], state=state)

    @rule()
    def round(self) -> None:
        before = {one.consultation: one for one in self.waiting}
        decisions = match(self.waiting, list(self.agents.values()), self.now)
        self.check_order(before, decisions)
        for decision in decisions:
            ticket = before[decision.consultation]
            self.waiting.remove(ticket)
            if decision.chosen is None:
                assert decision.step >= ticket.step, "never narrower"
                self.waiting.append(replace(ticket, step=decision.step))
            else:
                assert decision.consultation not in self.owner, "one owner"
                self.owner[decision.consultation] = decision.chosen.id
                self.change(decision.chosen.id, +1)
                self.served.append(ticket)

    def change(self, name: AgentId, by: int) -> None:
        self.agents[name] = replace(self.agents[name], load=self.agents[name].load + by)

    def check_order(self, before: dict[ConsultationId, Waiting], decisions: list[Decision]) -> None:
        """Nobody of the same office and class is overtaken; and nobody at all by more than the largest head start."""
        left = [before[one.consultation] for one in decisions if one.chosen is None]
        most = max(DEFAULT.priorities.values())
        for decision in decisions:
            taken = before[decision.consultation]
            for other in left if decision.chosen else []:
                if (other.path, other.priority) == (taken.path, taken.priority):
                    assert taken.place < other.place
                if other.path == taken.path:
                    assert taken.entered_at <= other.entered_at + most, "whoever waits long enough passes every class"

    @invariant()
    def nobody_holds_more_than_they_can(self) -> None:
        held: Counter[Any] = Counter(self.owner.values())
        for name, one in self.agents.items():
            assert held[name] == one.load <= one.capacity


TestHall = Hall.TestCase
TestHall.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
