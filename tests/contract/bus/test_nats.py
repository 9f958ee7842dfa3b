"""What only the bus between processes must bear: a server that is not there, goes and comes back; garbage."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import nats
import pytest

from relay_server.bus.base import Nudge, Resync
from relay_server.bus.nats import NatsBus
from tests.contract.bus.conftest import meet, until_heard
from tests.contract.bus.test_bus import TOPIC, Ear, event
from tests.relay_server.bus.broker import Broker, running_broker

MANY = 20_000


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker() as broker:
        yield broker


async def test_a_server_that_went_is_joined_again_and_everybody_told_to_look(
    broker: Broker, stack: AsyncExitStack
) -> None:
    here, there = NatsBus(broker.url), NatsBus(broker.url)
    await meet(stack, here, there)
    ears = [Ear(here), Ear(there), Ear(there, "agent/A")]
    broker.kill()
    began = time.monotonic()
    for number in range(MANY):
        here.publish(TOPIC, Nudge(str(number)))
    assert time.monotonic() - began < 2, "publishing does not wait for a server that is gone"
    assert len(ears[0].heard) >= MANY, "the own process hears in any case"
    broker.start()
    for ear in ears:
        await _until_resync(ear)
    await until_heard(here, there)
    await until_heard(there, here)


async def test_a_relay_starts_without_the_server_and_finds_it_later(broker: Broker, stack: AsyncExitStack) -> None:
    broker.kill()
    here, there = NatsBus(broker.url), NatsBus(broker.url)
    for bus in (here, there):
        stack.push_async_callback(bus.stop)
        await bus.start()
    ear = Ear(here)
    here.publish(TOPIC, Nudge("1"))
    assert ear.heard == [Nudge("1")]
    broker.start()
    await until_heard(here, there)
    await until_heard(there, here)


async def test_whoever_comes_new_lets_the_others_look(broker: Broker, stack: AsyncExitStack) -> None:
    """What died before it may have left commits that nobody was told of."""
    here = NatsBus(broker.url)
    await meet(stack, here)
    await _until_resync(Ear(here, "first"))
    ear = Ear(here)
    await meet(stack, NatsBus(broker.url))
    await _until_resync(ear)


async def test_relays_of_another_database_hear_nothing(broker: Broker, stack: AsyncExitStack) -> None:
    here, there, other = NatsBus(broker.url, "a"), NatsBus(broker.url, "a"), NatsBus(broker.url, "b")
    await meet(stack, here, there)
    await meet(stack, other)
    stranger, ear = Ear(other), Ear(there)
    here.publish(TOPIC, event(1))
    await ear.until(1)
    assert event(1) not in stranger.heard


async def test_garbage_is_logged_and_what_comes_after_it_heard(
    broker: Broker, stack: AsyncExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = NatsBus(broker.url), NatsBus(broker.url)
    await meet(stack, here, there)
    ear = Ear(there)
    client = await nats.connect(broker.url)
    await client.publish("banwen", b"\xc1garbage")
    await client.flush()
    await client.close()
    here.publish(TOPIC, event(1))
    while event(1) not in ear.heard:
        await ear.until(len(ear.heard) + 1)
    assert "hint not readable" in caplog.text


async def test_many_events_at_once_lose_nothing(broker: Broker, stack: AsyncExitStack) -> None:
    here, there = NatsBus(broker.url), NatsBus(broker.url)
    await meet(stack, here, there)
    ear = Ear(there)
    for seq in range(1, MANY + 1):
        here.publish(TOPIC, event(seq))
    heard = await ear.until(MANY)
    assert [hint for hint in heard if not isinstance(hint, Resync)] == [event(seq) for seq in range(1, MANY + 1)]


async def _until_resync(ear: Ear) -> None:
    async with asyncio.timeout(20):
        while not any(isinstance(hint, Resync) for hint in ear.heard):
            await ear.until(len(ear.heard) + 1)
