"""Operations that read the whole log in commit order, and remember how far each reader got.

For what follows the log from behind: search index, webhooks, statistics, simulation. Each function is a step of a
transaction script: `rows = yield from read_log(position, 500)`.
"""

from dataclasses import dataclass
from typing import NewType

from relay_server.store.base import Committed, Operation, Transaction

Position = NewType("Position", str)
"""A place in the log, opaque to all but the store that gave it."""

BEGINNING = Position("")


@dataclass(frozen=True)
class ReadLog(Operation):
    """Events of all streams after a position, in the order of their commits."""

    after: Position
    limit: int


@dataclass(frozen=True)
class ReadEnd(Operation):
    """Where the log ends now."""


@dataclass(frozen=True)
class ReadCursor(Operation):
    """How far a reader got."""

    name: str


@dataclass(frozen=True)
class PutCursor(Operation):
    """A reader got this far."""

    name: str
    position: Position


def read_log(after: Position, limit: int) -> Transaction[list[tuple[Position, Committed]]]:
    """Return at most `limit` events after a position, each with its own.

    No event will ever be committed before one that was returned, so a reader that goes on from the last position
    misses nothing.
    """
    found: list[tuple[Position, Committed]] = yield ReadLog(after, limit)
    return found


def log_end() -> Transaction[Position]:
    """Return a position behind everything that was committed before; what comes later stands behind it."""
    found: Position = yield ReadEnd()
    return found


def read_cursor(name: str) -> Transaction[Position]:
    """Return how far a reader got; the beginning for a new one."""
    found: Position = yield ReadCursor(name)
    return found


def put_cursor(name: str, position: Position) -> Transaction[None]:
    """Remember how far a reader got, in the transaction of what it did."""
    yield PutCursor(name, position)
