"""No agent is given more than they may have, whoever gives at the same moment: rounds, take-up, transfer, going on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random

import msgspec
import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, ClientId, ConsultationId, OfferId, RequestId, TransferId
from relay_protocol.messages import (
    AcceptOffer,
    AgentCard,
    AnswerTransfer,
    AnyEvent,
    Assigned,
    Office,
    PostMessage,
    PresenceState,
    Reassign,
    ResumeService,
    TakeUp,
    TargetKind,
    Text,
    TransferTarget,
)
from relay_server import app
from relay_server.domain import decisions, teamwork
from relay_server.domain.access import AgentActor, Held, TaxpayerActor
from relay_server.domain.consultation import Consultation, State
from relay_server.domain.directory import Directory
from relay_server.domain.records import OfficeRecord, Role
from relay_server.domain.rules import DEFAULT
from relay_server.domain.waiting import take_ticket
from relay_server.services import consultations, dispatch, presence, transfers, waiting
from relay_server.services import teamwork as together
from relay_server.services.directory import LiveDirectory
from relay_server.services.dispatch_memory import Memory
from relay_server.services.floor import Floor
from relay_server.services.presence import Reach
from relay_server.services.rulebook import LiveRulebook
from relay_server.store import events, outbox, queues
from relay_server.store.accounts import AgentAccount, put_agent
from relay_server.store.base import Store
from tests.contract.store.conftest import Open
from tests.relay_server.store.people import begin

NOW = 1_772_415_000.0
"""2 March 2026, 09:30 in China."""
CAPACITY = 3
OFFICE = Office(code="360103", name="西湖区税务局")
WANG, ZHAO = (
    AgentActor(AgentCard(id=AgentId(id_), number=number, name=name, office=OFFICE), (Held(Role.LEAD, everywhere=True),))
    for id_, number, name in (("a1", "8001", "王芳"), ("a2", "8002", "赵敏"))
)
REQUEST = RequestId("r")
DIRECTORY = Directory(offices={OFFICE.code: OfficeRecord(code=OFFICE.code, name=OFFICE.name, level="county")})


@dataclass
class Relay:
    """One of several processes that share a database."""

    store: Store
    floor: Floor

    async def round(self) -> None:
        """Run a round, whatever is owed."""
        await self.store.transact(outbox.owe("dispatch", "q", NOW))
        reach, rulebook = self.floor.reach, self.floor.rulebook
        await dispatch.run_round(self.store, reach, rulebook, Memory(), app.new_id, NOW)

    async def load(self, agent: AgentActor) -> int:
        """Return how many places of an agent are taken."""
        return (await self.store.read(queues.read_loads())).get(agent.id, 0)


@pytest.fixture
async def relays(open_store: Open) -> AsyncIterator[list[Relay]]:
    """Three relays; 王芳 and 赵敏 are at work, with three places each."""
    rules = msgspec.structs.replace(DEFAULT, capacity=CAPACITY)
    found = []
    for _ in range(3):
        reach = Reach(NOW)
        for agent in (WANG, ZHAO):
            reach.joined(agent.id, NOW)
        floor = Floor(reach, LiveRulebook(LiveDirectory(DIRECTORY), rules, OFFICE.code))
        found.append(Relay(await open_store("relay"), floor))
    for agent in (WANG, ZHAO):
        card = agent.card
        account = AgentAccount(card.id, card.number, card.name, OFFICE.code, "", created_at=NOW)
        await found[0].store.transact(put_agent(account))
        await presence.set_presence(found[0].store, agent, PresenceState.READY, "", NOW)
    yield found
    await asyncio.gather(*(one.store.close() for one in found))


async def come(store: Store, name: str, *then: Callable[[Consultation], Sequence[AnyEvent]]) -> ConsultationId:
    """Let somebody wait, and what else happened to them."""
    one = await store.transact(begin(name))
    ticket: list[AnyEvent] = [*decisions.hand_over(one, "asked"), take_ticket("q", name, "2026-03-02", OFFICE)]
    one = await store.transact(events.append(one.id, one, ticket, NOW))
    for decide in then:
        one = await store.transact(events.append(one.id, one, decide(one), NOW))
    return one.id


def with_agent(agent: AgentActor) -> Callable[[Consultation], Sequence[AnyEvent]]:
    """Let an agent serve it."""
    return lambda one: [Assigned(agent=agent.card, reason="pulled")]


def held(one: Consultation) -> Sequence[AnyEvent]:
    """Put it on hold."""
    return teamwork.hold(one, "等材料")


def asked(one: Consultation) -> Sequence[AnyEvent]:
    """Ask 王芳 to take it."""
    target = TransferTarget(kind=TargetKind.AGENT, code=WANG.id, name=WANG.card.name)
    return teamwork.ask_transfer(
        one, TransferId(f"T{one.id}"), ZHAO.card, target, "专业问题", "已核对", WANG.card, expires_at=NOW + 60
    )


async def refusals(wishes: Sequence[Awaitable[object]]) -> list[str]:
    """Let all wishes come at the same moment; return how those were refused that were. Nothing else may go wrong."""
    results = await asyncio.gather(*wishes, return_exceptions=True)
    errors = [one for one in results if isinstance(one, BaseException)]
    for error in errors:
        assert isinstance(error, BanwenError), error
        assert error.code in (ErrorCode.CONFLICT, ErrorCode.GONE, ErrorCode.NOT_FOUND), error
    return [error.message for error in errors if isinstance(error, BanwenError)]


@pytest.mark.req("A10")
async def test_an_agent_who_takes_up_too_much_at_once_is_refused_in_words(relays: list[Relay]) -> None:
    waits = [await come(relays[0].store, f"C{number}") for number in range(9)]
    wishes = [
        waiting.take_up(one.store, one.floor, WANG, TakeUp(request_id=REQUEST, consultation=name), NOW)
        for name, one in zip(waits, relays * 3, strict=True)
    ]
    refused = await refusals(wishes)
    assert refused == ["同时服务的咨询已达上限，请先结束或挂起一个再操作。"] * 6
    assert await relays[0].load(WANG) == CAPACITY


@pytest.mark.req("A10")
@pytest.mark.parametrize("seed", range(4))
async def test_all_ways_to_an_agent_together_never_lead_over_the_limit(relays: list[Relay], seed: int) -> None:
    """Wishes come to any of three relays in any order, while people write and rounds are run."""
    chance, first = Random(seed), relays[0].store
    waits = [await come(first, f"C{number}") for number in range(6)]
    rests = [await come(first, f"H{number}", with_agent(WANG), held) for number in range(3)]
    serves = [await come(first, f"A{number}", with_agent(ZHAO), asked) for number in range(3)]
    wishes: list[Awaitable[object]] = []
    for name in waits:
        one = chance.choice(relays)
        take = TakeUp(request_id=REQUEST, consultation=name)
        wishes.append(waiting.take_up(one.store, one.floor, WANG, take, NOW))
        wishes.append(speak(chance.choice(relays), name))
    for name in rests:
        one = chance.choice(relays)
        resume = ResumeService(request_id=REQUEST, consultation=name)
        wishes.append(together.resume(one.store, one.floor, WANG, resume, NOW))
        wishes.append(speak(chance.choice(relays), name))
    for name in serves:
        one = chance.choice(relays)
        answer = AnswerTransfer(
            request_id=REQUEST, consultation=name, transfer=TransferId(f"T{name}"), accept=True, reason=""
        )
        wishes.append(transfers.answer(one.store, one.floor, WANG, answer, NOW))
    reassign = Reassign(request_id=REQUEST, consultation=waits[0], agent=WANG.id, reason="忙闲不均")
    wishes.append(together.reassign(relays[2].store, relays[2].floor, ZHAO, reassign, NOW))
    wishes += [one.round() for one in relays for _ in range(3)]
    chance.shuffle(wishes)
    await refusals(wishes)
    await relays[0].round()
    assert await relays[0].load(WANG) == CAPACITY
    assert await relays[0].load(ZHAO) <= CAPACITY


async def speak(relay: Relay, name: ConsultationId) -> None:
    """Let the taxpayer write."""
    found = await relay.store.read(events.load(name))
    assert found is not None
    post = PostMessage(request_id=REQUEST, consultation=name, client_id=ClientId("m"), body=Text(text="在吗"))
    await consultations.post_message(relay.store, relay.floor, TaxpayerActor(found.taxpayer, "app"), post, NOW)


async def test_to_accept_an_offer_takes_the_place_it_already_had(relays: list[Relay]) -> None:
    for number in range(8):
        await come(relays[0].store, f"C{number}")
    await relays[0].round()
    offered = await relays[0].store.read(events.consultations((State.OFFERED,)))
    assert await relays[0].load(WANG) == await relays[0].load(ZHAO) == CAPACITY
    accepting = [
        dispatch.accept(
            one.store,
            WANG if offer.agent.id == WANG.id else ZHAO,
            AcceptOffer(request_id=REQUEST, consultation=name, offer=OfferId(offer.id)),
            NOW,
        )
        for one, (name, offer) in zip(relays * 2, [(one.id, one.offer) for one in offered if one.offer], strict=True)
    ]
    assert await refusals([*accepting, *(one.round() for one in relays)]) == []
    assert await relays[0].load(WANG) == await relays[0].load(ZHAO) == CAPACITY
