"""What every test shares: the acceptance report, and which tests wait for `make soak`."""

import os
from pathlib import Path

import pytest

from tests.acceptance import AcceptanceReport

# Unit tests of widgets need no display; programs on a test's desktop get an environment without this.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


BROWSER_TESTS = "tests/web/"
"""They keep a browser's event loop in the main thread; no test with a loop of its own can run after them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--acceptance", type=Path, help="write the acceptance report to this file")


def pytest_configure(config: pytest.Config) -> None:
    target = config.getoption("acceptance")
    if target is not None:
        config.pluginmanager.register(AcceptanceReport(config.rootpath / target), "acceptance")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Runs the browser's tests last; leaves out what is marked soak unless the command line asks for marks itself."""
    items.sort(key=lambda item: item.nodeid.startswith(BROWSER_TESTS))
    if config.getoption("markexpr"):
        return
    later = [item for item in items if item.get_closest_marker("soak")]
    if later:
        config.hook.pytest_deselected(items=later)
        items[:] = [item for item in items if item not in later]
