"""Keeping the index of messages up to the log, and purging it of people whose words were erased."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from relay_protocol.ids import AgentId, ConsultationId, consultation_of, consultation_stream, is_consultation
from relay_protocol.messages import TaxpayerErased
from relay_server.domain.consultation import Consultation
from relay_server.domain.spoken import MOVES, words_of
from relay_server.repeat import repeat
from relay_server.search.base import MessageIndex, Said
from relay_server.store import events
from relay_server.store.base import Committed, Store, Transaction
from relay_server.store.replay import Position, read_log

log = logging.getLogger(__name__)

BATCH = 1000
EVERY = 1.0
"""Seconds until what was said can be found."""
PAGE = 500

Row = tuple[Position, Committed]


class Indexing:
    """The index of one process. `open_index` opens the index in a folder; the newest folder is the one in use."""

    def __init__(self, store: Store, folder: Path, open_index: Callable[[Path], MessageIndex]) -> None:
        self._store, self._folder, self._open = store, folder, open_index
        self._generation = max((int(one.name) for one in folder.glob("[0-9]*") if one.name.isdecimal()), default=1)
        self.index = open_index(self._path(self._generation))
        self._purge = False

    async def follow(self) -> None:
        """Take in what the log has by now. After an erasure build a new index and remove the old one with its files."""
        while await self._step(self.index):
            pass
        if self._purge:
            self._purge = False
            await self._renew()

    async def keep(self) -> None:
        """Follow for ever; what fails is tried again, and said aloud when it goes on failing."""
        await repeat("search", self.follow, EVERY)

    def close(self) -> None:
        """Let go of the files; what was not committed is read again next time."""
        self.index.close()

    async def _renew(self) -> None:
        fresh = self._open(self._path(self._generation + 1))
        while await self._step(fresh):
            pass
        old, self.index = self.index, fresh
        self._generation += 1
        await asyncio.to_thread(old.destroy)
        log.info("index renewed", extra={"generation": self._generation})

    async def _step(self, index: MessageIndex) -> bool:
        """Take in one batch; tell whether there may be more."""
        rows = await self._store.read(read_log(index.position, BATCH))
        if not rows:
            return False
        words, moved = await self._store.read(_gather(rows))
        await asyncio.to_thread(_put, index, words, moved, rows)
        erased = any(isinstance(one.frame.event, TaxpayerErased) for _, one in rows)
        self._purge = self._purge or (erased and index is self.index)
        return len(rows) == BATCH

    def _path(self, generation: int) -> Path:
        return self._folder / str(generation)


def _put(index: MessageIndex, words: list[Said], moved: list[ConsultationId], rows: list[Row]) -> None:
    for consultation in moved:
        index.drop(consultation)
    for _, one in rows:
        if isinstance(one.frame.event, TaxpayerErased):
            index.forget(one.frame.event.taxpayer)
    index.add(words)
    index.commit(rows[-1][0])


def _gather(rows: list[Row]) -> Transaction[tuple[list[Said], list[ConsultationId]]]:
    """Return the words of these events, and of all of a consultation that moved, with whose they are now."""
    by_consultation: dict[ConsultationId, list[Committed]] = {}
    for _, one in rows:
        if is_consultation(one.stream):
            by_consultation.setdefault(consultation_of(one.stream), []).append(one)
    words: list[Said] = []
    moved: list[ConsultationId] = []
    for consultation, committed in by_consultation.items():
        state = yield from events.load(consultation)
        if state is None:
            continue
        if any(isinstance(one.frame.event, MOVES) for one in committed):
            moved.append(consultation)
            committed = yield from _whole(state)
        words += _words(state, committed)
    return words, moved


def _whole(state: Consultation) -> Transaction[list[Committed]]:
    found: list[Committed] = []
    while page := (yield from events.events_after(consultation_stream(state.id), len(found), PAGE)):
        found += page
    return found


def _words(state: Consultation, committed: Iterable[Committed]) -> list[Said]:
    offices = frozenset(one.code for one in (state.office, state.agent.office if state.agent else None) if one)
    people = state.followers | {AgentId(one.owner) for one in state.segments if one.kind in ("text", "hold")}
    return [
        Said(state.id, one.frame.seq, one.frame.at, text, state.taxpayer.id, offices, frozenset(people))
        for one in committed
        if (text := words_of(one.frame.event))
    ]
