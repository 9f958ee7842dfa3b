"""The relay is killed with SIGKILL in the middle of a conversation: what it acknowledged is there, once, in order."""

import asyncio
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from relay_protocol.ids import ClientId, ConsultationId, consultation_stream
from relay_protocol.messages import (
    AcceptOffer,
    Answer,
    AskHuman,
    Choices,
    EventFrame,
    MessagePosted,
    NoAnswer,
    Offered,
    PostMessage,
    PresenceState,
    SetPresence,
    Side,
    Text,
    TicketTaken,
)
from tests.contract.peer import Peer, agent_token, fresh, link_to, open_consultation, taxpayer_session
from tests.running import RunningRelay

QUESTION = "企业首次使用新电子税务局如何登录"


def post(consultation: ConsultationId, text: str) -> PostMessage:
    client_id = ClientId(uuid4().hex)
    return PostMessage(request_id=fresh(), consultation=consultation, client_id=client_id, body=Text(text=text))


def posts(peer: Peer, consultation: ConsultationId) -> list[ClientId]:
    frames = peer.frames(consultation_stream(consultation))
    return [frame.event.client_id for frame in frames if isinstance(frame.event, MessagePosted)]


def sequence(peer: Peer, consultation: ConsultationId) -> list[int]:
    return [frame.seq for frame in peer.frames(consultation_stream(consultation))]


class Talker:
    """One side that posts one message after the other until the link breaks, and knows which were acknowledged."""

    def __init__(self, name: str, enough: asyncio.Event) -> None:
        self.name, self._enough = name, enough
        self.said: list[PostMessage] = []
        self.acknowledged: set[ClientId] = set()

    async def talk(self, peer: Peer, consultation: ConsultationId) -> None:
        try:
            while True:
                wish = post(consultation, f"{self.name} {len(self.said)} {uuid4().hex}")
                self.said.append(wish)
                await peer.done(wish)
                self.acknowledged.add(wish.client_id)
                if len(self.acknowledged) >= 10:
                    self._enough.set()
        except ConnectionClosed:
            return

    async def repeat_unanswered(self, peer: Peer) -> None:
        """Do what a resumable client does: repeat what was never answered."""
        for wish in self.said:
            if wish.client_id not in self.acknowledged:
                await peer.done(wish)


async def meet(taxpayer: Peer, agent: Peer) -> ConsultationId:
    """Bring a taxpayer and an agent together."""
    consultation = await open_consultation(taxpayer)
    await agent.done(SetPresence(request_id=fresh(), state=PresenceState.READY))
    await taxpayer.done(AskHuman(request_id=fresh(), consultation=consultation))
    offer = await agent.event(Offered)
    await agent.done(AcceptOffer(request_id=fresh(), consultation=consultation, offer=offer.offer))
    return consultation


@pytest.mark.req("G1")
@pytest.mark.req("C1")
async def test_nothing_acknowledged_is_lost_doubled_or_reordered(own_relay: RunningRelay) -> None:
    citizen, clerk = (await taxpayer_session(own_relay))["token"], await agent_token(own_relay, "8001")
    enough = asyncio.Event()
    talkers = [Talker("纳税人", enough), Talker("座席", enough)]
    async with link_to(own_relay, "/ws/taxpayer", citizen) as taxpayer, link_to(own_relay, "/ws/agent", clerk) as agent:
        consultation = await meet(taxpayer, agent)
        async with asyncio.TaskGroup() as group:
            for talker, peer in zip(talkers, (taxpayer, agent), strict=True):
                group.create_task(talker.talk(peer, consultation))
            await enough.wait()
            own_relay.kill()
    own_relay.start()
    async with link_to(own_relay, "/ws/taxpayer", citizen) as taxpayer, link_to(own_relay, "/ws/agent", clerk) as agent:
        for talker, peer in zip(talkers, (taxpayer, agent), strict=True):
            await talker.repeat_unanswered(peer)
        last = post(consultation, "还在吗")
        await taxpayer.done(last)
        for peer in (taxpayer, agent):
            await peer.event(MessagePosted, lambda event: event.client_id == last.client_id)
            stored = posts(peer, consultation)
            assert len(stored) == len(set(stored)), "nothing twice"
            for talker in talkers:
                mine = [wish.client_id for wish in talker.said]
                assert [one for one in stored if one in mine] == mine, "nothing lost, nothing reordered"
            assert sequence(peer, consultation) == list(range(1, len(sequence(peer, consultation)) + 1))
        assert posts(taxpayer, consultation) == posts(agent, consultation), "both see one order"


@pytest.mark.req("A1")
async def test_the_bot_still_answers_what_was_asked_before_the_kill(own_relay: RunningRelay) -> None:
    citizen = (await taxpayer_session(own_relay))["token"]
    async with link_to(own_relay, "/ws/taxpayer", citizen) as taxpayer:
        consultation = await open_consultation(taxpayer)
        wish = post(consultation, QUESTION)
        await taxpayer.say(wish)
        await taxpayer.answer(wish.request_id)
        own_relay.kill()
    own_relay.start()
    async with link_to(own_relay, "/ws/taxpayer", citizen) as taxpayer:
        await taxpayer.event(MessagePosted, lambda event: event.client_id == wish.client_id)
        await taxpayer.event(
            MessagePosted,
            lambda event: event.sender.side is Side.BOT and isinstance(event.body, Answer | Choices | NoAnswer),
        )
        frames = taxpayer.frames(consultation_stream(consultation))
        question = next(
            frame.seq
            for frame in frames
            if isinstance(frame.event, MessagePosted) and frame.event.client_id == wish.client_id
        )
        answers = [
            frame
            for frame in frames
            if frame.seq > question and isinstance(frame.event, MessagePosted) and frame.event.sender.side is Side.BOT
        ]
        assert len(answers) == 1, "it answers once"


@pytest.mark.req("A8")
async def test_a_place_in_the_queue_survives_and_the_offer_still_comes(own_relay: RunningRelay) -> None:
    citizen, clerk = (await taxpayer_session(own_relay))["token"], await agent_token(own_relay, "8001")
    async with link_to(own_relay, "/ws/taxpayer", citizen) as taxpayer:
        consultation = await open_consultation(taxpayer)
        await taxpayer.done(AskHuman(request_id=fresh(), consultation=consultation))
        own_relay.kill()
    own_relay.start()
    async with link_to(own_relay, "/ws/agent", clerk) as agent, link_to(own_relay, "/ws/taxpayer", citizen) as taxpayer:
        await agent.done(SetPresence(request_id=fresh(), state=PresenceState.READY))
        await agent.event(Offered)
        ticket: TicketTaken = await taxpayer.event(TicketTaken)
        assert ticket.number == "A001"
        frames = [one for one in taxpayer.heard if isinstance(one, EventFrame) and isinstance(one.event, TicketTaken)]
        assert len(frames) == 1
