"""The log of record in a PostgreSQL database: one connection that writes in groups, a few that read snapshots."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from relay_server.store.base import Effects, Transaction
from relay_server.store.keys import Keyring
from relay_server.store.postgres import (
    accounts,
    decisions,
    events,
    files,
    followers,
    invitations,
    jobs,
    keys,
    outbox,
    queues,
    settings,
    signs,
)
from relay_server.store.postgres.connection import prepared, scrub
from relay_server.store.postgres.handlers import Handlers
from relay_server.store.postgres.log import Log
from relay_server.store.postgres.log import handlers as log_handlers
from relay_server.store.postgres.reader import Readers
from relay_server.store.postgres.writer import Writer
from relay_server.store.scripts import outcome

T = TypeVar("T")

ROOMS = (accounts, decisions, files, followers, invitations, jobs, keys, outbox, queues, settings, signs)


class PostgresStore:
    """See `store.base.Store`. `on_commit` hears of the effects, in order, on the loop.

    `url` is as libpq has it; a password belongs into the file that its `passfile` names, or into `~/.pgpass`.
    """

    def __init__(self, url: str, keyring: Keyring, on_commit: Callable[[Effects], None]) -> None:
        self._url = url
        self.epoch = prepared(url, keyring)
        rows = Log(keyring)
        reading = _handlers(rows)
        writing = {**reading, **events.HOLDING, **accounts.HOLDING, **settings.HOLDING}
        self._writer = Writer(url, writing, rows, on_commit)
        self._readers = Readers(url, reading)

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

        Raise `BanwenError(UNREACHABLE)` when the server cannot be reached.
        """
        result: T = await self._readers.run(script)
        return result

    async def scrub(self) -> None:
        """Rewrite the tables that held what was deleted or replaced. See `connection.scrub` for what stays outside."""
        await scrub(self._url)

    async def close(self) -> None:
        """Finish what was handed in, then let go of the server. Whoever comes later is refused."""
        await asyncio.gather(self._writer.close(), self._readers.close())


def _handlers(rows: Log) -> Handlers:
    found: dict[type[Any], Any] = {**log_handlers(rows), **events.handlers(rows)}
    for room in ROOMS:
        found.update(room.HANDLERS)
    return found
