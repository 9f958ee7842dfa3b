"""What a workbench needs to hand on: all offices and queues, and the colleagues who are at work, wherever they are."""

import msgspec

from relay_protocol.messages import AgentCard, PresenceState
from relay_server.domain.access import Action, AgentActor, may_ever, require_ever
from relay_server.domain.directory import Directory
from relay_server.services.accounts import actor_of
from relay_server.services.presence import UNREACHABLE_AFTER
from relay_server.store import events
from relay_server.store.accounts import AgentAccount, list_agents
from relay_server.store.base import Store, Transaction
from relay_server.store.signs import read_signs


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Colleagues of an office and below it, everybody's if empty; `offline` also those who are not at work."""

    office: str = ""
    offline: bool = False


class OfficeLine(msgspec.Struct, frozen=True):
    """An office of the tree."""

    code: str
    name: str
    level: str
    parent: str


class QueueLine(msgspec.Struct, frozen=True):
    """A queue, and the skills it needs."""

    code: str
    name: str
    office: str
    skills: list[str]


class Colleague(msgspec.Struct, frozen=True):
    """Somebody to hand on to. `reachable` says that their workbench is heard; skills are by code."""

    agent: AgentCard
    state: PresenceState
    reason: str
    reachable: bool
    skills: dict[str, int]


class Seen(msgspec.Struct, frozen=True):
    """The directory as a workbench shows it. `skills` names skills by code."""

    me: AgentCard
    roles: list[str]
    offices: list[OfficeLine]
    queues: list[QueueLine]
    skills: dict[str, str]
    colleagues: list[Colleague]


async def seen(store: Store, directory: Directory, actor: AgentActor, wish: Wish, now: float) -> Seen:
    """Return what `actor` may hand on to: no office is out of reach. Raise `BanwenError(FORBIDDEN)`."""
    require_ever(actor, Action.TRANSFER)
    return Seen(
        me=actor.card,
        roles=[held.role for held in actor.grants],
        offices=[OfficeLine(one.code, one.name, one.level, one.parent) for one in directory.offices.values()],
        queues=[QueueLine(one.code, one.name, one.office, one.skills) for one in directory.queues.values()],
        skills={one.code: one.name for one in directory.skills.values()},
        colleagues=await store.read(_colleagues(directory, actor, wish, now)),
    )


def _colleagues(directory: Directory, actor: AgentActor, wish: Wish, now: float) -> Transaction[list[Colleague]]:
    accounts = yield from list_agents()
    said = yield from events.read_attendance()
    heard = yield from read_signs()
    offices = directory.subtrees.get(wish.office, frozenset())
    found = []
    for one in accounts:
        attendance = said.get(one.id)
        state = attendance.state if attendance else PresenceState.OFFLINE
        away = state is PresenceState.OFFLINE and not wish.offline
        if away or one.id == actor.id or one.office not in offices or not _serves(one, directory):
            continue
        reachable = now - heard.get(one.id, 0.0) <= UNREACHABLE_AFTER
        reason = attendance.reason if attendance else ""
        card = actor_of(one, directory).card
        found.append(Colleague(card, state, reason, reachable, dict(directory.skills_of(one.id))))
    return found


def _serves(account: AgentAccount, directory: Directory) -> bool:
    return not account.disabled and may_ever(actor_of(account, directory), Action.ANSWER_OFFER)
