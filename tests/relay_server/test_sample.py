"""The sample organisation: every division of Jiangxi once, a directory without a flaw, and colleagues of every role."""

from collections import Counter
from datetime import date

import msgspec
import pytest

from relay_protocol.ids import AgentId
from relay_server.domain.directory import Directory, build
from relay_server.domain.records import Role
from relay_server.sample.organisation import AGENTS, PROVINCE, organisation


@pytest.fixture(scope="module")
def whole() -> Directory:
    stored: dict[str, dict[str, bytes]] = {}
    ids = {one.number: AgentId(f"A{one.number}") for one in AGENTS}
    for (kind, key), record in organisation(ids, date(2026, 7, 1)).items():
        stored.setdefault(kind, {})[key] = msgspec.json.encode(record)
    return build(stored)


@pytest.mark.req("S1")
def test_all_of_jiangxi_stands_on_one_province(whole: Directory) -> None:
    assert whole.problems == ()
    levels = Counter(one.level for one in whole.offices.values())
    assert levels["city"] == 11
    assert levels["county"] == levels["hall"] == 112
    assert whole.subtrees[PROVINCE] == set(whole.offices)
    divisions = [one.code for one in whole.offices.values() if one.level == "county" and one.code[4] != "7"]
    assert len(divisions) == 100


@pytest.mark.parametrize(
    ("code", "name", "parent"),
    [
        ("360103", "南昌市西湖区税务局", "360100"),
        ("360121", "南昌县税务局", "360100"),
        ("360781", "瑞金市税务局", "360700"),
        ("360172", "南昌高新技术产业开发区税务局", "360100"),
        ("36070201", "赣州市章贡区税务局办税服务厅", "360702"),
    ],
)
def test_bureaus_are_named_as_they_are(whole: Directory, code: str, name: str, parent: str) -> None:
    assert (whole.offices[code].name, whole.offices[code].parent) == (name, parent)


def test_codes_nest_in_their_parents(whole: Directory) -> None:
    for one in whole.offices.values():
        digits = {"city": 2, "county": 4, "hall": 6}.get(one.level, 0)
        assert one.code[:digits] == one.parent[:digits]


def test_every_office_has_hours_and_a_queue_and_every_role_a_colleague(whole: Directory) -> None:
    for code in whole.offices:
        assert code in whole.queues
        assert whole.calendar_of(code, code) is not None
    hall, county = whole.calendar_of("36010301", "36010301"), whole.calendar_of("360103", "360103")
    assert hall is not None
    assert county is not None
    assert (hall.holidays, county.holidays) == (True, False)
    held = {role for one in AGENTS for role in one.held}
    assert held == set(Role) - {Role.AGENT, Role.SYSTEM_ADMIN, Role.CLIENT}
    assert all(one.office in whole.offices for one in AGENTS)
