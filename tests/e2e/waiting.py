"""Waits for a condition with a deadline, so that no test ever sleeps and hopes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TooLate(AssertionError):
    """What was waited for did not come in time."""


def until(probe: Callable[[], T | None], what: str, seconds: float = 10.0, every: float = 0.05) -> T:
    """The first true result of `probe`; raises TooLate, naming `what`, when `seconds` have passed without one."""
    deadline = time.monotonic() + seconds
    while True:
        result = probe()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TooLate(f"not within {seconds:g} s: {what}")
        time.sleep(every)
