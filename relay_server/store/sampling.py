"""An operation that examines a sample of the log: does every event say what was written, is its stream whole?

It is a step of a transaction script: `sample = yield from examine_log([0.1, 0.7])`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relay_protocol.errors import BanwenError
from relay_protocol.ids import Stream
from relay_server.store.base import Operation, Transaction
from relay_server.store.bodies import EventRow, digest_of, plain_frame
from relay_server.store.keys import Keyring


@dataclass(frozen=True)
class Sample:
    """How many events were looked at, how many of them are erased, and where something is wrong: `stream#seq`."""

    checked: int
    erased: int
    damaged: tuple[str, ...]


@dataclass(frozen=True)
class ExamineLog(Operation):
    """Look at the events at these places, each from 0 (the first) to 1 (the last), and count their streams."""

    places: tuple[float, ...]


def examine_log(places: Sequence[float]) -> Transaction[Sample]:
    """Return what a sample of the log is like."""
    found: Sample = yield ExamineLog(tuple(places))
    return found


def judged(rows: Iterable[EventRow], gaps: Iterable[Stream], keyring: Keyring) -> Sample:
    """Return what these rows are like; `gaps` are streams in which numbers are missing."""
    checked, erased, damaged = 0, 0, [f"{stream}#?" for stream in gaps]
    for row in rows:
        checked += 1
        try:
            plain = plain_frame(row, keyring)
        except BanwenError:
            damaged.append(f"{row.stream}#{row.seq}")
            continue
        if plain is None:
            erased += 1
        elif digest_of(plain) != row.digest:
            damaged.append(f"{row.stream}#{row.seq}")
    return Sample(checked, erased, tuple(damaged))
