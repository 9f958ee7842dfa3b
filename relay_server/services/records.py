"""Looking consultations up: lists page by page, one's whole story, all of a contact; each within the asker's scope.

What an auditor is shown is recorded with the reason in the same breath: without the record there is no answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, TaxpayerId, audit_stream, consultation_stream
from relay_protocol.messages import ConsultationHead, RecordsRead
from relay_server.domain.access import Action, AgentActor, may, may_ever, require, require_ever, within
from relay_server.domain.consultation import FOLLOWED, LEFT_WORD, WAITING, Consultation, State
from relay_server.domain.policy import POLICY, Scope
from relay_server.services.timeline import Line, line_of
from relay_server.store import events
from relay_server.store.accounts import list_agents
from relay_server.store.base import Store, Transaction

Part = tuple[tuple[State, ...], frozenset[str] | None, str]
"""States, offices (None: any), and whose, or empty for anybody's."""
MOST = 200
LINES = 500


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to list: times in Unix seconds; `state` and `office` may name several, parted by commas.

    `agent` is the id of who serves it now, `cursor` is `next` of the page before.
    """

    state: str = ""
    office: str = ""
    agent: str = ""
    taxpayer: str = ""
    since: float = 0.0
    until: float = float("inf")
    cursor: str = ""
    limit: int = 50


class Page(msgspec.Struct, frozen=True):
    """A page of a list, newest first. `next` is empty on the last one."""

    consultations: list[ConsultationHead]
    next: str = ""


class Story(msgspec.Struct, frozen=True):
    """A consultation with what happened in it. `next` is the `after` of the next page, 0 on the last one."""

    consultation: ConsultationHead
    lines: list[Line]
    next: int = 0


class Contact(msgspec.Struct, frozen=True):
    """What there is of one person, newest first. `next` is the cursor of the next page."""

    stories: list[Story]
    next: str = ""


async def listed(store: Store, actor: AgentActor, wish: Wish, below: Mapping[str, frozenset[str]], now: float) -> Page:
    """Return what `actor` may list of it. `below` has every office's subtree.

    Raise `BanwenError`: FORBIDDEN for roles that list nothing, BAD_INPUT for a state or office that is none.
    """
    require_ever(actor, Action.LIST)
    need_reason(actor, Action.LIST)
    limit = min(max(1, wish.limit), MOST)
    states = _states(wish.state)
    offices = _chosen(wish.office, below)
    found = await store.read(_search(actor, wish, states, offices, limit + 1))
    await note_read(store, actor, Action.LIST, "list", wish.taxpayer, now)
    page = [head_of(one) for one in found[:limit]]
    return Page(page, page[-1].consultation if len(found) > limit else "")


async def story(
    store: Store, actor: AgentActor, consultation: ConsultationId, after: int, named: Mapping[str, str], now: float
) -> Story:
    """Return a page of a consultation's story; `named` names the codes of a wrap-up. Raise `BanwenError(NOT_FOUND)`."""

    def script() -> Transaction[Story]:
        found = yield from events.load(consultation)
        serving = replace(actor, contacts=(yield from _contacts(actor, found))) if found is not None else actor
        return (yield from _told(actor, require(serving, Action.READ, found), max(0, after), named))

    told = await store.read(script())
    await note_read(store, actor, Action.READ, "consultation", consultation, now)
    return told


async def contact(
    store: Store, actor: AgentActor, taxpayer: TaxpayerId, cursor: str, named: Mapping[str, str], now: float
) -> Contact:
    """Return what `actor` may read of a person, story by story. Raise `BanwenError(NOT_FOUND)` for nothing at all."""
    require_ever(actor, Action.READ)
    need_reason(actor, Action.READ)
    size = 5

    def script() -> Transaction[Contact]:
        whole = yield from events.consultations(tuple(State), taxpayer=taxpayer)
        served = any(actor.id in one.followers for one in whole)
        asker = replace(actor, contacts=frozenset([taxpayer])) if served else actor
        mine = [one for one in whole if may(asker, Action.READ, one)]
        if not mine:
            raise BanwenError(ErrorCode.NOT_FOUND, "没有找到该纳税人的咨询记录，或不在您的范围内。")
        page = [one for one in mine if not cursor or one.id < cursor][: size + 1]
        stories = []
        for one in page[:size]:
            stories.append((yield from _told(actor, one, 0, named)))
        return Contact(stories, page[size - 1].id if len(page) > size else "")

    told = await store.read(script())
    await note_read(store, actor, Action.READ, "contact", taxpayer, now)
    return told


def head_of(one: Consultation) -> ConsultationHead:
    """Return a consultation as a line of a list."""
    ticket = one.ticket
    return ConsultationHead(
        consultation=one.id,
        state=one.state,
        taxpayer=one.taxpayer,
        last_seq=one.last_seq,
        changed_at=one.changed_at,
        office=one.office,
        agent=one.agent,
        number=ticket.number if ticket else "",
        entered_at=ticket.entered_at if ticket else 0.0,
        priority=ticket.priority if ticket else "",
        reach=ticket.reach if ticket else "",
    )


def _search(
    actor: AgentActor, wish: Wish, states: tuple[State, ...], offices: frozenset[str] | None, limit: int
) -> Transaction[list[Consultation]]:
    """Ask for each part of the scope by itself, so that the database reads nothing it will not show."""
    found: dict[ConsultationId, Consultation] = {}
    parts = [*_parts(actor, states), *(yield from _served_from(actor, states))]
    for scope_states, scope_offices, mine in parts:
        codes, agent = _both(scope_offices, offices), wish.agent or mine
        if not scope_states or (codes is not None and not codes) or (mine and agent != mine):
            continue
        for one in (yield from _some(wish, scope_states, codes, agent, limit)):
            if may(actor, Action.LIST, one):
                found[one.id] = one
    return sorted(found.values(), key=lambda one: one.id, reverse=True)[:limit]


def _some(
    wish: Wish, states: tuple[State, ...], offices: frozenset[str] | None, agent: str, limit: int
) -> Transaction[list[Consultation]]:
    return events.consultations(
        states,
        agent=agent,
        taxpayer=wish.taxpayer,
        offices=None if offices is None else sorted(offices),
        since=wish.since,
        until=wish.until,
        before=wish.cursor,
        limit=limit,
    )


def _parts(actor: AgentActor, states: tuple[State, ...]) -> Iterable[Part]:
    """Return the parts a scope is made of: the tree, who waits in the own offices, what the agent takes part in."""
    tree = within(actor, Action.LIST)
    if tree.everything:
        yield states, None, ""
        return
    yield states, tree.offices, ""
    for held in actor.grants:
        if POLICY[Action.LIST][held.role] is Scope.QUEUE:
            waits = tuple(one for one in states if one in WAITING or one in LEFT_WORD)
            yield waits, None if held.everywhere else held.offices, ""
    yield tuple(one for one in states if one in FOLLOWED), None, actor.id


def _served_from(actor: AgentActor, states: tuple[State, ...]) -> Transaction[list[Part]]:
    """Return what the agents of the tree serve now, wherever it came from: their leads watch over that as well."""
    tree, served = within(actor, Action.LIST), tuple(one for one in states if one in FOLLOWED)
    if tree.everything or not tree.offices:
        return []
    people = yield from list_agents()
    return [(served, None, one.id) for one in people if one.office in tree.offices and not one.disabled]


def _told(actor: AgentActor, one: Consultation, after: int, named: Mapping[str, str]) -> Transaction[Story]:
    """Read a page; auditors also find the words that were taken back."""
    read = events.originals_after if may_ever(actor, Action.READ_AUDIT) else events.events_after
    page = yield from read(consultation_stream(one.id), after, LINES)
    lines = [line_of(committed.frame, named) for committed in page]
    return Story(head_of(one), lines, lines[-1].seq if len(lines) == LINES else 0)


def _contacts(actor: AgentActor, one: Consultation) -> Transaction[frozenset[TaxpayerId]]:
    """Return the person, if the agent serves them at this moment."""
    now_open = yield from events.consultations(FOLLOWED, taxpayer=one.taxpayer.id)
    return frozenset(served.taxpayer.id for served in now_open if actor.id in served.followers)


def _states(names: str) -> tuple[State, ...]:
    try:
        return tuple(State(name) for name in names.split(",")) if names else tuple(State)
    except ValueError as error:
        known = "、".join(State)
        raise BanwenError(ErrorCode.BAD_INPUT, f"没有这种状态；可用的有 {known}。") from error


def _chosen(codes: str, below: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    if not codes:
        return None
    return frozenset().union(*(below.get(code, frozenset([code])) for code in codes.split(",")))


def _both(scope: frozenset[str] | None, chosen: frozenset[str] | None) -> frozenset[str] | None:
    if scope is None or chosen is None:
        return chosen if scope is None else scope
    return scope & chosen


def need_reason(actor: AgentActor, action: Action) -> None:
    """Raise `BanwenError(BAD_INPUT)` for an auditor who gives no reason."""
    scopes = {POLICY[action][held.role] for held in actor.grants} - {Scope.NONE}
    if scopes == {Scope.WHY} and not actor.reason:
        raise BanwenError(ErrorCode.BAD_INPUT, "审计查阅须说明事由，请填写后重试。")


async def note_read(store: Store, actor: AgentActor, action: Action, what: str, key: str, now: float) -> None:
    """Record that an auditor looked; whoever sees by another role need not answer for it here."""
    if any(POLICY[action][held.role] is Scope.WHY for held in actor.grants):
        read = RecordsRead(by=actor.card, what=what, key=key, reason=actor.reason)

        def script() -> Transaction[None]:
            yield from events.record(audit_stream(actor.id), [read], now)

        await store.transact(script())
