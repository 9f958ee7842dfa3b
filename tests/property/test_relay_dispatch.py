"""Whatever waits and whoever works: no agent over capacity, nobody overtaken, nobody waits beside an able agent."""

from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import AgentCard, Office, PresenceState
from relay_server.domain.dispatch import Server, Waiting, distance, match

NOW = 10_000.0
PATHS = [("11", "1", "0"), ("12", "1", "0"), ("21", "2", "0"), ("1", "0"), ("0",), ()]
NAMES = [AgentId(f"a{number}") for number in range(6)]

tickets = st.builds(
    Waiting,
    st.uuids().map(lambda uuid: ConsultationId(str(uuid))),
    st.floats(0, NOW),
    st.integers(1, 999).map(lambda number: f"A{number:03}"),
    st.sampled_from(PATHS),
    st.dictionaries(st.sampled_from(NAMES), st.floats(NOW - 30, NOW), max_size=2),
)


@st.composite
def servers(draw: st.DrawFn) -> list[Server]:
    return [
        Server(
            AgentCard(id=name, number=name, name=name, office=Office(code="0", name="0")),
            draw(st.sampled_from(PresenceState)),
            draw(st.booleans()),
            draw(st.integers(0, 3)),
            draw(st.integers(1, 3)),
            draw(st.floats(0, NOW)),
            draw(st.sampled_from(PATHS)),
        )
        for name in NAMES[: draw(st.integers(0, len(NAMES)))]
    ]


@given(st.lists(tickets, max_size=12, unique_by=lambda one: one.consultation), servers())
def test_every_round_is_fair_and_keeps_within_capacity(waiting: list[Waiting], agents: list[Server]) -> None:
    decisions = match(waiting, agents, NOW)
    order = [one.consultation for one in sorted(waiting, key=lambda one: (one.entered_at, one.number))]
    assert [one.consultation for one in decisions] == order, "one decision for everybody, in the order they came"
    given_to = Counter(one.chosen.id for one in decisions if one.chosen)
    by_id = {agent.card.id: agent for agent in agents}
    for name, count in given_to.items():
        agent = by_id[name]
        assert agent.state is PresenceState.READY
        assert agent.reachable
        assert agent.load + count <= agent.capacity
    for decision in decisions:
        passed_over = {agent.card.id for agent in agents if not decision.chosen or agent.card.id != decision.chosen.id}
        assert decision.excluded.keys() == passed_over, "a reason for everybody who was not chosen"


@given(st.lists(tickets, max_size=12, unique_by=lambda one: one.consultation), servers())
def test_whoever_is_not_served_could_not_be_and_whoever_is_got_the_nearest(
    waiting: list[Waiting], agents: list[Server]
) -> None:
    now = {agent.card.id: agent for agent in agents}
    by_id = {one.consultation: one for one in waiting}
    for decision in match(waiting, agents, NOW):
        ticket = by_id[decision.consultation]
        able = {
            name: agent
            for name, agent in now.items()
            if agent.state is PresenceState.READY
            and agent.reachable
            and agent.load < agent.capacity
            and NOW - ticket.returned.get(name, -NOW) >= 15.0
        }
        if decision.chosen is None:
            assert not able
            continue
        nearest = min(distance(ticket.path, agent.path) for agent in able.values())
        taken = able[decision.chosen.id]
        assert distance(ticket.path, taken.path) == nearest
        now[taken.card.id] = replace(taken, load=taken.load + 1)


@given(st.lists(tickets, max_size=8, unique_by=lambda one: one.consultation), servers(), st.randoms())
def test_the_order_in_which_things_are_listed_does_not_matter(
    waiting: list[Waiting], agents: list[Server], chance: Random
) -> None:
    before = {one.consultation: one.chosen for one in match(waiting, agents, NOW)}
    waiting = sorted({(one.entered_at, one.number): one for one in waiting}.values(), key=lambda _: chance.random())
    shuffled = sorted(agents, key=lambda _: chance.random())
    if len(waiting) == len(before):
        assert {one.consultation: one.chosen for one in match(waiting, shuffled, NOW)} == before
