"""Accounts, tokens, taxpayers and uploads in SQLite: one small function per operation, for the writer thread."""

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from relay_protocol.messages import Attachment, TaxpayerCard
from relay_server.store import accounts as ops
from relay_server.store import subjects
from relay_server.store.sqlite import keys

_AGENT = "id, username, name, office, password_hash, administrator, disabled, created_at"


def find_agent(connection: sqlite3.Connection, op: ops.FindAgent) -> ops.AgentAccount | None:
    """Look an account up."""
    column, value = ("username", op.username) if op.username else ("id", op.id)
    row = connection.execute(f"SELECT {_AGENT} FROM agent WHERE {column} = ?", (value,)).fetchone()  # noqa: S608
    return _agent(row) if row else None


def list_agents(connection: sqlite3.Connection, op: ops.ListAgents) -> list[ops.AgentAccount]:
    """List all accounts."""
    return [_agent(row) for row in connection.execute(f"SELECT {_AGENT} FROM agent ORDER BY username")]  # noqa: S608


def put_agent(connection: sqlite3.Connection, op: ops.PutAgent) -> None:
    """Insert or replace an account."""
    one = op.agent
    connection.execute(
        f"INSERT INTO agent ({_AGENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608
        "name = excluded.name, office = excluded.office, password_hash = excluded.password_hash, "
        "disabled = excluded.disabled",
        (
            one.id,
            one.username,
            one.name,
            one.office,
            one.password_hash,
            one.administrator,
            one.disabled,
            one.created_at,
        ),
    )


def find_guard(connection: sqlite3.Connection, op: ops.FindGuard) -> ops.Guard:
    """Look a guard up; nobody's is a fresh one."""
    query = "SELECT failures, locked_until, failed_at FROM guard WHERE username = ?"
    row = connection.execute(query, (op.username,)).fetchone()
    return ops.Guard(*row) if row else ops.Guard()


def put_guard(connection: sqlite3.Connection, op: ops.PutGuard) -> None:
    """Write a guard and forget old ones."""
    connection.execute("DELETE FROM guard WHERE failed_at < ? AND locked_until < ?", (op.forget_before,) * 2)
    connection.execute(
        "INSERT OR REPLACE INTO guard (username, failures, locked_until, failed_at) VALUES (?, ?, ?, ?)",
        (op.username, op.guard.failures, op.guard.locked_until, op.guard.failed_at),
    )


def put_token(connection: sqlite3.Connection, op: ops.PutToken) -> None:
    """Store a token and forget expired ones."""
    one = op.token
    connection.execute("DELETE FROM token WHERE expires_at < ?", (op.now,))
    connection.execute(
        "INSERT OR REPLACE INTO token (digest, kind, subject, app, expires_at) VALUES (?, ?, ?, ?, ?)",
        (one.digest, one.kind, one.subject, one.app, one.expires_at),
    )


def find_token(connection: sqlite3.Connection, op: ops.FindToken) -> ops.TokenRecord | None:
    """Look a token up."""
    query = "SELECT digest, kind, subject, app, expires_at FROM token WHERE digest = ?"
    row = connection.execute(query, (op.digest,)).fetchone()
    return ops.TokenRecord(row[0], ops.TokenKind(row[1]), *row[2:]) if row else None


def drop_token(connection: sqlite3.Connection, op: ops.DropToken) -> None:
    """Delete a token."""
    connection.execute("DELETE FROM token WHERE digest = ?", (op.digest,))


def drop_tokens_of(connection: sqlite3.Connection, op: ops.DropTokensOf) -> None:
    """Delete all tokens of somebody."""
    connection.execute("DELETE FROM token WHERE kind = ? AND subject = ?", (op.kind, op.subject))


def find_taxpayer(connection: sqlite3.Connection, op: ops.FindTaxpayer) -> ops.TaxpayerRecord | None:
    """Look a person up."""
    where, values = (
        ("id = ?", (op.id,)) if op.id else ("app = ? AND subject = ? AND subject <> ''", (op.app, op.subject))
    )
    query = f"SELECT id, app, subject, card FROM taxpayer WHERE {where}"  # noqa: S608
    row = connection.execute(query, values).fetchone()
    return ops.TaxpayerRecord(row[0], row[1], row[2], msgspec.json.decode(row[3], type=TaxpayerCard)) if row else None


def put_taxpayer(connection: sqlite3.Connection, op: ops.PutTaxpayer) -> None:
    """Insert or replace a person."""
    one = op.taxpayer
    connection.execute(
        "INSERT INTO taxpayer (id, app, subject, card) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "subject = excluded.subject, card = excluded.card",
        (one.id, one.app, one.subject, msgspec.json.encode(one.card).decode()),
    )


def use_once(connection: sqlite3.Connection, op: ops.UseOnce) -> bool:
    """Insert a key that must be new, and forget expired ones."""
    connection.execute("DELETE FROM used WHERE expires_at < ?", (op.now,))
    done = connection.execute("INSERT OR IGNORE INTO used (key, expires_at) VALUES (?, ?)", (op.key, op.expires_at))
    return done.rowcount == 1


def put_file(connection: sqlite3.Connection, op: ops.PutFile) -> None:
    """Remember an upload."""
    one = op.file
    connection.execute(
        "INSERT INTO file (id, consultation, attachment, file_name, at, size) VALUES (?, ?, ?, ?, ?, ?)",
        (
            one.attachment.id,
            one.consultation,
            msgspec.json.encode(one.attachment).decode(),
            one.file_name,
            one.at,
            one.attachment.size,
        ),
    )


def find_file(connection: sqlite3.Connection, op: ops.FindFile) -> ops.StoredFile | None:
    """Look an upload up."""
    query = "SELECT attachment, consultation, file_name, at FROM file WHERE id = ?"
    row = connection.execute(query, (op.id,)).fetchone()
    return stored_file(row) if row else None


def drop_files(connection: sqlite3.Connection, op: subjects.DropFiles) -> list[ops.StoredFile]:
    """Forget a consultation's uploads."""
    query = "DELETE FROM file WHERE consultation = ? RETURNING attachment, consultation, file_name, at"
    return [stored_file(row) for row in connection.execute(query, (op.consultation,)).fetchall()]


def stored_file(row: tuple[Any, ...]) -> ops.StoredFile:
    """Read a row of attachment, consultation, file_name and at."""
    return ops.StoredFile(msgspec.json.decode(row[0], type=Attachment), *row[1:])


def _agent(row: tuple[Any, ...]) -> ops.AgentAccount:
    identifier, username, name, office, password_hash, administrator, disabled, created_at = row
    return ops.AgentAccount(
        identifier, username, name, office, password_hash, bool(administrator), bool(disabled), created_at
    )


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
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
    subjects.DestroyKey: keys.destroy_key,
}
