"""A real SQLite store for the tests of accounts and taxpayers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay_server.store.base import Store
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.people import KEYS


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A new store for each test."""
    made = SqliteStore(tmp_path / "relay.db", KEYS, on_commit=lambda effects: None)
    yield made
    await made.close()
