"""Followers in SQLite: one small function per operation."""

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from relay_server.domain.consultation import Consultation
from relay_server.store import followers as ops
from relay_server.store.base import Moved

_reader = msgspec.json.Decoder(Consultation)


def move_followers(connection: sqlite3.Connection, op: ops.MoveFollowers) -> Moved:
    """Add and remove rows."""
    joined = [(agent, op.consultation) for agent in sorted(op.joined)]
    left = [(agent, op.consultation) for agent in sorted(op.left)]
    connection.executemany("INSERT OR IGNORE INTO follower (agent, consultation) VALUES (?, ?)", joined)
    connection.executemany("DELETE FROM follower WHERE agent = ? AND consultation = ?", left)
    return Moved(op.consultation, op.joined, op.left)


def list_followed(connection: sqlite3.Connection, op: ops.ListFollowed) -> list[Consultation]:
    """Look up what an agent follows."""
    query = (
        "SELECT body FROM follower JOIN consultation ON consultation.id = follower.consultation "
        "WHERE follower.agent = ? ORDER BY consultation.id DESC"
    )
    return [_reader.decode(row[0]) for row in connection.execute(query, (op.agent,))]


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.MoveFollowers: move_followers,
    ops.ListFollowed: list_followed,
}
