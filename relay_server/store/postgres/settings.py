"""Settings in PostgreSQL: one small coroutine per operation."""

import asyncpg

from relay_server.store import settings as ops
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

_COLUMNS = "kind, key, body, version, by, at"


async def put_setting(connection: Connection, op: ops.PutSetting) -> None:
    """Write a setting, or that it was removed."""
    one = op.setting
    body = None if one.body is None else one.body.decode()
    query = (
        f"INSERT INTO setting ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, key) DO UPDATE SET "  # noqa: S608
        "body = excluded.body, version = excluded.version, by = excluded.by, at = excluded.at"
    )
    await connection.execute(query, one.kind, one.key, body, one.version, one.by, one.at)


async def list_settings(connection: Connection, op: ops.ListSettings) -> list[ops.Setting]:
    """List a kind by key."""
    query = f"SELECT {_COLUMNS} FROM setting WHERE kind = $1 AND body IS NOT NULL ORDER BY key"  # noqa: S608
    return [_setting(row) for row in await connection.fetch(query, op.kind)]


async def find_setting(connection: Connection, op: ops.FindSetting) -> ops.Setting | None:
    """Look one setting up."""
    query = f"SELECT {_COLUMNS} FROM setting WHERE kind = $1 AND key = $2 AND body IS NOT NULL"  # noqa: S608
    row = await connection.fetchrow(query, op.kind, op.key)
    return _setting(row) if row else None


async def find_setting_held(connection: Connection, op: ops.FindSetting) -> ops.Setting | None:
    """Look one setting up; whoever else writes settings of its kind waits for the commit."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", op.kind)
    return await find_setting(connection, op)


async def read_versions(connection: Connection, op: ops.ReadVersions) -> dict[str, int]:
    """Find each kind's newest version."""
    rows = await connection.fetch("SELECT kind, max(version) FROM setting GROUP BY kind")
    return {row[0]: row[1] for row in rows}


def _setting(row: asyncpg.Record) -> ops.Setting:
    kind, key, body, version, by, at = row
    return ops.Setting(kind, key, body.encode(), version, by, at)


HANDLERS: Handlers = {
    ops.PutSetting: put_setting,
    ops.ListSettings: list_settings,
    ops.FindSetting: find_setting,
    ops.ReadVersions: read_versions,
}
HOLDING: Handlers = {ops.FindSetting: find_setting_held}
"""How a script that writes reads what it will build upon."""
