"""Who is at work: what agents say of themselves is kept, whether they can be reached is seen from their links."""

from collections.abc import Callable

from relay_protocol.ids import AgentId
from relay_protocol.messages import PresenceState
from relay_server.domain.access import AgentActor
from relay_server.store import events, outbox
from relay_server.store.base import Store, Transaction

UNREACHABLE_AFTER = 30.0
"""Seconds without a sign of life after which an agent is offered nothing new."""


class Reach:
    """When each agent was last heard on a link of this process, which began at `began_at`. Times in Unix seconds."""

    def __init__(self, began_at: float) -> None:
        self._began_at = began_at
        self._heard: dict[AgentId, float] = {}
        self._links: dict[AgentId, int] = {}

    def joined(self, agent: AgentId, now: float) -> Callable[[], None]:
        """A link of the agent came up; call the result when it goes."""
        self._links[agent] = self._links.get(agent, 0) + 1
        self.heard(agent, now)

        def left() -> None:
            self._links[agent] -= 1
            if not self._links[agent]:
                del self._links[agent]

        return left

    def heard(self, agent: AgentId, now: float) -> None:
        """The agent gave a sign of life."""
        self._heard[agent] = now

    def online(self, agent: AgentId) -> bool:
        """Tell whether a link of the agent is up now."""
        return agent in self._links

    def silence(self, agent: AgentId, now: float) -> float:
        """Return for how long nothing was heard, in seconds. The time before this process does not count."""
        return now - self._heard.get(agent, self._began_at)

    def reachable(self, agent: AgentId, now: float) -> bool:
        """Tell whether the agent can be offered something."""
        return self.online(agent) and self.silence(agent, now) <= UNREACHABLE_AFTER


async def set_presence(store: Store, actor: AgentActor, state: PresenceState, reason: str, now: float) -> None:
    """Keep what an agent says; becoming ready owes a round of dispatch. Saying it again does not begin anew."""

    def script() -> Transaction[None]:
        before = (yield from events.read_attendance()).get(actor.id)
        same = before is not None and before.state is state
        since = before.since if before and same else now
        idle_since = before.idle_since if before and same else now
        yield from events.put_attendance(events.Attendance(actor.id, state, reason.strip()[:40], since, idle_since))
        if state is PresenceState.READY:
            yield from outbox.owe("dispatch", "", now)

    await store.transact(script())


async def presence_of(store: Store, actor: AgentActor) -> events.Attendance:
    """Return what an agent last said; offline if nothing."""
    found = (await store.read(events.read_attendance())).get(actor.id)
    return found or events.Attendance(actor.id, PresenceState.OFFLINE, "", 0.0, 0.0)
