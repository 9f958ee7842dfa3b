"""The limit on open files is raised as far as the administrator allows, and few are spoken of."""

import logging
import resource
from collections.abc import Iterator

import pytest

from relay_server import descriptors


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_becomes_the_hard_one(limits: tuple[int, int]) -> None:
    _, hard = limits
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    assert descriptors.raise_limit() == hard
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)


def test_few_are_spoken_of(
    limits: tuple[int, int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(descriptors, "ENOUGH", limits[1] + 1)
    with caplog.at_level(logging.WARNING):
        descriptors.raise_limit()
    assert "LimitNOFILE" in caplog.text
