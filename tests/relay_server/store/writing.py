"""A program that writes until it is ended: `python -m tests.relay_server.store.writing DATABASE WRITERS [LIMIT]`.

Several writers talk at once, each in its own consultation, and a line is printed for every message that was
acknowledged: `ack STREAM SEQ CLIENT_ID`. With LIMIT the file system takes no file beyond that many bytes; what is
refused is printed as `no CODE CLIENT_ID`, and once something was, the limit is lifted and everybody tries again.
"""

import asyncio
import resource
import signal
import sys
from pathlib import Path

from relay_protocol.errors import BanwenError
from relay_protocol.ids import ConsultationId, consultation_stream
from relay_server.store import events
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.people import KEYS, begin, say

REFUSALS_WANTED, MESSAGES_AFTER = 5, 20


def report(*words: object) -> None:
    """Print a line at once: whoever reads it may kill this process next."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def talk(store: SqliteStore, consultation: ConsultationId) -> None:
    """Say one thing after the other for ever."""
    if await store.read(events.load(consultation)) is None:
        await store.transact(begin(consultation))
    number = 0
    while True:
        number += 1
        await say_once(store, consultation, f"{consultation}-{number}")


async def say_once(store: SqliteStore, consultation: ConsultationId, client_id: str) -> bool:
    """Say one thing and report how it went."""
    try:
        seq = await store.transact(say(consultation, client_id))
    except BanwenError as error:
        report("no", error.code, client_id)
        return False
    report("ack", consultation_stream(consultation), seq, client_id)
    return True


async def write_for_ever(path: Path, writers: int) -> None:
    """Write until killed."""
    store = SqliteStore(path, KEYS, on_commit=lambda effects: None)
    await asyncio.gather(*(talk(store, ConsultationId(f"C{number}")) for number in range(writers)))


async def fill(path: Path, writers: int, limit: int) -> None:
    """Write until the disk is full, make room, and write on."""
    store = SqliteStore(path, KEYS, on_commit=lambda effects: None)
    names = [ConsultationId(f"C{number}") for number in range(writers)]
    await asyncio.gather(*(store.transact(begin(name)) for name in names))
    await _until_refused(store, names, limit)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for number in range(MESSAGES_AFTER):
        await asyncio.gather(*(say_once(store, name, f"{name}-after-{number}") for name in names))
    await store.close()


async def _until_refused(store: SqliteStore, names: list[ConsultationId], limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    refusals = number = 0
    while refusals < REFUSALS_WANTED:
        number += 1
        went = await asyncio.gather(*(say_once(store, name, f"{name}-{number}") for name in names))
        refusals += went.count(False)


if __name__ == "__main__":
    database, count, *size = sys.argv[1:]
    work = fill(Path(database), int(count), int(size[0])) if size else write_for_ever(Path(database), int(count))
    asyncio.run(work)
