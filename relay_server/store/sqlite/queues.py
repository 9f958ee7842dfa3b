"""What dispatch asks of SQLite: one small function per operation."""

import sqlite3
from collections.abc import Callable
from typing import Any

from relay_protocol.ids import AgentId
from relay_server.store import queues as ops


def who_waits(connection: sqlite3.Connection, op: ops.ListStanding) -> list[ops.Standing]:
    """Read who waits by the index of states."""
    rows = connection.execute("SELECT body FROM consultation WHERE state IN ('queued', 'offered')")
    return [ops.standing_reader.decode(row[0]) for row in rows]


def read_loads(connection: sqlite3.Connection, op: ops.ReadLoads) -> dict[AgentId, int]:
    """Count by the index of servants and states."""
    query = (
        "SELECT serving, count(*) FROM consultation "
        "WHERE serving <> '' AND state IN ('offered', 'active', 'wrap_up') GROUP BY serving"
    )
    return dict(connection.execute(query).fetchall())


def lock_group(connection: sqlite3.Connection, op: ops.LockGroup) -> None:
    """Nothing to do: the one writer is the lock of everything."""


def any_due(connection: sqlite3.Connection, op: ops.AnyDue) -> bool:
    """Look for one row."""
    query = "SELECT 1 FROM work WHERE kind = ? AND due_at <= ? LIMIT 1"
    return connection.execute(query, (op.kind, op.now)).fetchone() is not None


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.ListStanding: who_waits,
    ops.ReadLoads: read_loads,
    ops.LockGroup: lock_group,
    ops.AnyDue: any_due,
}
