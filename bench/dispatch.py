"""Dispatch under load: is it right, how fast is it, and does anybody wait beside a free agent?

Measured twice: on the relay's embedded database with its one dispatcher, in this process; and on a PostgreSQL server
that is started for this, with four dispatchers as processes of their own. Agents answer at once: what is measured is
the dispatcher. Everything is judged by reading the event log afterwards (`bench.ledger`).
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from operator import itemgetter, ne
from pathlib import Path
from random import Random

from bench import report
from bench.dispatchers import CAPACITY, OFFICE, RULEBOOK, RULES, Offer, dispatchers, open_store
from bench.ledger import Ledger, Verdict
from relay_protocol.ids import AgentId, ConsultationId, RequestId, TaxpayerId
from relay_protocol.messages import (
    AcceptOffer,
    AgentCard,
    AnyEvent,
    AskHuman,
    Assurance,
    ConsultationClosed,
    EventFrame,
    PresenceState,
    ServiceFinished,
    TaxpayerCard,
)
from relay_server import app
from relay_server.domain.access import AgentActor, TaxpayerActor
from relay_server.domain.dispatch import Waiting, match, reach_of
from relay_server.domain.pool import Server
from relay_server.domain.tickets import label
from relay_server.services import consultations, dispatch, presence, tickets
from relay_server.services.dispatch_memory import Memory
from relay_server.store import events, outbox
from relay_server.store.accounts import AgentAccount, put_agent
from relay_server.store.base import Store, Transaction
from relay_server.store.replay import BEGINNING, read_log
from relay_server.store.signs import put_signs
from tests.relay_server.store.cluster import running_cluster

DISPATCHERS = 4
AGENTS, PEOPLE, ARRIVALS, PACED = 40, 1000, 500, 150
SMALL = {"agents": 4, "people": 30, "arrivals": 20, "paced": 5}
FULL = {"agents": AGENTS, "people": PEOPLE, "arrivals": ARRIVALS, "paced": PACED}
PACE_SECONDS = 0.03
AT_ONCE = 64
PATIENCE = 120.0


@dataclass
class Floor:
    """Agents at their desks: what they are offered they take; they let go when told to."""

    store: Store
    agents: dict[AgentId, AgentActor]
    offers: "asyncio.Queue[Offer]"
    held: list[tuple[AgentId, ConsultationId]] = field(default_factory=list)
    freed_at: dict[AgentId, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    async def take(self) -> None:
        """Take the next offer, and note how long its agent had been free."""
        async with asyncio.timeout(PATIENCE):
            offer = await self.offers.get()
        freed = self.freed_at.pop(offer.agent, None)
        if freed is not None:
            self.latencies.append((offer.at - freed) * 1000)
        request = AcceptOffer(request_id=RequestId("r"), consultation=offer.consultation, offer=offer.offer)
        await dispatch.accept(self.store, self.agents[offer.agent], request, time.time())
        self.held.append((offer.agent, offer.consultation))

    async def free_one(self) -> None:
        """Close what has been held longest."""
        agent, consultation = self.held.pop(0)
        self.freed_at[agent] = time.time()
        await self.store.transact(_close(agent, consultation))


async def arrive(store: Store, count: int, prefix: str) -> None:
    """Let people ask for a person, as many at once as the machine takes."""

    async def one(number: int) -> None:
        card = TaxpayerCard(
            id=TaxpayerId(f"{prefix}{number}"), name=f"李{number}", assurance=Assurance.VERIFIED, office=OFFICE
        )
        actor = TaxpayerActor(card, "bench")
        opened = await consultations.open_or_continue(store, actor, "web", app.new_id, time.time())
        request = AskHuman(request_id=RequestId("r"), consultation=opened.id)
        await tickets.ask_human(store, actor, request, RULEBOOK, time.time())

    await asyncio.gather(*(one(number) for number in range(count)))


async def employ(store: Store, count: int) -> dict[AgentId, AgentActor]:
    """Let agents come to work."""
    found = {}
    for number in range(count):
        card = AgentCard(id=AgentId(f"a{number:04}"), number=str(8000 + number), name=f"王{number}", office=OFFICE)
        account = AgentAccount(card.id, card.number, card.name, OFFICE.code, "", created_at=time.time())
        await store.transact(put_agent(account))
        found[card.id] = AgentActor(card)
    return found


async def measure(address: str, size: dict[str, int]) -> tuple[report.Row, Verdict]:
    """Run one day in small: a rush, a flood, a steady stream; then read the log."""
    offers: asyncio.Queue[Offer] = asyncio.Queue()
    wake = asyncio.Event()
    async with open_store(address, offers.put_nowait, wake) as store:
        agents = await employ(store, size["agents"])
        async with (
            signs(store, list(agents)),
            dispatchers(address, DISPATCHERS, store, offers.put_nowait, wake) as count,
        ):
            floor = Floor(store, agents, offers)
            await arrive(store, size["arrivals"], "rush")
            await arrive(store, size["people"], "flood")
            rate = await flood(floor, size["arrivals"] + size["people"])
            await _stream(floor, size["paced"])
            verdict = Ledger(CAPACITY).judge(await read_all(store), time.time())
    return {
        "store": address.partition(":")[0] if "://" in address else "sqlite",
        "dispatchers": count,
        "agents": size["agents"],
        "assignments": verdict.offers,
        "assignments/s": round(rate),
        "freed to offered p50 ms": report.median(floor.latencies),
        "freed to offered p95 ms": report.percentile(floor.latencies, 0.95),
        "idle beside waiting, longest ms": round(verdict.idle * 1000),
    }, verdict


async def flood(floor: Floor, count: int) -> float:
    """Let everybody at work be ready; whoever is offered is taken and finished at once. Return offers per second."""
    started = time.perf_counter()
    for actor in floor.agents.values():
        await presence.set_presence(floor.store, actor, PresenceState.READY, "", time.time())
    left = iter(range(count))

    async def serve() -> None:
        for _ in left:
            await floor.take()
            await floor.free_one()

    await asyncio.gather(*(serve() for _ in range(AT_ONCE)))
    floor.freed_at.clear()
    floor.latencies.clear()
    return count / (time.perf_counter() - started)


async def _stream(floor: Floor, count: int) -> None:
    """Fill every place, let more people wait, and free one place after the other."""
    places = len(floor.agents) * CAPACITY
    await arrive(floor.store, places + count, "stream")
    for _ in range(places):
        await floor.take()
    for _ in range(count):
        await floor.free_one()
        await floor.take()
        await asyncio.sleep(PACE_SECONDS)


async def rounds(folder: Path, people: int, agents: int) -> report.Row:
    """Time one round of the embedded relay while everybody is busy, and the pure match on the same numbers."""
    async with open_store(str(folder / "rounds.db"), lambda offer: None, asyncio.Event()) as store:
        everybody = await employ(store, agents)
        for start in range(0, people, ARRIVALS):
            await arrive(store, min(ARRIVALS, people - start), f"r{start}-")
        now, memory, took = time.time(), Memory(), []
        for actor in everybody.values():
            await presence.set_presence(store, actor, PresenceState.BUSY, "", now)
        reach = presence.Reach(now)
        for _ in range(12):
            await store.transact(outbox.owe("dispatch", "", now))
            started = time.perf_counter()
            await dispatch.run_round(store, reach, RULEBOOK, memory, app.new_id, now)
            took.append((time.perf_counter() - started) * 1000)
    return {
        "waiting": people,
        "agents": agents,
        "round p50 ms": report.median(took),
        "match, all busy ms": _match(people, agents, CAPACITY),
        "match, all free ms": _match(people, agents, 0),
    }


def _match(people: int, agents: int, load: int) -> float:
    """Return the best of five, in ms."""
    reach, chance = reach_of(RULES, (OFFICE.code,), {OFFICE.code: "county"}), Random(1)
    line = [
        Waiting(ConsultationId(str(n)), chance.random(), label(n + 1), (OFFICE.code,), reach=reach, rules=RULES)
        for n in range(people)
    ]
    staff = [
        Server(
            AgentCard(id=AgentId(str(n)), number=str(n), name="", office=OFFICE),
            PresenceState.READY,
            True,
            load,
            CAPACITY,
            chance.random(),
            (OFFICE.code,),
        )
        for n in range(agents)
    ]
    took = []
    for _ in range(5):
        started = time.perf_counter()
        match(line, staff, 1.0)
        took.append((time.perf_counter() - started) * 1000)
    return round(min(took), 1)


def _close(agent: AgentId, consultation: ConsultationId) -> Transaction[None]:
    found = yield from events.load(consultation)
    if found is not None:
        done: list[AnyEvent] = [ServiceFinished(by="agent"), ConsultationClosed(reason="wrapped_up")]
        yield from events.append(consultation, found, done, time.time())
        yield from events.mark_idle(agent, time.time())
        yield from outbox.owe("dispatch", OFFICE.code, time.time())


async def read_all(store: Store) -> Sequence[EventFrame]:
    """Return the whole log in the order in which it was written, once all of it can be seen."""
    frames: list[EventFrame] = []
    while not frames or len(frames) < len(await _read(store)):
        await asyncio.sleep(1)
        frames = await _read(store)
    return frames


async def _read(store: Store) -> list[EventFrame]:
    """Read page by page. PostgreSQL lists by transaction; the row's own number, at the end, tells who wrote first."""
    found: list[tuple[int, EventFrame]] = []
    position = BEGINNING
    while page := await store.read(read_log(position, 1000)):
        position = page[-1][0]
        found += [(int(where.rpartition("/")[2]), committed.frame) for where, committed in page]
    return [frame for _, frame in sorted(found, key=itemgetter(0))]


@asynccontextmanager
async def signs(store: Store, agents: Sequence[AgentId]) -> AsyncIterator[None]:
    """Let the agents' workbenches be heard for as long as this lasts, as an edge does."""

    async def beat() -> None:
        while True:
            await store.transact(put_signs("bench", agents, time.time()))
            await asyncio.sleep(5)

    task = asyncio.get_running_loop().create_task(beat())
    try:
        await store.transact(put_signs("bench", agents, time.time()))
        yield
    finally:
        task.cancel()


def checks(row: report.Row, verdict: Verdict, arrivals: int) -> list[report.Check]:
    """Return the promises of dispatch."""
    rush = sorted(verdict.numbers[:arrivals], key=lambda one: (len(one), one))
    expected, store = [label(number) for number in range(1, arrivals + 1)], row["store"]
    return [
        report.Check(f"{store}: offered twice", verdict.doubles, "==", 0),
        report.Check(f"{store}: over capacity", verdict.over_capacity, "==", 0),
        report.Check(f"{store}: overtaken within a tier", verdict.displaced, "==", 0),
        report.Check(f"{store}: numbers of a rush that do not follow", sum(map(ne, rush, expected)), "==", 0),
        report.Check(f"{store}: assignments per second", float(row["assignments/s"]), ">=", 200),
        report.Check(f"{store}: freed to offered p95 ms", float(row["freed to offered p95 ms"]), "<=", 100),
        report.Check(f"{store}: longest idle beside waiting s", verdict.idle, "<=", 1.0),
    ]


async def main(quick: bool) -> report.Report:
    """Measure both databases, in folders that are gone afterwards."""
    size = SMALL if quick else FULL
    found = report.Report("dispatch", ["msgspec", "asyncpg"])
    with tempfile.TemporaryDirectory() as folder, running_cluster() as cluster:
        for address in (str(Path(folder) / "relay.db"), cluster.database()):
            row, verdict = await measure(address, size)
            found.rows.append(row)
            found.checks += checks(row, verdict, size["arrivals"])
        timed = await rounds(Path(folder), *((100, 40) if quick else (5000, 2000)))
        found.rows.append(timed)
        found.checks.append(report.Check("round with everybody busy, p50 ms", float(timed["round p50 ms"]), "<=", 250))
    return found


if __name__ == "__main__":
    known = report.arguments(__doc__ or "")
    report.publish(asyncio.run(main(known.quick)), known.json)
