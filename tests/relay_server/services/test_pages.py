"""Whose page is connected, over all edges: an edge that dies takes its taxpayers out of the line for a while only."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay_protocol.ids import ConsultationId
from relay_protocol.messages import TaxpayerAway, TaxpayerBack
from relay_server.services import pages
from relay_server.services.pages import SILENT_AFTER, Pages, Silence
from relay_server.store import signs
from tests.flows.office import ZHANG, NoKnowledge, TestOffice


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[TestOffice]:
    office = TestOffice(tmp_path, NoKnowledge())
    yield office
    await office.close()


@pytest.fixture
async def waiting(office: TestOffice) -> ConsultationId:
    """Zhang waits, and edge A says so."""
    consultation = await office.open(ZHANG)
    await office.ask_human(ZHANG, consultation)
    assert await pages.tell(office.store, "A", {ZHANG.id}, set(), office.now) == {ZHANG.id}
    return consultation


async def _follow_for(office: TestOffice, silence: Silence, seconds: float) -> None:
    for _ in range(round(seconds / 5)):
        office.now += 5
        await pages.follow(office.store, office.rulebook, silence, office.now)


async def test_who_was_on_a_dead_edge_keeps_the_place_as_one_who_was_lost(
    office: TestOffice, waiting: ConsultationId
) -> None:
    silence = Silence()
    await _follow_for(office, silence, SILENT_AFTER)
    assert not (await office.state(waiting)).away_until, "half a minute is no silence yet"
    await _follow_for(office, silence, 2 * SILENT_AFTER)
    found = await office.state(waiting)
    assert found.away_reason == "lost"
    assert found.ticket is not None
    await _follow_for(office, silence, SILENT_AFTER)
    assert [type(one) for one in await office.log(waiting)].count(TaxpayerAway) == 1, "it is said once"


async def test_a_sign_of_another_edge_brings_back_whom_the_first_took_for_lost(
    office: TestOffice, waiting: ConsultationId
) -> None:
    silence = Silence()
    await _follow_for(office, silence, 3 * SILENT_AFTER)
    await pages.tell(office.store, "B", {ZHANG.id}, set(), office.now + 2)
    await _follow_for(office, silence, 5)
    assert not (await office.state(waiting)).away_until
    assert type((await office.log(waiting))[-1]) is TaxpayerBack


async def test_who_goes_on_giving_signs_stays(office: TestOffice, waiting: ConsultationId) -> None:
    silence, told = Silence(), {ZHANG.id}
    for _ in range(30):
        office.now += 5
        told = await pages.tell(office.store, "A", {ZHANG.id}, told, office.now)
        await pages.follow(office.store, office.rulebook, silence, office.now)
    assert not (await office.state(waiting)).away_until


async def test_edges_tell_only_of_those_in_somebodys_care_and_when_they_leave(
    office: TestOffice, waiting: ConsultationId
) -> None:
    assert await office.store.read(signs.read_pages()) == {ZHANG.id: office.now}
    assert await office.store.read(signs.read_pages(but="A")) == {}
    assert await office.store.read(signs.read_signs()) == {}, "taxpayers are no agents"
    assert await pages.tell(office.store, "A", set(), {ZHANG.id}, office.now) == set()
    assert await office.store.read(signs.read_pages()) == {}


def test_a_taxpayer_is_online_where_any_edge_has_a_page() -> None:
    known = Pages()
    assert known.came(ZHANG.id)
    assert not known.came(ZHANG.id)
    assert not known.left(ZHANG.id)
    assert known.online(ZHANG.id, 100.0)
    assert known.left(ZHANG.id)
    assert not known.online(ZHANG.id, 100.0)
    known.elsewhere = {ZHANG.id: 80.0}
    assert known.online(ZHANG.id, 100.0)
    assert not known.online(ZHANG.id, 80.0 + SILENT_AFTER + 1)
