"""Invitations in SQLite: one small function per operation."""

import sqlite3
from collections.abc import Callable
from typing import Any

from relay_protocol.ids import AssistId, ConsultationId
from relay_server.store import invitations as ops


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


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.PutInvitation: put_invitation,
    ops.FindInvitation: find_invitation,
}
