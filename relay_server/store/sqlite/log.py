"""The table of events in SQLite: how rows are written and read, for every operation that touches the log."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from relay_protocol import codec
from relay_protocol.ids import Stream
from relay_protocol.messages import EventFrame
from relay_server.store import events as ops
from relay_server.store import replay
from relay_server.store.base import Appended, Committed
from relay_server.store.frames import committed, digest, place

COLUMNS = "frame, v, recalled"


def insert(connection: sqlite3.Connection, frames: Iterable[EventFrame], client_id: str = "") -> Appended:
    """Write events; `client_id` names the first."""
    events = tuple(Committed(frame, codec.encode(frame)) for frame in frames)
    names: list[str | None] = [client_id or None, *[None] * (len(events) - 1)]
    connection.executemany(
        "INSERT INTO event (stream, seq, at, type, v, frame, digest, client_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(*place(one.frame), one.data, digest(one.data), name) for one, name in zip(events, names, strict=True)],
    )
    return Appended(events)


def read_rows(rows: Iterable[Sequence[Any]], *, originals: bool = False) -> list[Committed]:
    """Return what stands in rows of `COLUMNS`; old versions are brought up to date."""
    return [committed(data, v, hide=bool(recalled) and not originals) for data, v, recalled in rows]


def record(connection: sqlite3.Connection, op: ops.Record) -> Appended:
    """Add events behind the last one of their stream."""
    head = _head(connection, op.stream)
    numbered = enumerate(op.events, head + 1)
    return insert(connection, [EventFrame(stream=op.stream, seq=seq, at=op.at, event=event) for seq, event in numbered])


def read_head(connection: sqlite3.Connection, op: ops.ReadHead) -> int:
    """Look the end of a stream up."""
    return _head(connection, op.stream)


def recall(connection: sqlite3.Connection, op: ops.Recall) -> None:
    """Mark a message as taken back."""
    connection.execute("UPDATE event SET recalled = 1 WHERE stream = ? AND seq = ?", (op.stream, op.seq))


def find_posted(connection: sqlite3.Connection, op: ops.FindPosted) -> int | None:
    """Look a message up by its client id."""
    query = "SELECT seq FROM event WHERE stream = ? AND client_id = ?"
    row = connection.execute(query, (op.stream, op.client_id)).fetchone()
    return int(row[0]) if row else None


def read_events(connection: sqlite3.Connection, op: ops.ReadEvents) -> list[Committed]:
    """Read a stretch of a stream, oldest first."""
    order = "DESC" if op.latest else "ASC"
    query = f"SELECT {COLUMNS} FROM event WHERE stream = ? AND seq > ? AND seq < ? ORDER BY seq {order} LIMIT ?"  # noqa: S608
    rows = connection.execute(query, (op.stream, op.after, op.before, op.limit)).fetchall()
    return read_rows(reversed(rows) if op.latest else rows, originals=op.originals)


def read_log(connection: sqlite3.Connection, op: replay.ReadLog) -> list[tuple[replay.Position, Committed]]:
    """Read all streams in the order of their commits: one writer gives ids in that order, and none is ever deleted."""
    query = f"SELECT {COLUMNS}, id FROM event WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608
    rows = connection.execute(query, (int(op.after or 0), op.limit)).fetchall()
    positions = [replay.Position(str(row[-1])) for row in rows]
    return list(zip(positions, read_rows(row[:-1] for row in rows), strict=True))


def read_cursor(connection: sqlite3.Connection, op: replay.ReadCursor) -> replay.Position:
    """Look a reader's place up."""
    row = connection.execute("SELECT position FROM cursor WHERE name = ?", (op.name,)).fetchone()
    return replay.Position(row[0]) if row else replay.BEGINNING


def put_cursor(connection: sqlite3.Connection, op: replay.PutCursor) -> None:
    """Move a reader's place."""
    connection.execute("INSERT OR REPLACE INTO cursor (name, position) VALUES (?, ?)", (op.name, op.position))


def _head(connection: sqlite3.Connection, stream: Stream) -> int:
    row = connection.execute("SELECT max(seq) FROM event WHERE stream = ?", (stream,)).fetchone()
    return int(row[0] or 0)


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.Record: record,
    ops.ReadHead: read_head,
    ops.Recall: recall,
    ops.FindPosted: find_posted,
    ops.ReadEvents: read_events,
    replay.ReadLog: read_log,
    replay.ReadCursor: read_cursor,
    replay.PutCursor: put_cursor,
}
