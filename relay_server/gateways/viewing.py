"""Who looks at what at this moment, so that no two answer at once. Nothing of it is stored."""

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import AgentCard, Viewers
from relay_server.bus.base import Bus, agent_topic


class Viewing:
    """The windows of this process: what each shows, and whether somebody types there."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._windows: dict[object, tuple[AgentCard, ConsultationId, bool]] = {}

    def look(self, window: object, agent: AgentCard, consultation: ConsultationId | None, *, typing: bool) -> None:
        """A window shows this now, or nothing; everybody who looks at the same is told."""
        before = self._windows.pop(window, None)
        if consultation is not None:
            self._windows[window] = (agent, consultation, typing)
        moved = before[1] if before is not None and before[1] != consultation else None
        for one in (moved, consultation):
            if one is not None:
                self._tell(one, agent.id)

    def _tell(self, consultation: ConsultationId, also: AgentId) -> None:
        here = [(card, types) for card, shown, types in self._windows.values() if shown == consultation]
        looking = {card.id: card for card, _ in here}
        typing = sorted({card.id for card, types in here if types})
        viewers = Viewers(consultation=consultation, looking=list(looking.values()), typing=typing)
        for agent in sorted({*looking, also}):
            self._bus.publish(agent_topic(agent), viewers)
