"""The dispatchers of `bench.dispatch`: one in this process on the embedded database, several on PostgreSQL."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

from relay_protocol.ids import AgentId, ConsultationId, OfferId, consultation_of
from relay_protocol.messages import Offered, Office
from relay_server import app
from relay_server.domain.directory import Directory
from relay_server.domain.records import OfficeRecord
from relay_server.domain.rulebook import Rulebook
from relay_server.domain.rules import Level, RuleSet, Step
from relay_server.services import dispatch
from relay_server.services.dispatch_memory import Memory
from relay_server.services.presence import Reach
from relay_server.store.base import Effects, Store
from relay_server.store.keys import KEY_BYTES, Keyring
from relay_server.store.postgres import PostgresStore
from relay_server.store.sqlite import SqliteStore

CAPACITY = 5
SWEEP = 0.25
ELSEWHERE = 0.02
"""Seconds between two looks of a dispatcher in another process: this bench has no bus that would wake it."""
OFFICE = Office(code="360103", name="西湖区税务局")
KNOWN = Directory(offices={OFFICE.code: OfficeRecord(code=OFFICE.code, name=OFFICE.name, level="county")})
RULES = RuleSet(
    name="default", steps=[Step(after=0, level=Level.ANY, skilled=False)], capacity=CAPACITY, offer_timeout=600.0
)
RULEBOOK = Rulebook(KNOWN, RULES, OFFICE.code)


@dataclass(frozen=True)
class Offer:
    """An offer that was committed, and when its dispatcher knew (Unix seconds)."""

    at: float
    agent: AgentId
    consultation: ConsultationId
    offer: OfferId


Tell = Callable[[Offer], object]


@asynccontextmanager
async def open_store(address: str, tell: Tell, wake: asyncio.Event) -> AsyncIterator[Store]:
    """Open the database of a run; `tell` hears of every offer committed through it, `wake` is set for owed rounds."""

    def heard(effects: Effects) -> None:
        if "dispatch" in effects.owed:
            wake.set()
        for one in effects.committed:
            if isinstance(one.frame.event, Offered):
                event = one.frame.event
                tell(Offer(time.time(), event.agent.id, consultation_of(one.stream), event.offer))

    keyring = Keyring(b"k" * KEY_BYTES)
    made = PostgresStore(address, keyring, heard) if "://" in address else SqliteStore(Path(address), keyring, heard)
    store: Store = made
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def dispatchers(address: str, count: int, store: Store, tell: Tell, wake: asyncio.Event) -> AsyncIterator[int]:
    """Run the dispatchers a database allows for as long as this lasts; yield how many they are."""
    if "://" not in address:
        task = asyncio.get_running_loop().create_task(_dispatch(store, SWEEP, wake))
        try:
            yield 1
        finally:
            task.cancel()
        return
    context = multiprocessing.get_context("spawn")
    told: Queue[Offer | None] = context.Queue()
    stop = context.Event()
    workers = [context.Process(target=_work, args=(address, told, stop)) for _ in range(count)]
    for worker in workers:
        worker.start()
    listening = asyncio.get_running_loop().create_task(_listen(told, tell))
    try:
        yield count
    finally:
        stop.set()
        for worker in workers:
            await asyncio.to_thread(worker.join)
        told.put(None)
        await listening


async def _listen(told: "Queue[Offer | None]", tell: Tell) -> None:
    while (offer := await asyncio.to_thread(told.get)) is not None:
        tell(offer)


def _work(address: str, told: "Queue[Offer | None]", stop: Event) -> None:
    async def run() -> None:
        wake = asyncio.Event()
        async with open_store(address, told.put, wake) as store:
            task = asyncio.get_running_loop().create_task(_dispatch(store, ELSEWHERE, wake))
            await asyncio.to_thread(stop.wait)
            task.cancel()

    asyncio.run(run())


async def _dispatch(store: Store, sweep: float, wake: asyncio.Event) -> None:
    """Do what the role of a relay does, but for telling people where they stand."""
    reach, memory = Reach(time.time()), Memory()
    while True:
        if await dispatch.is_due(store, memory, time.time()):
            await dispatch.run_round(store, reach, RULEBOOK, memory, app.new_id, time.time())
        try:
            async with asyncio.timeout(sweep):
                await wake.wait()
        except TimeoutError:
            pass
        wake.clear()
