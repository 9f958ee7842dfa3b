"""The outbox in SQLite: one small function per operation, for the thread that owns the connection."""

import sqlite3
from collections.abc import Callable
from typing import Any

from relay_server.store import outbox as ops
from relay_server.store.base import Owed


def put_work(connection: sqlite3.Connection, op: ops.PutWork) -> Owed:
    """Owe something."""
    values = (op.work.kind, op.work.subject, op.work.seq, op.due_at)
    connection.execute("INSERT INTO work (kind, subject, seq, due_at) VALUES (?, ?, ?, ?)", values)
    return Owed(op.work.kind)


def claim_work(connection: sqlite3.Connection, op: ops.ClaimWork) -> list[ops.Work]:
    """Lease what is due; of each subject only the oldest, so that it is done in order."""
    rows = connection.execute(
        "SELECT kind, subject, seq, id, attempts + 1 FROM work WHERE kind = ? AND due_at <= ? AND leased_until <= ? "
        "AND NOT EXISTS (SELECT 1 FROM work AS older WHERE older.kind = work.kind AND older.subject = work.subject "
        "AND older.id < work.id AND older.due_at <= ?) ORDER BY id LIMIT ?",
        (op.kind, op.now, op.now, op.now, op.limit),
    ).fetchall()
    found = [ops.Work(*row) for row in rows]
    leases = [(op.now + op.lease, work.attempts, work.id) for work in found]
    connection.executemany("UPDATE work SET leased_until = ?, attempts = ? WHERE id = ?", leases)
    return found


def lease_work(connection: sqlite3.Connection, op: ops.LeaseWork) -> None:
    """Move the end of one lease, or of all."""
    where, values = ("WHERE id = ?", (op.until, op.id)) if op.id else ("WHERE leased_until > ?", (op.until, op.until))
    connection.execute(f"UPDATE work SET leased_until = ? {where}", values)  # noqa: S608


def drop_work(connection: sqlite3.Connection, op: ops.DropWork) -> bool:
    """Delete finished work."""
    return connection.execute("DELETE FROM work WHERE id = ?", (op.id,)).rowcount == 1


def drop_due(connection: sqlite3.Connection, op: ops.DropDue) -> int:
    """Delete all that is due of a kind."""
    return connection.execute("DELETE FROM work WHERE kind = ? AND due_at <= ?", (op.kind, op.now)).rowcount


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.PutWork: put_work,
    ops.ClaimWork: claim_work,
    ops.LeaseWork: lease_work,
    ops.DropWork: drop_work,
    ops.DropDue: drop_due,
}
