"""The table of events in PostgreSQL: how rows are written and read, for every operation that touches the log.

Commit order. `tx` is the transaction that wrote an event, or that of the event before it in its stream if that is the
later one: transactions are numbered when they begin to write, not when they commit, and a stream must be read in its
own order. So below the oldest transaction that still runs, the order by (tx, id) never changes any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from relay_protocol.ids import Stream
from relay_protocol.messages import EventFrame
from relay_server.store import events as ops
from relay_server.store import replay, sampling
from relay_server.store.base import Appended, Committed
from relay_server.store.bodies import EventRow, digest_of, encoded, place_of, revealed, subject_of
from relay_server.store.keys import Keyring
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers
from relay_server.store.postgres.keys import keys_of

ROWS = (
    "SELECT stream, seq, at, type, v, frame, digest, recalled <> 0, subject, wrapped, event.id, event.tx::text "
    "FROM event LEFT JOIN subject_key ON subject_key.id = event.key"
)
LAST_ID = 2**63 - 1
INSERT = """
INSERT INTO event (stream, seq, at, type, v, frame, digest, key, client_id, tx)
SELECT n.stream, n.seq, n.at, n.type, n.v, n.frame, n.digest, n.key, n.client_id, greatest(pg_current_xact_id(),
  (SELECT before.tx FROM event AS before WHERE before.stream = n.stream AND before.seq = n.after))
FROM unnest($1::text[], $2::int8[], $3::float8[], $4::text[], $5::int8[], $6::bytea[], $7::bytea[], $8::int8[],
  $9::text[], $10::int8[]) AS n (stream, seq, at, type, v, frame, digest, key, client_id, after)
"""


@dataclass(frozen=True)
class Addition:
    """Events that follow each other in one stream; `taxpayer` is the consultation's, `client_id` names the first."""

    events: tuple[Committed, ...]
    taxpayer: str = ""
    client_id: str = ""

    @property
    def names(self) -> list[str | None]:
        """The client id of each event."""
        return [self.client_id or None, *[None] * (len(self.events) - 1)]

    def subjects(self) -> list[str]:
        """Return whose words each event holds."""
        return [subject_of(one.frame.event, one.stream, self.taxpayer) for one in self.events]


class Log:
    """Seals what is personal on its way in and opens it on its way out."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def insert(self, connection: Connection, additions: Sequence[Addition]) -> None:
        """Write events of any streams in one statement. Raise `BanwenError(GONE)` if a person's key was destroyed."""
        people = {subject for one in additions for subject in one.subjects()}
        keys = await keys_of(connection, self._keyring, people)
        rows, ends = [], dict[Stream, int]()
        for addition in additions:
            first = addition.events[0].frame
            after = ends.setdefault(first.stream, first.seq - 1)
            for one, subject, name in zip(addition.events, addition.subjects(), addition.names, strict=True):
                number, cipher = keys[subject] if subject else (None, None)
                frame = cipher.seal(one.data, one.stream, one.frame.seq) if cipher else one.data
                rows.append((*place_of(one.frame), frame, digest_of(one.data), number, name, after))
        await connection.execute(INSERT, *zip(*rows, strict=True))

    async def record(self, connection: Connection, op: ops.Record) -> Appended:
        """Add events behind the last one of their stream; whoever adds to the same stream waits for the commit."""
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", op.stream)
        numbered = enumerate(op.events, await _head(connection, op.stream) + 1)
        events = encoded(EventFrame(stream=op.stream, seq=seq, at=op.at, event=event) for seq, event in numbered)
        await self.insert(connection, [Addition(events)])
        return Appended(events)

    async def read_events(self, connection: Connection, op: ops.ReadEvents) -> list[Committed]:
        """Read a stretch of a stream, oldest first."""
        order = "DESC" if op.latest else "ASC"
        query = f"{ROWS} WHERE stream = $1 AND seq > $2 AND seq < $3 ORDER BY seq {order} LIMIT $4"
        rows = await connection.fetch(query, op.stream, op.after, op.before, op.limit)
        return self._reveal(list(reversed(rows)) if op.latest else rows, originals=op.originals)

    async def read_log(self, connection: Connection, op: replay.ReadLog) -> list[tuple[replay.Position, Committed]]:
        """Read all streams in an order that will not change: what is still being written may only come behind."""
        query = (
            f"{ROWS} WHERE (tx, event.id) > ($1::text::xid8, $2::int8) "
            "AND tx < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY event.tx, event.id LIMIT $3"
        )
        tx, _, number = op.after.partition("/")
        rows = await connection.fetch(query, tx or "0", int(number or 0), op.limit)
        positions = [replay.Position(f"{row['tx']}/{row['id']}") for row in rows]
        return list(zip(positions, self._reveal(rows), strict=True))

    async def examine(self, connection: Connection, op: sampling.ExamineLog) -> sampling.Sample:
        """Look events up at or behind their numbers, and count their streams."""
        last = await connection.fetchval("SELECT coalesce(max(id), 0) FROM event")
        wanted = sorted({1 + int(place * (last - 1)) for place in op.places}) if last else []
        query = "SELECT DISTINCT (SELECT min(id) FROM event WHERE id >= n) FROM unnest($1::int8[]) AS n"
        numbers = [row[0] for row in await connection.fetch(query, wanted)]
        found = await connection.fetch(f"{ROWS} WHERE event.id = ANY($1::int8[])", numbers)
        gaps = await connection.fetch(
            "SELECT stream FROM event WHERE stream IN (SELECT stream FROM event WHERE id = ANY($1::int8[])) "
            "GROUP BY stream HAVING count(*) <> max(seq)",
            numbers,
        )
        rows = [EventRow(*tuple(row)[:-2]) for row in found]
        return sampling.judged(rows, [row[0] for row in gaps], self._keyring)

    def _reveal(self, rows: Iterable[Any], *, originals: bool = False) -> list[Committed]:
        return [revealed(EventRow(*row[:-2]), self._keyring, originals=originals) for row in map(tuple, rows)]


async def read_head(connection: Connection, op: ops.ReadHead) -> int:
    """Look the end of a stream up."""
    return await _head(connection, op.stream)


async def recall(connection: Connection, op: ops.Recall) -> None:
    """Mark a message as taken back."""
    await connection.execute("UPDATE event SET recalled = 1 WHERE stream = $1 AND seq = $2", op.stream, op.seq)


async def find_posted(connection: Connection, op: ops.FindPosted) -> int | None:
    """Look a message up by its client id."""
    return (await find_all_posted(connection, [op]))[0]


async def find_all_posted(connection: Connection, wanted: Sequence[ops.FindPosted]) -> list[int | None]:
    """Look messages up by their client ids, in one statement."""
    query = """
SELECT event.seq FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (stream, client_id, place)
LEFT JOIN event ON event.stream = n.stream AND event.client_id = n.client_id ORDER BY place
"""
    rows = await connection.fetch(query, [op.stream for op in wanted], [op.client_id for op in wanted])
    return [row[0] for row in rows]


async def read_end(connection: Connection, op: replay.ReadEnd) -> replay.Position:
    """Name the last transaction before all that still write; what they leave comes behind it."""
    tx = await connection.fetchval("SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::int8 - 1)::text")
    return replay.Position(f"{tx}/{LAST_ID}")


async def read_cursor(connection: Connection, op: replay.ReadCursor) -> replay.Position:
    """Look a reader's place up."""
    found = await connection.fetchval("SELECT position FROM cursor WHERE name = $1", op.name)
    return replay.BEGINNING if found is None else replay.Position(found)


async def put_cursor(connection: Connection, op: replay.PutCursor) -> None:
    """Move a reader's place."""
    query = (
        "INSERT INTO cursor (name, position) VALUES ($1, $2) "
        "ON CONFLICT (name) DO UPDATE SET position = excluded.position"
    )
    await connection.execute(query, op.name, op.position)


async def _head(connection: Connection, stream: Stream) -> int:
    return int(await connection.fetchval("SELECT max(seq) FROM event WHERE stream = $1", stream) or 0)


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
