"""The one place where the relay makes tasks: each has a name, an owner and, if it fails, a log entry."""

import asyncio
import logging
from collections.abc import Coroutine

log = logging.getLogger(__name__)

_running: set[asyncio.Task[None]] = set()


def spawn(coro: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
    """Run `coro` beside everything else until it ends or is cancelled."""
    task = asyncio.get_running_loop().create_task(coro, name=name)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[None]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task failed", extra={"task": task.get_name()}, exc_info=error)
