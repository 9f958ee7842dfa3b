"""The log and its projections in SQLite: one small function per operation, run inside the writer's transaction."""

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from relay_protocol import codec
from relay_protocol.ids import AgentId, AssistId, ConsultationId
from relay_protocol.messages import EventFrame, PresenceState, Side
from relay_server.domain.consultation import Consultation
from relay_server.domain.upcast import upcast
from relay_server.store import events as ops
from relay_server.store.base import Appended, Committed

SCHEMA = """
CREATE TABLE event (
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at REAL NOT NULL,
  type TEXT NOT NULL,
  v INTEGER NOT NULL,
  frame BLOB NOT NULL,
  client_id TEXT
) STRICT;
CREATE UNIQUE INDEX event_at ON event (stream, seq);
CREATE UNIQUE INDEX event_named ON event (stream, client_id) WHERE client_id IS NOT NULL;
CREATE TABLE consultation (
  id TEXT PRIMARY KEY,
  taxpayer TEXT NOT NULL,
  state TEXT NOT NULL,
  serving TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX consultation_open ON consultation (taxpayer)
  WHERE state IN ('bot', 'queued', 'offered', 'active');
CREATE INDEX consultation_in ON consultation (state, id);
CREATE INDEX consultation_by ON consultation (serving, state);
CREATE INDEX consultation_of ON consultation (taxpayer, id);
CREATE TABLE number (
  queue TEXT NOT NULL,
  day TEXT NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (queue, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE seen (
  consultation TEXT NOT NULL,
  side TEXT NOT NULL,
  delivered INTEGER NOT NULL,
  read INTEGER NOT NULL,
  PRIMARY KEY (consultation, side)
) STRICT, WITHOUT ROWID;
CREATE TABLE note (consultation TEXT PRIMARY KEY, note TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE invitation (
  assist TEXT PRIMARY KEY,
  consultation TEXT NOT NULL,
  code_digest BLOB NOT NULL,
  expires_at REAL NOT NULL,
  token_digest BLOB NOT NULL,
  token_expires_at REAL NOT NULL
) STRICT;
CREATE INDEX invitation_code ON invitation (code_digest);
CREATE INDEX invitation_token ON invitation (token_digest);
CREATE TABLE attendance (
  agent TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  since REAL NOT NULL,
  idle_since REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""

_state_reader = msgspec.json.Decoder(Consultation)
_frame_reader = msgspec.json.Decoder(EventFrame)


def load(connection: sqlite3.Connection, op: ops.Load) -> Consultation | None:
    """Look a consultation up."""
    row = connection.execute("SELECT body FROM consultation WHERE id = ?", (op.consultation,)).fetchone()
    return _state_reader.decode(row[0]) if row else None


def find_open(connection: sqlite3.Connection, op: ops.FindOpen) -> Consultation | None:
    """Look a taxpayer's open consultation up."""
    query = "SELECT body FROM consultation WHERE taxpayer = ? AND state IN ('bot', 'queued', 'offered', 'active')"
    row = connection.execute(query, (op.taxpayer,)).fetchone()
    return _state_reader.decode(row[0]) if row else None


def list_consultations(connection: sqlite3.Connection, op: ops.List) -> list[Consultation]:
    """List consultations, the newest first."""
    marks = ", ".join("?" * len(op.states))
    query = f"SELECT body FROM consultation WHERE state IN ({marks})"  # noqa: S608 - only question marks
    values: list[str | int] = [*op.states]
    for column, value in (("serving", op.agent), ("taxpayer", op.taxpayer)):
        if value:
            query += f" AND {column} = ?"
            values.append(value)
    query += " ORDER BY id DESC" + (" LIMIT ?" if op.limit else "")
    values += [op.limit] if op.limit else []
    return [_state_reader.decode(row[0]) for row in connection.execute(query, values)]


def append(connection: sqlite3.Connection, op: ops.Append) -> Appended:
    """Insert events and put the projection in place."""
    committed = tuple(Committed(frame, codec.encode(frame)) for frame in op.frames)
    names: list[str | None] = [op.client_id or None, *[None] * (len(committed) - 1)]
    connection.executemany(
        "INSERT INTO event (stream, seq, at, type, v, frame, client_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (one.stream, one.frame.seq, one.frame.at, *_kind(one.frame), one.data, name)
            for one, name in zip(committed, names, strict=True)
        ],
    )
    _project(connection, op.before, op.state)
    return Appended(committed)


def _project(connection: sqlite3.Connection, before: Consultation | None, now: Consultation) -> None:
    """Write the state. Indexes are touched only when what they hold changed: a message costs half as much then."""
    body, places = msgspec.json.encode(now), (now.state, now.serving or "")
    if before is None:
        connection.execute(
            "INSERT INTO consultation (body, state, serving, id, taxpayer) VALUES (?, ?, ?, ?, ?)",
            (body, *places, now.id, now.taxpayer.id),
        )
    elif places == (before.state, before.serving or ""):
        connection.execute("UPDATE consultation SET body = ? WHERE id = ?", (body, now.id))
    else:
        query = "UPDATE consultation SET body = ?, state = ?, serving = ? WHERE id = ?"
        connection.execute(query, (body, *places, now.id))


def find_posted(connection: sqlite3.Connection, op: ops.FindPosted) -> int | None:
    """Look a message up by its client id."""
    query = "SELECT seq FROM event WHERE stream = ? AND client_id = ?"
    row = connection.execute(query, (op.stream, op.client_id)).fetchone()
    return int(row[0]) if row else None


def read_events(connection: sqlite3.Connection, op: ops.ReadEvents) -> list[Committed]:
    """Read a stretch of a stream, oldest first; old versions are brought up to date."""
    order = "DESC" if op.latest else "ASC"
    query = f"SELECT frame, v FROM event WHERE stream = ? AND seq > ? AND seq < ? ORDER BY seq {order} LIMIT ?"  # noqa: S608
    rows = connection.execute(query, (op.stream, op.after, op.before, op.limit)).fetchall()
    return [_committed(data, v) for data, v in (reversed(rows) if op.latest else rows)]


def next_number(connection: sqlite3.Connection, op: ops.NextNumber) -> int:
    """Count a queue's day one further."""
    query = (
        "INSERT INTO number (queue, day, last) VALUES (?, ?, 1) "
        "ON CONFLICT (queue, day) DO UPDATE SET last = last + 1 RETURNING last"
    )
    return int(connection.execute(query, (op.queue, op.day)).fetchone()[0])


def move_seen(connection: sqlite3.Connection, op: ops.MoveSeen) -> ops.Seen | None:
    """Move a side's cursors forward only."""
    query = (
        "INSERT INTO seen (consultation, side, delivered, read) VALUES (?, ?, ?, ?) ON CONFLICT (consultation, side) "
        "DO UPDATE SET delivered = max(delivered, excluded.delivered), read = max(read, excluded.read) "
        "WHERE excluded.delivered > delivered OR excluded.read > read RETURNING delivered, read"
    )
    row = connection.execute(query, (op.consultation, op.side, op.seen.delivered, op.seen.read)).fetchone()
    return ops.Seen(*row) if row else None


def read_seen(connection: sqlite3.Connection, op: ops.ReadSeen) -> dict[Side, ops.Seen]:
    """Read both sides' cursors."""
    query = "SELECT side, delivered, read FROM seen WHERE consultation = ?"
    return {Side(row[0]): ops.Seen(*row[1:]) for row in connection.execute(query, (op.consultation,))}


def put_note(connection: sqlite3.Connection, op: ops.PutNote) -> None:
    """Keep the bot's note."""
    query = "INSERT OR REPLACE INTO note (consultation, note) VALUES (?, ?)"
    connection.execute(query, (op.consultation, op.note))


def read_note(connection: sqlite3.Connection, op: ops.ReadNote) -> str:
    """Read the bot's note."""
    row = connection.execute("SELECT note FROM note WHERE consultation = ?", (op.consultation,)).fetchone()
    return str(row[0]) if row else ""


def put_invitation(connection: sqlite3.Connection, op: ops.PutInvitation) -> None:
    """Keep an invitation in place of the earlier one."""
    one = op.invitation
    connection.execute(
        "INSERT OR REPLACE INTO invitation "
        "(assist, consultation, code_digest, expires_at, token_digest, token_expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (one.assist, one.consultation, one.code_digest, one.expires_at, one.token_digest, one.token_expires_at),
    )


def find_invitation(connection: sqlite3.Connection, op: ops.FindInvitation) -> ops.Invitation | None:
    """Look an invitation up by whatever is given."""
    given = (("code_digest", op.code_digest), ("token_digest", op.token_digest), ("assist", op.assist))
    column, value = next((column, value) for column, value in given if value)
    columns = "assist, consultation, code_digest, expires_at, token_digest, token_expires_at"
    query = f"SELECT {columns} FROM invitation WHERE {column} = ?"  # noqa: S608 - one of the three names above
    row = connection.execute(query, (value,)).fetchone()
    return ops.Invitation(AssistId(row[0]), ConsultationId(row[1]), *row[2:]) if row else None


def put_attendance(connection: sqlite3.Connection, op: ops.PutAttendance) -> None:
    """Keep what an agent says of themselves."""
    one = op.attendance
    query = "INSERT OR REPLACE INTO attendance (agent, state, reason, since, idle_since) VALUES (?, ?, ?, ?, ?)"
    connection.execute(query, (one.agent, one.state, one.reason, one.since, one.idle_since))


def mark_idle(connection: sqlite3.Connection, op: ops.MarkIdle) -> None:
    """Move the beginning of an agent's idleness."""
    connection.execute("UPDATE attendance SET idle_since = ? WHERE agent = ?", (op.at, op.agent))


def read_attendance(connection: sqlite3.Connection, op: ops.ReadAttendance) -> dict[AgentId, ops.Attendance]:
    """Read everybody's attendance."""
    rows = connection.execute("SELECT agent, state, reason, since, idle_since FROM attendance")
    return {row[0]: ops.Attendance(AgentId(row[0]), PresenceState(row[1]), *row[2:]) for row in rows}


def _kind(frame: EventFrame) -> tuple[str, int]:
    return type(frame.event).__name__, frame.event.v


def _committed(data: bytes, v: int) -> Committed:
    newest = upcast(data, v)
    return Committed(_frame_reader.decode(newest), newest)


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.Load: load,
    ops.FindOpen: find_open,
    ops.List: list_consultations,
    ops.Append: append,
    ops.FindPosted: find_posted,
    ops.ReadEvents: read_events,
    ops.NextNumber: next_number,
    ops.MoveSeen: move_seen,
    ops.ReadSeen: read_seen,
    ops.PutNote: put_note,
    ops.ReadNote: read_note,
    ops.PutInvitation: put_invitation,
    ops.FindInvitation: find_invitation,
    ops.PutAttendance: put_attendance,
    ops.MarkIdle: mark_idle,
    ops.ReadAttendance: read_attendance,
}
