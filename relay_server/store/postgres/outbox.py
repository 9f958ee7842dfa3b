"""The outbox in PostgreSQL: one small coroutine per operation. Several processes claim at once; nobody waits."""

from collections.abc import Sequence

from relay_server.store import outbox as ops
from relay_server.store.base import Owed
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers, changed

CLAIM = """
WITH due AS (
  SELECT id FROM work WHERE kind = $1 AND due_at <= $2 AND leased_until <= $2 AND NOT EXISTS (
    SELECT 1 FROM work AS older
    WHERE older.kind = work.kind AND older.subject = work.subject AND older.id < work.id AND older.due_at <= $2
  ) ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED
), leased AS (
  UPDATE work SET leased_until = $2 + $3, attempts = attempts + 1 FROM due WHERE work.id = due.id
  RETURNING work.kind, work.subject, work.seq, work.id, work.attempts
)
SELECT * FROM leased ORDER BY id
"""


async def put_work(connection: Connection, op: ops.PutWork) -> Owed:
    """Owe something."""
    await put_all(connection, [op])
    return Owed(op.work.kind)


async def put_all(connection: Connection, given: Sequence[ops.PutWork]) -> None:
    """Owe many things in one statement, in this order."""
    query = (
        "INSERT INTO work (kind, subject, seq, due_at) "
        "SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::float8[])"
    )
    rows = [(op.work.kind, op.work.subject, op.work.seq, op.due_at) for op in given]
    await connection.execute(query, *zip(*rows, strict=True))


async def claim_work(connection: Connection, op: ops.ClaimWork) -> list[ops.Work]:
    """Lease what is due and nobody else is claiming; of each subject only the oldest, so that it is done in order."""
    rows = await connection.fetch(CLAIM, op.kind, op.now, op.lease, op.limit)
    return [ops.Work(*row) for row in rows]


async def lease_work(connection: Connection, op: ops.LeaseWork) -> None:
    """Move the end of one lease, or of all."""
    if op.id:
        await connection.execute("UPDATE work SET leased_until = $1 WHERE id = $2", op.until, op.id)
    else:
        await connection.execute("UPDATE work SET leased_until = $1 WHERE leased_until > $1", op.until)


async def drop_work(connection: Connection, op: ops.DropWork) -> bool:
    """Delete finished work."""
    return changed(await connection.execute("DELETE FROM work WHERE id = $1", op.id)) == 1


async def find_work(connection: Connection, wanted: Sequence[ops.DropWork]) -> list[bool]:
    """Tell for each work whether it is still owed, and hold it; `drop_all` must follow in the same transaction."""
    query = "SELECT id FROM work WHERE id = ANY($1::int8[]) ORDER BY id FOR UPDATE"
    owed = {row["id"] for row in await connection.fetch(query, [op.id for op in wanted])}
    return [op.id in owed for op in wanted]


async def drop_all(connection: Connection, given: Sequence[ops.DropWork]) -> None:
    """Delete finished work."""
    await connection.execute("DELETE FROM work WHERE id = ANY($1::int8[])", [op.id for op in given])


async def drop_due(connection: Connection, op: ops.DropDue) -> int:
    """Delete all that is due of a kind, except what somebody else is deleting at this moment."""
    query = (
        "DELETE FROM work WHERE id IN "
        "(SELECT id FROM work WHERE kind = $1 AND due_at <= $2 ORDER BY id FOR UPDATE SKIP LOCKED)"
    )
    return changed(await connection.execute(query, op.kind, op.now))


HANDLERS: Handlers = {
    ops.PutWork: put_work,
    ops.ClaimWork: claim_work,
    ops.LeaseWork: lease_work,
    ops.DropWork: drop_work,
    ops.DropDue: drop_due,
}
