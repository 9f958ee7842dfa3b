"""What the relay asks of a store: transactions written as scripts of operations, whatever database carries them out.

A script is a generator that yields operations and gets their results back. It does no I/O of its own, so the same
script runs inside SQLite's one writer thread and, later, inside a PostgreSQL transaction:

    def rename(agent: AgentId, name: str) -> Transaction[None]:
        account = yield from agent_by_id(agent)
        yield from put_agent(replace(account, name=name))
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import msgspec

from relay_protocol.ids import AgentId, ConsultationId, Stream
from relay_protocol.messages import EventFrame

T = TypeVar("T")


@dataclass(frozen=True)
class Operation:
    """One step of a script. What it answers is said by the function that yields it."""


Transaction = Generator[Operation, Any, T]


class Committed(msgspec.Struct, frozen=True):
    """An event that is on disk: the frame, and the bytes in which it is sent to everybody."""

    frame: EventFrame
    data: bytes

    @property
    def stream(self) -> Stream:
        """The stream the event belongs to."""
        return self.frame.stream


class Appended(msgspec.Struct, frozen=True):
    """The answer to an operation that appends events: what will be told once it is committed."""

    events: tuple[Committed, ...]


@dataclass(frozen=True)
class Owed:
    """The answer to an operation that owes work: whose loop is woken once it is committed."""

    kind: str


@dataclass(frozen=True)
class Moved:
    """The answer to an operation that changes who follows a consultation: their links are told once it is committed."""

    consultation: ConsultationId
    joined: frozenset[AgentId]
    left: frozenset[AgentId]


@dataclass
class Effects:
    """What a script leaves that others must hear of: events, kinds of owed work, and agents who came or went."""

    committed: list[Committed] = field(default_factory=list)
    owed: set[str] = field(default_factory=set)
    moved: list[Moved] = field(default_factory=list)


class Store(Protocol):
    """A log of record with its projections. `epoch` changes when the log is another one, such as a restored backup."""

    epoch: str

    async def transact(self, script: Transaction[T]) -> T:
        """Run a script that writes; return its result once it is durable.

        An exception of the script undoes all it did and is raised here. A full disk or a failing one raises
        `BanwenError(UNREACHABLE)` and nothing of the script remains.
        """
        ...

    def submit(
        self, script: Transaction[T], done: Callable[[T], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Like `transact`, for whoever does not wait: one of the two is called on the loop, after the effects are told.

        Scripts take effect in the order in which they were handed in, by either method.
        """
        ...

    async def read(self, script: Transaction[T]) -> T:
        """Run a script that only reads, on a snapshot of what is committed."""
        ...

    async def scrub(self) -> None:
        """See to it that what was deleted or replaced before is in none of the database's files any more.

        Raise `BanwenError(UNREACHABLE)` when it cannot be done now; to try again does no harm.
        """
        ...

    async def close(self) -> None:
        """Finish what was handed in, then let go of the database."""
        ...
