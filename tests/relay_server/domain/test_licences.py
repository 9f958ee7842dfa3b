"""Rented seats: which licence counts for whom, when it is full, early or over, and none at all."""

from datetime import date
from typing import Any

import pytest

from relay_protocol.ids import AgentId
from relay_server.domain.licences import Licence, LicenceKind, refusal

DAY = date(2026, 7, 1)
CITY, XIHU, DONGHU = ("360100", "360000"), ("360103", "360100", "360000"), ("360102", "360100", "360000")
PATHS = {AgentId("w"): XIHU, AgentId("l"): XIHU, AgentId("c"): DONGHU, AgentId("y"): CITY}


def licence(code: str = "x", seats: int = 1, office: str = "360100", **changes: Any) -> Licence:
    since, until = changes.get("since", date(2026, 1, 1)), changes.get("until", date(2026, 12, 31))
    kind = changes.get("kind", LicenceKind.ONLINE)
    return Licence(code=code, kind=kind, seats=seats, since=since, until=until, office=office)


def asked(licences: list[Licence], present: str = "", agent: str = "w", day: date = DAY) -> str:
    return refusal(licences, LicenceKind.ONLINE, AgentId(agent), PATHS, [AgentId(one) for one in present], day)


@pytest.mark.req("N4")
def test_without_any_licence_everybody_may() -> None:
    assert asked([], "lcy") == ""
    assert asked([licence(kind=LicenceKind.CALL)], "lcy") == ""


@pytest.mark.req("N4")
def test_a_taken_seat_refuses_the_next_but_never_whoever_sits_on_it() -> None:
    assert asked([licence()]) == ""
    assert "1 个席位已全部占用" in asked([licence()], "c")
    assert asked([licence()], "w") == ""
    assert asked([licence(), licence("y", 1)], "c") == ""


def test_the_nearest_office_counts_and_those_of_another_licence_do_not() -> None:
    both = [licence("city", 1), licence("xihu", 1, "360103")]
    assert asked(both, "cy") == ""
    assert "全部占用" in asked(both, "l")


def test_one_for_the_whole_tree_is_the_last_to_count() -> None:
    assert asked([licence(office="")], "") == ""
    assert "没有在线账号许可" in asked([licence(office="360700")])


@pytest.mark.req("N4")
def test_a_licence_holds_from_its_first_day_to_its_last() -> None:
    one = [licence(since=DAY, until=DAY)]
    assert asked(one) == ""
    assert "2026-07-01 到期" in asked(one, day=date(2026, 7, 2))
    assert "自 2026-07-01 起生效" in asked(one, day=date(2026, 6, 30))
