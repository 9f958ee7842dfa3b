"""Invitations in PostgreSQL: one small coroutine per operation."""

from relay_protocol.ids import AssistId, ConsultationId
from relay_server.store import invitations as ops
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers


async def put_invitation(connection: Connection, op: ops.PutInvitation) -> None:
    """Keep an invitation in place of the earlier one."""
    one = op.invitation
    query = """
INSERT INTO invitation (assist, consultation, code_digest, expires_at, token_digest, token_expires_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (assist) DO UPDATE SET consultation = excluded.consultation,
  code_digest = excluded.code_digest, expires_at = excluded.expires_at, token_digest = excluded.token_digest,
  token_expires_at = excluded.token_expires_at
"""
    values = (one.assist, one.consultation, one.code_digest, one.expires_at, one.token_digest, one.token_expires_at)
    await connection.execute(query, *values)


async def find_invitation(connection: Connection, op: ops.FindInvitation) -> ops.Invitation | None:
    """Look an invitation up by whatever is given."""
    given = (("code_digest", op.code_digest), ("token_digest", op.token_digest), ("assist", op.assist))
    column, value = next((column, value) for column, value in given if value)
    columns = "assist, consultation, code_digest, expires_at, token_digest, token_expires_at"
    query = f"SELECT {columns} FROM invitation WHERE {column} = $1"  # noqa: S608 - one of the three names above
    row = await connection.fetchrow(query, value)
    return ops.Invitation(AssistId(row[0]), ConsultationId(row[1]), *row[2:]) if row else None


HANDLERS: Handlers = {ops.PutInvitation: put_invitation, ops.FindInvitation: find_invitation}
