"""By when somebody answers: office hours count, lunch, nights, weekends and holidays do not."""

from datetime import datetime

import pytest

from relay_server.domain.calendars import Calendar
from relay_server.domain.due import due_after
from relay_server.domain.tickets import CHINA

OFFICE = Calendar(name="办公时间")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()


@pytest.mark.req("A29")
@pytest.mark.parametrize(
    ("begins", "hours", "ends"),
    [
        ("2026-03-02 09:30", 2, "2026-03-02 11:30"),
        ("2026-03-02 11:00", 2, "2026-03-02 14:30"),
        ("2026-03-02 16:30", 1, "2026-03-03 09:30"),
        ("2026-03-06 16:00", 2, "2026-03-09 10:00"),
        ("2026-03-07 12:00", 1, "2026-03-09 10:00"),
        ("2026-09-30 16:00", 2, "2026-10-08 10:00"),
    ],
)
def test_only_office_hours_count(begins: str, hours: float, ends: str) -> None:
    assert due_after(OFFICE, at(begins), hours * 3600) == at(ends)


def test_without_hours_plain_time_counts() -> None:
    assert due_after(None, 100.0, 50.0) == 150.0
    never = Calendar(name="停办", weekly=((),) * 7, make_up=())
    assert due_after(never, 100.0, 50.0) == 150.0
