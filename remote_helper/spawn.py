"""The one place of this program that makes tasks: it keeps them, names them, and logs what they failed of."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)

_alive: set["asyncio.Task[Any]"] = set()


def spawn(work: Coroutine[Any, Any, Any], *, name: str) -> "asyncio.Task[Any]":
    """Run `work` as a task that nobody need await."""
    task = asyncio.create_task(work, name=name)
    _alive.add(task)
    task.add_done_callback(_done)
    return task


def _done(task: "asyncio.Task[Any]") -> None:
    _alive.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task failed", extra={"task": task.get_name()}, exc_info=error)
