"""The link of an agent's workbench: each message to its service, each answer back."""

from collections.abc import Awaitable, Callable

from relay_protocol.messages import (
    AgentFrame,
    ExplainWait,
    FollowBoard,
    Heartbeat,
    Hello,
    LoadHistory,
    LookAt,
    MarkSeen,
    Message,
    PeerLink,
    Request,
    Resume,
    SdpAnswer,
    SearchKnowledge,
    Side,
    Typing,
    WorkbenchSnapshot,
)
from relay_server.bus.base import QUEUES, agent_topic
from relay_server.domain.access import Action, AgentActor, may_ever, require_ever
from relay_server.domain.consultation import Consultation
from relay_server.domain.licences import LicenceKind
from relay_server.gateways import agents_wishes
from relay_server.gateways.boards import BoardLink
from relay_server.gateways.conn import Conn
from relay_server.gateways.links import LinkEndpoint
from relay_server.gateways.parts import Parts
from relay_server.gateways.session import PersonLink, Repeated
from relay_server.services import (
    accounts,
    assist,
    consultations,
    dispatch_positions,
    dispatch_story,
    fanout,
    knowledge,
    presence,
    seats,
)
from relay_server.services.records import head_of

ROLES_CHANGED = 1012
"""The close code for a link whose person holds other roles by now."""


def endpoint(parts: Parts) -> LinkEndpoint:
    """Return the endpoint of `/ws/agent`."""

    async def sign_in(conn: Conn, hello: Hello) -> AgentLink:
        async def who() -> AgentActor:
            return await accounts.agent_of(parts.store, parts.directory.current, hello.token, parts.now())

        async def still_the_same() -> None:
            if await who() != actor:
                conn.close(ROLES_CHANGED)  # the workbench comes back at once, as what its person is now

        actor = await who()
        require_ever(actor, Action.LIST)
        if may_ever(actor, Action.SERVE):
            await seats.take(parts.store, parts.directory.current, actor.id, LicenceKind.ONLINE, parts.now())
        return AgentLink(parts, conn, actor, still_the_same)

    return LinkEndpoint(parts, AgentFrame, sign_in)


class AgentLink(PersonLink):
    """One workbench."""

    def __init__(
        self, parts: Parts, conn: Conn, actor: AgentActor, still_valid: Callable[[], Awaitable[object]]
    ) -> None:
        super().__init__(parts, conn, actor, f"agent/{actor.id}", still_valid)
        self._actor = actor
        self._left: Callable[[], None] = lambda: None
        self._board: BoardLink | None = None

    async def start(self) -> None:
        """Begin, after the welcome."""
        self.begin(agent_topic(self._actor.id))
        self.subscriptions.listen(QUEUES)
        self._left = self.parts.doors.reach.joined(self._actor.id, self.parts.now())
        await self.parts.doors.tell_taxpayers(self._actor)

    async def stop(self) -> None:
        """The link is gone."""
        self._left()
        self.parts.doors.viewing.look(self, self._actor.card, None, typing=False)
        if self._board is not None:
            self._board.close()
        self.end()
        if not self.parts.doors.agent_online(self._actor.id):
            await seats.leave(self.parts.store, self._actor.id)
        await self.parts.doors.tell_taxpayers(self._actor)

    def at_once(self, message: Message) -> bool:
        """A message is a sign of life."""
        self.parts.doors.reach.heard(self._actor.id, self.parts.now())
        return super().at_once(message)

    async def handle(self, message: Message) -> None:
        """Act on one message; each is a sign of life."""
        parts, actor = self.parts, self._actor
        parts.doors.reach.heard(actor.id, parts.now())
        match message:
            case Heartbeat():
                await self.subscriptions.pulse()
            case Typing():
                await self._typing(message)
            case MarkSeen():
                await consultations.mark_seen(parts.store, parts.bus, actor, message)
            case SdpAnswer():
                await assist.pass_answer(parts.store, parts.bus, actor, message)
            case Resume():
                await self._resume(message)
            case LoadHistory():
                await self.history(actor, message)
            case SearchKnowledge():
                self.conn.send(await knowledge.search(parts.store, parts.knowledge, actor, message, parts.now()))
            case ExplainWait():
                rulebook = parts.rulebook.current
                self.conn.send(await dispatch_story.explain(parts.store, actor, rulebook, message))
            case LookAt():
                await self._look(message)
            case FollowBoard():
                await self._follow_board(message)
            case Request():
                await self._act(message)

    async def _act(self, request: Request) -> None:
        try:
            seq = await self._effect(request)
        except Repeated:
            seq = None
        self.done(request, seq, getattr(request, "consultation", None))

    async def _effect(self, request: Request) -> int | None:
        """Do what the request wishes, once; return the newest seq."""
        return await agents_wishes.do(self.parts, self.once(request), self._actor, request, self.parts.now())

    async def _look(self, message: LookAt) -> None:
        if message.consultation is not None:
            await consultations.find(self.parts.store, self._actor, Action.LIST, message.consultation)
        self.parts.doors.viewing.look(self, self._actor.card, message.consultation, typing=message.typing)

    async def _follow_board(self, request: FollowBoard) -> None:
        require_ever(self._actor, Action.SUPERVISE)
        if self._board is not None:
            self._board.close()
        self._board = BoardLink(self.parts, self.conn, self._actor) if request.on else None
        self.done(request)

    async def _typing(self, message: Typing) -> None:
        found = await consultations.find(self.parts.store, self._actor, Action.POST, message.consultation)
        fanout.tell_taxpayer(self.parts.bus, found, Typing(consultation=found.id, side=Side.AGENT))

    async def _resume(self, request: Resume) -> None:
        followed = await consultations.followed(self.parts.store, self._actor)
        await self.replay(request, followed)
        said = await presence.presence_of(self.parts.store, self._actor)
        self.conn.send(
            WorkbenchSnapshot(
                me=self._actor.card,
                presence=said.state,
                reason=said.reason,
                capacity=self.parts.directory.current.capacity_of(self._actor.id, self.parts.config.dispatch.capacity),
                consultations=[head_of(one) for one in followed],
                roles=[held.role for held in self._actor.grants],
            )
        )
        self.conn.send(await dispatch_positions.read_summary(self.parts.store))
        for one in followed:
            await self._present(one)
        self.done(request)

    async def _present(self, one: Consultation) -> None:
        """Send what has no replay: how far both sides have read, and whether the taxpayer is there."""
        for receipt in await consultations.receipts(self.parts.store, one.id):
            self.conn.send(receipt)
        online = self.parts.doors.taxpayer_online(one.taxpayer.id, self.parts.now())
        self.conn.send(PeerLink(consultation=one.id, side=Side.TAXPAYER, online=online))
