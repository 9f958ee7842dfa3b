"""Operations on jobs: what takes longer than a request, such as bulk actions and exports.

A job is carried out by whoever claims its outbox row of kind `job`; the row here says how far it got. Each function is
a step of a transaction script: `yield from put_job(job)`.
"""

from dataclasses import dataclass
from enum import StrEnum

from relay_server.store.base import Operation, Transaction


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True)
class Job:
    """One job. `by` asked for it; `progress` is 0 to 1; `body` and `result` are JSON; times in Unix seconds."""

    id: str
    kind: str
    by: str
    state: JobState
    body: str
    created_at: float
    progress: float = 0.0
    result: str = ""


@dataclass(frozen=True)
class PutJob(Operation):
    """Insert or replace one job."""

    job: Job


@dataclass(frozen=True)
class ReadJob(Operation):
    """One job."""

    id: str


@dataclass(frozen=True)
class ListJobs(Operation):
    """The newest jobs first; of one person, if given."""

    by: str
    limit: int


def put_job(job: Job) -> Transaction[None]:
    """Insert or replace a job."""
    yield PutJob(job)


def read_job(job: str) -> Transaction[Job | None]:
    """Return a job."""
    found: Job | None = yield ReadJob(job)
    return found


def list_jobs(by: str = "", limit: int = 50) -> Transaction[list[Job]]:
    """Return the newest jobs first; of one person, if given."""
    found: list[Job] = yield ListJobs(by, limit)
    return found
