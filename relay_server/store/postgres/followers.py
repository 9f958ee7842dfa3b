"""Followers in PostgreSQL: one small coroutine per operation."""

import msgspec

from relay_server.domain.consultation import Consultation
from relay_server.store import followers as ops
from relay_server.store.base import Moved
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

_reader = msgspec.json.Decoder(Consultation)


async def move_followers(connection: Connection, op: ops.MoveFollowers) -> Moved:
    """Add and remove rows."""
    query = "INSERT INTO follower (agent, consultation) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING"
    await connection.execute(query, sorted(op.joined), op.consultation)
    query = "DELETE FROM follower WHERE agent = ANY($1::text[]) AND consultation = $2"
    await connection.execute(query, sorted(op.left), op.consultation)
    return Moved(op.consultation, op.joined, op.left)


async def list_followed(connection: Connection, op: ops.ListFollowed) -> list[Consultation]:
    """Look up what an agent follows."""
    query = (
        "SELECT body FROM follower JOIN consultation ON consultation.id = follower.consultation "
        "WHERE follower.agent = $1 ORDER BY consultation.id DESC"
    )
    return [_reader.decode(row["body"]) for row in await connection.fetch(query, op.agent)]


HANDLERS: Handlers = {ops.MoveFollowers: move_followers, ops.ListFollowed: list_followed}
