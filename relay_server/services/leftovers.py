"""Removing what uploads leave behind: files nobody posted, halves of broken uploads, files no record knows."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from relay_server.repeat import repeat
from relay_server.store.base import Store
from relay_server.store.files import drop_unposted, known_files

log = logging.getLogger(__name__)

UNPOSTED_SECONDS = 24 * 3600.0
BROKEN_SECONDS = 3600.0
"""An upload that is still arriving is never that old."""
EVERY = 3600.0
BATCH = 500


async def keep(store: Store, folder: Path, now: Callable[[], float]) -> None:
    """Sweep for ever. What fails is tried again, and said aloud each time."""
    await repeat("leftovers", lambda: sweep(store, folder, now()), EVERY)


async def sweep(store: Store, folder: Path, now: float) -> int:
    """Remove what is left over by now; return how many files it was."""
    count = 0
    while dropped := await store.transact(drop_unposted(now - UNPOSTED_SECONDS, BATCH)):
        await asyncio.to_thread(_remove, [folder / one.file_name for one in dropped])
        count += len(dropped)
    old = await asyncio.to_thread(_older_than, folder, now - BROKEN_SECONDS)
    for first in range(0, len(old), BATCH):
        batch = old[first : first + BATCH]
        known = await store.read(known_files([path.name for path in batch]))
        unknown = [path for path in batch if path.name not in known]
        await asyncio.to_thread(_remove, unknown)
        count += len(unknown)
    if count:
        log.info("leftovers removed", extra={"files": count})
    return count


def _older_than(folder: Path, before: float) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < before]


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
