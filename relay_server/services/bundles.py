"""The knowledge of a running relay: one index, swapped for another when a new bundle is chosen or its file changes."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kb_sync import bundle
from kb_sync.candidates import Candidates, Hit, SearchContext, State
from kb_sync.index import KnowledgeIndex
from kb_sync.suggest import Suggestion
from relay_protocol.errors import BanwenError
from relay_server.store.base import Store, Transaction
from relay_server.store.settings import find_setting, put_setting

log = logging.getLogger(__name__)

KIND, KEY = "knowledge", "bundle"
CHECK_SECONDS = 5.0

Mark = tuple[str, int, int]
"""A file as it was: path, time of its last change in ns, bytes; all empty for the sample that is shipped."""
SAMPLE: Mark = ("", 0, 0)


class Chosen(msgspec.Struct, frozen=True):
    """The bundle in use, relative to the relay's folder."""

    file: str


class LiveKnowledge:
    """A `services.knowledge.Knowledge`. `configured` is the file while none is chosen, empty for the sample."""

    def __init__(self, folder: Path, configured: str) -> None:
        self._folder, self._configured = folder, configured
        self._mark = mark_of(folder, configured)
        self.current = _index(folder, configured)

    def candidates(self, query: str, context: SearchContext, state: State | None = None, top: int = 5) -> Candidates:
        """Return all that a decision about one message looks at."""
        return self.current.candidates(query, context, state, top)

    def suggest(self, context: SearchContext, error_code: str = "", hot: Sequence[str] = ()) -> tuple[Suggestion, ...]:
        """Return the questions to offer on a page."""
        return self.current.suggest(context, error_code, hot)

    def search(self, query: str, context: SearchContext, top: int = 10) -> list[Hit]:
        """Return entries, best first."""
        return self.current.search(query, context, top)

    async def refresh(self, store: Store) -> bool:
        """Load the bundle if it is another one by now; tell whether it was swapped. A bad one changes nothing."""
        file = await store.read(chosen()) or self._configured
        mark = await asyncio.to_thread(mark_of, self._folder, file)
        if mark == self._mark:
            return False
        self._mark = mark
        try:
            self.current = await asyncio.to_thread(_index, self._folder, file)
        except BanwenError:
            log.critical("knowledge not loadable, the one before stays", exc_info=True)
            return False
        log.info("knowledge swapped", extra={"entries": len(self.current.knowledge.entries)})
        return True

    async def keep(self, store: Store, every: float = CHECK_SECONDS) -> None:
        """Stay up to date."""
        while True:
            await asyncio.sleep(every)
            try:
                await self.refresh(store)
            except BanwenError:
                log.warning("settings not readable now", exc_info=True)


def chosen() -> Transaction[str]:
    """Return the file that was chosen, empty if none was."""
    found = yield from find_setting(KIND, KEY)
    return msgspec.json.decode(found.body, type=Chosen).file if found and found.body else ""


def choose(file: str, by: str, now: float) -> Transaction[None]:
    """Use this file from now on; an empty one goes back to what the configuration says."""
    body = msgspec.json.encode(Chosen(file)) if file else None
    yield from put_setting(KIND, KEY, body, by, now)


def load(folder: Path, file: str) -> bundle.Knowledge:
    """Return the knowledge of a file in `folder`, the sample without one. Raise `BanwenError`."""
    return bundle.load(folder / file) if file else bundle.load_sample()


def mark_of(folder: Path, file: str) -> Mark:
    """Return what tells whether a file was changed; one that is not there never looks changed."""
    if not file:
        return SAMPLE
    try:
        stat = (folder / file).stat()
    except OSError:
        return (file, -1, -1)
    return (file, stat.st_mtime_ns, stat.st_size)


def _index(folder: Path, file: str) -> KnowledgeIndex:
    return KnowledgeIndex.build(load(folder, file))
