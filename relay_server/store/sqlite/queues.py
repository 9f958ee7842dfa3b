"""What dispatch asks of SQLite: one small function per operation. The one writer is the lock of everything."""

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from relay_protocol.ids import AgentId, ConsultationId
from relay_server.store import queues as ops

_WAITING = "state IN ('queued', 'offered')"
_LOADED = "state IN ('offered', 'active', 'wrap_up')"


def list_waiting(connection: sqlite3.Connection, op: ops.ListWaiting) -> list[tuple[ConsultationId, int]]:
    """Read who waits by the index of states."""
    return connection.execute(f"SELECT id, last_seq FROM consultation WHERE {_WAITING}").fetchall()  # noqa: S608


def read_standing(connection: sqlite3.Connection, op: ops.ReadStanding) -> list[ops.Standing]:
    """Read the bodies of some."""
    query = f"SELECT body FROM consultation WHERE id IN (SELECT value FROM json_each(?)) AND {_WAITING}"  # noqa: S608
    rows = connection.execute(query, (msgspec.json.encode(op.consultations).decode(),))
    return [ops.standing_reader.decode(row[0]) for row in rows]


def read_loads(connection: sqlite3.Connection, op: ops.ReadLoads) -> dict[AgentId, int]:
    """Count by the index of servants and states."""
    query = f"SELECT serving, count(*) FROM consultation WHERE serving <> '' AND {_LOADED} GROUP BY serving"  # noqa: S608
    return dict(connection.execute(query).fetchall())


def hold_agent(connection: sqlite3.Connection, op: ops.HoldAgent) -> int:
    """Count one agent's."""
    query = f"SELECT count(*) FROM consultation WHERE serving = ? AND {_LOADED}"  # noqa: S608
    return int(connection.execute(query, (op.agent,)).fetchone()[0])


def try_agents(connection: sqlite3.Connection, op: ops.TryAgents) -> dict[AgentId, int]:
    """Count each one's."""
    return {agent: hold_agent(connection, ops.HoldAgent(agent)) for agent in op.agents}


def try_group(connection: sqlite3.Connection, op: ops.TryGroup) -> bool:
    """There is no other."""
    return True


def any_due(connection: sqlite3.Connection, op: ops.AnyDue) -> bool:
    """Look for one row."""
    query = "SELECT 1 FROM work WHERE kind = ? AND due_at <= ? LIMIT 1"
    return connection.execute(query, (op.kind, op.now)).fetchone() is not None


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.ListWaiting: list_waiting,
    ops.ReadStanding: read_standing,
    ops.ReadLoads: read_loads,
    ops.HoldAgent: hold_agent,
    ops.TryAgents: try_agents,
    ops.TryGroup: try_group,
    ops.AnyDue: any_due,
}
