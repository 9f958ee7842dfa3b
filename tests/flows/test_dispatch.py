"""Dispatch at work: the circle widens by rule, hours and reach are kept, and every decision is kept and told."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from relay_protocol.ids import ConsultationId, RequestId
from relay_protocol.messages import (
    AnyEvent,
    AskHuman,
    HumanUnavailable,
    LocalityAsked,
    PresenceState,
    TicketTaken,
    Widened,
)
from relay_server.domain.access import AgentActor
from relay_server.domain.calendars import Calendar
from relay_server.domain.consultation import State
from relay_server.domain.records import OfficeRecord, QueueRecord
from relay_server.domain.rules import DEFAULT, Level, Overflow, RuleSet, Step
from relay_server.services import consultations, dispatch_story, presence, tickets
from relay_server.store.decisions import read_decisions
from tests.flows.office import CHEN, KNOWN, OFFICES, STRANGER, WANG, ZHANG, ZHAO, TestOffice, citizen
from tests.flows.queueing import know, take, ticket_of, told, wait

pytestmark = pytest.mark.req("A27")


async def test_while_the_county_is_busy_the_circle_widens_step_by_step_and_the_place_is_kept(
    office: TestOffice,
) -> None:
    office.change_rules(capacity=1)
    await office.employ(WANG)
    busy = await wait(office, citizen(1))
    await take(office, WANG, busy)
    await office.employ(CHEN)
    waiting = await wait(office)
    place = await ticket_of(office, waiting)
    assert (await office.state(waiting)).state is State.QUEUED, "the county's own agent may come free"
    office.now = place.entered_at + 60.0
    await office.react()
    (city,) = await told(office, waiting, Widened)
    assert (city.step, city.level, city.reach) == (2, "city", "南昌市税务局")
    office.now = place.entered_at + 120.0
    await office.react()
    widened = await told(office, waiting, Widened)
    assert [one.level for one in widened] == ["city", "province"]
    after = await office.state(waiting)
    assert after.offer is not None
    assert after.offer.agent == CHEN.card
    assert msgspec.structs.replace(await ticket_of(office, waiting), step=0, reach="") == place


async def test_every_decision_is_kept_once_with_everybody_who_was_passed_over(office: TestOffice) -> None:
    waiting = await wait(office)
    for _ in range(5):
        await office.react()
    await office.employ(WANG)
    await office.employ(CHEN)
    await presence.set_presence(office.store, CHEN, PresenceState.BREAK, "用餐", office.now)
    await office.react()
    rows = await office.store.read(read_decisions(waiting))
    assert [row.chosen for row in rows] == ["", WANG.id], "one row while nothing changed, one for the choice"
    story = await office.store.read(dispatch_story.tell(await office.state(waiting), office.rulebook, RequestId("r")))
    first, last = story.decisions
    assert first.sentence == "没有座席能够接待：没有任何座席"
    assert last.chosen == "8001 王芳（南昌市西湖区税务局）"
    assert {one.number: one.why for one in last.candidates} == {"8001": "", "8003": "小休"}
    assert "正在等待座席应答，座席 8001 王芳" in story.summary
    by_number = await office.store.read(dispatch_story.find("a001"))
    assert by_number.id == waiting


@pytest.mark.req("A29")
async def test_a_closed_office_says_when_it_opens_and_an_open_province_serves_for_it(office: TestOffice) -> None:
    hours = Calendar(name="上午", weekly=(*(("10:00-12:00",),) * 5, (), ()))
    offices = {code: one for code, one in KNOWN.offices.items() if code != "360000"}
    closed = {code: with_hours(one, "hours") for code, one in KNOWN.offices.items()}
    know(office, offices=closed, calendars={"hours": hours})
    consultation = await office.open(ZHANG)
    await office.ask_human(ZHANG, consultation)
    (told_so,) = await told(office, consultation, HumanUnavailable)
    assert (told_so.reason, told_so.office.name) == ("closed", "南昌市西湖区税务局")
    assert told_so.opens_at == office.now + 30 * 60
    assert (await office.state(consultation)).state is not State.QUEUED, "the bot stays"
    province = KNOWN.offices["360000"]
    know(office, offices={**{code: with_hours(one, "hours") for code, one in offices.items()}, "360000": province})
    assert isinstance((await ask_again(office, consultation))[-1], TicketTaken)


def with_hours(office: OfficeRecord, calendar: str) -> OfficeRecord:
    return msgspec.structs.replace(office, calendar=calendar)


async def ask_again(office: TestOffice, consultation: ConsultationId) -> Sequence[AnyEvent]:
    await office.ask_human(ZHANG, consultation)
    return await office.log(consultation)


async def test_agents_of_a_closed_office_are_passed_over(office: TestOffice) -> None:
    night = Calendar(name="夜间", weekly=(("20:00-24:00",),) * 7)
    offices = {**KNOWN.offices, "360103": with_hours(KNOWN.offices["360103"], "night")}
    know(office, offices=offices, calendars={"night": night})
    await office.employ(WANG)
    await office.employ(CHEN)
    waiting = await wait(office)
    offer = (await office.state(waiting)).offer
    assert offer is not None
    assert offer.agent == CHEN.card
    (row,) = await office.store.read(read_decisions(waiting))
    assert "office_closed" in row.candidates


async def test_where_nothing_tells_the_office_the_taxpayer_is_asked(office: TestOffice) -> None:
    office.ask_for_locality()
    consultation = await office.open(STRANGER)
    await office.ask_human(STRANGER, consultation)
    (asked,) = await told(office, consultation, LocalityAsked)
    assert OFFICES["360702"] in asked.choices
    request = AskHuman(request_id=office.request_id(), consultation=consultation, office="360702")
    await tickets.ask_human(office.store, STRANGER, request, office.rulebook, office.now)
    assert (await ticket_of(office, consultation)).office == OFFICES["360702"]


async def test_an_office_removed_while_people_wait_is_served_by_the_one_above(office: TestOffice) -> None:
    waiting = await wait(office)
    know(office, offices={code: one for code, one in KNOWN.offices.items() if code != "360103"})
    city = AgentActor(msgspec.structs.replace(ZHAO.card, office=OFFICES["360100"]))
    await office.employ(city)
    await office.react()
    offer = (await office.state(waiting)).offer
    assert offer is not None
    assert offer.agent.id == city.id


async def test_a_rule_is_followed_from_the_moment_it_changes_and_a_lost_one_is_no_harm(office: TestOffice) -> None:
    """A rule for the county alone keeps a taxpayer there; with a rule that is not there the default widens."""
    county = RuleSet(name="county", steps=[Step(after=0, level=Level.COUNTY)])
    queue = QueueRecord(code="q", name="西湖区人工咨询", office="360103", rules="county")
    know(office, queues={"q": queue}, rules={"county": county})
    await office.employ(CHEN)
    waiting = await wait(office)
    office.now += 1000.0
    await office.react()
    assert (await ticket_of(office, waiting)).queue == "q"
    assert (await office.state(waiting)).state is State.QUEUED
    know(office, rules={})
    await office.react()
    assert (await office.state(waiting)).state is State.OFFERED


@pytest.mark.parametrize(("overflow", "state"), [(Overflow.OFFER, State.QUEUED), (Overflow.END, State.BOT)])
async def test_a_rule_that_finds_nobody_offers_to_leave_word_once(
    office: TestOffice, overflow: Overflow, state: State
) -> None:
    office.change_rules(overflow=overflow)
    waiting = await wait(office)
    for _ in range(5):
        office.now += 30.0
        await office.react()
    (said,) = await told(office, waiting, HumanUnavailable)
    assert said.reason == "overflow"
    assert (await office.state(waiting)).state is state
    rows = await office.store.read(read_decisions(waiting))
    assert "nobody" in rows[-1].candidates


@pytest.mark.req("A8")
async def test_five_hundred_at_the_same_moment_get_five_hundred_consecutive_numbers(office: TestOffice) -> None:
    people = [citizen(number) for number in range(500)]
    opened = [await office.open(who) for who in people]
    await asyncio.gather(*(office.ask_human(who, one) for who, one in zip(people, opened, strict=True)))
    numbers = sorted([(await ticket_of(office, one)).number for one in opened])
    assert numbers == [f"A{number:03}" for number in range(1, 501)]
    before = await office.places()
    assert sorted(before.values()) == list(range(500))


@pytest.mark.req("A8")
async def test_thirty_taxpayers_and_two_agents_nobody_is_overtaken_and_places_only_move_forward(
    office: TestOffice,
) -> None:
    office.change_rules(capacity=2, offer_timeout=3600.0)
    people = [citizen(number) for number in range(30)]
    ids = [await office.open(who) for who in people]
    for who, one in zip(people, ids, strict=True):
        office.now += 0.1
        await office.ask_human(who, one)
    served: list[ConsultationId] = []
    last = await office.places()
    await office.employ(WANG)
    await office.employ(CHEN)
    while len(served) < len(people):
        await office.react()
        now = await office.places()
        assert all(now[number] <= last[number] for number in now), "a place never goes back"
        last = now
        offered = [one for one in ids if (await office.state(one)).state is State.OFFERED]
        assert offered, "somebody is always asked while people wait"
        for one in offered:
            served.append(one)
            await consultations.end(office.store, people[ids.index(one)], one, office.now)
    assert served == ids
    assert DEFAULT.head_start("normal") == 0
