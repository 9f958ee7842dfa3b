"""The stores by themselves: messages made durable in SQLite and in PostgreSQL, the same scripts, in turn.

Each writer has a consultation of its own, says one thing after the other and waits for each to be on disk, as the
relay's links do: mark the request's number, look for the message's name, load, append. The process and PostgreSQL's
server share the machine's cores.
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from bench import report
from relay_protocol.ids import ClientId, ConsultationId, consultation_stream
from relay_server.store import events
from relay_server.store.accounts import use_once
from relay_server.store.base import Store, Transaction
from relay_server.store.keys import KEY_BYTES, Keyring
from relay_server.store.postgres import PostgresStore
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.cluster import Cluster, running_cluster
from tests.relay_server.store.people import begin, said

WRITERS = (1, 8, 64, 256)
GOAL_SHARE = 0.3
"""What PostgreSQL must reach of SQLite's rows/s with many writers: it speaks to another process, SQLite to none."""

Open = Callable[[str], Store]


def message(name: ConsultationId, number: int) -> Transaction[int]:
    """What the relay does for a message that arrives on a link."""
    stream, client_id = consultation_stream(name), ClientId(f"{name}-{number}")
    yield from use_once(f"request/{client_id}", 1e12, 1.0)
    yield from events.posted(stream, client_id)
    before = yield from events.load(name)
    after = yield from events.append(
        name, before, [said(client_id, "请问如何申报增值税？" * 4)], time.time(), client_id
    )
    return after.last_seq


async def once(store: Store, writers: int, seconds: float) -> report.Row:
    """Let so many people talk for a while; return how much was kept and how long each waited."""
    run = secrets.token_hex(4)
    names = [ConsultationId(f"{run}-{number}") for number in range(writers)]
    await asyncio.gather(*(store.transact(begin(name)) for name in names))
    took: list[float] = []
    started, cpu = time.perf_counter(), time.process_time()

    async def talk(name: ConsultationId) -> None:
        number = 0
        while time.perf_counter() - started < seconds:
            number += 1
            asked = time.perf_counter()
            await store.transact(message(name, number))
            took.append((time.perf_counter() - asked) * 1000)

    await asyncio.gather(*map(talk, names))
    spent, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {
        "rows/s": round(len(took) / spent),
        "p50 ms": report.percentile(took, 0.5),
        "p99 ms": report.percentile(took, 0.99),
        "cpu µs/row here": round(cpu / len(took) * 1e6),
    }


async def compare(kinds: dict[str, Open], writers: int, rounds: int, seconds: float) -> list[report.Row]:
    """Measure every kind in each round; return one row of medians for each."""
    runs: dict[str, list[report.Row]] = {kind: [] for kind in kinds}
    for number in range(rounds):
        for kind, open_store in kinds.items():
            store = open_store(f"{kind}_{writers}_{number}")
            runs[kind].append(await once(store, writers, seconds))
            await store.close()
    return [
        {
            "store": kind,
            "writers": writers,
            **{name: report.median([float(row[name]) for row in rows]) for name in rows[0]},
        }
        for kind, rows in runs.items()
    ]


def kinds(folder: Path, cluster: Cluster) -> dict[str, Open]:
    """Return how a fresh store of each kind is opened."""
    keyring = Keyring(secrets.token_bytes(KEY_BYTES))
    return {
        "sqlite": lambda name: SqliteStore(folder / f"{name}.db", keyring, lambda effects: None),
        "postgresql": lambda name: PostgresStore(cluster.database(), keyring, lambda effects: None),
    }


def run(quick: bool) -> report.Report:
    """Five rounds of three seconds each; a smoke run has one short round."""
    result = report.Report("store", packages=("asyncpg", "sqlalchemy"))
    rounds, seconds = (1, 0.3) if quick else (5, 3.0)
    with tempfile.TemporaryDirectory() as folder, running_cluster() as cluster:
        for writers in WRITERS[1:3] if quick else WRITERS:
            result.rows += uvloop.run(compare(kinds(Path(folder), cluster), writers, rounds, seconds))
    rates = {(row["store"], row["writers"]): float(row["rows/s"]) for row in result.rows}
    most = max(int(row["writers"]) for row in result.rows)
    share = round(rates["postgresql", most] / rates["sqlite", most], 3)
    result.checks.append(report.Check(f"postgresql of sqlite at {most} writers", share, ">=", GOAL_SHARE))
    return result


if __name__ == "__main__":
    given = report.arguments(__doc__ or "")
    report.publish(run(given.quick), given.json)
