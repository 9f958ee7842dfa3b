"""Three dispatchers as processes of their own, two edges and a real PostgreSQL: everybody is served once, in turn."""

import asyncio
import time
from itertools import pairwise

import msgspec
import pytest

from bench.dispatch import Floor, arrive, employ, flood, read_all, signs
from bench.dispatchers import CAPACITY, Offer, dispatchers, open_store
from bench.ledger import Ledger
from relay_server.domain.consultation import State
from relay_server.domain.tickets import label
from relay_server.store import events, queues
from relay_server.store.decisions import read_decisions
from tests.relay_server.store.cluster import Cluster

DISPATCHERS, EDGES, AGENTS, PEOPLE = 3, 2, 12, 500


@pytest.mark.timeout(120)
@pytest.mark.req("A8")
@pytest.mark.req("A10", accepts=True)
async def test_five_hundred_at_once_get_numbers_in_a_row_and_three_dispatchers_give_each_of_them_away_once(
    cluster: Cluster,
) -> None:
    address, wake = cluster.database(), asyncio.Event()
    offers: asyncio.Queue[Offer] = asyncio.Queue()
    async with (
        open_store(address, offers.put_nowait, wake) as store,
        open_store(address, offers.put_nowait, wake) as other,
    ):
        agents = await employ(store, AGENTS)
        async with signs(store, list(agents)), dispatchers(address, DISPATCHERS, store, offers.put_nowait, wake):
            await asyncio.gather(arrive(store, PEOPLE // EDGES, "one"), arrive(other, PEOPLE // EDGES, "other"))
            await flood(Floor(store, agents, offers), PEOPLE)
        verdict = Ledger(CAPACITY).judge(await read_all(store), time.time())
        loads = await store.read(queues.read_loads())
        served = await store.read(events.consultations(list(State)))
        reasons = [await store.read(read_decisions(one.id)) for one in served]
    assert (verdict.doubles, verdict.over_capacity, verdict.displaced) == (0, 0, 0)
    assert verdict.offers == PEOPLE
    assert loads == {}
    assert sorted(verdict.numbers) == sorted(label(number) for number in range(1, PEOPLE + 1))
    for rows in reasons:
        told = [(row.step, msgspec.json.decode(row.candidates)["verdict"]) for row in rows]
        assert [one for one, after in pairwise(told) if one == after] == [], "the same said twice"
        assert [verdict for _, verdict in told].count("chosen") == 1
