"""An estimate only where there is ground for one, and how far off estimates were."""

import pytest

from relay_server.domain.estimate import FEWEST, LONGEST, Error, error, estimate


@pytest.mark.req("A8")
def test_the_wait_grows_with_those_ahead_and_shrinks_with_those_at_work() -> None:
    times = [300.0] * FEWEST
    assert estimate(0, times, 1) == 300.0
    assert estimate(3, times, 2) == 600.0
    assert estimate(3, times, 8) == 150.0


@pytest.mark.parametrize(
    ("times", "places"), [([300.0] * (FEWEST - 1), 5), ([300.0] * FEWEST, 0), ([0.0] * 20, 5), ([], 0)]
)
def test_nothing_is_promised_that_nobody_can_know(times: list[float], places: int) -> None:
    assert estimate(2, times, places) is None


def test_a_wait_of_half_a_day_is_no_estimate() -> None:
    assert estimate(1000, [300.0] * 10, 1) is None
    assert (estimate(47, [300.0] * 10, 1) or 0) <= LONGEST


def test_only_recent_services_count() -> None:
    assert estimate(0, [9000.0] * 100 + [60.0] * 50, 1) == 60.0


def test_the_error_is_told() -> None:
    assert error([]) is None
    assert error([(100.0, 100.0), (100.0, 50.0), (100.0, 400.0)]) == Error(3, 50.0, round(2 / 3, 3))
