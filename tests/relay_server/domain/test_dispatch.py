"""Who gets whom: order, nearness, load and idleness, and a reason for everybody who was passed over."""

from dataclasses import replace

import pytest

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import AgentCard, Office, PresenceState
from relay_server.domain.dispatch import PAUSE_AFTER_RETURN, Decision, Server, Waiting, distance, match

XIHU = ("360103", "360100", "360000")
QINGSHANHU = ("360111", "360100", "360000")
ZHANGGONG = ("360702", "360700", "360000")
NOW = 1000.0


def ticket(name: str, entered_at: float = 1.0, path: tuple[str, ...] = XIHU) -> Waiting:
    return Waiting(ConsultationId(name), entered_at, name, path)


def agent(name: str, path: tuple[str, ...] = XIHU, load: int = 0, idle_since: float = 0.0) -> Server:
    card = AgentCard(id=AgentId(name), number=name, name=name, office=Office(code=path[0], name=path[0]))
    return Server(card, PresenceState.READY, True, load, 5, idle_since, path)


def chosen(decisions: list[Decision]) -> dict[str, str | None]:
    return {one.consultation: one.chosen.id if one.chosen else None for one in decisions}


@pytest.mark.req("A8")
def test_whoever_came_first_is_served_first() -> None:
    one_place = replace(agent("a"), capacity=1)
    waiting = [ticket("late", 9.0), ticket("first", 1.0), ticket("second", 2.0)]
    assert chosen(match(waiting, [one_place], NOW)) == {"first": "a", "second": None, "late": None}


def test_who_came_at_the_same_moment_is_told_apart_by_number() -> None:
    one_place = replace(agent("a"), capacity=1)
    assert chosen(match([ticket("A002"), ticket("A001")], [one_place], NOW)) == {"A001": "a", "A002": None}


def test_the_nearest_office_wins_then_the_city_then_the_province() -> None:
    county, city, province = agent("county"), agent("city", QINGSHANHU), agent("province", ZHANGGONG)
    assert chosen(match([ticket("t")], [province, city, county], NOW)) == {"t": "county"}
    assert chosen(match([ticket("t")], [province, city], NOW)) == {"t": "city"}
    assert chosen(match([ticket("t")], [province], NOW)) == {"t": "province"}


def test_distance_counts_the_steps_up_to_a_common_office() -> None:
    assert [distance(XIHU, path) for path in (XIHU, QINGSHANHU, ZHANGGONG, ("999999",))] == [0, 1, 2, 3]
    assert distance(XIHU, ("360100", "360000")) == 1, "an agent of the city office itself"


def test_of_two_equally_near_the_less_busy_wins_then_who_was_idle_longest() -> None:
    assert chosen(match([ticket("t")], [agent("busy", load=2), agent("free", load=1)], NOW)) == {"t": "free"}
    assert chosen(match([ticket("t")], [agent("b", idle_since=5.0), agent("a", idle_since=9.0)], NOW)) == {"t": "b"}


def test_choices_of_one_round_add_up() -> None:
    waiting = [ticket(f"t{number}", float(number)) for number in range(4)]
    made = chosen(match(waiting, [agent("a"), agent("b")], NOW))
    assert sorted(made.values(), key=str) == ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    ("unfit", "reason"),
    [
        (replace(agent("a"), state=PresenceState.BREAK), "presence_break"),
        (replace(agent("a"), state=PresenceState.OFFLINE), "presence_offline"),
        (replace(agent("a"), reachable=False), "unreachable"),
        (agent("a", load=5), "at_capacity"),
    ],
)
def test_it_is_told_why_somebody_was_not_chosen(unfit: Server, reason: str) -> None:
    (alone,) = match([ticket("t")], [unfit], NOW)
    assert (alone.chosen, alone.excluded) == (None, {"a": reason})
    (beside,) = match([ticket("t")], [unfit, agent("b")], NOW)
    assert beside.chosen is not None
    assert beside.excluded == {"a": reason}


def test_whoever_just_gave_it_back_is_not_asked_at_once_but_later() -> None:
    returned = replace(ticket("t"), returned={AgentId("a"): NOW})
    (soon,) = match([returned], [agent("a")], NOW + 1)
    assert soon.excluded == {"a": "just_returned_it"}
    assert chosen(match([returned], [agent("a")], NOW + PAUSE_AFTER_RETURN)) == {"t": "a"}


def test_with_nobody_at_work_everybody_goes_on_waiting() -> None:
    assert chosen(match([ticket("t")], [], NOW)) == {"t": None}
    assert match([], [agent("a")], NOW) == []
