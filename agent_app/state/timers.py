"""How long somebody has waited, and how bad that is."""

from datetime import datetime
from enum import StrEnum

from agent_app.state.words import tr

HURRY_SECONDS = 60.0
LATE_SECONDS = 180.0


class Urgency(StrEnum):
    """The colour of a wait: calm up to one minute, hurry up to three, then late."""

    CALM = "calm"
    HURRY = "hurry"
    LATE = "late"


def urgency(waited: float) -> Urgency:
    """Judge a wait in seconds."""
    if waited >= LATE_SECONDS:
        return Urgency.LATE
    return Urgency.HURRY if waited >= HURRY_SECONDS else Urgency.CALM


def clock(seconds: float) -> str:
    """Return a duration as 02:15, or 1:02:15 from an hour on. Never negative: clocks of two machines differ."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def ago(seconds: float) -> str:
    """Return how long ago something was, in words."""
    if seconds < 60:
        return tr("刚刚")
    if seconds < 3600:
        return tr("{0}分钟前").format(int(seconds // 60))
    hours, days = int(seconds // 3600), int(seconds // 86400)
    return tr("{0}小时前").format(hours) if not days else tr("{0}天前").format(days)


def moment(at: float) -> str:
    """Return a moment (Unix seconds) as day and time of this machine's zone."""
    return datetime.fromtimestamp(at).astimezone().strftime("%m-%d %H:%M")
