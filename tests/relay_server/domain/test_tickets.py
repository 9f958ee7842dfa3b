"""Queue numbers: as people read them, one sequence a day, never two alike."""

import pytest

from relay_server.domain.tickets import day_of, label


@pytest.mark.req("A8")
@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "A001"), (42, "A042"), (999, "A999"), (1000, "B001"), (999 * 26, "Z999"), (999 * 26 + 1, "AA001")],
)
def test_numbers_run_from_a001_over_b001_to_aa001(number: int, words: str) -> None:
    assert label(number) == words


def test_no_two_numbers_of_a_day_read_alike() -> None:
    assert len({label(number) for number in range(1, 100_001)}) == 100_000


def test_a_day_begins_at_midnight_in_china() -> None:
    before_midnight = 1_772_380_799.0  # 2026-03-01 15:59:59 UTC
    assert day_of(before_midnight) == "2026-03-01"
    assert day_of(before_midnight + 1) == "2026-03-02"
