"""Jobs in SQLite: one small function per operation."""

import sqlite3
from collections.abc import Callable
from typing import Any

from relay_server.store import jobs as ops

_COLUMNS = "id, kind, by, state, body, created_at, progress, result"


def put_job(connection: sqlite3.Connection, op: ops.PutJob) -> None:
    """Insert or replace a job."""
    one = op.job
    values = (one.id, one.kind, one.by, one.state, one.body, one.created_at, one.progress, one.result)
    connection.execute(f"INSERT OR REPLACE INTO job ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)  # noqa: S608


def read_job(connection: sqlite3.Connection, op: ops.ReadJob) -> ops.Job | None:
    """Look a job up."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (op.id,)).fetchone()  # noqa: S608
    return _job(row) if row else None


def list_jobs(connection: sqlite3.Connection, op: ops.ListJobs) -> list[ops.Job]:
    """List jobs, the newest first."""
    where, values = ("WHERE by = ?", [op.by]) if op.by else ("", [])
    query = f"SELECT {_COLUMNS} FROM job {where} ORDER BY created_at DESC, id DESC LIMIT ?"  # noqa: S608
    return [_job(row) for row in connection.execute(query, [*values, op.limit])]


def _job(row: tuple[Any, ...]) -> ops.Job:
    identifier, kind, by, state, *rest = row
    return ops.Job(identifier, kind, by, ops.JobState(state), *rest)


HANDLERS: dict[type[Any], Callable[[sqlite3.Connection, Any], Any]] = {
    ops.PutJob: put_job,
    ops.ReadJob: read_job,
    ops.ListJobs: list_jobs,
}
