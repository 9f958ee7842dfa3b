"""The one thread that writes: scripts that came while the last commit ran share the next one.

Measured (notes of the design): with synchronous=FULL one commit for 128 rows costs about what one commit for one row
does, so grouping makes durability free when it matters; NORMAL lost acknowledged rows in simulated power cuts.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from relay_server.store.base import Effects, Operation, Transaction
from relay_server.store.scripts import Done, Failed, Pending, clash, closed, not_stored, note

log = logging.getLogger(__name__)

LARGEST_GROUP = 256
SICK = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
    }
)
"""Result codes (sqlite.org/rescode.html) that speak of the disk, the file or the machine."""

Handler = Callable[[sqlite3.Connection, Any], Any]
Handlers = Mapping[type[Any], Handler]


def carry_out(script: Transaction[Any], connection: sqlite3.Connection, handlers: Handlers, effects: Effects) -> Any:
    """Run a script to its end; what others must hear of is added to `effects`."""
    answer: Any = None
    try:
        while True:
            operation: Operation = script.send(answer)
            answer = handlers[type(operation)](connection, operation)
            note(effects, answer)
    except StopIteration as stop:
        return stop.value
    finally:
        script.close()


class Writer:
    """Owns the writing connection; all its callers are on one loop.

    `on_commit` is called there, in commit order, before callers go on.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        handlers: Handlers,
        on_commit: Callable[[Effects], None],
    ) -> None:
        self._connect, self._handlers, self._on_commit = connect, handlers, on_commit
        self._jobs: queue.SimpleQueue[list[Pending] | None] = queue.SimpleQueue()
        self._handed_in: list[Pending] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, script: Transaction[Any], done: Done, failed: Failed) -> None:
        """Hand a script in; one of the two is called on the loop once it is durable, or has failed."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        if self._closed:
            script.close()
            loop.call_soon(failed, closed())
            return
        if not self._handed_in:  # the thread is woken once for all that comes in this turn of the loop
            loop.call_soon(self._hand_over)
        self._handed_in.append(Pending(script, done, failed))

    def _hand_over(self) -> None:
        if self._handed_in:
            self._jobs.put(self._handed_in)
            self._handed_in = []

    async def close(self) -> None:
        """Finish what was handed in, then end the thread."""
        self._closed = True
        self._hand_over()
        self._jobs.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        while (group := self._next_group()) is not None:
            connection = self._commit(connection, group)
            self._report(group)
        if connection is not None:
            connection.close()

    def _next_group(self) -> list[Pending] | None:
        group = self._jobs.get()
        while group is not None and len(group) < LARGEST_GROUP:
            try:
                more = self._jobs.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._jobs.put(None)
                break
            group += more
        return group

    def _commit(self, connection: sqlite3.Connection | None, group: Sequence[Pending]) -> sqlite3.Connection | None:
        """Run all scripts in one transaction, a savepoint each; if it cannot be committed, none of them happened.

        Return the connection for the next group; None after a failure, so that the file is opened afresh.
        """
        try:
            connection = connection or self._connect()
            connection.execute("BEGIN IMMEDIATE")
            for job in group:
                self._run(connection, job)
            connection.execute("COMMIT")
        except Exception as error:
            log.critical("group not committed", extra={"scripts": len(group)}, exc_info=True)
            for job in group:
                job.fail(not_stored(error))
            _let_go(connection)
            return None
        return connection

    def _run(self, connection: sqlite3.Connection, job: Pending) -> None:
        connection.execute("SAVEPOINT script")
        try:
            job.result = carry_out(job.script, connection, self._handlers, job.effects)
        except BaseException as error:
            if _sick(error):  # nothing of the group can be kept
                raise
            job.fail(clash(error) if isinstance(error, sqlite3.IntegrityError) else error)
            connection.execute("ROLLBACK TO script")
        connection.execute("RELEASE script")

    def _report(self, group: Sequence[Pending]) -> None:
        try:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._resolve, group)
        except RuntimeError:  # the loop has ended; its programs are gone
            log.warning("nobody waits for the result any more")

    def _resolve(self, group: Sequence[Pending]) -> None:
        for job in group:
            job.report(self._on_commit)


def _let_go(connection: sqlite3.Connection | None) -> None:
    """Close, which rolls back, whatever state the disk is in."""
    if connection is not None:
        with suppress(sqlite3.Error):
            connection.close()


def _sick(error: BaseException) -> bool:
    """Tell whether it is the disk or the file that failed, not the script."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in SICK
