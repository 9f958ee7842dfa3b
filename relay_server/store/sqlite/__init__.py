"""The log of record in one SQLite file: WAL, synchronous=FULL, one writer thread, a few readers."""

import asyncio
import logging
import secrets
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.store.base import Effects, Transaction
from relay_server.store.keys import Keyring, check_master
from relay_server.store.scripts import closed, not_stored, outcome
from relay_server.store.sqlite import (
    accounts,
    decisions,
    events,
    files,
    followers,
    invitations,
    jobs,
    outbox,
    queues,
    settings,
    signs,
)
from relay_server.store.sqlite import log as event_log
from relay_server.store.sqlite.log import Handlers
from relay_server.store.sqlite.upgrade import bring_up_to_date
from relay_server.store.sqlite.writer import Writer, carry_out

log = logging.getLogger(__name__)

T = TypeVar("T")

BUSY_MILLISECONDS = 5000
READERS = 2
SCRUB_ATTEMPTS = 4
"""Each waits for readers as long as `BUSY_MILLISECONDS`."""

ROOMS = (accounts, decisions, files, followers, invitations, jobs, outbox, queues, settings, signs)


class SqliteStore:
    """See `store.base.Store`. `on_commit` hears of the effects, in order, on the loop of whoever wrote."""

    def __init__(self, path: Path, keyring: Keyring, on_commit: Callable[[Effects], None]) -> None:
        self._path = path
        self.epoch = _prepare(path, keyring)
        self._handlers = _handlers(keyring)
        self._writer = Writer(self._connect, self._handlers, on_commit)
        self._closed = False
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []

    async def transact(self, script: Transaction[T]) -> T:
        """Run a script that writes; return its result once it is durable."""
        result: T = await outcome(lambda done, failed: self._writer.submit(script, done, failed))
        return result

    def submit(
        self, script: Transaction[T], done: Callable[[T], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Run a script that writes; call `done` or `failed` later, on the loop."""
        self._writer.submit(script, done, failed)

    async def read(self, script: Transaction[T]) -> T:
        """Run a script that only reads, on a snapshot of what is committed.

        Raise `BanwenError(UNREACHABLE)` when the disk cannot be read.
        """
        if self._closed:
            script.close()
            raise closed()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, script)

    async def scrub(self) -> None:
        """Bring all of the write-ahead log into the file, where deleted content is overwritten, and empty it."""
        await asyncio.get_running_loop().run_in_executor(None, scrub, self._path)

    async def close(self) -> None:
        """Finish what was handed in, then let go of the file. Whoever comes later is refused."""
        self._closed = True
        await self._writer.close()
        self._readers.shutdown()
        for connection in self._open:
            connection.close()

    def _read(self, script: Transaction[T]) -> T:
        connection = self._reader()
        connection.execute("BEGIN")
        try:
            result: T = carry_out(script, connection, self._handlers, Effects())
            return result
        except sqlite3.Error as error:
            log.critical("not readable", exc_info=True)
            raise not_stored(error) from error
        finally:
            connection.execute("ROLLBACK")

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            self._open.append(connection)
        return connection

    def _connect(self) -> sqlite3.Connection:
        return connect(self._path)


def scrub(path: Path) -> None:
    """Empty the write-ahead log. Raise `BanwenError(UNREACHABLE)` while somebody reads an old snapshot for long."""
    with closing(connect(path)) as connection:
        for _ in range(SCRUB_ATTEMPTS):
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return
    sentence = "数据库正被长时间读取，已清除的内容还留在日志文件里；请稍后再执行一次同样的命令。"
    raise BanwenError(ErrorCode.UNREACHABLE, sentence)


def connect(path: Path) -> sqlite3.Connection:
    """Open the file as the relay does."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased must not linger in free pages
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _handlers(keyring: Keyring) -> Handlers:
    log_of = event_log.Log(keyring)
    found = {**event_log.handlers(log_of), **events.handlers(log_of)}
    for room in ROOMS:
        found.update(room.HANDLERS)
    return found


def _prepare(path: Path, keyring: Keyring) -> str:
    """Create or migrate the file; return its epoch. Raise `BanwenError(CORRUPT)` for a foreign master key."""
    connection = connect(path)
    try:
        bring_up_to_date(connection)
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute("SELECT epoch, master FROM log").fetchone()
        if row is None:
            row = (secrets.token_hex(8), keyring.fingerprint)
            connection.execute("INSERT INTO log (epoch, master) VALUES (?, ?)", row)
        elif not row[1]:  # the log was begun before there were keys; nothing of it is sealed
            row = (row[0], keyring.fingerprint)
            connection.execute("UPDATE log SET master = ?", row[1:])
        check_master(row[1], keyring)
        connection.execute("COMMIT")
    finally:
        connection.close()
    return str(row[0])
