"""An agent's search: in the light of a consultation they may read, bounded, and never of anybody else's."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from kb_sync.bundle import load_sample
from kb_sync.index import KnowledgeIndex
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import BusinessContext, SearchKnowledge
from relay_server.domain.consultation import Consultation
from relay_server.services import knowledge
from relay_server.services.knowledge import error_code, search_context
from tests.flows.office import MORNING, VAT, WANG, ZHANG, TestOffice
from tests.relay_server.domain.stories import told


@pytest.fixture(scope="module")
def index() -> KnowledgeIndex:
    return KnowledgeIndex.build(load_sample())


@pytest.fixture
async def office(tmp_path: Path, index: KnowledgeIndex) -> AsyncIterator[TestOffice]:
    office = TestOffice(tmp_path, index)
    yield office
    await office.close()


def at(where: BusinessContext) -> Consultation:
    return msgspec.structs.replace(told().state, context=where)


def test_what_is_searched_depends_on_page_person_and_the_day_in_china() -> None:
    nowhere = search_context(None, MORNING)
    assert (str(nowhere.today), nowhere.module, nowhere.audience) == ("2026-03-02", "", "both")
    assert search_context(at(VAT), MORNING).module == "vat_filing"
    known = search_context(msgspec.structs.replace(at(VAT), taxpayer=ZHANG.card), MORNING)
    assert (known.audience, known.status) == ("enterprise", "小规模纳税人")


@pytest.mark.parametrize(
    ("error", "code"),
    [("SB1007 申报比对不通过", "SB1007"), ("提示：KP4203，请重试", "KP4203"), ("网络异常", ""), ("", "")],
)
def test_the_code_of_an_error_is_found_in_it(error: str, code: str) -> None:
    assert error_code(at(BusinessContext(module="vat_filing", page="申报表", error=error))) == code


async def test_hits_name_entry_revision_and_confidence_best_first(office: TestOffice, index: KnowledgeIndex) -> None:
    request = SearchKnowledge(request_id=office.request_id(), query="企业首次使用新电子税务局如何登录", top=3)
    found = await knowledge.search(office.store, index, WANG, request, office.now)
    assert found.request_id == request.request_id
    assert len(found.hits) == 3
    assert (found.hits[0].entry, len(found.hits[0].revision)) == ("etax-0001", 12)
    assert all(0 <= hit.confidence <= 1 for hit in found.hits)


@pytest.mark.parametrize(("top", "most"), [(-1, 1), (0, 1), (10_000, knowledge.MOST_HITS)])
async def test_a_search_is_bounded(office: TestOffice, index: KnowledgeIndex, top: int, most: int) -> None:
    request = SearchKnowledge(request_id=office.request_id(), query="税" * 100_000, top=top)
    found = await knowledge.search(office.store, index, WANG, request, office.now)
    assert len(found.hits) <= most


async def test_a_search_in_the_light_of_somebody_elses_consultation_is_refused(
    office: TestOffice, index: KnowledgeIndex
) -> None:
    consultation = await office.open(ZHANG)
    request = SearchKnowledge(request_id=office.request_id(), query="登录", consultation=consultation)
    with pytest.raises(BanwenError) as caught:
        await knowledge.search(office.store, index, WANG, request, office.now)
    assert caught.value.code is ErrorCode.NOT_FOUND
