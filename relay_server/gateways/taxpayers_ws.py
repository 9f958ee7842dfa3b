"""The link of a taxpayer's page: each message to its service, each answer back."""

from collections.abc import Awaitable, Callable

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import (
    Heartbeat,
    Hello,
    LoadHistory,
    MarkSeen,
    Message,
    OpenConsultation,
    PeerLink,
    Request,
    Resume,
    Side,
    TaxpayerFrame,
    Typing,
)
from relay_server.bus.base import PLACES, Nudge, taxpayer_topic
from relay_server.domain.access import Action, TaxpayerActor
from relay_server.domain.consultation import WAITING, Consultation
from relay_server.gateways import taxpayers_wishes
from relay_server.gateways.conn import Conn
from relay_server.gateways.links import LinkEndpoint
from relay_server.gateways.parts import Parts
from relay_server.gateways.session import PersonLink, Repeated
from relay_server.services import blocks, consultations, fanout, taxpayers


def endpoint(parts: Parts) -> LinkEndpoint:
    """Return the endpoint of `/ws/taxpayer`."""

    async def sign_in(conn: Conn, hello: Hello) -> TaxpayerLink:
        actor = await taxpayers.taxpayer_of(parts.store, hello.token, parts.now())
        if hello.app and hello.app != actor.app:
            raise BanwenError(ErrorCode.UNAUTHENTICATED, "会话属于另一个网站，请刷新页面后重试。")
        return TaxpayerLink(parts, conn, actor, lambda: taxpayers.taxpayer_of(parts.store, hello.token, parts.now()))

    return LinkEndpoint(parts, TaxpayerFrame, sign_in)


class TaxpayerLink(PersonLink):
    """One window of a taxpayer."""

    def __init__(
        self, parts: Parts, conn: Conn, actor: TaxpayerActor, still_valid: Callable[[], Awaitable[object]]
    ) -> None:
        super().__init__(parts, conn, actor, f"taxpayer/{actor.id}", still_valid)
        self._actor = actor

    async def start(self) -> None:
        """Begin, after the welcome."""
        self.begin(taxpayer_topic(self._actor.id))
        await self.parts.doors.taxpayer_came(self._actor, self.parts.now())

    async def stop(self) -> None:
        """The link is gone."""
        self.end()
        await self.parts.doors.taxpayer_left(self._actor, self.parts.now())

    async def handle(self, message: Message) -> None:
        """Act on one message."""
        match message:
            case Heartbeat():
                await self.subscriptions.pulse()
            case Typing():
                await self._typing(message)
            case MarkSeen():
                await consultations.mark_seen(self.parts.store, self.parts.bus, self._actor, message)
            case Resume():
                await self._resume(message)
            case LoadHistory():
                await self.history(self._actor, message)
            case OpenConsultation():
                await self._open(message)
            case Request():
                await self._steer(message)

    async def _steer(self, request: Request) -> None:
        try:
            seq = await self._effect(request)
        except Repeated:
            seq = None
        self.done(request, seq, getattr(request, "consultation", None))

    async def _effect(self, request: Request) -> int:
        """Do what the request wishes, once; return the newest seq."""
        return await taxpayers_wishes.do(self.parts, self.once(request), self._actor, request, self.parts.now())

    async def _open(self, request: OpenConsultation) -> None:
        parts = self.parts
        await parts.store.read(blocks.require_welcome(self._actor.id, parts.now()))
        opened = await consultations.open_or_continue(
            parts.store, self._actor, request.channel, parts.new_id, parts.now()
        )
        self.subscriptions.follow_if_new(opened.id)
        self.done(request, opened.last_seq, opened.id)

    async def _typing(self, message: Typing) -> None:
        found = await consultations.find(self.parts.store, self._actor, Action.POST, message.consultation)
        fanout.tell_agent(self.parts.bus, found, Typing(consultation=found.id, side=Side.TAXPAYER))

    async def _resume(self, request: Resume) -> None:
        followed = await consultations.followed(self.parts.store, self._actor)
        await self.replay(request, followed)
        if any(one.state in WAITING for one in followed):
            self.parts.bus.publish(PLACES, Nudge(self._actor.id))
        for one in followed:
            await self._present(one)
        self.done(request)

    async def _present(self, one: Consultation) -> None:
        """Send what has no replay: how far both sides have read, and whether the agent is there."""
        for receipt in await consultations.receipts(self.parts.store, one.id):
            self.conn.send(receipt)
        if one.agent is not None:
            online = self.parts.doors.agent_online(one.agent.id)
            self.conn.send(PeerLink(consultation=one.id, side=Side.AGENT, online=online))
