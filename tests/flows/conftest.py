"""What flows share: the sample knowledge, built once, and a relay of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kb_sync.bundle import load_sample
from kb_sync.index import KnowledgeIndex
from tests.flows.office import TestOffice


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeIndex:
    return KnowledgeIndex.build(load_sample())


@pytest.fixture
async def office(tmp_path: Path, knowledge: KnowledgeIndex) -> AsyncIterator[TestOffice]:
    office = TestOffice(tmp_path, knowledge)
    yield office
    await office.close()
