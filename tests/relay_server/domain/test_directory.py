"""The directory from its settings: ways up, subtrees, hours, skills; and what is left out, with the reason."""

from typing import Any

import msgspec
import pytest

from relay_protocol.ids import AgentId
from relay_server.domain.directory import Directory, Settings, build
from relay_server.domain.records import Grant, Role

TREE = {
    "360000": {"level": "province", "calendar": "office"},
    "360100": {"level": "city", "parent": "360000"},
    "360103": {"level": "county", "parent": "360100", "numbers": ["12366"], "segments": ["1387911"]},
    "36010301": {"level": "hall", "parent": "360103"},
    "360171": {"level": "county", "parent": "360100", "divisions": ["360106"]},
}


def settings(**changes: dict[str, Any]) -> Settings:
    """The tree with these kinds instead; each record is given its code and a name."""
    kinds: dict[str, dict[str, Any]] = {
        "offices": TREE,
        "calendars": {"office": {"name": "办公"}},
        "skills": {"vat": {}},
        "queues": {"360103": {"office": "360103"}, "vat": {"office": "360103", "skills": ["vat"]}},
        "agents": {"a1": {"agent": "a1", "skills": {"vat": 4}, "capacity": 3}},
        **changes,
    }
    named = ("offices", "skills", "queues")
    return {
        kind: {
            key: msgspec.json.encode({"code": key, "name": f"名{key}", **one} if kind in named else one)
            for key, one in records.items()
        }
        for kind, records in kinds.items()
    }


def grant(agent: str, role: Role, office: str = "") -> dict[str, Any]:
    one = Grant(agent=AgentId(agent), role=role, office=office)
    return {one.key: msgspec.to_builtins(one)}


@pytest.fixture
def whole() -> Directory:
    return build(settings())


@pytest.mark.req("S1")
def test_every_office_knows_its_way_up_and_all_below_it(whole: Directory) -> None:
    assert whole.problems == ()
    assert whole.paths["36010301"] == ("36010301", "360103", "360100", "360000")
    assert whole.subtrees["360100"] == {"360100", "360103", "36010301", "360171"}
    assert whole.subtrees["36010301"] == {"36010301"}
    assert whole.subtrees[""] == set(TREE)
    assert whole.cards["360103"].level == "county"


def test_a_division_has_its_own_office_or_the_one_that_says_so_but_never_a_hall(whole: Directory) -> None:
    assert whole.divisions["360103"] == "360103"
    assert whole.divisions["360106"] == "360171"
    assert "36010301" not in whole.divisions
    assert whole.numbers == {"12366": "360103"}
    assert whole.segments == {"1387911": "360103"}


def test_queues_skills_capacity_hours_and_rules_are_found_from_either_end(whole: Directory) -> None:
    assert [one.code for one in whole.queues_of("360103")] == ["360103", "vat"]
    assert whole.queues_of("360100") == []
    assert whole.skills_of(AgentId("a1")) == {"vat": 4}
    assert (whole.capacity_of(AgentId("a1"), 5), whole.capacity_of(AgentId("a2"), 5)) == (3, 5)
    hours = whole.calendar_of("vat", "360103")
    assert hours is not None
    assert hours.name == "办公"
    assert whole.rules_of("vat").name == "default"


def test_a_stored_default_replaces_the_rules_that_are_built_in() -> None:
    own = {"name": "本省", "steps": [{"after": 0, "level": "province"}]}
    assert build(settings(rules={"default": own})).rules_of("vat").name == "本省"


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"offices": {**TREE, "370100": {"level": "city", "parent": "370000"}}}, "370100", "上级 370000 不存在"),
    ({"offices": {**TREE, "370100": {"level": "city", "parent": "360103"}}}, "370100", "不比它高"),
    ({"offices": {**TREE, "370100": {"level": "town"}}}, "370100", "级别 town"),
    ({"offices": {**TREE, "37/01": {"level": "city"}}}, "37/01", "机构代码"),
    ({"offices": {**TREE, "370100": {"level": "city", "calendar": "none"}}}, "370100", "日历 none 不存在"),
    ({"queues": {"q": {"office": "999999"}}}, "q", "机构 999999 不存在"),
    ({"queues": {"q": {"office": "360103", "skills": ["law"]}}}, "q", "技能 law 不存在"),
    ({"queues": {"q": {"office": "360103", "rules": "none"}}}, "q", "派单规则 none 不存在"),
    ({"queues": {"q": {"office": "360103", "calendar": "none"}}}, "q", "日历 none 不存在"),
    ({"agents": {"a1": {"agent": "a1", "skills": {"law": 1}}}}, "a1", "技能 law 不存在"),
    ({"agents": {"a1": {"agent": "a1", "skills": {"vat": 9}}}}, "a1", "无法识别"),
    ({"calendars": {"office": {"name": "办公"}, "c": {"name": "x", "weekly": []}}}, "c", "7 天"),
    ({"rules": {"r": {"name": "x", "steps": []}}}, "r", "无法识别"),
    ({"grants": grant("a1", Role.LEAD, "999999")}, "a1:lead:999999", "机构 999999 不存在"),
    ({"skills": {"vat": {}, "s": {"name": ""}}}, "s", "无法识别"),
    (
        {"licences": {"l": {"code": "l", "kind": "call", "seats": 1, "since": "2026-02-01", "until": "2026-01-01"}}},
        "l",
        "到期日早于起始日",
    ),
]


@pytest.mark.parametrize(("changes", "key", "says"), WRONG)
def test_what_does_not_fit_is_left_out_and_named(changes: dict[str, Any], key: str, says: str) -> None:
    (kind,) = changes
    whole = build(settings(**changes))
    assert [one.key for one in whole.problems] == [key]
    assert says in whole.problems[0].sentence
    assert "banwen-relay" in whole.problems[0].sentence
    assert key not in getattr(whole, kind)


def test_what_stood_on_a_wrong_office_falls_with_it() -> None:
    offices = {"360103": {"level": "county", "parent": "360100"}, "36010301": {"level": "hall", "parent": "360103"}}
    whole = build(settings(offices=offices, queues={"q": {"office": "36010301"}}))
    assert (whole.offices, whole.queues) == ({}, {})
    assert [one.kind for one in whole.problems] == ["offices", "offices", "queues"]


@pytest.mark.req("S1")
def test_nobody_holds_two_of_the_three_separate_powers() -> None:
    held = {**grant("a1", Role.AUDITOR), **grant("a1", Role.SYSTEM_ADMIN), **grant("a2", Role.AUDITOR)}
    whole = build(settings(grants=held))
    assert [one.agent for one in whole.grants.values()] == ["a2"]
    assert all("三员分立" in one.sentence for one in whole.problems)
    assert [one.role for one in whole.grants_of(AgentId("a2"))] == [Role.AUDITOR]


def test_an_empty_directory_is_a_directory() -> None:
    assert build({}) == Directory()
