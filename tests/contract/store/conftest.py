"""How a store of each kind is opened: one suite, every database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest

from relay_server.store.base import Effects, Store
from relay_server.store.postgres import PostgresStore
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.cluster import Cluster
from tests.relay_server.store.people import KEYS


class Open(Protocol):
    """Opens the database of this name; the same name again opens the same database."""

    def __call__(self, name: str, on_commit: Callable[[Effects], None] | None = None) -> Awaitable[Store]: ...


@pytest.fixture
def heard() -> list[Effects]:
    """What the store announced, in order."""
    return []


@pytest.fixture
def open_sqlite(tmp_path: Path, heard: list[Effects]) -> Open:
    """Open a file."""

    async def open_file(name: str, on_commit: Callable[[Effects], None] | None = None) -> Store:
        return SqliteStore(tmp_path / f"{name}.db", KEYS, on_commit or heard.append)

    return open_file


@pytest.fixture
def open_postgres(cluster: Cluster, heard: list[Effects]) -> Open:
    """Open a database of the server, made when its name is first heard."""
    urls: dict[str, str] = {}

    async def open_database(name: str, on_commit: Callable[[Effects], None] | None = None) -> Store:
        urls[name] = urls.get(name) or cluster.database()
        return PostgresStore(urls[name], KEYS, on_commit or heard.append)

    return open_database


@pytest.fixture(params=["sqlite", "postgres"])
def open_store(request: pytest.FixtureRequest) -> Open:
    """How a store of this kind is opened; each kind has a fixture `open_<kind>`."""
    found: Open = request.getfixturevalue(f"open_{request.param}")
    return found


@pytest.fixture
async def store(open_store: Open) -> AsyncIterator[Store]:
    """A new store."""
    store = await open_store("relay")
    yield store
    await store.close()
