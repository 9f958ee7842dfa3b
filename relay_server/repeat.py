"""Doing something again and again: what fails is tried later and later, and raises an alarm, never a silent loop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

ALARM_AFTER = 5
LONGEST_PAUSE = 30.0

Step = Callable[[], Awaitable[object]]


async def attempt(role: str, step: Step, failures: int) -> int:
    """Do one step; return how many have failed in a row."""
    try:
        await step()
    except Exception:
        failures += 1
        level = logging.CRITICAL if failures >= ALARM_AFTER else logging.ERROR
        log.log(level, "role failed", extra={"role": role, "failures": failures}, exc_info=True)
        return failures
    if failures >= ALARM_AFTER:
        log.warning("role works again", extra={"role": role})
    return 0


def pause(every: float, failures: int) -> float:
    """Return how long to wait before the next step, in seconds; `every` while all is well."""
    return min(max(every, LONGEST_PAUSE), every * 2.0**failures)


async def repeat(role: str, step: Step, every: float) -> None:
    """Do it every `every` seconds, for ever."""
    failures = 0
    while True:
        failures = await attempt(role, step, failures)
        await asyncio.sleep(pause(every, failures))
