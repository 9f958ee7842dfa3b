"""Queues that share agents belong together, however the sharing goes round; others are apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_protocol.ids import AgentId
from relay_server.domain.groups import groups, reach, served_by, widest
from relay_server.domain.rules import DEFAULT, Level, RuleSet, Step

LEVELS = {"360000": "province", "360100": "city", "360103": "county", "36010301": "hall", "360702": "county"}
HALL = ("36010301", "360103", "360100", "360000")
COUNTY_ONLY = RuleSet(name="county", steps=[Step(after=0, level=Level.COUNTY)])


def test_a_chain_of_shared_agents_is_one_group() -> None:
    serves = {AgentId("a"): ["q1", "q2"], AgentId("b"): ["q3", "q2"], AgentId("c"): ["q9"]}
    assert groups(serves) == {"q1": "q1", "q2": "q1", "q3": "q1", "q9": "q9"}
    assert groups({}) == {}


@given(st.dictionaries(st.text(min_size=1, max_size=2).map(AgentId), st.lists(st.sampled_from("uvwxyz"), max_size=4)))
def test_two_queues_of_one_agent_are_never_apart_and_names_do_not_depend_on_order(
    serves: dict[AgentId, list[str]],
) -> None:
    found = groups(serves)
    for queues in serves.values():
        assert len({found[queue] for queue in queues}) <= 1
    assert groups(dict(reversed(serves.items()))) == found
    assert all(found[name] == name for name in found.values()), "a group is named after one of its queues"


@pytest.mark.req("A27")
@pytest.mark.parametrize(
    ("level", "office"),
    [
        (Level.HALL, "36010301"),
        (Level.COUNTY, "360103"),
        (Level.CITY, "360100"),
        (Level.PROVINCE, "360000"),
        (Level.ANY, ""),
    ],
)
def test_a_step_reaches_as_wide_as_it_says(level: Level, office: str) -> None:
    assert reach(HALL, LEVELS, level) == office


def test_whoever_is_only_known_by_province_reaches_the_province_at_once() -> None:
    assert reach(("360000",), LEVELS, Level.COUNTY) == "360000"
    assert reach((), LEVELS, Level.COUNTY) == ""


def test_an_agent_serves_the_queues_whose_rules_reach_them() -> None:
    queues = {"西湖": (HALL[1:], COUNTY_ONLY), "章贡": (("360702", "360000"), DEFAULT)}
    reached = widest(queues, LEVELS)
    assert served_by(reached, HALL) == ["西湖", "章贡"]
    assert served_by(reached, ("360702", "360000")) == ["章贡"]
