"""How a bus of each kind is opened: one suite, within a process and through a real NATS server."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from relay_server.bus.base import Bus, Nudge
from relay_server.bus.local import LocalBus
from relay_server.bus.nats import NatsBus
from tests.relay_server.bus.broker import Broker, running_broker


@pytest.fixture(scope="session")
def shared_broker() -> Iterator[Broker]:
    """One NATS server for the whole run."""
    with running_broker() as broker:
        yield broker


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Stops every bus of a test."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture(params=["local", "nats"])
async def two_ends(request: pytest.FixtureRequest, stack: AsyncExitStack, subject: str) -> tuple[Bus, Bus]:
    """Where somebody publishes and where somebody listens: one bus, or two that hear each other through NATS."""
    if request.param == "local":
        bus = LocalBus()
        return bus, bus
    broker: Broker = request.getfixturevalue("shared_broker")
    here, there = NatsBus(broker.url, subject), NatsBus(broker.url, subject)
    await meet(stack, here, there)
    return here, there


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> str:
    """What the relays of one test have in common."""
    return f"test-{abs(hash(request.node.nodeid))}"


async def meet(stack: AsyncExitStack, *buses: NatsBus) -> None:
    """Start these and wait until each hears every other."""
    for bus in buses:
        stack.push_async_callback(bus.stop)
        await bus.start()
    for here in buses:
        for there in buses:
            if here is not there:
                await until_heard(here, there)


async def until_heard(here: Bus, there: Bus) -> None:
    """Publish here until it is heard there."""
    heard = asyncio.Event()
    stop = there.listen("meet", lambda hint: heard.set() if isinstance(hint, Nudge) else None)
    async with asyncio.timeout(20):
        while not heard.is_set():
            here.publish("meet", Nudge("?"))
            await _soon(heard)
    stop()


async def _soon(event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(0.1):
            await event.wait()
    except TimeoutError:
        pass
