"""People at work against a running relay: a taxpayer who is served, and colleagues with links of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from relay_protocol.ids import AgentId, ClientId, ConsultationId, consultation_stream
from relay_protocol.messages import (
    AcceptOffer,
    AskHuman,
    AskTransfer,
    EventFrame,
    Offered,
    PostMessage,
    PostPrivate,
    PresenceState,
    PrivateKind,
    SetPresence,
    StreamClosed,
    TargetKind,
    Text,
    TransferTarget,
    WorkbenchSnapshot,
)
from tests.contract.peer import Peer, agent_token, fresh, link_to, open_consultation, taxpayer_session
from tests.running import RunningRelay

NOTHING = ConsultationId("")


@dataclass
class Desk:
    """A taxpayer and their consultation; agents by number, each with a link."""

    relay: RunningRelay
    stack: AsyncExitStack
    agents: dict[str, Peer] = field(default_factory=dict)
    ids: dict[str, AgentId] = field(default_factory=dict)
    token: str = ""
    taxpayer: Peer | None = None
    consultation: ConsultationId = NOTHING

    async def come(self, number: str, state: PresenceState = PresenceState.READY) -> Peer:
        """Log an agent in, open a link, and let them be ready."""
        peer = await self.stack.enter_async_context(
            link_to(self.relay, "/ws/agent", await agent_token(self.relay, number))
        )
        snapshot = next(one for one in peer.heard if isinstance(one, WorkbenchSnapshot))
        self.agents[number], self.ids[number] = peer, snapshot.me.id
        await peer.done(SetPresence(request_id=fresh(), state=state))
        return peer

    async def arrive(self, org: str = "360103") -> Peer:
        """Open a taxpayer's window and a consultation."""
        session = await taxpayer_session(self.relay, self.relay.identity(uuid4().hex, org=org))
        self.token = session["token"]
        peer = await self.stack.enter_async_context(link_to(self.relay, "/ws/taxpayer", self.token))
        self.taxpayer, self.consultation = peer, await open_consultation(peer)
        return peer

    async def serve(self, number: str) -> tuple[Peer, Peer]:
        """Let the taxpayer be served by this agent; return both links."""
        taxpayer, agent = await self.arrive(), self.agents[number]
        mine = consultation_stream(self.consultation)
        await taxpayer.done(AskHuman(request_id=fresh(), consultation=self.consultation))
        frame = await agent.hear_until(EventFrame, lambda one: isinstance(one.event, Offered) and one.stream == mine)
        assert isinstance(frame.event, Offered)
        await agent.done(AcceptOffer(request_id=fresh(), consultation=self.consultation, offer=frame.event.offer))
        return taxpayer, agent

    async def gone_from(self, agent: Peer) -> None:
        """Listen until this agent follows the consultation no longer."""
        if not any(isinstance(one, StreamClosed) and one.consultation == self.consultation for one in agent.heard):
            await agent.hear_until(StreamClosed, lambda one: one.consultation == self.consultation)

    def say(self, text: str, quote: int | None = None) -> PostMessage:
        """Return a message."""
        return PostMessage(
            request_id=fresh(),
            consultation=self.consultation,
            client_id=ClientId(uuid4().hex),
            body=Text(text=text),
            quote=quote,
        )

    def whisper(self, text: str, kind: PrivateKind = PrivateKind.WHISPER) -> PostPrivate:
        """Return a word that only agents may ever see."""
        return PostPrivate(
            request_id=fresh(),
            consultation=self.consultation,
            client_id=ClientId(uuid4().hex),
            kind=kind,
            text=text,
        )

    def transfer(self, kind: TargetKind, code: str) -> AskTransfer:
        """Return a transfer with a summary only agents may see."""
        return AskTransfer(
            request_id=fresh(),
            consultation=self.consultation,
            target=TransferTarget(kind=kind, code=code),
            reason="需要专管员处理",
            summary="密语摘要：比对不通过，已核对第 3 栏",
        )


@asynccontextmanager
async def at_desk(relay: RunningRelay, *numbers: str) -> AsyncIterator[Desk]:
    """Let these agents come to work."""
    async with AsyncExitStack() as stack:
        desk = Desk(relay, stack)
        for number in numbers:
            await desk.come(number)
        yield desk
