"""The connections that read: each script sees one snapshot (REPEATABLE READ) and can change nothing."""

import asyncio
import time
from typing import Any

from relay_server.store.base import Operation, Transaction
from relay_server.store.postgres.connection import Connection, Trouble, connect, let_go, refusal, trouble
from relay_server.store.postgres.handlers import Handlers
from relay_server.store.scripts import closed

READERS = 3
PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 0.1
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Readers:
    """A few connections, opened when they are first needed."""

    def __init__(self, url: str, handlers: Handlers) -> None:
        self._url, self._handlers = url, handlers
        self._slots = asyncio.Semaphore(READERS)
        self._idle: list[Connection] = []
        self._closed = False

    async def run(self, script: Transaction[Any]) -> Any:
        """Run a script. Raise `BanwenError(UNREACHABLE)` when the server cannot be reached."""
        if self._closed:
            script.close()
            raise closed()
        async with self._slots:
            try:
                connection = await self._begin()
            except BaseException as error:
                script.close()
                raise refusal(error) from error
            try:
                return await self._carry_out(script, connection)
            finally:
                await self._give_back(connection)

    async def close(self) -> None:
        """Wait for those who read, then let go of the connections."""
        self._closed = True
        for _ in range(READERS):
            await self._slots.acquire()
        await asyncio.gather(*(connection.close() for connection in self._idle))

    async def _carry_out(self, script: Transaction[Any], connection: Connection) -> Any:
        answer: Any = None
        try:
            while True:
                operation = script.send(answer)
                answer = await self._answer(operation, connection)
        except StopIteration as stop:
            return stop.value
        finally:
            script.close()

    async def _answer(self, operation: Operation, connection: Connection) -> Any:
        try:
            return await self._handlers[type(operation)](connection, operation)
        except Exception as error:
            if trouble(error) is Trouble.GONE:
                let_go(connection)
            raise refusal(error) from error
        except BaseException:  # cancelled in the middle of a statement
            let_go(connection)
            raise

    async def _begin(self) -> Connection:
        """Open a snapshot on a connection that works; wait a while for a server that restarts."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            connection: Connection | None = None
            try:
                connection = self._idle.pop() if self._idle else await connect(self._url)
                await connection.execute(BEGIN)
                return connection
            except Exception:
                let_go(connection)
                if not self._idle and time.monotonic() > until:
                    raise
            await asyncio.sleep(0 if self._idle else PAUSE_SECONDS)

    async def _give_back(self, connection: Connection) -> None:
        if connection.is_closed():
            return
        try:
            await connection.execute("ROLLBACK")
        except Exception:
            let_go(connection)
        else:
            self._idle.append(connection)
