"""Who is at work: what agents say of themselves is kept, whether they can be reached is seen from their links."""

from collections.abc import Callable, Mapping, Sequence

from relay_protocol.ids import AgentId, ConsultationId, presence_stream
from relay_protocol.messages import AgentCard, AnyEvent, NoAnswerCounted, PresenceChanged, PresenceState
from relay_server.domain import presence as machine
from relay_server.domain.access import AgentActor
from relay_server.domain.rules import RuleSet
from relay_server.store import events, outbox, signs
from relay_server.store.base import Store, Transaction

UNREACHABLE_AFTER = 30.0
"""Seconds without a sign of life after which an agent is offered nothing new."""
TEXT = "text"


class Reach:
    """When each agent was last heard on a link of this process, which began at `began_at`. Times in Unix seconds."""

    def __init__(self, began_at: float) -> None:
        self._began_at = began_at
        self._heard: dict[AgentId, float] = {}
        self._links: dict[AgentId, int] = {}
        self._elsewhere: Mapping[AgentId, float] = {}
        self._left_at: dict[AgentId, float] = {}
        self._told_at = began_at

    def joined(self, agent: AgentId, now: float) -> Callable[[], None]:
        """A link of the agent came up; call the result when it goes."""
        self._links[agent] = self._links.get(agent, 0) + 1
        self.heard(agent, now)

        def left() -> None:
            self._links[agent] -= 1
            if not self._links[agent]:
                del self._links[agent]
                self._left_at[agent] = max(self._told_at, self._heard[agent])

        return left

    def heard(self, agent: AgentId, now: float) -> None:
        """The agent gave a sign of life."""
        self._heard[agent] = max(now, self._heard.get(agent, 0.0))

    def heard_elsewhere(self, signs: Mapping[AgentId, float]) -> None:
        """Other processes hold links too: when each agent was heard there, of those who are connected.

        What this process told itself before a link went is no sign of another.
        """
        self._elsewhere = {agent: at for agent, at in signs.items() if at > self._left_at.get(agent, 0.0)}
        for agent, at in signs.items():
            self.heard(agent, at)

    def online(self, agent: AgentId) -> bool:
        """Tell whether a link of the agent is up now."""
        return agent in self._links or self._elsewhere.get(agent, 0.0) > self._left_at.get(agent, 0.0)

    @property
    def agents(self) -> set[AgentId]:
        """Who has a link to this process."""
        return set(self._links)

    def linked(self, now: float) -> Sequence[AgentId]:
        """Return the agents whose links this process holds, to be told to others as of `now`."""
        self._told_at = now
        return list(self._links)

    def silence(self, agent: AgentId, now: float) -> float:
        """Return for how long nothing was heard, in seconds. The time before this process does not count."""
        return now - max(self._heard.get(agent, 0.0), self._began_at)

    def reachable(self, agent: AgentId, now: float, within: float = UNREACHABLE_AFTER) -> bool:
        """Tell whether the agent can be offered something."""
        return self.online(agent) and self.silence(agent, now) <= within


async def tell_signs(store: Store, reach: Reach, edge: str, told: set[AgentId], now: float) -> set[AgentId]:
    """Write whose links this edge holds, for dispatchers elsewhere; return whom it told of, for the next time."""
    linked = set(reach.linked(now))

    def script() -> Transaction[None]:
        if linked:
            yield from signs.put_signs(edge, sorted(linked), now)
        for agent in sorted(told - linked):
            yield from signs.drop_sign(edge, agent)

    if linked or told:
        await store.transact(script())
    return linked


async def set_presence(
    store: Store, actor: AgentActor, state: PresenceState, reason: str, now: float, by: AgentCard | None = None
) -> None:
    """Keep what an agent says, or a supervisor (`by`) says of them; it owes a round of dispatch.

    Saying it again does not begin anew.
    """
    cause = "supervisor" if by else "agent"
    changed = PresenceChanged(state=state, reason=reason.strip()[:40], cause=cause, by=by.number if by else "")

    def script() -> Transaction[None]:
        before = (yield from events.read_attendance()).get(actor.id)
        if before is not None and (before.state, before.reason) == (changed.state, changed.reason):
            return
        yield from change(actor.id, before, changed, now)

    await store.transact(script())


def change(agent: AgentId, before: events.Attendance | None, changed: PresenceChanged, now: float) -> Transaction[None]:
    """Record a change of presence, keep what follows and owe a round of dispatch."""
    same = before is not None and before.state is changed.state
    since = before.since if before and same else now
    idle_since = before.idle_since if before and same else now
    yield from events.record(presence_stream(agent), [changed], now)
    yield from events.put_attendance(events.Attendance(agent, changed.state, changed.reason, since, idle_since))
    yield from outbox.owe("dispatch", "", now)


def count_no_answer(
    agent: AgentId, before: events.Attendance, why: str, consultation: ConsultationId, rules: RuleSet, now: float
) -> Transaction[None]:
    """Count an offer that came back; the last strike in a row is a break."""
    strikes = yield from strikes_of(agent)
    desk = machine.Desk(1, offered=1)
    known = machine.Presence(before.state, before.reason, before.since, now, strikes, desks={TEXT: desk})
    limits = machine.Limits(rules.unreachable_after, rules.lost_after, rules.strikes)
    _, changes = machine.returned(known, TEXT, why, consultation, limits, now)
    for one in changes:
        if isinstance(one, PresenceChanged):
            yield from change(agent, before, one, now)
        else:
            yield from events.record(presence_stream(agent), [one], now)


def forget_no_answers(agent: AgentId, consultation: ConsultationId, now: float) -> Transaction[None]:
    """The agent took an offer: strikes do not count any more."""
    taken: list[AnyEvent] = [NoAnswerCounted(strikes=0, consultation=consultation)]
    yield from events.record(presence_stream(agent), taken, now)


def strikes_of(agent: AgentId) -> Transaction[int]:
    """Return how many offers in a row an agent let go; whatever they said since begins anew."""
    last = yield from events.events_before(presence_stream(agent), 2**62, 1)
    event = last[0].frame.event if last else None
    return event.strikes if isinstance(event, NoAnswerCounted) else 0


async def presence_of(store: Store, actor: AgentActor) -> events.Attendance:
    """Return what an agent last said; offline if nothing."""
    found = (await store.read(events.read_attendance())).get(actor.id)
    return found or events.Attendance(actor.id, PresenceState.OFFLINE, "", 0.0, 0.0)
