"""Uploads as a whole in SQLite: one small function per operation."""

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from relay_server.store import files as ops
from relay_server.store.accounts import StoredFile
from relay_server.store.sqlite.accounts import stored_file


def read_held(connection: sqlite3.Connection, op: ops.ReadHeld) -> int:
    """Add the sizes up."""
    query = "SELECT coalesce(sum(size), 0) FROM file WHERE consultation = ?"
    return int(connection.execute(query, (op.consultation,)).fetchone()[0])


def mark_posted(connection: sqlite3.Connection, op: ops.MarkPosted) -> None:
    """Note when they were posted first."""
    query = "UPDATE file SET posted_at = ? WHERE id = ? AND posted_at = 0"
    connection.executemany(query, [(op.at, one) for one in op.ids])


def drop_unposted(connection: sqlite3.Connection, op: ops.DropUnposted) -> list[StoredFile]:
    """Delete the oldest of them."""
    query = (
        "DELETE FROM file WHERE id IN (SELECT id FROM file WHERE posted_at = 0 AND at < ? ORDER BY at LIMIT ?) "
        "RETURNING attachment, consultation, file_name, at"
    )
    return [stored_file(row) for row in connection.execute(query, (op.before, op.limit)).fetchall()]


def known_files(connection: sqlite3.Connection, op: ops.KnownFiles) -> set[str]:
    """Look names up."""
    query = "SELECT file_name FROM file WHERE file_name IN (SELECT value FROM json_each(?))"
    return {row[0] for row in connection.execute(query, (msgspec.json.encode(op.names).decode(),))}


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.ReadHeld: read_held,
    ops.MarkPosted: mark_posted,
    ops.DropUnposted: drop_unposted,
    ops.KnownFiles: known_files,
}
