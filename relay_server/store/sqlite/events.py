"""The log and its projections in SQLite: one small function per operation, run inside the writer's transaction."""

import math
import sqlite3
from collections.abc import Sequence
from functools import partial

import msgspec

from relay_protocol.ids import AgentId
from relay_protocol.messages import PresenceState, Side
from relay_server.domain.consultation import OPEN, Consultation
from relay_server.store import events as ops
from relay_server.store import many, subjects
from relay_server.store.base import Appended
from relay_server.store.sqlite.log import Handlers, Log

_state_reader = msgspec.json.Decoder(Consultation)
_OPEN = ", ".join(f"'{state}'" for state in OPEN)
"""Written out, as in the index, so that the index is used."""


def load(connection: sqlite3.Connection, op: ops.Load) -> Consultation | None:
    """Look a consultation up."""
    row = connection.execute("SELECT body FROM consultation WHERE id = ?", (op.consultation,)).fetchone()
    return _state_reader.decode(row[0]) if row else None


def find_open(connection: sqlite3.Connection, op: ops.FindOpen | ops.PeekOpen) -> Consultation | None:
    """Look a taxpayer's open consultation up."""
    query = f"SELECT body FROM consultation WHERE taxpayer = ? AND state IN ({_OPEN})"  # noqa: S608 - our own names
    row = connection.execute(query, (op.taxpayer,)).fetchone()
    return _state_reader.decode(row[0]) if row else None


def list_consultations(connection: sqlite3.Connection, op: ops.List) -> list[Consultation]:
    """List consultations, the newest first."""
    where, values = _conditions(op)
    query = f"SELECT body FROM consultation WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 - names and marks
    return [_state_reader.decode(row[0]) for row in connection.execute(query, [*values, op.limit or -1])]


def _conditions(op: ops.List) -> tuple[str, list[str | float]]:
    given: list[tuple[str, tuple[str | float, ...]]] = [(f"state IN ({_marks(op.states)})", op.states)]
    given += [("serving = ?", (op.agent,))] if op.agent else []
    given += [("taxpayer = ?", (op.taxpayer,))] if op.taxpayer else []
    given += [(f"office IN ({_marks(op.offices)})", op.offices)] if op.offices is not None else []
    given += [("opened_at >= ?", (op.since,))] if op.since else []
    given += [("opened_at < ?", (op.until,))] if op.until < math.inf else []
    given += [("id < ?", (op.before,))] if op.before else []
    return " AND ".join(condition for condition, _ in given), [value for _, values in given for value in values]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def append(log: Log, connection: sqlite3.Connection, op: ops.Append) -> Appended:
    """Insert events and put the projection in place."""
    appended = log.insert(connection, op.frames, op.state.taxpayer.id, op.client_id)
    _project(connection, op.before, op.state)
    return appended


def load_many(connection: sqlite3.Connection, op: many.LoadMany) -> list[Consultation | None]:
    """Look several consultations up."""
    return [load(connection, ops.Load(one)) for one in op.consultations]


def append_many(log: Log, connection: sqlite3.Connection, op: many.AppendMany) -> Appended:
    """Append to several consultations."""
    return Appended(tuple(event for one in op.appends for event in append(log, connection, one).events))


def rewrite(connection: sqlite3.Connection, op: subjects.Rewrite) -> None:
    """Put a state in place of what it was."""
    _project(connection, op.state, op.state)


def _project(connection: sqlite3.Connection, before: Consultation | None, now: Consultation) -> None:
    """Write the state. Indexes are touched only when what they hold changed: a message costs half as much then."""
    body, places = msgspec.json.encode(now), _places(now)
    if before is None:
        connection.execute(
            "INSERT INTO consultation (body, last_seq, state, serving, office, id, taxpayer, opened_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (body, now.last_seq, *places, now.id, now.taxpayer.id, now.opened_at),
        )
    elif places == _places(before):
        connection.execute("UPDATE consultation SET body = ?, last_seq = ? WHERE id = ?", (body, now.last_seq, now.id))
    else:
        query = "UPDATE consultation SET body = ?, last_seq = ?, state = ?, serving = ?, office = ? WHERE id = ?"
        connection.execute(query, (body, now.last_seq, *places, now.id))


def _places(now: Consultation) -> tuple[str, str, str]:
    return now.state, now.serving or "", now.office.code if now.office else ""


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


def handlers(log: Log) -> Handlers:
    """Return who carries out which operation."""
    return {
        ops.Load: load,
        ops.FindOpen: find_open,
        ops.PeekOpen: find_open,
        ops.List: list_consultations,
        ops.Append: partial(append, log),
        many.LoadMany: load_many,
        many.AppendMany: partial(append_many, log),
        subjects.Rewrite: rewrite,
        ops.NextNumber: next_number,
        ops.MoveSeen: move_seen,
        ops.ReadSeen: read_seen,
        ops.PutNote: put_note,
        ops.ReadNote: read_note,
        ops.PutAttendance: put_attendance,
        ops.MarkIdle: mark_idle,
        ops.ReadAttendance: read_attendance,
    }
