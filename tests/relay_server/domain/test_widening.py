"""Forty cases of A27: a tree of three levels, a table of rules; who gets the taxpayer, and when the circle widens."""

from dataclasses import dataclass
from typing import Any

import pytest

from relay_protocol.ids import AgentId
from relay_protocol.messages import PresenceState
from relay_server.domain.dispatch import Verdict, match
from relay_server.domain.pool import Server
from relay_server.domain.rules import Level, RuleSet, Step
from tests.relay_server.domain.queueing import NOW, agent, ticket

RULES = RuleSet(
    name="table",
    steps=[
        Step(after=0, level=Level.COUNTY),
        Step(after=30, level=Level.COUNTY, skilled=False),
        Step(after=60, level=Level.CITY, min_level=2),
        Step(after=90, level=Level.CITY, skilled=False),
        Step(after=120, level=Level.PROVINCE, skilled=False),
    ],
)
PATIENT = RuleSet(name="patient", steps=RULES.steps, skip_empty=False)
COUNTY_ONLY = RuleSet(name="county", steps=[Step(after=0, level=Level.COUNTY, skilled=False)])
HALL_FIRST = RuleSet(
    name="hall",
    steps=[Step(after=0, level=Level.HALL), Step(after=20, level=Level.COUNTY), Step(after=40, level=Level.ANY)],
)
VAT, CIT = {"vat": 3}, {"cit": 3}


def near(name: str = "near", **more: Any) -> Server:
    return agent(name, "360103", **more)


def hall(name: str = "hall", **more: Any) -> Server:
    return agent(name, "36010301", **more)


def neighbour(name: str = "neighbour", **more: Any) -> Server:
    return agent(name, "360111", **more)


def city(name: str = "city", **more: Any) -> Server:
    return agent(name, "360100", **more)


def far(name: str = "far", **more: Any) -> Server:
    return agent(name, "360702", **more)


FULL: dict[str, Any] = {"load": 5}
RESTING: dict[str, Any] = {"state": PresenceState.BREAK}
CLOSED: dict[str, Any] = {"open": False}


@dataclass(frozen=True)
class Case:
    """What waits for how long, who works, and what must come of it: an agent, or a verdict; and the step."""

    name: str
    waited: float
    agents: list[Server]
    gets: str
    step: int
    rules: RuleSet = RULES
    office: str = "360103"
    skills: tuple[str, ...] = ("vat",)
    returned: str = ""


CASES = [
    # The county first
    Case("the county's skilled agent gets it at once", 0, [near(skills=VAT), far(skills=VAT)], "near", 0),
    Case("before 30 s a busy skilled agent is waited for", 29, [near(skills=VAT, **FULL), near("other")], "busy", 0),
    Case("at 30 s any agent of the county", 30, [near(skills=VAT, **FULL), near("other")], "other", 1),
    Case("at 59 s the city is not asked yet", 59, [near(**FULL), city(skills=VAT)], "busy", 1),
    Case("at 60 s a skilled agent of the city", 60, [near(**FULL), city(skills=VAT)], "city", 2),
    Case("at 60 s level 1 is too low for the city step", 60, [near(**FULL), city(skills={"vat": 1})], "busy", 2),
    Case("at 60 s level 2 is enough", 60, [near(**FULL), city(skills={"vat": 2})], "city", 2),
    Case("at 60 s another skill is not enough", 60, [near(**FULL), neighbour(skills=CIT)], "busy", 2),
    Case("at 90 s anybody of the city", 90, [near(**FULL), neighbour(skills=CIT)], "neighbour", 3),
    Case("at 119 s the province is not asked yet", 119, [near(**FULL), far(skills=VAT)], "busy", 3),
    Case("at 120 s the province", 120, [near(**FULL), far()], "far", 4),
    # Who was asked before is preferred
    Case("the county still comes first at the widest step", 500, [far(), near()], "near", 4),
    Case("the skilled of the county before the others of the county", 500, [near("a"), near("b", skills=VAT)], "b", 4),
    Case("the county's unskilled before the city's skilled", 500, [city(skills=VAT), near()], "near", 4),
    Case("the city's skilled before the city's others", 500, [neighbour("a"), city("b", skills=VAT)], "b", 4),
    Case("the city before the province", 500, [far(skills=VAT), city()], "city", 4),
    Case("nearer before less loaded", 500, [near(load=4), far()], "near", 4),
    Case("of equally near the less loaded", 0, [near("a", skills=VAT, load=2), near("b", skills=VAT)], "b", 0),
    Case(
        "of equally loaded the longest idle", 0, [near("a", skills=VAT, idle_since=9.0), near("b", skills=VAT)], "b", 0
    ),
    Case("a hall of the county belongs to the county", 0, [hall(skills=VAT)], "hall", 0),
    # Nobody at work: waiting would be in vain
    Case("a county on break is skipped at once", 0, [near(skills=VAT, **RESTING), near("other")], "other", 1),
    Case("an empty county widens to the city at once", 0, [city(skills=VAT)], "city", 2),
    Case("and an empty city to the province", 0, [far()], "far", 4),
    Case("unless the rule says to wait", 0, [far(skills=VAT)], "nobody", 0, rules=PATIENT),
    Case("which then widens in its time", 120, [far(skills=VAT)], "far", 4, rules=PATIENT),
    Case("an unreachable agent is nobody at work", 0, [near(skills=VAT, reachable=False), far()], "far", 4),
    Case("whoever just gave it back is nobody to wait for", 0, [near(skills=VAT), far()], "far", 4, returned="near"),
    Case("with nobody anywhere it is said", 0, [], "nobody", 0),
    # Office hours at every step
    Case("a closed county is skipped", 0, [near(skills=VAT, **CLOSED), city(skills=VAT)], "city", 2),
    Case("a closed city too", 70, [near(**CLOSED), city(skills=VAT, **CLOSED), far()], "far", 4),
    Case("all closed is nobody", 200, [near(**CLOSED), city(**CLOSED), far(**CLOSED)], "nobody", 4),
    Case(
        "the hall may be open while the county is closed", 0, [near(skills=VAT, **CLOSED), hall(skills=VAT)], "hall", 0
    ),
    # Rules that reach less, and taxpayers known less well
    Case("a rule for the county never leaves it", 5000, [far(), city()], "nobody", 0, rules=COUNTY_ONLY),
    Case("nor while the county is full", 5000, [near(**FULL), city()], "busy", 0, rules=COUNTY_ONLY),
    Case(
        "a taxpayer of a hall asks the hall first",
        0,
        [near(skills=VAT), hall(skills=VAT)],
        "hall",
        0,
        rules=HALL_FIRST,
        office="36010301",
    ),
    Case(
        "then the county",
        20,
        [near(skills=VAT), hall(skills=VAT, **FULL)],
        "near",
        1,
        rules=HALL_FIRST,
        office="36010301",
    ),
    Case(
        "then anybody with the skill",
        40,
        [hall(skills=VAT, **FULL), far(skills=VAT)],
        "far",
        2,
        rules=HALL_FIRST,
        office="36010301",
    ),
    Case(
        "who is known by city only asks the whole city",
        0,
        [far(skills=VAT), neighbour(skills=VAT)],
        "neighbour",
        0,
        office="360100",
    ),
    Case("who is known by province only asks everybody", 0, [far(skills=VAT)], "far", 0, office="360000"),
    Case("who needs no skill gets any agent of the county", 0, [near(), city(skills=VAT)], "near", 0, skills=()),
    Case(
        "two skills must be one person's",
        0,
        [near("a", skills=VAT), near("b", skills=VAT | CIT)],
        "b",
        0,
        skills=("vat", "cit"),
    ),
]


def test_there_are_forty_cases() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.req("A27")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_who_gets_it_and_when_it_widens(case: Case) -> None:
    returned = {AgentId(case.returned): NOW - 1} if case.returned else {}
    one = ticket("t", case.waited, case.office, case.rules, skills=case.skills, returned=returned)
    (made,) = match([one], case.agents, NOW)
    assert (made.chosen.id if made.chosen else str(made.verdict), made.step) == (case.gets, case.step)
    if made.verdict is Verdict.CHOSEN:
        assert {why.agent.id for why in made.candidates} == {server.card.id for server in case.agents}
        assert all(why.reason for why in made.candidates if why.agent != made.chosen), "everybody else is told why"


@pytest.mark.req("A27")
def test_the_place_is_kept_while_the_circle_widens() -> None:
    """Whoever waits longer goes first at every step, also before somebody of the wider office itself."""
    older, younger = ticket("older", 125.0, rules=RULES), ticket("younger", 5.0, "360702", rules=RULES)
    made = match([younger, older], [agent("far", "360702", capacity=1)], NOW)
    assert [(one.consultation, one.chosen is not None) for one in made] == [("older", True), ("younger", False)]
