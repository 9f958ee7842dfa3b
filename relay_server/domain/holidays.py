"""Which days the State Council declared free, or worked in exchange, as `chinesecalendar` keeps them."""

from datetime import date
from enum import StrEnum

import chinese_calendar


class Day(StrEnum):
    """What kind of day it is. UNKNOWN: nobody has published that year yet, so it is taken by its weekday."""

    ORDINARY = "ordinary"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    UNKNOWN = "unknown"


def kind_of(day: date) -> Day:
    """Return what kind of day it is. An ordinary day may be a weekend."""
    try:
        free, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return Day.UNKNOWN
    if name is None:
        return Day.ORDINARY
    return Day.HOLIDAY if free else Day.MAKE_UP


def name_of(day: date) -> str:
    """Return the Chinese name of the holiday that makes this day free or worked; empty for any other day."""
    try:
        _, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return ""
    return str(chinese_calendar.Holiday(name).chinese) if name else ""
