"""Numbers, offers and places: who waits, who is asked, and what comes back."""

import pytest

from relay_protocol.messages import (
    DeclineOffer,
    OfferReturned,
    PresenceState,
    TicketTaken,
)
from relay_server.domain.consultation import State
from relay_server.services import consultations, dispatch, presence
from tests.flows.office import CHEN, WANG, ZHANG, ZHAO, TestOffice, citizen
from tests.flows.visit import Visit, reacting


async def test_asking_for_a_person_twice_takes_one_number(office: TestOffice) -> None:
    visit = Visit(office)
    await visit.begin()
    first = await office.ask_human(ZHANG, visit.id)
    assert await office.ask_human(ZHANG, visit.id) == first
    assert [type(event) for event in await office.log(visit.id)].count(TicketTaken) == 1


@pytest.mark.req("A8")
async def test_numbers_count_up_for_everybody_and_begin_again_the_next_day(office: TestOffice) -> None:
    people = [citizen(number) for number in range(3)]
    for who in people:
        await office.ask_human(who, await office.open(who))
    assert await office.places() == {"A001": 0, "A002": 1, "A003": 2}
    await consultations.leave_queue(office.store, people[0], await office.open(people[0]), office.now)
    assert await office.places() == {"A002": 0, "A003": 1}
    office.now += 86_400
    opened = await office.open(ZHANG)
    await office.ask_human(ZHANG, opened)
    ticket = (await office.state(opened)).ticket
    assert ticket is not None
    assert (ticket.number, ticket.day) == ("A001", "2026-03-03")


async def test_an_offer_nobody_answers_comes_back_and_the_place_is_kept(office: TestOffice) -> None:
    visit = Visit(office)
    for step in (Visit.begin, Visit.ask_human, Visit.be_ready):
        await reacting(step, visit)
    before = await office.state(visit.id)
    assert before.state is State.OFFERED
    office.now += 31.0
    await office.react()
    after = await office.state(visit.id)
    assert (after.state, after.ticket) == (State.QUEUED, before.ticket)
    returned = next(event for event in await office.log(visit.id) if isinstance(event, OfferReturned))
    assert returned.reason == "expired"
    office.now += 20.0
    await office.react()
    assert (await office.state(visit.id)).state is State.OFFERED, "and is asked again after a pause"


async def test_what_the_nearest_agent_declines_is_offered_to_another(office: TestOffice) -> None:
    visit = Visit(office)
    await office.employ(CHEN)
    for step in (Visit.begin, Visit.be_ready, Visit.ask_human):
        await reacting(step, visit)
    offer = (await office.state(visit.id)).offer
    assert offer is not None
    assert offer.agent == WANG.card, "the county's own agent is nearer"
    request = DeclineOffer(request_id=office.request_id(), consultation=visit.id, offer=offer.id)
    await dispatch.decline(office.store, WANG, request, office.rulebook, office.now)
    await office.react()
    offer = (await office.state(visit.id)).offer
    assert offer is not None
    assert offer.agent == CHEN.card


async def test_an_agent_who_is_lost_loses_the_offer_but_a_restart_blames_nobody(office: TestOffice) -> None:
    visit = Visit(office)
    for step in (Visit.begin, Visit.ask_human, Visit.be_ready):
        await reacting(step, visit)
    office.leave(WANG)
    await office.crash()
    await office.react()
    assert (await office.state(visit.id)).state is State.OFFERED, "the workbench may just be reconnecting"
    office.now += 10.0
    await office.react()
    office.lengthen_offers()
    office.now += 90.0
    await office.react()
    assert (await office.state(visit.id)).state is State.QUEUED


async def test_nobody_on_a_break_is_asked(office: TestOffice) -> None:
    visit = Visit(office)
    await visit.be_ready()
    await presence.set_presence(office.store, WANG, PresenceState.BREAK, "用餐", office.now)
    for step in (Visit.begin, Visit.ask_human):
        await reacting(step, visit)
    assert (await office.state(visit.id)).state is State.QUEUED
    await presence.set_presence(office.store, WANG, PresenceState.READY, "", office.now)
    await office.react()
    assert (await office.state(visit.id)).state is State.OFFERED


async def test_whoever_has_been_idle_longest_is_asked_first(office: TestOffice) -> None:
    """Two of the same office: the one who has just finished waits behind the other, whatever they say meanwhile."""
    for agent in (WANG, ZHAO):
        await office.employ(agent)
        office.now += 60.0
    first = Visit(office)
    for step in (Visit.begin, Visit.ask_human, Visit.accept, Visit.finish, Visit.wrap_up):
        await reacting(step, first)
    await presence.set_presence(office.store, ZHAO, PresenceState.READY, "", office.now)
    second = await office.open(citizen(1))
    await office.ask_human(citizen(1), second)
    await office.react()
    offer = (await office.state(second)).offer
    assert offer is not None
    assert offer.agent == ZHAO.card
