"""Accounts, tokens, taxpayers and uploads in PostgreSQL: one small coroutine per operation."""

from collections.abc import Sequence

import asyncpg
import msgspec

from relay_protocol.messages import Attachment, TaxpayerCard
from relay_server.store import accounts as ops
from relay_server.store import subjects
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers, changed

FORGET_EVERY = 10
"""Expired keys are looked for in one second of so many; until then they count for nothing."""
MARK = """
INSERT INTO used (key, expires_at) SELECT * FROM unnest($1::text[], $2::float8[])
ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE used.expires_at < $3
"""
_AGENT = "id, username, name, office, password_hash, administrator, disabled, created_at"


async def find_agent(connection: Connection, op: ops.FindAgent) -> ops.AgentAccount | None:
    """Look an account up."""
    column, value = ("username", op.username) if op.username else ("id", op.id)
    row = await connection.fetchrow(f"SELECT {_AGENT} FROM agent WHERE {column} = $1", value)  # noqa: S608
    return ops.AgentAccount(*row) if row else None


async def list_agents(connection: Connection, op: ops.ListAgents) -> list[ops.AgentAccount]:
    """List all accounts."""
    rows = await connection.fetch(f"SELECT {_AGENT} FROM agent ORDER BY username")  # noqa: S608
    return [ops.AgentAccount(*row) for row in rows]


async def put_agent(connection: Connection, op: ops.PutAgent) -> None:
    """Insert or replace an account."""
    one = op.agent
    query = (
        f"INSERT INTO agent ({_AGENT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "  # noqa: S608
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, office = excluded.office, "
        "password_hash = excluded.password_hash, disabled = excluded.disabled"
    )
    values = (one.id, one.username, one.name, one.office, one.password_hash, one.administrator, one.disabled)
    await connection.execute(query, *values, one.created_at)


async def find_guard(connection: Connection, op: ops.FindGuard) -> ops.Guard:
    """Look a guard up; nobody's is a fresh one."""
    query = "SELECT failures, locked_until, failed_at FROM guard WHERE username = $1"
    row = await connection.fetchrow(query, op.username)
    return ops.Guard(*row) if row else ops.Guard()


async def find_guard_held(connection: Connection, op: ops.FindGuard) -> ops.Guard:
    """Look a guard up and let nobody else count until the commit, so that guessing at several relays gains nothing."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", op.username)
    return await find_guard(connection, op)


async def put_guard(connection: Connection, op: ops.PutGuard) -> None:
    """Write a guard and forget old ones."""
    await connection.execute("DELETE FROM guard WHERE failed_at < $1 AND locked_until < $1", op.forget_before)
    query = """
INSERT INTO guard (username, failures, locked_until, failed_at) VALUES ($1, $2, $3, $4) ON CONFLICT (username)
DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until, failed_at = excluded.failed_at
"""
    await connection.execute(query, op.username, op.guard.failures, op.guard.locked_until, op.guard.failed_at)


async def put_token(connection: Connection, op: ops.PutToken) -> None:
    """Store a token and forget expired ones."""
    one = op.token
    await connection.execute(_forgotten("token", "digest"), op.now)
    query = (
        "INSERT INTO token (digest, kind, subject, app, expires_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at"
    )
    await connection.execute(query, one.digest, one.kind, one.subject, one.app, one.expires_at)


async def find_token(connection: Connection, op: ops.FindToken) -> ops.TokenRecord | None:
    """Look a token up."""
    query = "SELECT digest, kind, subject, app, expires_at FROM token WHERE digest = $1"
    row = await connection.fetchrow(query, op.digest)
    return ops.TokenRecord(row[0], ops.TokenKind(row[1]), *row[2:]) if row else None


async def drop_token(connection: Connection, op: ops.DropToken) -> None:
    """Delete a token."""
    await connection.execute("DELETE FROM token WHERE digest = $1", op.digest)


async def drop_tokens_of(connection: Connection, op: ops.DropTokensOf) -> None:
    """Delete all tokens of somebody."""
    await connection.execute("DELETE FROM token WHERE kind = $1 AND subject = $2", op.kind, op.subject)


async def find_taxpayer(connection: Connection, op: ops.FindTaxpayer) -> ops.TaxpayerRecord | None:
    """Look a person up."""
    where, values = (
        ("id = $1", [op.id]) if op.id else ("app = $1 AND subject = $2 AND subject <> ''", [op.app, op.subject])
    )
    row = await connection.fetchrow(f"SELECT id, app, subject, card FROM taxpayer WHERE {where}", *values)  # noqa: S608
    return ops.TaxpayerRecord(row[0], row[1], row[2], msgspec.json.decode(row[3], type=TaxpayerCard)) if row else None


async def put_taxpayer(connection: Connection, op: ops.PutTaxpayer) -> None:
    """Insert or replace a person."""
    one = op.taxpayer
    query = (
        "INSERT INTO taxpayer (id, app, subject, card) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, card = excluded.card"
    )
    await connection.execute(query, one.id, one.app, one.subject, msgspec.json.encode(one.card).decode())


async def use_once(connection: Connection, op: ops.UseOnce) -> bool:
    """Insert a key that must be new, and forget expired ones."""
    await forget_used(connection, op.now)
    query = "INSERT INTO used (key, expires_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING"
    return changed(await connection.execute(query, op.key, op.expires_at)) == 1


async def find_used(connection: Connection, wanted: Sequence[ops.UseOnce]) -> list[bool]:
    """Tell for each key whether it is fresh; `mark_used` must follow in the same transaction."""
    query = "SELECT key FROM used WHERE key = ANY($1::text[]) AND expires_at >= $2"
    rows = await connection.fetch(query, [op.key for op in wanted], max(op.now for op in wanted))
    used = {row["key"] for row in rows}
    return [op.key not in used for op in wanted]


async def mark_used(connection: Connection, given: Sequence[ops.UseOnce]) -> None:
    """Insert keys that were fresh a moment ago. Raise `UniqueViolationError` if somebody was faster with one."""
    now = max(op.now for op in given)
    if int(now) % FORGET_EVERY == 0:
        await forget_used(connection, now)
    rows = sorted((op.key, op.expires_at) for op in given)
    if changed(await connection.execute(MARK, *zip(*rows, strict=True), now)) < len(rows):
        raise asyncpg.UniqueViolationError("a request's number was used meanwhile")


async def forget_used(connection: Connection, now: float) -> None:
    """Delete expired keys."""
    await connection.execute(_forgotten("used", "key"), now)


def _forgotten(table: str, key: str) -> str:
    """Return what deletes expired rows, a few at a time and none that somebody else is deleting."""
    return (
        f"DELETE FROM {table} WHERE {key} IN "  # noqa: S608 - our own names
        f"(SELECT {key} FROM {table} WHERE expires_at < $1 LIMIT 1000 FOR UPDATE SKIP LOCKED)"
    )


async def put_file(connection: Connection, op: ops.PutFile) -> None:
    """Remember an upload."""
    one = op.file
    query = "INSERT INTO file (id, consultation, attachment, file_name, at, size) VALUES ($1, $2, $3, $4, $5, $6)"
    attachment = msgspec.json.encode(one.attachment).decode()
    values = (one.attachment.id, one.consultation, attachment, one.file_name, one.at, one.attachment.size)
    await connection.execute(query, *values)


async def find_file(connection: Connection, op: ops.FindFile) -> ops.StoredFile | None:
    """Look an upload up."""
    query = "SELECT attachment, consultation, file_name, at FROM file WHERE id = $1"
    row = await connection.fetchrow(query, op.id)
    return stored_file(row) if row else None


async def drop_files(connection: Connection, op: subjects.DropFiles) -> list[ops.StoredFile]:
    """Forget a consultation's uploads."""
    query = "DELETE FROM file WHERE consultation = $1 RETURNING attachment, consultation, file_name, at"
    return [stored_file(row) for row in await connection.fetch(query, op.consultation)]


def stored_file(row: asyncpg.Record) -> ops.StoredFile:
    """Read a row of attachment, consultation, file_name and at."""
    return ops.StoredFile(msgspec.json.decode(row[0], type=Attachment), *row[1:])


HANDLERS: Handlers = {
    ops.FindAgent: find_agent,
    ops.ListAgents: list_agents,
    ops.PutAgent: put_agent,
    ops.FindGuard: find_guard,
    ops.PutGuard: put_guard,
    ops.PutToken: put_token,
    ops.FindToken: find_token,
    ops.DropToken: drop_token,
    ops.DropTokensOf: drop_tokens_of,
    ops.FindTaxpayer: find_taxpayer,
    ops.PutTaxpayer: put_taxpayer,
    ops.UseOnce: use_once,
    ops.PutFile: put_file,
    ops.FindFile: find_file,
    subjects.DropFiles: drop_files,
}
HOLDING: Handlers = {ops.FindGuard: find_guard_held}
"""How a script that writes reads what it will build upon."""
