"""What was acknowledged is on disk: after SIGKILL in the middle of writing, and when the disk is full."""

import asyncio
import random
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from relay_protocol.ids import ConsultationId, Stream
from relay_protocol.messages import MessagePosted
from relay_server.store import events
from relay_server.store.base import Transaction
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.people import KEYS

WRITERS = 8
Log = dict[Stream, dict[int, str]]
"""Stream → seq → client id."""


@contextmanager
def writing(database: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Run the writing program; end it whatever happens."""
    command = [sys.executable, "-m", "tests.relay_server.store.writing", str(database), str(WRITERS), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: "subprocess.Popen[str]", most: int) -> list[list[str]]:
    """Return the next lines, at most so many."""
    if process.stdout is None:
        return []
    return [line.split() for _, line in zip(range(most), process.stdout, strict=False)]


def acknowledged(reported: Iterable[list[str]]) -> Log:
    """Return what was acknowledged; a line that was cut off by the kill acknowledges nothing."""
    log: Log = defaultdict(dict)
    for words in reported:
        if len(words) == 4 and words[0] == "ack":
            log[Stream(words[1])][int(words[2])] = words[3]
    return log


async def stored(database: Path) -> Log:
    """Return all messages of all writers, and insist that every stream is whole and its projection fits."""
    store = SqliteStore(database, KEYS, on_commit=lambda effects: None)
    log: Log = {}
    for number in range(WRITERS):
        consultation = ConsultationId(f"C{number}")
        stream = Stream(f"consultation/{consultation}")
        found = await store.read(events.events_after(stream, 0, 1_000_000))
        assert [one.frame.seq for one in found] == list(range(1, len(found) + 1))
        now = await store.read(events.load(consultation))
        assert (now.last_seq if now else 0) == len(found)
        events_of = {one.frame.seq: one.frame.event for one in found}
        log[stream] = {seq: one.client_id for seq, one in events_of.items() if isinstance(one, MessagePosted)}
    await store.close()
    return log


def insist(acked: Log, log: Log) -> None:
    """Everything acknowledged is there, at the place that was told, once."""
    for stream, told in acked.items():
        assert told.items() <= log[stream].items()
        assert len(set(log[stream].values())) == len(log[stream])


async def kill_once(database: Path, after: int) -> int:
    """Kill a writing program after some acknowledgements; return how many there were in all."""
    with writing(database) as process:
        reported = lines(process, after)
        process.kill()
        reported += lines(process, 1_000_000)
    acked = acknowledged(reported)
    insist(acked, await stored(database))
    return sum(map(len, acked.values()))


@pytest.mark.req("C1")
async def test_a_killed_writer_keeps_all_it_acknowledged(tmp_path: Path) -> None:
    for trial in range(3):
        assert await kill_once(tmp_path / f"{trial}.db", random.randint(20, 400)) >= 20


@pytest.mark.soak
async def test_a_writer_killed_a_hundred_times_keeps_all_it_acknowledged(tmp_path: Path) -> None:
    for trial in range(100):
        await kill_once(tmp_path / f"{trial}.db", random.randint(1, 1500))


async def test_a_full_disk_is_told_to_the_sender_and_the_writer_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with writing(tmp_path / "relay.db", str(300 * 1024)) as process:
        reported = lines(process, 1_000_000)
        assert process.stderr is not None
        assert process.wait(30) == 0, process.stderr.read()[-2000:]
    acked, refused = acknowledged(reported), [words[2] for words in reported if words[0] == "no"]
    log = await stored(tmp_path / "relay.db")
    assert refused
    assert {words[1] for words in reported if words[0] == "no"} == {"unreachable"}
    insist(acked, log)
    there = {client_id for of_stream in log.values() for client_id in of_stream.values()}
    assert not there & set(refused), "what was refused is not there"
    last = [f"C{number}-after-19" for number in range(WRITERS)]
    assert set(last) <= there, "everybody went on"


async def test_one_commit_is_shared_by_all_who_came_meanwhile(tmp_path: Path) -> None:
    """While the writer is busy with one script, others queue up; they then share a transaction."""
    store = SqliteStore(tmp_path / "relay.db", KEYS, on_commit=lambda effects: None)
    with closing(sqlite3.connect(tmp_path / "relay.db", isolation_level=None, check_same_thread=False)) as onlooker:

        def versions() -> Transaction[int]:
            yield from events.next_number("q", "d")
            return int(onlooker.execute("PRAGMA data_version").fetchone()[0])

        seen = await asyncio.gather(*(store.transact(versions()) for _ in range(200)))
    assert len(set(seen)) < 100, "far fewer commits than scripts"
    await store.close()
