"""What only a server can do to a store: stop, crash, be slow, be shared by several relays, be set up carelessly."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ClientId, ConsultationId, Stream, consultation_stream
from relay_server.domain.consultation import State
from relay_server.store import events, outbox, replay
from relay_server.store.postgres import PostgresStore
from relay_server.store.postgres.examine import examine
from tests.contract.store.conftest import Open
from tests.relay_server.store.cluster import Cluster, running_cluster
from tests.relay_server.store.people import KEYS, begin, say

ONE = ConsultationId("C1")
PEOPLE = 12


@pytest.fixture
def server() -> Iterator[Cluster]:
    """A server of one's own, to be stopped and killed."""
    with running_cluster() as cluster:
        yield cluster


def a_store(url: str) -> PostgresStore:
    return PostgresStore(url, KEYS, lambda effects: None)


async def talk(store: PostgresStore, name: str, stop: asyncio.Event) -> tuple[dict[int, str], int]:
    """Say one thing after the other until told to stop; return what was acknowledged and how often one was refused."""
    acked: dict[int, str] = {}
    refused = number = 0
    while not stop.is_set():
        number += 1
        try:
            acked[await store.transact(say(name, f"{name}-{number}"))] = f"{name}-{number}"
        except BanwenError as error:
            if error.code is not ErrorCode.UNREACHABLE:
                raise
            refused += 1
    return acked, refused


async def insist(store: PostgresStore, name: str, acked: dict[int, str]) -> None:
    """All that was acknowledged is there, at its place, once; the stream is whole and its projection fits."""
    log = await store.read(events.events_after(consultation_stream(ConsultationId(name)), 0, 100_000))
    assert [one.frame.seq for one in log] == list(range(1, len(log) + 1))
    now = await store.read(events.load(ConsultationId(name)))
    assert now is not None
    assert now.last_seq == len(log)
    names = {one.frame.seq: getattr(one.frame.event, "client_id", "") for one in log}
    assert acked.items() <= names.items()
    assert len(set(names.values())) == len(names)


@pytest.mark.req("C1")
@pytest.mark.parametrize("how", ["kill", "immediate", "fast"])
async def test_nothing_acknowledged_is_lost_when_the_server_dies_and_the_relay_goes_on_by_itself(
    server: Cluster, how: str
) -> None:
    store = a_store(server.database())
    names = [f"C{number}" for number in range(PEOPLE)]
    await asyncio.gather(*(store.transact(begin(name)) for name in names))
    stop = asyncio.Event()
    talking = asyncio.gather(*(talk(store, name, stop) for name in names))
    for _ in range(3):
        await until_said(store, names[0], 10)
        await asyncio.to_thread(disturb, server, how)
    await until_said(store, names[0], 10)
    stop.set()
    for name, (acked, _) in zip(names, await talking, strict=True):
        assert acked
        await insist(store, name, acked)
    await store.close()


def disturb(server: Cluster, how: str) -> None:
    if how == "kill":
        assert server.kill_backends() >= 1
    else:
        server.stop(how)
        server.start()


async def until_said(store: PostgresStore, name: str, more: int) -> None:
    """Wait until the log of a consultation has grown; while the server is away nobody can tell."""
    async with asyncio.timeout(60):
        first: int | None = None
        while True:
            try:
                now = await store.read(events.load(ConsultationId(name)))
            except BanwenError:
                continue
            seq = now.last_seq if now else 0
            first = seq if first is None else first
            if seq >= first + more:
                return
            await asyncio.sleep(0.01)


async def test_senders_are_told_while_the_server_is_away_and_it_works_again_afterwards(server: Cluster) -> None:
    store = a_store(server.database())
    await store.transact(begin(ONE))
    await asyncio.to_thread(server.stop)
    for told in (store.transact(say(ONE, "c1")), store.read(events.load(ONE))):
        with pytest.raises(BanwenError) as caught:
            async with asyncio.timeout(10):
                await told
        assert caught.value.code is ErrorCode.UNREACHABLE
        assert "稍后重试" in caught.value.message
    await asyncio.to_thread(server.start)
    assert await store.transact(say(ONE, "c1")) == 2
    await store.close()


class Deaf:
    """A connection that is cut while the server answers to COMMIT."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def execute(self, query: str, *values: object) -> str:
        status: str = await self._real.execute(query, *values)
        if query == "COMMIT":
            raise ConnectionResetError
        return status


async def test_a_commit_whose_answer_is_lost_is_looked_up_and_not_called_a_failure(open_postgres: Open) -> None:
    store = await open_postgres("relay")
    assert isinstance(store, PostgresStore)
    await store.transact(begin(ONE))
    store._writer._connection = cast(Any, Deaf(store._writer._connection))
    assert await store.transact(say(ONE, "c1")) == 2
    assert await store.read(events.posted(consultation_stream(ONE), ClientId("c1"))) == 2
    await store.close()


async def test_two_relays_talk_in_the_same_consultations_without_gaps_or_doubles(open_postgres: Open) -> None:
    stores = [await open_postgres("relay"), await open_postgres("relay")]
    assert stores[0].epoch == stores[1].epoch
    names = [ConsultationId(f"C{number}") for number in range(8)]
    for name in names:
        await stores[0].transact(begin(name))
    said = [
        store.transact(say(name, f"{which}-{number}"))
        for which, store in enumerate(stores)
        for number in range(20)
        for name in (names if which else reversed(names))
    ]
    seqs = await asyncio.gather(*said)
    assert sorted(seqs) == sorted(8 * list(range(2, 42)))
    for name in names:
        log = await stores[0].read(events.events_after(consultation_stream(name), 0, 100))
        assert [one.frame.seq for one in log] == list(range(1, 42))
    await asyncio.gather(*(store.close() for store in stores))


async def test_numbers_taken_by_several_relays_are_distinct_and_consecutive(open_postgres: Open) -> None:
    stores = [await open_postgres("relay") for _ in range(3)]
    taken = [
        store.transact(events.next_number(queue, "2026-03-02"))
        for number in range(60)
        for store in stores
        for queue in (("a", "b") if number % 2 else ("b", "a"))
    ]
    numbers = await asyncio.gather(*taken)
    assert sorted(numbers) == sorted(2 * list(range(1, 181)))
    await asyncio.gather(*(store.close() for store in stores))


async def test_no_two_relays_claim_the_same_work(open_postgres: Open) -> None:
    stores = [await open_postgres("relay") for _ in range(3)]
    for number in range(60):
        await stores[0].transact(outbox.owe("bot", f"C{number}", 1.0))
    claims = [store.transact(outbox.claim("bot", 2.0, 30.0, 7)) for store in stores for _ in range(8)]
    found = [work.id for works in await asyncio.gather(*claims) for work in works]
    found += [work.id for work in await stores[0].transact(outbox.claim("bot", 2.0, 30.0, 100))]
    assert len(found) == len(set(found)) == 60
    await asyncio.gather(*(store.close() for store in stores))


async def test_a_reader_of_the_log_misses_nothing_and_finds_every_stream_in_its_order(open_postgres: Open) -> None:
    stores = [await open_postgres("relay") for _ in range(3)]
    names = [ConsultationId(f"C{number}") for number in range(6)]
    for name in names:
        await stores[0].transact(begin(name))
    writing = asyncio.gather(
        *(
            store.transact(say(name, f"{which}-{n}"))
            for n in range(30)
            for which, store in enumerate(stores)
            for name in names
        )
    )
    position, seen = replay.BEGINNING, dict[Stream, int]()
    total = 6 * (1 + 90)
    async with asyncio.timeout(60):
        while sum(seen.values()) < total:
            page = await stores[0].read(replay.read_log(position, 17))
            for _, one in page:
                assert one.frame.seq == seen.get(one.stream, 0) + 1, "in its order, without gaps"
                seen[one.stream] = one.frame.seq
            position = page[-1][0] if page else position
            await asyncio.sleep(0)
    await writing
    assert await stores[0].read(replay.read_log(position, 1)) == []
    await asyncio.gather(*(store.close() for store in stores))


async def test_what_a_script_cannot_store_harms_nobody_else(open_postgres: Open) -> None:
    """PostgreSQL takes no NUL in text; the other scripts share the transaction."""
    store = await open_postgres("relay")
    scripts = [begin(f"C{n}" if n % 4 else f"C{n}\0", f"t{n}") for n in range(1, 21)]
    results = await asyncio.gather(*(store.transact(script) for script in scripts), return_exceptions=True)
    bad = [one for one in results if isinstance(one, BanwenError)]
    assert len(bad) == 5
    assert {one.code for one in bad} == {ErrorCode.BAD_INPUT}
    assert len(await store.read(events.consultations([State.BOT, State.NEW]))) == 15
    await store.close()


async def test_a_server_that_may_lose_what_it_acknowledged_is_named(server: Cluster) -> None:
    url = server.database()
    assert "提交即落盘" in await asyncio.to_thread(examine, url)
    server.sql("postgres", "ALTER SYSTEM SET fsync = off")
    server.sql("postgres", "ALTER SYSTEM SET synchronous_commit = off")
    server.sql("postgres", "SELECT pg_reload_conf()")
    with pytest.raises(BanwenError) as caught:
        await asyncio.to_thread(examine, url)
    assert caught.value.code is ErrorCode.CORRUPT
    assert "fsync" in caught.value.message
    assert "synchronous_commit" in caught.value.message


async def test_commits_are_durable_whatever_the_server_does_by_default(server: Cluster) -> None:
    url = server.database()
    server.sql("postgres", "ALTER SYSTEM SET synchronous_commit = off")
    server.sql("postgres", "SELECT pg_reload_conf()")
    store = a_store(url)
    await store.transact(begin(ONE))
    assert store._writer._connection is not None
    assert await store._writer._connection.fetchval("SHOW synchronous_commit") == "on"
    await store.close()
