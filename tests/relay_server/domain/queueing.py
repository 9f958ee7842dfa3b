"""A small province for tests of dispatch: its offices, and short ways to write down who waits and who works."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import AgentCard, Office, PresenceState
from relay_server.domain.dispatch import Decision, Waiting, reach_of
from relay_server.domain.pool import Server
from relay_server.domain.rules import DEFAULT, RuleSet

NOW = 10_000.0
LEVELS = {
    "360000": "province",
    "360100": "city",
    "360103": "county",
    "36010301": "hall",
    "360111": "county",
    "360700": "city",
    "360702": "county",
}
PARENTS = {
    "360100": "360000",
    "360103": "360100",
    "36010301": "360103",
    "360111": "360100",
    "360700": "360000",
    "360702": "360700",
}


def path(office: str) -> tuple[str, ...]:
    """Return an office and those above it."""
    found = []
    while office:
        found.append(office)
        office = PARENTS.get(office, "")
    return tuple(found)


XIHU, HALL, QINGSHANHU, ZHANGGONG = path("360103"), path("36010301"), path("360111"), path("360702")
NANCHANG, PROVINCE = path("360100"), path("360000")


def ticket(name: str, waited: float = 1.0, office: str = "360103", rules: RuleSet = DEFAULT, **more: Any) -> Waiting:
    """Return somebody who has waited so long for an office."""
    way = path(office)
    return Waiting(
        ConsultationId(name), NOW - waited, name, way, reach=reach_of(rules, way, LEVELS), rules=rules, **more
    )


def agent(name: str, office: str = "360103", load: int = 0, capacity: int = 5, **more: Any) -> Server:
    """Return a ready agent of an office."""
    card = AgentCard(id=AgentId(name), number=name, name=name, office=Office(code=office, name=office))
    usual = Server(card, PresenceState.READY, True, load, capacity, 0.0, path(office))
    return replace(usual, **more)


def chosen(decisions: list[Decision]) -> Mapping[str, str | None]:
    """Return who got whom."""
    return {one.consultation: one.chosen.id if one.chosen else None for one in decisions}
