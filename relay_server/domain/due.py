"""By when somebody answers: seconds counted in office hours only."""

from relay_server.domain.calendars import Calendar, closes_at, next_opening

MOST_SPANS = 400


def due_after(calendar: Calendar | None, begins: float, seconds: float) -> float:
    """Return the moment `seconds` of office hours after `begins` (Unix seconds); plain time where there are no hours.

    Where the hours end for good, what is left counts as plain time.
    """
    at, left = begins, seconds
    for _ in range(MOST_SPANS):
        opens = next_opening(calendar, at) if calendar is not None else None
        closes = closes_at(calendar, opens) if calendar is not None and opens is not None else None
        if opens is None or closes is None:
            break
        if opens + left <= closes:
            return opens + left
        left -= closes - opens
        at = closes
    return at + left
