"""The board of a supervisor: who waits, who left word, who is served, and who works, within their offices."""

from relay_protocol.messages import AgentStatus, ConsultationHead, PresenceState, QueueBoard
from relay_server.domain.access import Action, AgentActor, may, require_ever, within
from relay_server.domain.consultation import LEFT_WORD, WAITING, WITH_AGENT, Consultation, State
from relay_server.services.accounts import card_of
from relay_server.services.floor import Floor
from relay_server.services.records import head_of
from relay_server.store import events, queues
from relay_server.store.accounts import list_agents
from relay_server.store.base import Store, Transaction

MOST = 500
"""Lines of one list; a board is looked at, not searched."""


async def read(store: Store, floor: Floor, actor: AgentActor, now: float) -> QueueBoard:
    """Return the board as it is. Raise `BanwenError(FORBIDDEN)` for whoever supervises nothing."""
    require_ever(actor, Action.SUPERVISE)

    def script() -> Transaction[QueueBoard]:
        scope = within(actor, Action.SUPERVISE)
        offices = None if scope.everything else sorted(scope.offices)
        waiting = yield from events.consultations(WAITING, offices=offices, limit=MOST)
        left = yield from events.consultations(LEFT_WORD, offices=offices, limit=MOST)
        served = yield from events.consultations((*WITH_AGENT, State.WRAP_UP), offices=offices, limit=MOST)
        agents = yield from _agents(floor, actor, now)
        return QueueBoard(
            waiting=_heads(actor, sorted(waiting, key=lambda one: one.ticket.entered_at if one.ticket else 0.0)),
            left=_heads(actor, sorted(left, key=lambda one: one.word.due_at if one.word else 0.0)),
            served=_heads(actor, served),
            agents=agents,
        )

    return await store.read(script())


def _heads(actor: AgentActor, found: list[Consultation]) -> list[ConsultationHead]:
    return [head_of(one) for one in found if may(actor, Action.LIST, one)]


def _agents(floor: Floor, actor: AgentActor, now: float) -> Transaction[list[AgentStatus]]:
    accounts = yield from list_agents()
    said = yield from events.read_attendance()
    loads = yield from queues.read_loads()
    rulebook = floor.rulebook
    usual, within_seconds = rulebook.rules("").capacity, rulebook.fallback.unreachable_after
    return [
        AgentStatus(
            agent=card_of(one, rulebook.directory),
            state=said[one.id].state,
            reason=said[one.id].reason,
            since=said[one.id].since,
            load=loads.get(one.id, 0),
            capacity=rulebook.directory.capacity_of(one.id, usual),
            reachable=floor.reach.reachable(one.id, now, within_seconds),
        )
        for one in accounts
        if one.id in said
        and not one.disabled
        and (said[one.id].state is not PresenceState.OFFLINE or loads.get(one.id))
        and may(actor, Action.SUPERVISE, one.office)
    ]
