"""Signs of life in SQLite: one small function per operation."""

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from relay_protocol.ids import AgentId
from relay_server.store import signs as ops


def put_signs(connection: sqlite3.Connection, op: ops.PutSigns) -> None:
    """Write all agents of an edge at once, and forget old signs."""
    connection.execute("DELETE FROM sign WHERE at < ?", (op.forget_before,))
    query = (
        "INSERT INTO sign (agent, edge, at) SELECT value, ?, ? FROM json_each(?) WHERE true "
        "ON CONFLICT (agent, edge) DO UPDATE SET at = max(at, excluded.at)"
    )
    connection.execute(query, (op.edge, op.now, msgspec.json.encode(op.agents).decode()))


def drop_sign(connection: sqlite3.Connection, op: ops.DropSign) -> None:
    """Forget an agent at an edge."""
    connection.execute("DELETE FROM sign WHERE agent = ? AND edge = ?", (op.agent, op.edge))


def read_signs(connection: sqlite3.Connection, op: ops.ReadSigns) -> dict[AgentId, float]:
    """Find each agent's newest sign."""
    return dict(connection.execute("SELECT agent, max(at) FROM sign GROUP BY agent").fetchall())


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.PutSigns: put_signs,
    ops.DropSign: drop_sign,
    ops.ReadSigns: read_signs,
}
