"""Settings in SQLite: one small function per operation."""

import sqlite3
from collections.abc import Callable
from typing import Any

from relay_server.store import settings as ops

_COLUMNS = "kind, key, body, version, by, at"


def put_setting(connection: sqlite3.Connection, op: ops.PutSetting) -> None:
    """Write a setting, or that it was removed."""
    one = op.setting
    body = None if one.body is None else one.body.decode()
    query = f"INSERT OR REPLACE INTO setting ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
    connection.execute(query, (one.kind, one.key, body, one.version, one.by, one.at))


def list_settings(connection: sqlite3.Connection, op: ops.ListSettings) -> list[ops.Setting]:
    """List a kind by key."""
    query = f"SELECT {_COLUMNS} FROM setting WHERE kind = ? AND body IS NOT NULL ORDER BY key"  # noqa: S608
    return [_setting(row) for row in connection.execute(query, (op.kind,))]


def find_setting(connection: sqlite3.Connection, op: ops.FindSetting) -> ops.Setting | None:
    """Look one setting up."""
    query = f"SELECT {_COLUMNS} FROM setting WHERE kind = ? AND key = ? AND body IS NOT NULL"  # noqa: S608
    row = connection.execute(query, (op.kind, op.key)).fetchone()
    return _setting(row) if row else None


def read_versions(connection: sqlite3.Connection, op: ops.ReadVersions) -> dict[str, int]:
    """Find each kind's newest version."""
    return dict(connection.execute("SELECT kind, max(version) FROM setting GROUP BY kind").fetchall())


def _setting(row: tuple[Any, ...]) -> ops.Setting:
    kind, key, body, version, by, at = row
    return ops.Setting(kind, key, body.encode(), version, by, at)


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.PutSetting: put_setting,
    ops.ListSettings: list_settings,
    ops.FindSetting: find_setting,
    ops.ReadVersions: read_versions,
}
