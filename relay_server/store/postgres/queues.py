"""What dispatch asks of PostgreSQL: one small coroutine per operation. A group of queues is an advisory lock."""

from relay_protocol.ids import AgentId
from relay_server.store import queues as ops
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

LOADS = """
SELECT serving, count(*) FROM consultation
WHERE serving <> '' AND state IN ('offered', 'active', 'wrap_up') GROUP BY serving
"""


async def who_waits(connection: Connection, op: ops.ListStanding) -> list[ops.Standing]:
    """Read who waits by the index of states."""
    rows = await connection.fetch("SELECT body FROM consultation WHERE state IN ('queued', 'offered')")
    return [ops.standing_reader.decode(row[0]) for row in rows]


async def read_loads(connection: Connection, op: ops.ReadLoads) -> dict[AgentId, int]:
    """Count by the index of servants and states."""
    rows = await connection.fetch(LOADS)
    return {AgentId(row[0]): int(row[1]) for row in rows}


async def lock_group(connection: Connection, op: ops.LockGroup) -> None:
    """Wait for the lock; the end of the transaction gives it back."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"group {op.group}")


async def any_due(connection: Connection, op: ops.AnyDue) -> bool:
    """Look for one row."""
    query = "SELECT EXISTS (SELECT 1 FROM work WHERE kind = $1 AND due_at <= $2)"
    return bool(await connection.fetchval(query, op.kind, op.now))


HANDLERS: Handlers = {
    ops.ListStanding: who_waits,
    ops.ReadLoads: read_loads,
    ops.LockGroup: lock_group,
    ops.AnyDue: any_due,
}
