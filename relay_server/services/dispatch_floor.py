"""The floor of a round: who works and who waits, read from the store as `domain.dispatch` wants them."""

from collections.abc import Mapping
from dataclasses import dataclass

from relay_protocol.ids import AgentId
from relay_protocol.messages import AgentCard
from relay_server.domain.consultation import Ticket
from relay_server.domain.dispatch import Waiting
from relay_server.domain.pool import Server
from relay_server.domain.rulebook import NO_OFFICE, Rulebook
from relay_server.services.presence import Reach
from relay_server.store import events, queues, signs
from relay_server.store.accounts import AgentAccount, list_agents
from relay_server.store.base import Transaction
from relay_server.store.queues import Standing


@dataclass(frozen=True)
class Staff:
    """Everybody with an account as they are now."""

    accounts: Mapping[AgentId, AgentAccount]
    attendance: Mapping[AgentId, events.Attendance]
    loads: Mapping[AgentId, int]


def read_staff(reach: Reach) -> Transaction[Staff]:
    """Read who works, and what other processes heard of them."""
    reach.heard_elsewhere((yield from signs.read_signs()))
    accounts = yield from list_agents()
    attendance = yield from events.read_attendance()
    loads = yield from queues.read_loads()
    return Staff({one.id: one for one in accounts}, attendance, loads)


def servers(staff: Staff, reach: Reach, rulebook: Rulebook, now: float) -> list[Server]:
    """Return the agents who ever said anything of themselves, as dispatch sees them."""
    within, usual = rulebook.fallback.unreachable_after, rulebook.rules("").capacity
    hours = {office: rulebook.open("", office, now) for office in {one.office for one in staff.accounts.values()}}
    return [
        Server(
            card=card_of(one, rulebook),
            state=staff.attendance[one.id].state,
            reachable=reach.reachable(one.id, now, within),
            load=staff.loads.get(one.id, 0),
            capacity=rulebook.directory.capacity_of(one.id, usual),
            idle_since=staff.attendance[one.id].idle_since,
            path=rulebook.path(one.office),
            skills=dict(rulebook.directory.skills_of(one.id)),
            open=hours[one.office],
        )
        for one in staff.accounts.values()
        if one.id in staff.attendance and not one.disabled
    ]


def waiting_of(one: Standing, ticket: Ticket, rulebook: Rulebook) -> Waiting:
    """Return somebody who waits as dispatch sees them."""
    return Waiting(
        consultation=one.id,
        entered_at=ticket.entered_at,
        number=ticket.number,
        path=rulebook.path(ticket.office.code),
        returned=one.returned,
        reach=rulebook.reach(ticket.queue, ticket.office.code),
        rules=rulebook.rules(ticket.queue),
        priority=ticket.priority,
        skills=tuple(ticket.skills),
        step=ticket.step,
        away=one.away_until > 0,
    )


def card_of(account: AgentAccount, rulebook: Rulebook) -> AgentCard:
    """Return what others see of an agent."""
    office = rulebook.directory.cards.get(account.office, NO_OFFICE)
    return AgentCard(id=account.id, number=account.username, name=account.name, office=office)
