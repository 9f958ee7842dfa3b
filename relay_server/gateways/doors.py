"""Who has a link to this process open at this moment, so that the other side can be told."""

from relay_protocol.ids import AgentId, TaxpayerId
from relay_protocol.messages import PeerLink, Side
from relay_server.bus.base import Bus
from relay_server.domain.access import AgentActor, TaxpayerActor
from relay_server.gateways.viewing import Viewing
from relay_server.services import consultations, fanout, tickets
from relay_server.services.pages import Pages
from relay_server.services.presence import Reach
from relay_server.services.rulebook import LiveRulebook
from relay_server.store.base import Store


class Doors:
    """Who has a link open at this moment, so that the other side can be told."""

    def __init__(self, store: Store, bus: Bus, reach: Reach, pages: Pages, rulebook: LiveRulebook) -> None:
        self._store, self._bus, self.reach, self._pages, self._rulebook = store, bus, reach, pages, rulebook
        self.viewing = Viewing(bus)

    def taxpayer_online(self, taxpayer: TaxpayerId, now: float) -> bool:
        """Tell whether a page of the taxpayer is connected."""
        return self._pages.online(taxpayer, now)

    def agent_online(self, agent: AgentId | None) -> bool:
        """Tell whether a workbench of the agent is connected."""
        return agent is not None and self.reach.online(agent)

    async def taxpayer_came(self, actor: TaxpayerActor, now: float) -> None:
        """A link of a taxpayer is up; the first one brings them back into the queue."""
        if self._pages.came(actor.id):
            await tickets.found(self._store, actor, now)
            await self._tell_agents(actor, now)

    async def taxpayer_left(self, actor: TaxpayerActor, now: float) -> None:
        """A link of a taxpayer is gone; without any their place is kept only for a while."""
        if self._pages.left(actor.id):
            await tickets.lost(self._store, actor, self._rulebook.current, now)
            await self._tell_agents(actor, now)

    async def tell_taxpayers(self, actor: AgentActor) -> None:
        """An agent came or went: tell whom they serve."""
        online = self.reach.online(actor.id)
        for one in await consultations.followed(self._store, actor):
            fanout.tell_taxpayer(self._bus, one, PeerLink(consultation=one.id, side=Side.AGENT, online=online))

    async def _tell_agents(self, actor: TaxpayerActor, now: float) -> None:
        online = self.taxpayer_online(actor.id, now)
        for one in await consultations.followed(self._store, actor):
            fanout.tell_agent(self._bus, one, PeerLink(consultation=one.id, side=Side.TAXPAYER, online=online))
