"""A day of the log played again with other rules: who would have been served by whom, and how long they had waited."""

from dataclasses import replace

import msgspec

from relay_protocol.messages import EventFrame, PresenceState
from relay_server.domain import simulate
from relay_server.domain.directory import Directory
from relay_server.domain.pool import Server
from relay_server.domain.rulebook import Rulebook
from relay_server.domain.rules import RuleSet
from relay_server.domain.simulate import Day, Fate, Summary
from relay_server.services.dispatch_floor import card_of
from relay_server.store.accounts import AgentAccount, list_agents
from relay_server.store.base import Store, Transaction
from relay_server.store.replay import BEGINNING, read_log

PAGE = 1000


class Line(msgspec.Struct, frozen=True):
    """One ticket before and after; waits in seconds, an empty agent for whoever left or still waits."""

    number: str
    office: str
    before: str
    waited: float | None
    after: str
    would_wait: float | None


class Comparison(msgspec.Struct, frozen=True):
    """A day as it was, as these rules in force decide it, and as the rules tried do."""

    tickets: int
    logged: Summary
    current: Summary
    tried: Summary
    changed: list[Line]


async def compare(store: Store, rulebook: Rulebook, tried: RuleSet | None, since: float, until: float) -> Comparison:
    """Replay the time between `since` and `until` (Unix seconds) with the rules in force, and with those `tried`."""
    day, accounts = await store.read(_read(since, until))
    agents = [_server(one, rulebook) for one in accounts]
    current = simulate.after(day, agents, rulebook)
    other = simulate.after(day, agents, _with(rulebook, tried)) if tried else current
    logged = simulate.before(day)
    lines = [_line(rulebook, one, current.get(one.consultation), other.get(one.consultation)) for one in day.arrivals]
    return Comparison(
        tickets=len(day.arrivals),
        logged=simulate.summary(logged),
        current=simulate.summary(current),
        tried=simulate.summary(other),
        changed=[one for one in lines if (one.before, one.waited) != (one.after, one.would_wait)],
    )


def _read(since: float, until: float) -> Transaction[tuple[Day, list[AgentAccount]]]:
    frames: list[EventFrame] = []
    position, page = BEGINNING, (yield from read_log(BEGINNING, PAGE))
    while page:
        frames += [committed.frame for _, committed in page]
        position = page[-1][0]
        page = yield from read_log(position, PAGE)
    return simulate.read_day(frames, since, until), (yield from list_agents())


def _server(account: AgentAccount, rulebook: Rulebook) -> Server:
    known = rulebook.directory
    return Server(
        card=card_of(account, rulebook),
        state=PresenceState.OFFLINE,
        reachable=True,
        load=0,
        capacity=known.capacity_of(account.id, rulebook.rules("").capacity),
        idle_since=0.0,
        path=rulebook.path(account.office),
        skills=dict(known.skills_of(account.id)),
    )


def _with(rulebook: Rulebook, tried: RuleSet) -> Rulebook:
    """Return the rulebook in which the rules tried stand in place of those of the same name."""
    known: Directory = replace(rulebook.directory, rules={**rulebook.directory.rules, tried.name: tried})
    return Rulebook(known, rulebook.fallback, rulebook.default_office)


def _line(rulebook: Rulebook, one: simulate.Arrival, current: Fate | None, tried: Fate | None) -> Line:
    office = rulebook.reach_name(one.office)
    return Line(one.number, office, *_shown(current), *_shown(tried))


def _shown(fate: Fate | None) -> tuple[str, float | None]:
    return (fate.agent, round(fate.waited, 1)) if fate else ("", None)
