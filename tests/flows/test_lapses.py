"""What time takes back: places of those who stay away, offers let go, agents who fall silent or are dismissed."""

from dataclasses import replace

import msgspec
import pytest

from relay_protocol.messages import (
    DeclineOffer,
    NoAnswerCounted,
    Offered,
    OfferReturned,
    PresenceChanged,
    PresenceState,
    Released,
    TaxpayerAway,
    TaxpayerBack,
    TicketLeft,
)
from relay_server.domain import teamwork
from relay_server.domain.consultation import State
from relay_server.domain.presence import NO_ANSWER, SILENT
from relay_server.domain.rules import Overflow
from relay_server.services import dispatch, presence, tickets
from relay_server.store import events
from relay_server.store.accounts import agent_by_id, put_agent
from relay_server.store.base import Transaction
from tests.flows.office import WANG, ZHANG, ZHAO, TestOffice, citizen
from tests.flows.queueing import said_of, take, ticket_of, told, wait
from tests.flows.visit import Visit, reacting


@pytest.mark.req("A9")
async def test_whoever_is_gone_is_not_offered_and_after_two_minutes_given_up(office: TestOffice) -> None:
    waiting = await wait(office)
    await tickets.lost(office.store, ZHANG, office.rulebook, office.now)
    lost_at = office.now
    await office.employ(WANG)
    for seconds in (10.0, 100.0, 118.0):
        office.now = lost_at + seconds
        await office.react()
    assert (await office.state(waiting)).state is State.QUEUED
    office.now = lost_at + 121.0
    await office.react()
    assert await told(office, waiting, TicketLeft) == [TicketLeft(reason="abandoned")]
    assert await told(office, waiting, Offered) == [], "no agent ever rang for it"


@pytest.mark.req("A9")
async def test_a_number_given_up_is_resumed_with_its_place_but_not_for_ever(office: TestOffice) -> None:
    first = await wait(office)
    second = await wait(office, citizen(1))
    place = await ticket_of(office, first)
    await tickets.lost(office.store, ZHANG, office.rulebook, office.now)
    office.now += 130.0
    await office.react()
    await tickets.found(office.store, ZHANG, office.now)
    await office.ask_human(ZHANG, first)
    resumed = await ticket_of(office, first)
    assert (resumed.number, resumed.entered_at) == (place.number, place.entered_at)
    assert await office.places() == {"A001": 0, "A002": 1}
    await tickets.lost(office.store, citizen(1), office.rulebook, office.now)
    office.now += 130.0
    await office.react()
    office.now += 601.0
    await office.ask_human(citizen(1), second)
    assert (await ticket_of(office, second)).number == "A003"


@pytest.mark.req("A8")
async def test_a_lost_network_a_reload_or_a_walk_keeps_the_place(office: TestOffice) -> None:
    waiting = await wait(office)
    place = await ticket_of(office, waiting)
    await tickets.lost(office.store, ZHANG, office.rulebook, office.now)
    office.now += 110.0
    await tickets.found(office.store, ZHANG, office.now)
    await tickets.step_away(office.store, ZHANG, waiting, office.rulebook, office.now)
    await tickets.lost(office.store, ZHANG, office.rulebook, office.now)
    office.now += 590.0
    await office.employ(WANG)
    await office.react()
    assert (await office.state(waiting)).state is State.QUEUED, "away by their own wish, and not offered"
    await tickets.found(office.store, ZHANG, office.now)
    assert (await office.state(waiting)).away_reason == "asked"
    await tickets.come_back(office.store, ZHANG, waiting, office.now)
    await office.react()
    assert (await office.state(waiting)).state is State.OFFERED
    assert msgspec.structs.replace(await ticket_of(office, waiting), step=0, reach="") == place
    absences = [type(event) for event in await office.log(waiting) if isinstance(event, TaxpayerAway | TaxpayerBack)]
    assert absences == [TaxpayerAway, TaxpayerBack] * 2


async def test_a_page_reloaded_while_an_agent_is_asked_is_offered_again_at_once(office: TestOffice) -> None:
    await office.employ(WANG)
    waiting = await wait(office)
    await tickets.lost(office.store, ZHANG, office.rulebook, office.now)
    assert (await told(office, waiting, OfferReturned))[0].reason == "withdrawn"
    await tickets.found(office.store, ZHANG, office.now)
    await office.react()
    assert (await office.state(waiting)).state is State.OFFERED
    assert [type(one) for one in await said_of(office, WANG)] == [PresenceChanged], "and it is no strike"


@pytest.mark.req("A8")
async def test_the_queue_survives_midnight_and_a_restart_with_everybody_in_place(office: TestOffice) -> None:
    office.change_rules(overflow=Overflow.WAIT)
    first, second = await wait(office), await wait(office, citizen(1))
    before = [await ticket_of(office, first), await ticket_of(office, second)]
    await tickets.lost_with_the_relay(office.store, office.rulebook, office.now)
    await office.crash()
    for who in (ZHANG, citizen(1)):
        await tickets.found(office.store, who, office.now)
    office.now += 24 * 3600.0
    await office.react()
    after = [await ticket_of(office, first), await ticket_of(office, second)]
    assert [(one.number, one.day, one.entered_at) for one in after] == [
        (one.number, one.day, one.entered_at) for one in before
    ]
    third = await wait(office, citizen(2))
    assert (await ticket_of(office, third)).number == "A001", "a new day begins anew"
    office.change_rules(capacity=1)
    await office.employ(WANG)
    await office.react()
    assert (await office.state(first)).state is State.OFFERED


@pytest.mark.req("A28")
async def test_three_offers_let_go_are_a_break_and_a_taken_one_forgets_them(office: TestOffice) -> None:
    await office.employ(WANG)
    waiting = await wait(office)
    for _ in range(2):
        office.now += 50.0
        await office.react()
        office.now += 16.0
        await office.react()
    await take(office, WANG, waiting)
    counted = [one.strikes for one in await said_of(office, WANG) if isinstance(one, NoAnswerCounted)]
    assert counted == [1, 2, 0]
    other = await wait(office, citizen(1))
    for _ in range(3):
        offer = (await office.state(other)).offer
        assert offer is not None
        request = DeclineOffer(request_id=office.request_id(), consultation=other, offer=offer.id)
        await dispatch.decline(office.store, WANG, request, office.rulebook, office.now)
        office.now += 16.0
        await office.react()
    said = (await office.store.read(events.read_attendance()))[WANG.id]
    assert (said.state, said.reason) == (PresenceState.BREAK, NO_ANSWER)
    assert (await office.state(other)).state is State.QUEUED
    await presence.set_presence(office.store, WANG, PresenceState.READY, "", office.now)
    await office.react()
    assert (await office.state(other)).state is State.OFFERED


@pytest.mark.req("A28")
async def test_a_silent_agent_is_asked_no_more_and_then_what_they_own_is_at_the_head_of_the_queue(
    office: TestOffice,
) -> None:
    office.change_rules(overflow=Overflow.WAIT)
    await office.employ(WANG)
    active, held = await wait(office), await wait(office, citizen(1))
    for one in (active, held):
        await take(office, WANG, one)

    on_hold = teamwork.hold(await office.state(held), "请补充资料")
    await office.store.transact(events.append(held, await office.state(held), on_hold, office.now))
    office.now += 40.0
    fresh = await wait(office, citizen(2))
    office.leave(WANG)
    office.now += 31.0
    await office.react()
    assert (await office.state(fresh)).state in (State.QUEUED, State.OFFERED)
    office.now += 90.0
    await office.react()
    for one in (active, held):
        assert [event.reason for event in await told(office, one, Released)] == ["lost"]
        assert (await office.state(one)).state is State.QUEUED
    gone = [one for one in await said_of(office, WANG) if isinstance(one, PresenceChanged)][-1]
    assert (gone.state, gone.reason, gone.cause) == (PresenceState.OFFLINE, SILENT, "lost")
    office.change_rules(capacity=2)
    await office.employ(ZHAO)
    await office.react()
    states = [(await office.state(one)).state for one in (active, held, fresh)]
    assert states == [State.OFFERED, State.OFFERED, State.QUEUED], "those who were served already go first"


async def test_an_agent_fired_in_the_middle_of_a_chat_leaves_nobody_alone(office: TestOffice) -> None:
    await office.employ(WANG)
    await office.employ(ZHAO)
    await presence.set_presence(office.store, ZHAO, PresenceState.BREAK, "", office.now)
    visit = Visit(office)
    for step in (Visit.begin, Visit.ask_human, Visit.accept):
        await reacting(step, visit)

    def fire() -> Transaction[None]:
        account = yield from agent_by_id(WANG.id)
        assert account is not None
        yield from put_agent(replace(account, disabled=True))

    await office.store.transact(fire())
    await presence.set_presence(office.store, ZHAO, PresenceState.READY, "", office.now)
    await office.react()
    assert [event.reason for event in await told(office, visit.id, Released)] == ["dismissed"]
    await office.react()
    offer = (await office.state(visit.id)).offer
    assert offer is not None
    assert offer.agent == ZHAO.card
