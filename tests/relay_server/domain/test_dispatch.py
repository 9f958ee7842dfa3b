"""Who gets whom: order, nearness, load and idleness, and a reason for everybody who was passed over."""

import pytest

from relay_protocol.ids import AgentId
from relay_protocol.messages import PresenceState
from relay_server.domain.dispatch import CANDIDATES, Verdict, distance, explain, match
from relay_server.domain.pool import Pool, Server
from relay_server.domain.rules import DEFAULT
from tests.relay_server.domain.queueing import (
    HALL,
    NANCHANG,
    NOW,
    QINGSHANHU,
    XIHU,
    ZHANGGONG,
    agent,
    chosen,
    ticket,
)


@pytest.mark.req("A8")
def test_whoever_came_first_is_served_first() -> None:
    waiting = [ticket("late", 1.0), ticket("first", 9.0), ticket("second", 8.0)]
    decisions = match(waiting, [agent("a", capacity=1)], NOW)
    assert chosen(decisions) == {"first": "a", "second": None, "late": None}
    assert [one.verdict for one in decisions] == [Verdict.CHOSEN, Verdict.BUSY, Verdict.BUSY]


def test_who_came_at_the_same_moment_is_told_apart_by_number() -> None:
    assert chosen(match([ticket("A002"), ticket("A001")], [agent("a", capacity=1)], NOW)) == {"A001": "a", "A002": None}


@pytest.mark.req("A8")
def test_a_priority_class_goes_before_others_but_only_for_its_head_start() -> None:
    head = DEFAULT.head_start("elderly")
    elderly = ticket("elderly", 10.0, priority="elderly")
    assert chosen(match([elderly, ticket("t", 10.0 + head - 1)], [agent("a", capacity=1)], NOW))["elderly"] == "a"
    assert chosen(match([elderly, ticket("t", 10.0 + head + 1)], [agent("a", capacity=1)], NOW))["t"] == "a"


def test_distance_counts_the_steps_up_to_a_common_office() -> None:
    assert [distance(XIHU, path) for path in (XIHU, QINGSHANHU, ZHANGGONG, ("999999",))] == [0, 1, 2, 3]
    assert distance(XIHU, NANCHANG) == 1, "an agent of the city office itself"
    assert distance(HALL, XIHU) == 1


def test_of_two_equally_near_the_less_busy_wins_then_who_was_idle_longest() -> None:
    assert chosen(match([ticket("t")], [agent("busy", load=2), agent("free", load=1)], NOW)) == {"t": "free"}
    assert chosen(match([ticket("t")], [agent("b", idle_since=5.0), agent("a", idle_since=9.0)], NOW)) == {"t": "b"}
    half = [agent("small", load=1, capacity=2), agent("large", load=2, capacity=5)]
    assert chosen(match([ticket("t")], half, NOW)) == {"t": "large"}, "load is a share of what one can hold"


def test_choices_of_one_round_add_up() -> None:
    waiting = [ticket(f"t{number}", 9.0 - number) for number in range(4)]
    made = chosen(match(waiting, [agent("a"), agent("b")], NOW))
    assert sorted(made.values(), key=str) == ["a", "a", "b", "b"]


@pytest.mark.req("A10")
def test_at_most_capacity_is_given_and_a_round_gives_no_more_than_its_limit() -> None:
    waiting = [ticket(f"t{number}", 90.0 - number) for number in range(8)]
    made = match(waiting, [agent("a", load=2), agent("b", capacity=1)], NOW)
    assert [one.chosen.id if one.chosen else "" for one in made] == ["b", "a", "a", "a", "", "", "", ""]
    assert sum(one.chosen is not None for one in match(waiting, [agent("a", capacity=50)], NOW, limit=3)) == 3


@pytest.mark.parametrize(
    ("unfit", "reason"),
    [
        (agent("a", state=PresenceState.BREAK), "presence_break"),
        (agent("a", state=PresenceState.OFFLINE), "presence_offline"),
        (agent("a", reachable=False), "unreachable"),
        (agent("a", open=False), "office_closed"),
        (agent("a", load=5), "at_capacity"),
        (agent("a", "360702"), "not_reached_yet"),
    ],
)
def test_it_is_told_why_somebody_was_not_chosen(unfit: Server, reason: str) -> None:
    (made,) = match([ticket("t")], [unfit, agent("b")], NOW)
    assert made.chosen is not None
    assert made.chosen.id == "b"
    assert made.excluded == {"a": reason}
    told, others = explain(ticket("t"), Pool([unfit, agent("b", load=5)]), 0, NOW)
    assert {one.agent.id: one.reason for one in told} == {"a": reason, "b": "at_capacity"}
    assert others == 0


def test_a_missing_skill_and_a_level_too_low_are_told_apart() -> None:
    wanted = ticket("t", skills=("vat",))
    (made,) = match([wanted], [agent("a"), agent("b", skills={"vat": 1})], NOW)
    assert made.excluded == {"a": "skill_missing"}
    assert made.chosen is not None


@pytest.mark.req("A9")
def test_who_is_away_keeps_the_place_and_is_not_offered() -> None:
    made = match([ticket("away", 9.0, away=True), ticket("t", 1.0)], [agent("a")], NOW)
    assert chosen(made) == {"away": None, "t": "a"}
    assert made[0].verdict is Verdict.AWAY


def test_whoever_just_gave_it_back_is_not_asked_at_once_but_later() -> None:
    (soon,) = match([ticket("t", returned={AgentId("a"): NOW - 1})], [agent("a"), agent("b", load=5)], NOW)
    assert soon.verdict is Verdict.BUSY
    assert chosen(match([ticket("t", returned={AgentId("a"): NOW - DEFAULT.pause})], [agent("a")], NOW)) == {"t": "a"}


@pytest.mark.req("A27")
def test_where_nobody_is_at_work_the_next_step_is_taken_at_once_where_all_are_busy_it_is_not() -> None:
    far = agent("far", "360702")
    (busy,) = match([ticket("t")], [agent("near", load=5), far], NOW)
    assert (busy.verdict, busy.step) == (Verdict.BUSY, 0)
    (empty,) = match([ticket("t")], [agent("near", state=PresenceState.BREAK), far], NOW)
    assert (empty.verdict, empty.step) == (Verdict.CHOSEN, 3)


def test_with_nobody_at_work_it_is_said_and_the_step_stays() -> None:
    (nobody,) = match([ticket("t")], [agent("a", state=PresenceState.OFFLINE)], NOW)
    assert (nobody.verdict, nobody.step, nobody.chosen) == (Verdict.NOBODY, 0, None)
    assert [one.verdict for one in match([ticket("t")], [], NOW)] == [Verdict.NOBODY]
    assert match([], [agent("a")], NOW) == []


def test_a_step_once_reached_is_never_left() -> None:
    (made,) = match([ticket("t", step=3)], [agent("far", "360702")], NOW)
    assert (made.step, chosen([made])) == (3, {"t": "far"})
    (shorter,) = match([ticket("t", step=99)], [agent("far", "360702")], NOW)
    assert shorter.step == len(DEFAULT.steps) - 1, "rules that lost steps meanwhile"


def test_of_many_only_the_nearest_are_told_and_the_rest_is_counted() -> None:
    near = [agent(f"n{number:02}", load=5) for number in range(10)]
    far = [agent(f"f{number:02}", "360702") for number in range(100)]
    told, others = explain(ticket("t"), Pool([*far, *near]), 0, NOW)
    assert len(told) == CANDIDATES
    assert others == 80
    assert {one.agent.id for one in told} >= {one.card.id for one in near}
