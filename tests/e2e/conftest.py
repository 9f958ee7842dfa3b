"""Desktops for end-to-end tests, ended again even when a test fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desktops import Desktop, agent_desktop, taxpayer_desktop
from tests.e2e.eyes import Eyes, open_eyes
from tests.e2e.stage import Stage, stage


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Desktop]:
    """The agent's desktop."""
    with agent_desktop(tmp_path / "logs") as desktop:
        yield desktop


@pytest.fixture
def taxpayer(tmp_path: Path) -> Iterator[Desktop]:
    """The taxpayer's desktop."""
    with taxpayer_desktop(tmp_path / "logs") as desktop:
        yield desktop


@pytest.fixture
def agents_eyes(agent: Desktop) -> Iterator[Eyes]:
    """A screen reader's eyes on the agent's desktop."""
    with open_eyes(agent) as eyes:
        yield eyes


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    """Both desktops, hands, eyes and a record, for a scenario."""
    with stage(tmp_path) as put_up:
        yield put_up
