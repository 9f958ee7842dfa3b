"""Office hours to the minute: lunch, weekends, public holidays, make-up workdays, exceptions, unpublished years."""

from datetime import datetime

import pytest

from relay_protocol.errors import BanwenError
from relay_server.domain.calendars import ALWAYS, Calendar, closes_at, describe, is_open, next_opening, parse
from relay_server.domain.tickets import CHINA

HALL = Calendar(name="办税服务厅")


def at(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=CHINA).timestamp()


@pytest.mark.req("A29")
@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-11-24 08:59:59", False),
        ("2026-11-24 09:00:00", True),
        ("2026-11-24 11:59:59", True),
        ("2026-11-24 12:00:00", False),
        ("2026-11-24 13:29:59", False),
        ("2026-11-24 13:30:00", True),
        ("2026-11-24 16:59:59", True),
        ("2026-11-24 17:00:00", False),
        ("2026-11-28 10:00:00", False),  # an ordinary Saturday
        ("2026-10-01 10:00:00", False),  # National Day, a Thursday
        ("2026-10-07 10:00:00", False),  # a Wednesday free in exchange
        ("2026-10-10 10:00:00", True),  # the Saturday worked for it
        ("2026-10-10 17:00:00", False),
        ("2026-02-14 09:00:00", True),  # a Saturday worked before the Spring Festival
        ("2026-02-16 09:00:00", False),
    ],
)
def test_an_office_opens_and_closes_to_the_second(moment: str, open_: bool) -> None:
    assert is_open(HALL, at(moment)) is open_


@pytest.mark.req("A29")
@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-24 10:00", "2026-11-24 10:00"),  # open already
        ("2026-11-24 12:00", "2026-11-24 13:30"),  # after lunch
        ("2026-11-24 17:00", "2026-11-25 09:00"),
        ("2026-11-27 18:00", "2026-11-30 09:00"),  # over the weekend
        ("2026-09-30 18:00", "2026-10-08 09:00"),  # over the whole National Day holiday
        ("2026-10-09 18:00", "2026-10-10 09:00"),  # to a Saturday that is worked
    ],
)
def test_the_next_opening_is_found_over_lunch_weekends_and_holidays(moment: str, opens: str) -> None:
    assert next_opening(HALL, at(moment)) == at(opens)


def test_it_is_told_when_an_open_office_closes() -> None:
    assert closes_at(HALL, at("2026-11-24 10:00")) == at("2026-11-24 12:00")
    assert closes_at(HALL, at("2026-11-24 12:00")) is None


def test_an_exception_wins_over_weekday_and_holiday() -> None:
    hall = Calendar(name="赣州", exceptions={"2026-10-01": ("09:00-10:00",), "2026-11-24": ()})
    assert is_open(hall, at("2026-10-01 09:30"))
    assert not is_open(hall, at("2026-11-24 09:30"))
    assert next_opening(hall, at("2026-11-24 09:30")) == at("2026-11-25 09:00")


def test_what_is_open_always_closes_never_and_what_is_closed_always_opens_never() -> None:
    assert is_open(ALWAYS, at("2026-10-01 00:00"))
    assert is_open(ALWAYS, at("2026-11-28 23:59:59"))
    assert next_opening(Calendar(name="停办", weekly=((),) * 7, make_up=()), at("2026-11-24 09:30")) is None


def test_the_hour_is_china_s_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert is_open(HALL, 1795482000.0) is is_open(HALL, at("2026-11-24 09:00")) is True


def test_a_year_nobody_has_published_is_taken_by_weekday_and_said_so() -> None:
    unknown = at("2049-10-01 10:00")  # a Friday
    assert is_open(HALL, unknown)
    assert "2049 年放假安排尚未收录" in describe(HALL, unknown)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-10-01 10:00", "2026-10-01（国庆节放假）不办公"),
        ("2026-10-10 10:00", "2026-10-10（国庆节调休上班）09:00–12:00、13:30–17:00"),
        ("2026-11-28 10:00", "2026-11-28（星期六）不办公"),
    ],
)
def test_a_day_is_explained_in_words(moment: str, words: str) -> None:
    assert describe(HALL, at(moment)) == words


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"name":"x","weekly":[[],[],[]]}', "应有 7 天"),
        (b'{"name":"x","make_up":["9-12"]}', "不是时段"),
        (b'{"name":"x","make_up":["nine"]}', "不是时段"),
        (b'{"name":"x","make_up":["12:00-09:00"]}', "先开后关"),
        (b'{"name":"x","make_up":["09:00-12:00","11:00-13:00"]}', "不重叠"),
        (b'{"name":"x","exceptions":{"2026-13-01":[]}}', "不是日期"),
        (b'{"name":"x","weekley":[]}', "格式不正确"),
        (b"{", "格式不正确"),
    ],
)
def test_a_wrong_calendar_is_refused_with_a_sentence(raw: bytes, told: str) -> None:
    with pytest.raises(BanwenError, match=told):
        parse(raw)


def test_toml_tables_are_read_too() -> None:
    assert parse({"name": "夏令时", "make_up": ["08:30-12:00"]}).make_up == ("08:30-12:00",)
