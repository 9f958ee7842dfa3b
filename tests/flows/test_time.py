"""What time does: reminders, ends, transfers nobody answers, forgotten visits, and people who come back later."""

import pytest

from relay_protocol.messages import (
    AcceptOffer,
    AskTransfer,
    Assigned,
    ConsultationClosed,
    IdleReminded,
    PutOnHold,
    Reopened,
    ServiceFinished,
    TargetKind,
    TicketTaken,
    TransferAsked,
    TransferReturned,
    TransferTarget,
)
from relay_server.domain.access import AgentActor
from relay_server.domain.consultation import State
from relay_server.services import consultations, dispatch, teamwork, timekeeping, transfers
from tests.flows.office import CHEN, WANG, ZHANG, TestOffice, citizen
from tests.flows.visit import BUSINESS, QUESTION_TYPES, Visit, wrapped

RULES = timekeeping.Rules()


async def served(office: TestOffice) -> Visit:
    """Let Zhang be served by Wang, who has said the last word."""
    visit = Visit(office)
    await office.employ(WANG)
    await visit.begin()
    await visit.ask_human()
    await office.react()
    await visit.accept()
    await visit.explain()
    office.now += 1.0
    await visit.greet()
    return visit


async def pass_time(office: TestOffice, seconds: float, agents: tuple[AgentActor, ...] = (WANG,)) -> None:
    """Let time pass while these agents are heard."""
    office.now += seconds
    for agent in agents:
        office.reach.heard(agent.id, office.now)
    await timekeeping.sweep(office.store, office.floor, RULES, office.now)


async def close(visit: Visit) -> None:
    """End the service and write the 小结."""
    office = visit.office
    await consultations.finish(office.store, WANG, visit.id, office.now)
    note = wrapped(office, visit.id)
    await consultations.submit_wrap_up(office.store, WANG, note, BUSINESS, QUESTION_TYPES, office.now)


def kinds(log: object) -> list[type]:
    return [type(one) for one in log]  # type: ignore[attr-defined]


@pytest.mark.req("A19")
async def test_a_silent_taxpayer_is_reminded_after_two_minutes_and_it_ends_after_five(office: TestOffice) -> None:
    visit = await served(office)
    await pass_time(office, 119)
    assert IdleReminded not in kinds(await office.log(visit.id))
    await pass_time(office, 1)
    assert kinds(await office.log(visit.id)).count(IdleReminded) == 1
    await pass_time(office, 179)
    assert (await office.state(visit.id)).state is State.ACTIVE
    await pass_time(office, 1)
    assert (await office.state(visit.id)).state is State.WRAP_UP
    finished = next(one for one in await office.log(visit.id) if isinstance(one, ServiceFinished))
    assert finished.by == "idle"


@pytest.mark.req("A19")
async def test_a_word_stops_the_clock_and_nothing_ends_on_hold_or_in_an_assistance(office: TestOffice) -> None:
    visit = await served(office)
    await pass_time(office, 120)
    await office.say(ZHANG, visit.id, "还在填")
    await pass_time(office, 3600)
    assert (await office.state(visit.id)).state is State.ACTIVE, "now the agent owes a word"
    await office.say(WANG, visit.id, "好的")
    await visit.ask_assist()
    await pass_time(office, 3600)
    assert (await office.state(visit.id)).state is State.ACTIVE
    await visit.end_assist()
    hold = PutOnHold(request_id=office.request_id(), consultation=visit.id)
    await teamwork.hold(office.store, WANG, hold, office.now)
    await pass_time(office, 3600)
    assert (await office.state(visit.id)).state is State.ON_HOLD


@pytest.mark.req("A16")
async def test_a_transfer_nobody_answers_comes_back(office: TestOffice) -> None:
    visit = await served(office)
    await office.employ(CHEN)
    request = AskTransfer(
        request_id=office.request_id(),
        consultation=visit.id,
        target=TransferTarget(kind=TargetKind.AGENT, code=CHEN.id),
        reason="专管",
        summary="已核对",
    )
    await transfers.ask(office.store, office.floor, WANG, request, office.new_id, office.now)
    assert TransferAsked in kinds(await office.log(visit.id))
    await pass_time(office, 61, (WANG, CHEN))
    returned = (await office.log(visit.id))[-1]
    assert isinstance(returned, TransferReturned)
    assert returned.reason == "expired"
    assert (await office.state(visit.id)).agent == WANG.card


@pytest.mark.req("A11")
async def test_a_word_on_hold_goes_to_the_head_of_the_queue_when_the_agent_is_full(office: TestOffice) -> None:
    office.change_rules(capacity=1)
    visit = await served(office)
    hold = PutOnHold(request_id=office.request_id(), consultation=visit.id)
    await teamwork.hold(office.store, WANG, hold, office.now)
    other = await office.open(citizen(1))
    await office.ask_human(citizen(1), other)
    await office.react()
    offer = (await office.state(other)).offer
    assert offer is not None, "what is on hold takes no place"
    accept = AcceptOffer(request_id=office.request_id(), consultation=other, offer=offer.id)
    await dispatch.accept(office.store, WANG, accept, office.now)
    await office.say(ZHANG, visit.id, "我传好了")
    now = await office.state(visit.id)
    assert (now.state, now.ticket.priority if now.ticket else "") == (State.QUEUED, "returned")


@pytest.mark.req("A18")
async def test_a_message_within_a_day_goes_on_with_the_same_agent_if_they_can(office: TestOffice) -> None:
    visit = await served(office)
    await close(visit)
    await pass_time(office, 3600)
    await office.say(ZHANG, visit.id, "还有一个问题")
    log = await office.log(visit.id)
    assert kinds(log)[-3:-1] == [Reopened, Assigned]
    assert (await office.state(visit.id)).state is State.ACTIVE


@pytest.mark.req("A18")
async def test_without_the_agent_it_is_the_head_of_the_queue_with_its_history(office: TestOffice) -> None:
    visit = await served(office)
    await close(visit)
    office.leave(WANG)
    office.now += 3600
    await office.say(ZHANG, visit.id, "还有一个问题")
    log = await office.log(visit.id)
    assert kinds(log)[-3:-1] == [Reopened, TicketTaken]
    ticket = (await office.state(visit.id)).ticket
    assert ticket is not None
    assert ticket.priority == "returned"


@pytest.mark.req("A18")
async def test_after_the_window_a_new_one_follows_the_old(office: TestOffice) -> None:
    visit = await served(office)
    await close(visit)
    office.now += 25 * 3600
    with pytest.raises(Exception, match="已结束"):
        await office.say(ZHANG, visit.id, "还有一个问题")
    again = await office.open(ZHANG)
    assert (await office.state(again)).follows == visit.id


async def test_what_only_the_bot_has_is_closed_after_a_day_of_silence(office: TestOffice) -> None:
    one = await office.open(ZHANG)
    await office.react()
    await pass_time(office, 23 * 3600)
    assert (await office.state(one)).state is State.BOT
    await pass_time(office, 2 * 3600)
    assert ConsultationClosed in kinds(await office.log(one))
