"""Operations on decisions of dispatch: why somebody waits, and why they went where they went.

Each function is a step of a transaction script: `yield from put_decisions([row])`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay_protocol.ids import ConsultationId
from relay_server.store.base import Operation, Transaction


@dataclass(frozen=True)
class DecisionRow:
    """One decision. `number` is the ticket's; `chosen` an agent id, empty while nobody could serve.

    `candidates` is JSON: agent id → why not, or the rank; `at` in Unix seconds.
    """

    consultation: ConsultationId
    number: str
    at: float
    step: int
    rules_version: str
    chosen: str
    candidates: str


@dataclass(frozen=True)
class PutDecisions(Operation):
    """Keep decisions, in this order; the answer is the number of the last one. Later ones have higher numbers."""

    rows: tuple[DecisionRow, ...]


@dataclass(frozen=True)
class FollowDecisions(Operation):
    """Number, consultation, step and candidates of all decisions above number `after` about those who wait now."""

    after: int


@dataclass(frozen=True)
class ReadDecisions(Operation):
    """Decisions in the order they were made; of a consultation, or of a ticket number if that is empty."""

    consultation: str
    number: str
    limit: int


def put_decisions(rows: Sequence[DecisionRow]) -> Transaction[int]:
    """Keep decisions; return the number of the last one, 0 for none."""
    last: int = (yield PutDecisions(tuple(rows))) if rows else 0
    return last


def follow_decisions(after: int) -> Transaction[list[tuple[int, ConsultationId, int, str]]]:
    """Return what was decided since about people who wait: number, consultation, step, candidates; oldest first."""
    found: list[tuple[int, ConsultationId, int, str]] = yield FollowDecisions(after)
    return found


def read_decisions(consultation: ConsultationId, limit: int = 1000) -> Transaction[list[DecisionRow]]:
    """Return the last `limit` decisions about a consultation, oldest first."""
    found: list[DecisionRow] = yield ReadDecisions(consultation, "", limit)
    return found


def decisions_by_number(number: str, limit: int = 1000) -> Transaction[list[DecisionRow]]:
    """Return the last `limit` decisions about tickets with this number, of whatever queue and day, oldest first."""
    found: list[DecisionRow] = yield ReadDecisions("", number, limit)
    return found
