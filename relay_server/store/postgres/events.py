"""Consultations and what is kept beside their log in PostgreSQL: one small coroutine per operation, or for many.

Writes that `lockstep` keeps until a script has ended have no handler of their own.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import PresenceState, Side
from relay_server.domain.consultation import OPEN, Consultation
from relay_server.store import events as ops
from relay_server.store import many, subjects
from relay_server.store.base import Appended
from relay_server.store.bodies import encoded
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers
from relay_server.store.postgres.log import Addition, Log

PROJECT = """
WITH given AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::bytea[],
    $8::int8[], $9::bool[]) AS n (id, taxpayer, state, serving, office, opened_at, body, last_seq, begun)
), moved AS (
  UPDATE consultation SET state = given.state, serving = given.serving, office = given.office, body = given.body,
    last_seq = given.last_seq
  FROM given WHERE consultation.id = given.id AND NOT given.begun
), begun AS (
  INSERT INTO consultation (id, taxpayer, state, serving, office, opened_at, body, last_seq)
  SELECT id, taxpayer, state, serving, office, opened_at, body, last_seq FROM given WHERE given.begun
)
SELECT pg_current_xact_id()::text
"""
_OPEN = ", ".join(f"'{state}'" for state in OPEN)
"""Written out, as in the index, so that the index is used."""

_reader = msgspec.json.Decoder(Consultation)


async def load(connection: Connection, op: ops.Load) -> Consultation | None:
    """Look a consultation up."""
    return _state(await connection.fetchval("SELECT body FROM consultation WHERE id = $1", op.consultation))


async def load_all(connection: Connection, wanted: Sequence[ops.Load]) -> list[Consultation | None]:
    """Look consultations up and hold them until the commit, in the order of ids so that nobody waits in a ring."""
    query = "SELECT id, body FROM consultation WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE"
    rows = await connection.fetch(query, [op.consultation for op in wanted])
    bodies = {row["id"]: row["body"] for row in rows}
    return [_state(bodies.get(op.consultation)) for op in wanted]


async def load_held(connection: Connection, op: ops.Load) -> Consultation | None:
    """Look one consultation up and hold it until the commit."""
    return (await load_all(connection, [op]))[0]


async def find_open(connection: Connection, op: ops.FindOpen | ops.PeekOpen) -> Consultation | None:
    """Look a taxpayer's open consultation up."""
    query = f"SELECT body FROM consultation WHERE taxpayer = $1 AND state IN ({_OPEN})"  # noqa: S608 - our own names
    return _state(await connection.fetchval(query, op.taxpayer))


async def find_open_held(connection: Connection, op: ops.FindOpen) -> Consultation | None:
    """Look a taxpayer's open consultation up and hold it until the commit."""
    query = f"SELECT body FROM consultation WHERE taxpayer = $1 AND state IN ({_OPEN}) FOR UPDATE"  # noqa: S608
    return _state(await connection.fetchval(query, op.taxpayer))


async def list_consultations(connection: Connection, op: ops.List) -> list[Consultation]:
    """List consultations, the newest first."""
    conditions, values = _conditions(op)
    query = f"SELECT body FROM consultation WHERE {conditions} ORDER BY id DESC LIMIT NULLIF($1::int8, 0)"  # noqa: S608
    rows = await connection.fetch(query, op.limit, *values)
    return [_reader.decode(row["body"]) for row in rows]


def _conditions(op: ops.List) -> tuple[str, list[object]]:
    given: list[tuple[str, object]] = [("state = ANY(${}::text[])", op.states)]
    given += [("serving = ${}", op.agent)] if op.agent else []
    given += [("taxpayer = ${}", op.taxpayer)] if op.taxpayer else []
    given += [("office = ANY(${}::text[])", op.offices)] if op.offices is not None else []
    given += [("opened_at >= ${}", op.since)] if op.since else []
    given += [("opened_at < ${}", op.until)] if op.until < math.inf else []
    given += [("id < ${}", op.before)] if op.before else []
    conditions = [condition.format(number) for number, (condition, _) in enumerate(given, 2)]
    return " AND ".join(conditions), [value for _, value in given]


async def append_all(log: Log, connection: Connection, given: Sequence[tuple[ops.Append, Appended]]) -> str:
    """Append to any consultations, one statement for the events and one for the states they lead to.

    Return the number of the transaction.
    """
    await log.insert(
        connection,
        [Addition(appended.events, op.state.taxpayer.id, op.client_id) for op, appended in given],
    )
    moves: dict[str, tuple[Consultation | None, Consultation]] = {}
    for op, _ in given:
        before = moves[op.state.id][0] if op.state.id in moves else op.before
        moves[op.state.id] = (before, op.state)
    return await project(connection, list(moves.values()))


async def load_many(connection: Connection, op: many.LoadMany) -> list[Consultation | None]:
    """Look several consultations up and hold them until the commit."""
    return await load_all(connection, [ops.Load(one) for one in op.consultations])


async def append_many(log: Log, connection: Connection, op: many.AppendMany) -> Appended:
    """Append to several consultations, one statement for all their events."""
    given = [(one, Appended(encoded(one.frames))) for one in op.appends]
    await append_all(log, connection, given)
    return Appended(tuple(event for _, appended in given for event in appended.events))


async def rewrite(connection: Connection, op: subjects.Rewrite) -> None:
    """Put a state in place of what it was."""
    await project(connection, [(op.state, op.state)])


async def project(connection: Connection, moves: Sequence[tuple[Consultation | None, Consultation]]) -> str:
    """Write the states of different consultations in one statement; return the number of the transaction."""
    rows = [
        (
            now.id,
            now.taxpayer.id,
            now.state,
            now.serving or "",
            now.office.code if now.office else "",
            now.opened_at,
            msgspec.json.encode(now),
            now.last_seq,
            before is None,
        )
        for before, now in sorted(moves, key=lambda move: move[1].id)
    ]
    return str(await connection.fetchval(PROJECT, *zip(*rows, strict=True)))


async def hold_counters(connection: Connection, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the last number of queues and days, given in ascending order, and hold them until the commit."""
    query = """
INSERT INTO number AS known (queue, day, last)
SELECT queue, day, 0 FROM unnest($1::text[], $2::text[]) AS n (queue, day)
ON CONFLICT (queue, day) DO UPDATE SET last = known.last RETURNING queue, day, last
"""
    rows = await connection.fetch(query, *zip(*wanted, strict=True))
    return {(row[0], row[1]): row[2] for row in rows}


async def put_counters(connection: Connection, given: Mapping[tuple[str, str], int]) -> None:
    """Keep how far queues have counted; never less far than is known."""
    query = """
UPDATE number SET last = n.last FROM unnest($1::text[], $2::text[], $3::int8[]) AS n (queue, day, last)
WHERE number.queue = n.queue AND number.day = n.day AND n.last > number.last
"""
    await connection.execute(query, *zip(*((*key, last) for key, last in sorted(given.items())), strict=True))


async def move_seen(connection: Connection, op: ops.MoveSeen) -> ops.Seen | None:
    """Move a side's cursors forward only."""
    query = """
INSERT INTO seen AS known (consultation, side, delivered, read) VALUES ($1, $2, $3, $4)
ON CONFLICT (consultation, side) DO UPDATE SET delivered = greatest(known.delivered, excluded.delivered),
  read = greatest(known.read, excluded.read)
WHERE excluded.delivered > known.delivered OR excluded.read > known.read RETURNING delivered, read
"""
    row = await connection.fetchrow(query, op.consultation, op.side, op.seen.delivered, op.seen.read)
    return ops.Seen(*row) if row else None


async def find_seen(connection: Connection, wanted: Sequence[ops.MoveSeen]) -> list[ops.Seen | None]:
    """Tell where cursors would stand, None if they would not move; `put_seen` must follow in the same transaction."""
    query = """
SELECT known.delivered, known.read FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (consultation, side, place)
LEFT JOIN seen AS known ON known.consultation = n.consultation AND known.side = n.side ORDER BY place
"""
    rows = await connection.fetch(query, [op.consultation for op in wanted], [op.side for op in wanted])
    known = [ops.Seen(row[0] or 0, row[1] or 0) for row in rows]
    moved = [
        ops.Seen(max(was.delivered, op.seen.delivered), max(was.read, op.seen.read))
        for op, was in zip(wanted, known, strict=True)
    ]
    return [None if now == was else now for now, was in zip(moved, known, strict=True)]


async def put_seen(connection: Connection, given: Sequence[ops.MoveSeen]) -> None:
    """Move cursors of different sides forward in one statement."""
    query = """
INSERT INTO seen AS known (consultation, side, delivered, read)
SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[]) ON CONFLICT (consultation, side) DO UPDATE SET
delivered = greatest(known.delivered, excluded.delivered), read = greatest(known.read, excluded.read)
"""
    rows = sorted((op.consultation, op.side, op.seen.delivered, op.seen.read) for op in given)
    await connection.execute(query, *zip(*rows, strict=True))


async def read_seen(connection: Connection, op: ops.ReadSeen) -> dict[Side, ops.Seen]:
    """Read both sides' cursors."""
    rows = await connection.fetch("SELECT side, delivered, read FROM seen WHERE consultation = $1", op.consultation)
    return {Side(row[0]): ops.Seen(row[1], row[2]) for row in rows}


async def put_notes(connection: Connection, given: Mapping[ConsultationId, str]) -> None:
    """Keep the bot's notes."""
    query = (
        "INSERT INTO note (consultation, note) SELECT * FROM unnest($1::text[], $2::text[]) "
        "ON CONFLICT (consultation) DO UPDATE SET note = excluded.note"
    )
    await connection.execute(query, *zip(*sorted(given.items()), strict=True))


async def read_note(connection: Connection, op: ops.ReadNote) -> str:
    """Read the bot's note."""
    return str(await connection.fetchval("SELECT note FROM note WHERE consultation = $1", op.consultation) or "")


async def put_attendance(connection: Connection, op: ops.PutAttendance) -> None:
    """Keep what an agent says of themselves."""
    one = op.attendance
    query = """
INSERT INTO attendance (agent, state, reason, since, idle_since) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agent) DO UPDATE SET state = excluded.state, reason = excluded.reason, since = excluded.since,
  idle_since = excluded.idle_since
"""
    await connection.execute(query, one.agent, one.state, one.reason, one.since, one.idle_since)


async def mark_all_idle(connection: Connection, given: Mapping[AgentId, float]) -> None:
    """Move the beginning of agents' idleness."""
    query = (
        "UPDATE attendance SET idle_since = n.at FROM unnest($1::text[], $2::float8[]) AS n (agent, at) "
        "WHERE attendance.agent = n.agent"
    )
    await connection.execute(query, *zip(*sorted(given.items()), strict=True))


async def read_attendance(connection: Connection, op: ops.ReadAttendance) -> dict[AgentId, ops.Attendance]:
    """Read everybody's attendance."""
    rows = await connection.fetch("SELECT agent, state, reason, since, idle_since FROM attendance")
    return {row[0]: ops.Attendance(AgentId(row[0]), PresenceState(row[1]), *row[2:]) for row in rows}


def _state(body: bytes | None) -> Consultation | None:
    return None if body is None else _reader.decode(body)


def handlers(log: Log) -> Handlers:
    """Return who carries out which operation."""
    return {
        ops.Load: load,
        ops.FindOpen: find_open,
        ops.PeekOpen: find_open,
        ops.List: list_consultations,
        many.LoadMany: load_many,
        many.AppendMany: partial(append_many, log),
        subjects.Rewrite: rewrite,
        ops.MoveSeen: move_seen,
        ops.ReadSeen: read_seen,
        ops.ReadNote: read_note,
        ops.PutAttendance: put_attendance,
        ops.ReadAttendance: read_attendance,
    }


HOLDING: Handlers = {ops.Load: load_held, ops.FindOpen: find_open_held}
"""How a script that writes reads what it will build upon."""
