"""The relays that contract tests talk to: one that all share, and one of their own for tests that kill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.relay_server.store.cluster import Cluster, running_cluster
from tests.running import RunningRelay, running_relay


@pytest.fixture(scope="session")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    """One relay for the whole run, with limits generous enough for many tests at once."""
    folder = tmp_path_factory.mktemp("shared") / "relay"
    with running_relay(folder, config="[limits]\nrequests_burst = 5000\nattempts_burst = 5000") as relay:
        yield relay


@pytest.fixture
def own_relay(tmp_path: Path) -> Iterator[RunningRelay]:
    """A relay for one test, which may kill it."""
    with running_relay(tmp_path / "relay") as relay:
        yield relay


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL server for the whole run; each test makes databases of its own."""
    with running_cluster() as cluster:
        yield cluster
