"""Which office is competent: signed, kept, dialled, guessed, asked; and what happens when an office is gone."""

import pytest

from relay_protocol.messages import Office
from relay_server.domain.locality import Ask, Clues, Found, competent, digits, nearest

OFFICES = {
    code: Office(code=code, name=name, level=level)
    for code, name, level in [
        ("360000", "江西省", "province"),
        ("360100", "南昌市", "city"),
        ("360103", "西湖区", "county"),
        ("360702", "章贡区", "county"),
    ]
}
NUMBERS = {"079112366": "360100"}
SEGMENTS = {"1380791": "360100", "138079": "360000"}


@pytest.mark.req("A27")
@pytest.mark.parametrize(
    ("clues", "code", "by"),
    [
        (Clues(token="360103", profile="360702", dialled="0791-12366", phone="13807910000"), "360103", "token"),
        (Clues(profile="360702", dialled="0791-12366"), "360702", "profile"),
        (Clues(dialled="0791-12366", phone="13807970000"), "360100", "dialled"),
        (Clues(phone="+86 138 0791 0000"), "360100", "phone"),
        (Clues(phone="13807970000"), "360000", "phone"),
        (Clues(chosen="360702"), "360702", "chosen"),
        (Clues(token="360103010", chosen="360702"), "360103", "token"),
        (Clues(token="360199"), "360100", "token"),
        (Clues(token="361199"), "360000", "token"),
        (Clues(token="999999", profile="360702"), "360702", "profile"),
    ],
)
def test_the_first_clue_that_names_an_office_decides(clues: Clues, code: str, by: str) -> None:
    assert competent(clues, OFFICES, numbers=NUMBERS, segments=SEGMENTS) == Found(OFFICES[code], by)


def test_with_no_clue_one_asks_unless_a_default_is_set_or_there_is_but_one() -> None:
    asked = competent(Clues(), OFFICES)
    assert isinstance(asked, Ask)
    assert [office.code for office in asked.choices] == ["360100", "360103", "360702"]
    assert competent(Clues(), OFFICES, default="360000") == Found(OFFICES["360000"], "default")
    only = {"360103": OFFICES["360103"]}
    assert competent(Clues(), only) == Found(OFFICES["360103"], "only")
    assert competent(Clues(token="360103"), {}) is None


def test_a_new_district_is_served_by_whom_the_table_names() -> None:
    assert nearest("360122", OFFICES, {"360122": "360103"}) == OFFICES["360103"]
    assert nearest("360122", OFFICES) == OFFICES["360100"]


@pytest.mark.parametrize(
    ("number", "plain"),
    [("+86 138-0791-0000", "13807910000"), ("0086 13807910000", "13807910000"), ("0791-12366", "079112366"), ("", "")],
)
def test_a_number_is_compared_by_its_digits(number: str, plain: str) -> None:
    assert digits(number) == plain
