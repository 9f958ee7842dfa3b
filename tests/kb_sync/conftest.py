"""The sample knowledge, loaded and indexed once for all tests of this folder, and the day they play on."""

from datetime import date

import pytest

from kb_sync.bundle import Knowledge, load_sample
from kb_sync.candidates import SearchContext
from kb_sync.index import KnowledgeIndex


@pytest.fixture(scope="session")
def sample() -> Knowledge:
    return load_sample()


@pytest.fixture(scope="session")
def index(sample: Knowledge) -> KnowledgeIndex:
    return KnowledgeIndex.build(sample)


@pytest.fixture(scope="session")
def context() -> SearchContext:
    return SearchContext(today=date(2026, 3, 1))
