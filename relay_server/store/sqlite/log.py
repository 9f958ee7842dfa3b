"""The table of events in SQLite: how rows are written and read, for every operation that touches the log."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from relay_protocol.ids import Stream
from relay_protocol.messages import EventFrame
from relay_server.store import events as ops
from relay_server.store import replay, sampling
from relay_server.store.base import Appended, Committed
from relay_server.store.bodies import EventRow, digest_of, encoded, place_of, revealed, subject_of
from relay_server.store.keys import Keyring
from relay_server.store.sqlite.keys import key_of

ROWS = (
    "SELECT stream, seq, at, type, v, frame, digest, recalled, subject, wrapped, event.id FROM event "
    "LEFT JOIN subject_key ON subject_key.id = event.key"
)

Handlers = dict[type[Any], Callable[[sqlite3.Connection, Any], Any]]


class Log:
    """Seals what is personal on its way in and opens it on its way out."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def insert(
        self, connection: sqlite3.Connection, frames: Iterable[EventFrame], taxpayer: str = "", client_id: str = ""
    ) -> Appended:
        """Write events of a consultation with this taxpayer, or of another stream; `client_id` names the first."""
        committed = encoded(frames)
        names: list[str | None] = [client_id or None, *[None] * (len(committed) - 1)]
        connection.executemany(
            "INSERT INTO event (stream, seq, at, type, v, frame, digest, key, client_id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*place_of(one.frame), *self._sealed(connection, one, taxpayer), name)
                for one, name in zip(committed, names, strict=True)
            ],
        )
        return Appended(committed)

    def _sealed(self, connection: sqlite3.Connection, one: Committed, taxpayer: str) -> tuple[bytes, bytes, int | None]:
        digest = digest_of(one.data)
        subject = subject_of(one.frame.event, one.stream, taxpayer)
        if not subject:
            return one.data, digest, None
        number, cipher = key_of(connection, self._keyring, subject)
        return cipher.seal(one.data, one.stream, one.frame.seq), digest, number

    def reveal(self, rows: Iterable[Sequence[Any]], *, originals: bool = False) -> list[Committed]:
        """Return what stands in rows of `ROWS`."""
        return [revealed(EventRow(*row[:-1]), self._keyring, originals=originals) for row in rows]

    def record(self, connection: sqlite3.Connection, op: ops.Record) -> Appended:
        """Add events behind the last one of their stream."""
        numbered = enumerate(op.events, _head(connection, op.stream) + 1)
        frames = [EventFrame(stream=op.stream, seq=seq, at=op.at, event=event) for seq, event in numbered]
        return self.insert(connection, frames)

    def read_events(self, connection: sqlite3.Connection, op: ops.ReadEvents) -> list[Committed]:
        """Read a stretch of a stream, oldest first."""
        order = "DESC" if op.latest else "ASC"
        query = f"{ROWS} WHERE stream = ? AND seq > ? AND seq < ? ORDER BY seq {order} LIMIT ?"
        rows = connection.execute(query, (op.stream, op.after, op.before, op.limit)).fetchall()
        return self.reveal(reversed(rows) if op.latest else rows, originals=op.originals)

    def read_log(self, connection: sqlite3.Connection, op: replay.ReadLog) -> list[tuple[replay.Position, Committed]]:
        """Read all streams in the order of their commits: one writer counts in that order, and nothing is deleted."""
        query = f"{ROWS} WHERE event.id > ? ORDER BY event.id LIMIT ?"
        rows = connection.execute(query, (int(op.after or 0), op.limit)).fetchall()
        positions = [replay.Position(str(row[-1])) for row in rows]
        return list(zip(positions, self.reveal(rows), strict=True))

    def examine(self, connection: sqlite3.Connection, op: sampling.ExamineLog) -> sampling.Sample:
        """Look events up by their numbers, which have no gaps to speak of, and count their streams."""
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()
        numbers = json.dumps(sorted({1 + int(place * (last - 1)) for place in op.places} if last else ()))
        chosen = f"{ROWS} WHERE event.id IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own words
        found = connection.execute(chosen, (numbers,)).fetchall()
        gaps = connection.execute(
            "SELECT stream FROM event WHERE stream IN "
            "(SELECT stream FROM event WHERE id IN (SELECT value FROM json_each(?))) "
            "GROUP BY stream HAVING count(*) <> max(seq)",
            (numbers,),
        )
        return sampling.judged([EventRow(*row[:-1]) for row in found], [row[0] for row in gaps], self._keyring)


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


def read_end(connection: sqlite3.Connection, op: replay.ReadEnd) -> replay.Position:
    """Look up the number that was given last."""
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()
    return replay.Position(str(last))


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


def handlers(log: Log) -> Handlers:
    """Return who carries out which operation."""
    return {
        ops.Record: log.record,
        ops.ReadHead: read_head,
        ops.Recall: recall,
        ops.FindPosted: find_posted,
        ops.ReadEvents: log.read_events,
        replay.ReadLog: log.read_log,
        replay.ReadEnd: read_end,
        sampling.ExamineLog: log.examine,
        replay.ReadCursor: read_cursor,
        replay.PutCursor: put_cursor,
    }
