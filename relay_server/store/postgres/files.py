"""Uploads as a whole in PostgreSQL: one small coroutine per operation."""

from relay_server.store import files as ops
from relay_server.store.accounts import StoredFile
from relay_server.store.postgres.accounts import stored_file
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers


async def read_held(connection: Connection, op: ops.ReadHeld) -> int:
    """Add the sizes up."""
    query = "SELECT coalesce(sum(size), 0) FROM file WHERE consultation = $1"
    return int(await connection.fetchval(query, op.consultation))


async def mark_posted(connection: Connection, op: ops.MarkPosted) -> None:
    """Note when they were posted first."""
    query = "UPDATE file SET posted_at = $1 WHERE id = ANY($2::text[]) AND posted_at = 0"
    await connection.execute(query, op.at, list(op.ids))


async def drop_unposted(connection: Connection, op: ops.DropUnposted) -> list[StoredFile]:
    """Delete the oldest of them."""
    query = (
        "DELETE FROM file WHERE posted_at = 0 AND id IN "
        "(SELECT id FROM file WHERE posted_at = 0 AND at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED) "
        "RETURNING attachment, consultation, file_name, at"
    )
    return [stored_file(row) for row in await connection.fetch(query, op.before, op.limit)]


async def known_files(connection: Connection, op: ops.KnownFiles) -> set[str]:
    """Look names up."""
    rows = await connection.fetch("SELECT file_name FROM file WHERE file_name = ANY($1::text[])", list(op.names))
    return {row[0] for row in rows}


HANDLERS: Handlers = {
    ops.ReadHeld: read_held,
    ops.MarkPosted: mark_posted,
    ops.DropUnposted: drop_unposted,
    ops.KnownFiles: known_files,
}
