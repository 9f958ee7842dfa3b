"""What the relay asks of an index of messages. It is a cache of the log: losing it costs time, never a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from relay_protocol.ids import AgentId, ConsultationId, TaxpayerId
from relay_server.store.replay import Position


@dataclass(frozen=True)
class Said:
    """Words at a place of the log. `offices` and `people` are whose it is: office codes, and agents who took part."""

    consultation: ConsultationId
    seq: int
    at: float
    text: str
    taxpayer: TaxpayerId
    offices: frozenset[str]
    people: frozenset[AgentId]


@dataclass(frozen=True)
class Reach:
    """Whose words may be found: everybody's, or those of these offices, of this agent's part, of these persons."""

    everything: bool = False
    offices: frozenset[str] = frozenset()
    agent: str = ""
    contacts: frozenset[TaxpayerId] = frozenset()


@dataclass(frozen=True)
class Wanted:
    """What is looked for: words parted by blanks, all of them, between two moments (Unix seconds, `until` excluded)."""

    words: str
    since: float = 0.0
    until: float = float("inf")
    taxpayer: str = ""


@dataclass(frozen=True)
class Place:
    """Where words were found; `at` in Unix seconds."""

    consultation: ConsultationId
    seq: int
    at: float


class MessageIndex(Protocol):
    """An index of messages. Its methods block; whoever has a loop calls them in a thread, one writer at a time."""

    @property
    def position(self) -> Position:
        """Up to where the log is in it, durably."""
        ...

    def add(self, said: Sequence[Said]) -> None:
        """Put words in; the same place twice is once."""
        ...

    def drop(self, consultation: ConsultationId) -> None:
        """Take a consultation out, to be put in anew."""
        ...

    def forget(self, taxpayer: TaxpayerId) -> None:
        """Find a person's words no longer."""
        ...

    def commit(self, position: Position) -> None:
        """Make everything up to here findable and durable."""
        ...

    def search(self, wanted: Wanted, reach: Reach, limit: int) -> list[Place]:
        """Return places, the newest first."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...

    def destroy(self) -> None:
        """Close it and remove all its files."""
        ...
