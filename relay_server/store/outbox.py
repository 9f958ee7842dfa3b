"""Operations on the outbox: what is owed because of an event, kept until the transaction that holds its effects.

Each function is a step of a transaction script: `yield from owe("bot", consultation, now, seq)`.
"""

from dataclasses import dataclass

from relay_server.store.base import Operation, Transaction


@dataclass(frozen=True)
class Work:
    """Something owed: a turn of the bot, a round of dispatch. It survives a crash until it is dropped."""

    kind: str
    subject: str
    seq: int = 0
    id: int = 0
    attempts: int = 0


@dataclass(frozen=True)
class PutWork(Operation):
    """Owe something from `due_at` on."""

    work: Work
    due_at: float


@dataclass(frozen=True)
class ClaimWork(Operation):
    """Take due work of a kind for `lease` seconds, of each subject the oldest; who claims meanwhile gets nothing."""

    kind: str
    now: float
    lease: float
    limit: int


@dataclass(frozen=True)
class LeaseWork(Operation):
    """End one lease at `until`; with id 0 all of them."""

    id: int
    until: float


@dataclass(frozen=True)
class DropWork(Operation):
    """The work is done. The answer is False if somebody else had done it."""

    id: int


@dataclass(frozen=True)
class DropDue(Operation):
    """All due work of a kind is done."""

    kind: str
    now: float


def owe(kind: str, subject: str, due_at: float, seq: int = 0) -> Transaction[None]:
    """Owe something in the same transaction as its cause."""
    yield PutWork(Work(kind, subject, seq), due_at)


def claim(kind: str, now: float, lease: float, limit: int) -> Transaction[list[Work]]:
    """Take due work for `lease` seconds, oldest first; of each subject only its oldest, so that order holds."""
    found: list[Work] = yield ClaimWork(kind, now, lease, limit)
    return found


def postpone(work: Work, until: float) -> Transaction[None]:
    """Give claimed work back, not to be tried again before `until`."""
    yield LeaseWork(work.id, until)


def release_leases() -> Transaction[None]:
    """Let everything be claimed at once: whoever held leases is gone."""
    yield LeaseWork(0, 0.0)


def drop_work(work: Work) -> Transaction[bool]:
    """Finish work in the transaction that holds its effects; False means somebody else did it first."""
    mine: bool = yield DropWork(work.id)
    return mine


def drop_due(kind: str, now: float) -> Transaction[int]:
    """Finish all due work of a kind in the transaction that holds its effects; return how much it was."""
    count: int = yield DropDue(kind, now)
    return count
