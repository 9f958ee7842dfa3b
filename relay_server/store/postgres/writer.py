"""The one connection that writes: scripts that came while the last commit ran share the next transaction.

Scripts that begin with what can be asked together run in lock step (see `lockstep`). The others run one after the
other in a transaction that ends as soon as one of them has taken a lock, so that no process holds more than one
script's locks while it waits for another. Order is kept: a transaction takes scripts as they were handed in.

A commit whose answer is lost is in doubt, not lost: its number is looked up on the next connection, so that nobody is
told that something failed which happened.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from relay_server.spawn import spawn
from relay_server.store import accounts, events, outbox, queues, replay, signs
from relay_server.store.base import Effects, Transaction
from relay_server.store.postgres.connection import Connection, Trouble, connect, let_go, trouble
from relay_server.store.postgres.handlers import Handlers
from relay_server.store.postgres.lockstep import Lockstep, Runner
from relay_server.store.postgres.log import Log
from relay_server.store.scripts import Done, Failed, closed, not_stored

log = logging.getLogger(__name__)

LARGEST_GROUP = 256
PATIENCE_SECONDS = 3.0
"""How long senders wait for a server that restarts before they are told."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
UNLOCKED = {accounts.PutToken, accounts.FindToken, outbox.ClaimWork, outbox.DropDue, queues.AnyDue, signs.PutSigns}
"""What may share a transaction with others of its kind: it waits for nobody, or holds nothing others wait for."""
READS = {events.List, events.ReadEvents, events.ReadAttendance, events.ReadNote, events.ReadSeen, replay.ReadLog}


class Writer:
    """Owns the writing connection. `on_commit` is called in commit order, before callers go on."""

    def __init__(self, url: str, handlers: Handlers, rows: Log, on_commit: Callable[[Effects], None]) -> None:
        self._url, self._handlers, self._rows, self._on_commit = url, handlers, rows, on_commit
        self._waiting: deque[Runner] = deque()
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._closed = False

    def submit(self, script: Transaction[object], done: Done, failed: Failed) -> None:
        """Hand a script in; one of the two is called once it is durable, or has failed."""
        if self._closed:
            script.close()
            asyncio.get_running_loop().call_soon(failed, closed())
            return
        self._waiting.append(Runner(script, done, failed))
        if self._task is None or self._task.done():
            self._task = spawn(self._work(), "store-writer")

    async def close(self) -> None:
        """Finish what was handed in, then let go of the connection."""
        self._closed = True
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close()

    async def _work(self) -> None:
        """Commit group after group until nobody waits."""
        while self._waiting:
            group = deque(self._waiting.popleft() for _ in range(min(LARGEST_GROUP, len(self._waiting))))
            for one in group:
                one.advance()
            while group:
                await self._next_transaction(group)

    async def _next_transaction(self, group: deque[Runner]) -> None:
        """Commit those that come first and may share a transaction, and report how it went."""
        part: list[Runner] = []
        try:
            await self._begin()
            if group[0].begins_together:
                while group and group[0].begins_together:
                    part.append(group.popleft())
                await self._commit(lambda steps: steps.together(part))
            else:
                await self._commit(lambda steps: self._one_by_one(steps, group, part))
        except Exception as error:
            log.critical("group not committed", extra={"scripts": len(part)}, exc_info=True)
            let_go(self._connection)
            self._connection = None
            if not part:  # nobody can be served at present
                part = [*group, *self._waiting]
                group.clear()
                self._waiting.clear()
            for one in part:
                one.fail(not_stored(error))
        for one in part:
            one.report(self._on_commit)

    async def _one_by_one(self, steps: Lockstep, group: deque[Runner], part: list[Runner]) -> None:
        while group and not group[0].begins_together:
            one = group.popleft()
            part.append(one)
            if await steps.alone(one) - UNLOCKED - READS:
                return

    async def _begin(self) -> None:
        """Open a transaction; connect first if need be, and again while the server restarts."""
        until, pause = time.monotonic() + PATIENCE_SECONDS, FIRST_PAUSE
        while True:
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await connect(self._url)
                await self._connection.execute("BEGIN")
                return
            except Exception as error:
                let_go(self._connection)
                self._connection = None
                if trouble(error) is None or time.monotonic() + pause > until:
                    raise
                log.warning("database not reachable", extra={"error": type(error).__name__})
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _commit(self, work: Callable[[Lockstep], Awaitable[None]]) -> None:
        """Do the work in the open transaction and commit it."""
        if self._connection is None:
            raise closed()
        steps = Lockstep(self._connection, self._handlers, self._rows)
        await work(steps)
        number = steps.number or await self._connection.fetchval("SELECT pg_current_xact_id_if_assigned()::text")
        try:
            await self._connection.execute("COMMIT")
        except Exception as error:
            let_go(self._connection)
            self._connection = None
            if trouble(error) is not Trouble.GONE or not await self._was_committed(number):
                raise

    async def _was_committed(self, number: str | None) -> bool:
        """Ask what became of a transaction whose end was not heard of."""
        await self._begin()
        if self._connection is None:
            return False
        query = "SELECT pg_xact_status($1::text::xid8)"
        status = await self._connection.fetchval(query, number) if number else None
        await self._connection.execute("ROLLBACK")
        log.warning("commit was in doubt", extra={"status": str(status)})
        return bool(status == "committed")
