"""An honest estimate of the wait: from how long recent services took and how many people work; none where unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

FEWEST = 5
"""Services that must have been seen before anything is promised."""
RECENT = 50
LONGEST = 4 * 3600.0
"""A wait beyond this is no estimate any more but a reason to offer a call back. In seconds."""


def estimate(ahead: int, service_times: Sequence[float], places: int) -> float | None:
    """Return how many seconds somebody with `ahead` people before them still waits; None when nobody can know.

    `service_times` are the latest services in seconds, newest last; `places` is how many consultations the agents at
    work can hold at once. While all are taken, one comes free every mean/places seconds.
    """
    recent = [one for one in service_times[-RECENT:] if one > 0]
    if len(recent) < FEWEST or places <= 0:
        return None
    wait = (ahead + 1) * fmean(recent) / places
    return wait if wait <= LONGEST else None


@dataclass(frozen=True)
class Error:
    """How far estimates were off: the median of |estimated - waited| in seconds, and the share within a factor of 2."""

    count: int
    median_seconds: float
    within_factor_two: float


def error(pairs: Sequence[tuple[float, float]]) -> Error | None:
    """Return the error of (estimated, waited) pairs, both in seconds; None without any."""
    if not pairs:
        return None
    close = sum(1 for guessed, waited in pairs if waited / 2 <= guessed <= max(waited * 2, 1.0))
    off = median(abs(guessed - waited) for guessed, waited in pairs)
    return Error(len(pairs), round(off, 1), round(close / len(pairs), 3))
