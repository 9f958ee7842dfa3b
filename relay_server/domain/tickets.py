"""取号: numbers as people read them, one sequence for each queue and day."""

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
PER_LETTER = 999


def label(number: int) -> str:
    """Return A001 … A999, B001 … Z999, AA001 … for 1, 2, 3 …"""
    letters, index = "", (number - 1) // PER_LETTER + 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return f"{letters}{(number - 1) % PER_LETTER + 1:03}"


def day_of(now: float) -> str:
    """Return the ISO day in China at `now` (Unix seconds)."""
    return datetime.fromtimestamp(now, CHINA).date().isoformat()
