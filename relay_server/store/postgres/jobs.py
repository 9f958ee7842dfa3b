"""Jobs in PostgreSQL: one small coroutine per operation."""

import asyncpg

from relay_server.store import jobs as ops
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

_COLUMNS = "id, kind, by, state, body, created_at, progress, result"


async def put_job(connection: Connection, op: ops.PutJob) -> None:
    """Insert or replace a job."""
    one = op.job
    query = (
        f"INSERT INTO job ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608
        "state = excluded.state, body = excluded.body, progress = excluded.progress, result = excluded.result"
    )
    values = (one.id, one.kind, one.by, one.state, one.body, one.created_at, one.progress, one.result)
    await connection.execute(query, *values)


async def read_job(connection: Connection, op: ops.ReadJob) -> ops.Job | None:
    """Look a job up."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM job WHERE id = $1", op.id)  # noqa: S608
    return _job(row) if row else None


async def list_jobs(connection: Connection, op: ops.ListJobs) -> list[ops.Job]:
    """List jobs, the newest first."""
    where, values = ("WHERE by = $2", [op.by]) if op.by else ("", [])
    query = f"SELECT {_COLUMNS} FROM job {where} ORDER BY created_at DESC, id DESC LIMIT $1"  # noqa: S608
    return [_job(row) for row in await connection.fetch(query, op.limit, *values)]


def _job(row: asyncpg.Record) -> ops.Job:
    identifier, kind, by, state, *rest = row
    return ops.Job(identifier, kind, by, ops.JobState(state), *rest)


HANDLERS: Handlers = {ops.PutJob: put_job, ops.ReadJob: read_job, ops.ListJobs: list_jobs}
