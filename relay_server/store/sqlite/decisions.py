"""Decisions of dispatch in SQLite: one small function per operation."""

import sqlite3
from collections.abc import Callable
from typing import Any

from relay_protocol.ids import ConsultationId
from relay_server.store import decisions as ops

_COLUMNS = "consultation, number, at, step, rules_version, chosen, candidates"


def put_decisions(connection: sqlite3.Connection, op: ops.PutDecisions) -> int:
    """Keep decisions."""
    rows = [
        (one.consultation, one.number, one.at, one.step, one.rules_version, one.chosen, one.candidates)
        for one in op.rows
    ]
    connection.executemany(f"INSERT INTO decision ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
    return int(connection.execute("SELECT last_insert_rowid()").fetchone()[0])


def read_decisions(connection: sqlite3.Connection, op: ops.ReadDecisions) -> list[ops.DecisionRow]:
    """Read the last decisions, oldest first."""
    column, value = ("consultation", op.consultation) if op.consultation else ("number", op.number)
    query = f"SELECT {_COLUMNS} FROM decision WHERE {column} = ? ORDER BY id DESC LIMIT ?"  # noqa: S608
    rows = connection.execute(query, (value, op.limit)).fetchall()
    return [ops.DecisionRow(ConsultationId(row[0]), *row[1:]) for row in reversed(rows)]


def follow_decisions(
    connection: sqlite3.Connection, op: ops.FollowDecisions
) -> list[tuple[int, ConsultationId, int, str]]:
    """Read on from a number."""
    query = (
        "SELECT made.id, made.consultation, step, candidates FROM decision AS made JOIN consultation AS one "
        "ON one.id = made.consultation AND one.state IN ('queued', 'offered') WHERE made.id > ? ORDER BY made.id"
    )
    return connection.execute(query, (op.after,)).fetchall()


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.PutDecisions: put_decisions,
    ops.FollowDecisions: follow_decisions,
    ops.ReadDecisions: read_decisions,
}
