"""What a link follows arrives whole and in order, whatever the bus loses, and as its reader may see it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relay_protocol.ids import AgentId, ClientId, ConsultationId, RequestId, TaxpayerId, consultation_stream
from relay_protocol.messages import (
    AgentCard,
    Assurance,
    EventFrame,
    Office,
    PostMessage,
    Pulse,
    Redacted,
    Resolution,
    StreamClosed,
    TaxpayerCard,
    Text,
    WrappedUp,
)
from relay_server.bus.base import Follow
from relay_server.bus.local import LocalBus
from relay_server.domain.access import Actor, AgentActor, TaxpayerActor
from relay_server.gateways.conn import Conn
from relay_server.gateways.subscriptions import PAGE, Subscriptions
from relay_server.services import consultations
from relay_server.services.directory import LiveDirectory
from relay_server.services.floor import Floor
from relay_server.services.presence import Reach
from relay_server.services.rulebook import LiveRulebook
from relay_server.store import events
from relay_server.store.base import Committed, Effects, Transaction
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.gateways.wire import Wire
from tests.relay_server.store.people import KEYS

NOW = 1_800_000_000.0
CITIZEN = TaxpayerActor(TaxpayerCard(id=TaxpayerId("T1"), name="张三", assurance=Assurance.VERIFIED), "etax", "u1")
OFFICE = Office(code="360103", name="西湖区税务局")
AGENT = AgentActor(AgentCard(id=AgentId("A1"), number="8001", name="王芳", office=OFFICE))
FLOOR = Floor(Reach(NOW), LiveRulebook(LiveDirectory()))
ONE = ConsultationId("01JD0000000000000000000001")


async def no_beat() -> None:
    """These tests do not look at pulses that come by themselves."""


@dataclass
class World:
    """A store whose hints the test delivers, or loses, as it likes."""

    store: SqliteStore
    hints: list[Committed]
    bus: LocalBus = field(default_factory=LocalBus)

    async def say(self, count: int) -> None:
        for number in range(count):
            client_id = ClientId(f"c{len(self.hints)}-{number}")
            wish = PostMessage(
                request_id=RequestId("r"), consultation=ONE, client_id=client_id, body=Text(text=f"第{number}句")
            )
            await consultations.post_message(self.store, FLOOR, CITIZEN, wish, NOW)

    def hint(self, seq: int) -> None:
        """Deliver the hint of one event."""
        one = next(hint for hint in self.hints if hint.frame.seq == seq)
        self.bus.publish(one.stream, one)

    async def link(self, wire: Wire, actor: Actor, act: Callable[[Subscriptions], Awaitable[None]]) -> None:
        """Run a link that feeds its peer while `act` happens."""
        conn = Conn(wire)
        followed = Subscriptions(self.store, self.bus, conn, actor, lambda: NOW)

        async def live() -> None:
            async with asyncio.TaskGroup() as group:
                feeder = group.create_task(followed.feed(60.0, no_beat))
                await act(followed)
                feeder.cancel()

        await asyncio.wait_for(conn.run(live, wire.close), 20)
        followed.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    hints: list[Committed] = []

    def keep(effects: Effects) -> None:
        hints.extend(effects.committed)

    store = SqliteStore(tmp_path / "relay.db", KEYS, on_commit=keep)
    await consultations.open_or_continue(store, CITIZEN, "web", lambda: ONE, NOW)
    yield World(store, hints)
    await store.close()


async def test_hints_that_follow_each_other_go_out_as_they_come(world: World) -> None:
    wire = Wire()

    async def act(followed: Subscriptions) -> None:
        await followed.resume({ONE: 0})
        await world.say(3)
        for seq in (2, 3, 4):
            world.hint(seq)
        await wire.until(4)

    await world.link(wire, CITIZEN, act)
    assert wire.sequence == [1, 2, 3, 4]


@pytest.mark.parametrize("delivered", [[4], [3, 2, 4], [4, 4, 2], [2, 4, 3, 3, 2]])
async def test_hints_lost_doubled_or_out_of_order_change_nothing(world: World, delivered: list[int]) -> None:
    wire = Wire()

    async def act(followed: Subscriptions) -> None:
        await followed.resume({ONE: 0})
        await world.say(3)
        for seq in delivered:
            world.hint(seq)
        await wire.until(4)

    await world.link(wire, CITIZEN, act)
    assert wire.sequence == [1, 2, 3, 4]


async def test_a_pulse_finds_what_no_hint_told_of(world: World) -> None:
    wire = Wire()

    async def act(followed: Subscriptions) -> None:
        await followed.resume({ONE: 0})
        await world.say(2)
        await followed.pulse()
        await wire.until(3)

    await world.link(wire, CITIZEN, act)
    assert wire.sequence == [1, 2, 3]
    assert [one.heads for one in wire.told if isinstance(one, Pulse)] == [{consultation_stream(ONE): 3}]


async def test_where_hints_may_have_been_lost_the_next_beat_does_not_wait(world: World) -> None:
    conn = Conn(Wire())
    followed = Subscriptions(world.store, world.bus, conn, CITIZEN, lambda: NOW)
    followed.listen("taxpayer/T1")
    beaten = asyncio.Event()

    async def beat() -> None:
        beaten.set()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        feeder = group.create_task(followed.feed(3600.0, beat))
        world.bus.resync()
        await beaten.wait()
        feeder.cancel()
    followed.close()


@pytest.mark.parametrize("leaves", [True, False])
async def test_what_no_hint_told_of_is_followed_or_left_and_what_hints_tell_meanwhile_stays(
    world: World, *, leaves: bool
) -> None:
    follow_lost, close_lost, joined, left = (ConsultationId(f"01JD000000000000000000000{one}") for one in "2345")
    followed = Subscriptions(world.store, world.bus, Conn(Wire()), AGENT, lambda: NOW)
    followed.listen("agent/A1")
    for one in (close_lost, left):
        followed.follow(one)

    async def read() -> list[ConsultationId]:
        world.bus.publish("agent/A1", Follow(joined))
        world.bus.publish("agent/A1", StreamClosed(consultation=left))
        return [follow_lost, left]

    await followed.reconcile(read, leaves=leaves)
    assert set(followed.followed) == {follow_lost, joined} | (set() if leaves else {close_lost})
    followed.close()


async def test_a_long_absence_is_made_up_for_page_after_page(world: World) -> None:
    wire = Wire()
    length = 2 * PAGE + 11
    await world.say(length - 1)

    async def act(followed: Subscriptions) -> None:
        await followed.resume({ONE: 5})
        await wire.until(length - 5)

    await world.link(wire, CITIZEN, act)
    assert wire.sequence == list(range(6, length + 1))


async def test_what_happens_during_a_replay_comes_after_it(world: World) -> None:
    wire = Wire()
    await world.say(50)

    async def act(followed: Subscriptions) -> None:
        async def meanwhile() -> None:
            await world.say(20)
            for seq in range(52, 72):
                world.hint(seq)

        await asyncio.gather(followed.resume({ONE: 0}), meanwhile())
        await wire.until(71)

    await world.link(wire, CITIZEN, act)
    assert wire.sequence == list(range(1, 72))


async def test_a_new_consultation_is_followed_from_its_first_event(world: World) -> None:
    wire = Wire()

    async def act(followed: Subscriptions) -> None:
        followed.listen("agent/A1")
        world.bus.publish("agent/A1", Follow(ONE))
        await wire.until(1)

    await world.link(wire, AGENT, act)
    assert wire.sequence == [1]


async def test_a_stream_that_was_closed_is_followed_no_more(world: World) -> None:
    wire = Wire()

    async def act(followed: Subscriptions) -> None:
        followed.listen("agent/A1")
        await followed.resume({ONE: 0})
        await wire.until(1)
        world.bus.publish("agent/A1", StreamClosed(consultation=ONE))
        await world.say(1)
        world.hint(2)
        await followed.pulse()

    await world.link(wire, AGENT, act)
    assert wire.sequence == [1]
    assert wire.told[-2:] == [StreamClosed(consultation=ONE), Pulse(heads={}, now=NOW)]


@pytest.mark.req("A18")
@pytest.mark.parametrize(("actor", "kind"), [(CITIZEN, Redacted), (AGENT, WrappedUp)])
async def test_a_wrap_up_keeps_its_place_but_is_for_agents_only(world: World, actor: Actor, kind: type) -> None:
    wire = Wire()

    def wrap_up() -> Transaction[None]:
        before = yield from events.load(ONE)
        card = AGENT.card
        note = WrappedUp(
            business="vat", question_type="policy", resolution=Resolution.RESOLVED, text="内部记录", agent=card
        )
        yield from events.append(ONE, before, [note], NOW)

    async def act(followed: Subscriptions) -> None:
        await followed.resume({ONE: 0})
        await world.store.transact(wrap_up())
        world.hint(2)
        await wire.until(2)

    await world.link(wire, actor, act)
    last = wire.told[-1]
    assert isinstance(last, EventFrame)
    assert isinstance(last.event, kind)
    assert ("内部记录".encode() in wire.sent[-1]) is (kind is WrappedUp)
