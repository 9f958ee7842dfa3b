"""The directory of a running relay: read from the settings, swapped whole when they change; and how it is changed."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import settings_stream
from relay_server.bus.base import Bus
from relay_server.domain.directory import Directory, build
from relay_server.domain.records import READERS, OfficeRecord
from relay_server.store.base import Store, Transaction
from relay_server.store.settings import list_settings, put_setting, settings_versions

log = logging.getLogger(__name__)

CHECK_SECONDS = 5.0
"""How soon a change is seen that no hint told of, such as one made on the command line."""

Stored = dict[str, dict[str, bytes]]


@dataclass
class LiveDirectory:
    """What everybody looks at: `current` is replaced, never changed."""

    current: Directory = field(default_factory=Directory)
    _versions: dict[str, int] = field(default_factory=dict)

    async def refresh(self, store: Store) -> bool:
        """Read the settings again if they changed; tell whether they did."""
        versions, stored = await store.read(_read_changed(self._versions))
        if stored is None:
            return False
        self._versions, self.current = versions, build(stored)
        for one in self.current.problems:
            log.error("setting left out", extra={"kind": one.kind, "key": one.key})
        return True

    async def keep(self, store: Store, bus: Bus, every: float = CHECK_SECONDS) -> None:
        """Stay up to date: at once when the bus tells of a change, within `every` seconds in any case."""
        wake = asyncio.Event()
        stops = [bus.listen(settings_stream(kind), lambda hint: wake.set()) for kind in READERS]
        try:
            while True:
                try:
                    await self.refresh(store)
                except BanwenError:
                    log.warning("settings not readable now", exc_info=True)
                await _wait(wake, every)
        finally:
            for stop in stops:
                stop()


async def load(store: Store) -> Directory:
    """Return the directory as the settings describe it now."""
    live = LiveDirectory()
    await live.refresh(store)
    return live.current


async def seed(store: Store, offices: Sequence[OfficeRecord], now: float) -> None:
    """Take over the offices of a configuration, unless there ever were settings of offices."""

    def script() -> Transaction[None]:
        if "offices" not in (yield from settings_versions()):
            yield from change({("offices", one.code): one for one in offices}, "init", now)

    if offices:
        await store.transact(script())


def read_all() -> Transaction[Stored]:
    """Return all settings a directory is made of."""
    found: Stored = {}
    for kind in READERS:
        found[kind] = {one.key: one.body for one in (yield from list_settings(kind)) if one.body is not None}
    return found


def change(wishes: Mapping[tuple[str, str], msgspec.Struct | None], by: str, now: float) -> Transaction[Directory]:
    """Set or, with None, remove settings by (kind, key), all or none; return the directory that follows.

    Raise BAD_INPUT with every reason why it would not fit together.
    """
    stored = yield from read_all()
    before = build(stored)
    for (kind, key), record in wishes.items():
        body = msgspec.json.encode(record) if record is not None else None
        if body is None:
            stored[kind].pop(key, None)
        else:
            stored[kind][key] = body
        yield from put_setting(kind, key, body, by, now)
    after = build(stored)
    wrong = dict.fromkeys(one.sentence for one in after.problems if one not in before.problems)
    if wrong:
        raise BanwenError(ErrorCode.BAD_INPUT, "\n".join(wrong))
    return after


def _read_changed(known: dict[str, int]) -> Transaction[tuple[dict[str, int], Stored | None]]:
    found = yield from settings_versions()
    versions = {kind: version for kind, version in found.items() if kind in READERS}
    return versions, None if versions == known else (yield from read_all())


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass
    wake.clear()
