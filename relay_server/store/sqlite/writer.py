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
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.store.base import Appended, Effects, Moved, Operation, Owed, Transaction

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


@dataclass
class Job:
    """A script with what is called, on the loop, once it has happened or has not."""

    script: Transaction[Any]
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]
    result: Any = None
    error: BaseException | None = None
    effects: Effects = field(default_factory=Effects)


def carry_out(script: Transaction[Any], connection: sqlite3.Connection, handlers: Handlers, effects: Effects) -> Any:
    """Run a script to its end; what others must hear of is added to `effects`."""
    answer: Any = None
    try:
        while True:
            operation: Operation = script.send(answer)
            answer = handlers[type(operation)](connection, operation)
            if isinstance(answer, Appended):
                effects.committed.extend(answer.events)
            elif isinstance(answer, Owed):
                effects.owed.add(answer.kind)
            elif isinstance(answer, Moved):
                effects.moved.append(answer)
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
        self._jobs: queue.SimpleQueue[list[Job] | None] = queue.SimpleQueue()
        self._handed_in: list[Job] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, script: Transaction[Any]) -> Any:
        """Hand a script in; return its result once it is durable."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.submit(script, partial(_settle, future.set_result, future), partial(_settle, future.set_exception, future))
        return await future

    def submit(
        self, script: Transaction[Any], done: Callable[[Any], None], failed: Callable[[BaseException], None]
    ) -> None:
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
        self._handed_in.append(Job(script, done, failed))

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

    def _next_group(self) -> list[Job] | None:
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

    def _commit(self, connection: sqlite3.Connection | None, group: Sequence[Job]) -> sqlite3.Connection | None:
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
                job.effects = Effects()
                job.error = job.error or not_stored(error)
            _let_go(connection)
            return None
        return connection

    def _run(self, connection: sqlite3.Connection, job: Job) -> None:
        connection.execute("SAVEPOINT script")
        try:
            job.result = carry_out(job.script, connection, self._handlers, job.effects)
        except BaseException as error:
            if _sick(error):  # nothing of the group can be kept
                raise
            job.error = _clash(error) if isinstance(error, sqlite3.IntegrityError) else error
            job.effects = Effects()
            connection.execute("ROLLBACK TO script")
        connection.execute("RELEASE script")

    def _report(self, group: Sequence[Job]) -> None:
        try:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._resolve, group)
        except RuntimeError:  # the loop has ended; its programs are gone
            log.warning("nobody waits for the result any more")

    def _resolve(self, group: Sequence[Job]) -> None:
        for job in group:
            self._tell(job.effects)
            try:
                if job.error is not None:
                    job.failed(job.error)
                else:
                    job.done(job.result)
            except Exception:  # a mistake of one must not keep the others waiting
                log.exception("result not taken")

    def _tell(self, effects: Effects) -> None:
        """Let others hear of it. Their mistakes change nothing: it is committed, and its sender waits to know."""
        try:
            if effects.committed or effects.owed:
                self._on_commit(effects)
        except Exception:
            log.exception("effects not announced")


def _settle(set_outcome: Callable[[Any], None], future: asyncio.Future[Any], outcome: Any) -> None:
    """Give a future its outcome, unless whoever waited has given up."""
    if not future.done():
        set_outcome(outcome)


def _let_go(connection: sqlite3.Connection | None) -> None:
    """Close, which rolls back, whatever state the disk is in."""
    if connection is not None:
        with suppress(sqlite3.Error):
            connection.close()


def _sick(error: BaseException) -> bool:
    """Tell whether it is the disk or the file that failed, not the script."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in SICK


def _clash(error: sqlite3.IntegrityError) -> BanwenError:
    return BanwenError(ErrorCode.CONFLICT, "刚才的操作与另一处同时进行的操作冲突，请刷新后重试。", why=str(error))


def closed() -> BanwenError:
    """Return the refusal for whoever comes while the relay stops."""
    return BanwenError(ErrorCode.UNREACHABLE, "服务器正在停止，请稍后重试。")


def not_stored(error: Exception) -> BanwenError:
    """Return the refusal for whoever could not be served because of the disk."""
    sentence = "服务器暂时无法保存，您的内容还没有送出，请稍后重试。"
    return BanwenError(ErrorCode.UNREACHABLE, sentence, why=f"{type(error).__name__}: {error}")
