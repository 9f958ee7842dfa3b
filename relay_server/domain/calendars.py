"""When an office is open: weekly hours with a lunch break, public holidays and make-up workdays, exceptions as data.

Times are China's; a span such as `09:00-12:00` includes its beginning and excludes its end.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.domain.holidays import Day, kind_of, name_of
from relay_server.domain.tickets import CHINA

LOOK_AHEAD = 60
"""Days searched for the next opening."""
MIDNIGHT = 24 * 60
WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
OFFICE_DAY = ("09:00-12:00", "13:30-17:00")

Spans = tuple[tuple[int, int], ...]
"""Minutes after midnight, ascending."""


class Calendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """办公时间. `weekly` has seven days, Monday first; `exceptions` (ISO date → spans, none = closed) win over all.

    With `holidays` a public holiday is closed and a make-up workday has the hours `make_up`.
    """

    name: str
    weekly: tuple[tuple[str, ...], ...] = (*(OFFICE_DAY,) * 5, (), ())
    make_up: tuple[str, ...] = OFFICE_DAY
    holidays: bool = True
    exceptions: dict[str, tuple[str, ...]] = {}


ALWAYS = Calendar(name="全天", weekly=(("00:00-24:00",),) * 7, make_up=("00:00-24:00",), holidays=False)
"""For an office nobody gave hours to."""


def parse(raw: bytes | Mapping[str, Any]) -> Calendar:
    """Read a calendar from JSON or from parsed TOML. Raise BAD_INPUT with every mistake at once, in Chinese."""
    try:
        read = msgspec.json.decode(raw, type=Calendar) if isinstance(raw, bytes) else msgspec.convert(raw, Calendar)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise BanwenError(ErrorCode.BAD_INPUT, f"日历的格式不正确：{error}。") from error
    if problems := list(check(read)):
        raise BanwenError(ErrorCode.BAD_INPUT, "\n".join(problems))
    return read


def check(calendar: Calendar) -> Iterator[str]:
    """Name every mistake in a calendar, in Chinese."""
    if len(calendar.weekly) != len(WEEKDAYS):
        yield f"日历“{calendar.name}”的 weekly 应有 7 天（星期一至星期日），现有 {len(calendar.weekly)} 天。"
    for where, texts in zip(WEEKDAYS, calendar.weekly, strict=False):
        yield from _span_problems(where, texts)
    yield from _span_problems("调休上班日", calendar.make_up)
    for day, texts in calendar.exceptions.items():
        try:
            date.fromisoformat(day)
        except ValueError:
            yield f"exceptions 的 {day} 不是日期，应写成 2026-10-01 的样子。"
        yield from _span_problems(day, texts)


def is_open(calendar: Calendar, at: float) -> bool:
    """Tell whether the office is open at `at` (Unix seconds)."""
    moment = datetime.fromtimestamp(at, CHINA)
    minute = moment.hour * 60 + moment.minute
    return any(begin <= minute < end for begin, end in spans_on(calendar, moment.date()))


def next_opening(calendar: Calendar, at: float) -> float | None:
    """Return when it opens next, `at` itself while it is open; None if it stays closed for `LOOK_AHEAD` days."""
    if is_open(calendar, at):
        return at
    today = datetime.fromtimestamp(at, CHINA).date()
    for ahead in range(LOOK_AHEAD):
        day = today + timedelta(days=ahead)
        for begin, _ in spans_on(calendar, day):
            opens = _moment(day, begin)
            if opens >= at:
                return opens
    return None


def closes_at(calendar: Calendar, at: float) -> float | None:
    """Return when the office that is open at `at` closes, lunch included; None while it is closed."""
    moment = datetime.fromtimestamp(at, CHINA)
    minute = moment.hour * 60 + moment.minute
    ends = (end for begin, end in spans_on(calendar, moment.date()) if begin <= minute < end)
    return next((_moment(moment.date(), end) for end in ends), None)


def spans_on(calendar: Calendar, day: date) -> Spans:
    """Return when it is open on one day."""
    exception = calendar.exceptions.get(day.isoformat())
    if exception is not None:
        return _spans(exception)
    match kind_of(day) if calendar.holidays else Day.ORDINARY:
        case Day.HOLIDAY:
            return ()
        case Day.MAKE_UP:
            return _spans(calendar.make_up)
    return _spans(calendar.weekly[day.weekday()])


def describe(calendar: Calendar, at: float) -> str:
    """Return one Chinese sentence on the day of `at`: why it is open or closed, and what is not known."""
    day = datetime.fromtimestamp(at, CHINA).date()
    hours = "、".join(f"{_clock(begin)}–{_clock(end)}" for begin, end in spans_on(calendar, day)) or "不办公"
    if day.isoformat() in calendar.exceptions:
        return f"{day.isoformat()}（专门安排）{hours}"
    match kind_of(day) if calendar.holidays else Day.ORDINARY:
        case Day.HOLIDAY:
            return f"{day.isoformat()}（{name_of(day)}放假）{hours}"
        case Day.MAKE_UP:
            return f"{day.isoformat()}（{name_of(day)}调休上班）{hours}"
        case Day.UNKNOWN:
            return f"{day.isoformat()}（{WEEKDAYS[day.weekday()]}，{day.year} 年放假安排尚未收录，按平常日处理）{hours}"
    return f"{day.isoformat()}（{WEEKDAYS[day.weekday()]}）{hours}"


def _spans(texts: Sequence[str]) -> Spans:
    return tuple(_span(text) for text in texts)


def _span(text: str) -> tuple[int, int]:
    begin, _, end = text.partition("-")
    return _minute(begin), _minute(end)


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _moment(day: date, minute: int) -> float:
    midnight = datetime(day.year, day.month, day.day, tzinfo=CHINA)
    return (midnight + timedelta(minutes=minute)).timestamp()


def _span_problems(where: str, texts: Sequence[str]) -> Iterator[str]:
    last = 0
    for text in texts:
        try:
            begin, end = _span(text)
        except ValueError:
            yield f"{where}的“{text}”不是时段，应写成 09:00-12:00 的样子。"
            continue
        if not last <= begin < end <= MIDNIGHT:
            yield f"{where}的“{text}”不对：时段须在一天之内、先开后关、前后不重叠。"
        last = end
