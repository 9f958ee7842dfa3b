"""A whole consultation through the services, cut off between any two steps; and whoever has no business in it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kb_sync.index import KnowledgeIndex
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AssistId, ConsultationId, consultation_stream
from relay_protocol.messages import (
    AcceptOffer,
    AskAssist,
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRevoked,
    ConsultationClosed,
    ConsultationOpened,
    ContextReceived,
    DeclineOffer,
    Evaluate,
    Evaluated,
    HandOverRequested,
    MarkSeen,
    MessagePosted,
    OfferAccepted,
    Offered,
    OfferReturned,
    PresenceState,
    Privilege,
    Redacted,
    ReportAssist,
    Resolution,
    ServiceFinished,
    Side,
    SubmitWrapUp,
    TicketTaken,
    WrappedUp,
)
from relay_server.domain.access import Action, HelperActor
from relay_server.domain.consultation import State
from relay_server.services import assist, consultations, dispatch, presence, timeline
from tests.flows.office import CHEN, STRANGER, VAT, WANG, ZHANG, ZHAO, TestOffice, citizen

BUSINESS, QUESTION_TYPES = ["vat"], ["operation"]
NO_CONSULTATION, NO_ASSIST = ConsultationId(""), AssistId("")
KNOWN, OUTSIDE = "企业首次使用新电子税务局如何登录", "今天晚上吃什么好呢"


@dataclass
class Visit:
    """One consultation under way. Every step may be the last before a crash."""

    office: TestOffice
    id: ConsultationId = NO_CONSULTATION
    assist: AssistId = NO_ASSIST
    helper: HelperActor | None = None

    async def begin(self) -> None:
        self.id = await self.office.open(ZHANG)

    async def arrive(self) -> None:
        await self.office.stand(ZHANG, self.id, VAT)

    async def ask_known(self) -> None:
        await self.office.say(ZHANG, self.id, KNOWN)

    async def ask_unknown(self) -> None:
        await self.office.say(ZHANG, self.id, OUTSIDE)

    async def ask_human(self) -> None:
        await self.office.ask_human(ZHANG, self.id)

    async def be_ready(self) -> None:
        await self.office.employ(WANG)

    async def accept(self) -> None:
        offer = (await self.office.state(self.id)).offer
        assert offer is not None
        request = AcceptOffer(request_id=self.office.request_id(), consultation=self.id, offer=offer.id)
        await dispatch.accept(self.office.store, WANG, request, self.office.now)

    async def greet(self) -> None:
        await self.office.say(WANG, self.id, "您好，我是王芳，请讲。")

    async def explain(self) -> None:
        await self.office.say(ZHANG, self.id, "申报表提示比对不通过。")

    async def ask_assist(self) -> None:
        request = AskAssist(request_id=self.office.request_id(), consultation=self.id, scope=[Privilege.VIEW])
        office = self.office
        await assist.ask(office.store, office.bus, WANG, request, 600.0, office.new_id, office.now)
        running = (await office.state(self.id)).assist
        assert running is not None
        self.assist = running.id

    async def join(self) -> None:
        self.helper = HelperActor(self.assist, self.id)
        await self._report("joined", [])

    async def grant(self) -> None:
        await self._report("granted", [Privilege.VIEW])

    async def revoke(self) -> None:
        await self._report("revoked", [])

    async def end_assist(self) -> None:
        await assist.end(self.office.store, WANG, self.assist, self.office.now)

    async def finish(self) -> None:
        await consultations.finish(self.office.store, WANG, self.id, self.office.now)

    async def wrap_up(self) -> None:
        await consultations.submit_wrap_up(
            self.office.store, WANG, wrapped(self.office, self.id), BUSINESS, QUESTION_TYPES, self.office.now
        )

    async def evaluate(self) -> None:
        request = Evaluate(request_id=self.office.request_id(), consultation=self.id, level=5, reasons=["解答清楚"])
        await consultations.evaluate(self.office.store, ZHANG, request, self.office.now)

    async def _report(self, change: str, scope: list[Privilege]) -> None:
        assert self.helper is not None
        office = self.office
        request = ReportAssist(
            request_id=office.request_id(), assist=self.assist, change=change, scope=scope, reason="button"
        )
        await assist.report(office.store, self.helper, request, office.now)


def wrapped(office: TestOffice, consultation: ConsultationId) -> SubmitWrapUp:
    return SubmitWrapUp(
        request_id=office.request_id(),
        consultation=consultation,
        business="vat",
        question_type="operation",
        resolution=Resolution.RESOLVED,
        text="指导纳税人更正申报表。",
    )


STEPS: list[Callable[[Visit], Awaitable[None]]] = [
    Visit.begin,
    Visit.arrive,
    Visit.ask_known,
    Visit.ask_unknown,
    Visit.ask_human,
    Visit.be_ready,
    Visit.accept,
    Visit.greet,
    Visit.explain,
    Visit.ask_assist,
    Visit.join,
    Visit.grant,
    Visit.revoke,
    Visit.end_assist,
    Visit.finish,
    Visit.wrap_up,
    Visit.evaluate,
]
WHOLE_STORY: list[type] = [
    ConsultationOpened,
    ContextReceived,
    MessagePosted,  # the bot greets
    MessagePosted,
    MessagePosted,  # the bot answers
    MessagePosted,
    MessagePosted,  # the bot does not know
    HandOverRequested,
    TicketTaken,
    Offered,
    OfferAccepted,
    MessagePosted,
    MessagePosted,
    AssistAsked,
    AssistJoined,
    AssistGranted,
    AssistRevoked,
    AssistEnded,
    ServiceFinished,
    WrappedUp,
    ConsultationClosed,
    Evaluated,
]


async def reacting(step: Callable[[Visit], Awaitable[None]], visit: Visit) -> None:
    """Take a step and let the relay react; the page's first word comes before the greeting is due."""
    await step(visit)
    if step is not Visit.begin:
        await visit.office.react()


@pytest.mark.req("G1")
@pytest.mark.req("A8")
async def test_the_whole_story(office: TestOffice) -> None:
    visit = Visit(office)
    for step in STEPS:
        await reacting(step, visit)
    assert [type(event) for event in await office.log(visit.id)] == WHOLE_STORY
    now = await office.state(visit.id)
    assert (now.state, now.level) == (State.EVALUATED, 5)
    ticket = (await office.log(visit.id))[8]
    assert isinstance(ticket, TicketTaken)
    assert (ticket.number, ticket.office.code) == ("A001", "360103")


@pytest.mark.req("C1")
@pytest.mark.parametrize("cut", range(len(STEPS)))
async def test_a_crash_after_any_step_changes_nothing(tmp_path: Path, knowledge: KnowledgeIndex, cut: int) -> None:
    """The relay goes down between a wish and what it owes for it, and again after it reacted."""
    office = TestOffice(tmp_path, knowledge)
    visit = Visit(office)
    for number, step in enumerate(STEPS):
        await step(visit)
        if number == cut:
            await office.crash()
        if step is not Visit.begin:
            await office.react()
            if number == cut:
                await office.crash()
                await office.react()
    assert [type(event) for event in await office.log(visit.id)] == WHOLE_STORY
    await office.close()


async def test_the_timeline_tells_all_of_it_in_chinese(office: TestOffice) -> None:
    visit = Visit(office)
    for step in STEPS:
        await reacting(step, visit)
    story = await timeline.story(office.store, visit.id)
    assert [line.seq for line in story.lines] == list(range(1, len(WHOLE_STORY) + 1))
    text = "\n".join(line.text for line in story.lines)
    for words in ("张三", "etax-0001", "转人工", "A001", "8001 王芳", "查看屏幕", "收回授权", "更正申报表", "非常满意"):
        assert words in text
    assert timeline.as_json(story)["lines"][0]["event"]["type"] == "ConsultationOpened"


async def served(office: TestOffice) -> Visit:
    """Return a visit that an agent serves."""
    visit = Visit(office)
    for step in (Visit.begin, Visit.ask_human, Visit.be_ready, Visit.accept):
        await reacting(step, visit)
    return visit


@pytest.mark.req("C1")
async def test_a_message_sent_twice_is_there_once(office: TestOffice) -> None:
    visit = await served(office)
    first = await office.say(ZHANG, visit.id, "在吗", client_id="c1")
    other_side = await office.say(WANG, visit.id, "在的", client_id="c1")
    assert await office.say(ZHANG, visit.id, "在吗", client_id="c1") == first
    assert other_side == first + 1, "each side names its own messages"
    await visit.finish()
    assert await office.say(ZHANG, visit.id, "在吗", client_id="c1") == first, "even when it is over by now"
    posted = [event for event in await office.log(visit.id) if isinstance(event, MessagePosted)]
    assert [event.client_id for event in posted] == ["c1", "c1"]


async def test_opening_twice_continues_and_a_finished_one_begins_anew(office: TestOffice) -> None:
    visit = await served(office)
    assert await office.open(ZHANG) == visit.id
    await visit.finish()
    assert await office.open(ZHANG) != visit.id


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
    places = {place.number: place.ahead for _, place in (await dispatch.positions(office.store)).values()}
    assert places == {"A001": 0, "A002": 1, "A003": 2}
    await consultations.leave_queue(office.store, people[0], await office.open(people[0]), office.now)
    places = {place.number: place.ahead for _, place in (await dispatch.positions(office.store)).values()}
    assert places == {"A002": 0, "A003": 1}
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
    await dispatch.decline(office.store, WANG, request, office.now)
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


Deed = Callable[[TestOffice, ConsultationId], Awaitable[object]]
DEEDS_OF_A_STRANGER: dict[str, Deed] = {
    "read": lambda office, id_: consultations.replay_after(office.store, STRANGER, consultation_stream(id_), 0),
    "page": lambda office, id_: consultations.history(office.store, STRANGER, consultation_stream(id_), 99, 9),
    "post": lambda office, id_: office.say(STRANGER, id_, "我也来说一句"),
    "ask": lambda office, id_: office.ask_human(STRANGER, id_),
    "leave": lambda office, id_: consultations.leave_queue(office.store, STRANGER, id_, office.now),
    "move": lambda office, id_: office.stand(STRANGER, id_, VAT),
    "end": lambda office, id_: consultations.end(office.store, STRANGER, id_, office.now),
    "rate": lambda office, id_: consultations.evaluate(
        office.store, STRANGER, Evaluate(request_id=office.request_id(), consultation=id_, level=1), office.now
    ),
    "see": lambda office, id_: consultations.mark_seen(
        office.store, office.bus, STRANGER, MarkSeen(consultation=id_, delivered=1)
    ),
    "upload": lambda office, id_: consultations.find(office.store, STRANGER, Action.POST, id_),
    "agent reads": lambda office, id_: consultations.replay_after(office.store, CHEN, consultation_stream(id_), 0),
    "agent posts": lambda office, id_: office.say(CHEN, id_, "我来回答"),
    "agent finishes": lambda office, id_: consultations.finish(office.store, CHEN, id_, office.now),
    "agent wraps up": lambda office, id_: consultations.submit_wrap_up(
        office.store, CHEN, wrapped(office, id_), BUSINESS, QUESTION_TYPES, office.now
    ),
    "agent asks to see": lambda office, id_: assist.ask(
        office.store,
        office.bus,
        CHEN,
        AskAssist(request_id=office.request_id(), consultation=id_, scope=[Privilege.VIEW]),
        600.0,
        office.new_id,
        office.now,
    ),
}


@pytest.mark.req("N3")
@pytest.mark.parametrize("deed", DEEDS_OF_A_STRANGER.values(), ids=DEEDS_OF_A_STRANGER.keys())
async def test_somebody_elses_consultation_looks_like_none_and_nothing_happens(office: TestOffice, deed: Deed) -> None:
    visit = await served(office)
    before = await office.log(visit.id)
    with pytest.raises(BanwenError) as real:
        await deed(office, visit.id)
    with pytest.raises(BanwenError) as made_up:
        await deed(office, ConsultationId("0" * 26))
    assert real.value.code is made_up.value.code is ErrorCode.NOT_FOUND
    assert real.value.message == made_up.value.message
    assert await office.log(visit.id) == before


async def test_the_taxpayer_never_reads_the_wrap_up(office: TestOffice) -> None:
    visit = await served(office)
    await visit.finish()
    await visit.wrap_up()
    frames = await consultations.replay_after(office.store, ZHANG, consultation_stream(visit.id), 0)
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    assert [type(frame.event) for frame in frames[-2:]] == [Redacted, ConsultationClosed]
    assert "更正申报表" not in str(frames)


async def test_a_wrap_up_needs_all_it_asks_for(office: TestOffice) -> None:
    visit = await served(office)
    whole = wrapped(office, visit.id)
    with pytest.raises(BanwenError) as early:
        await visit.wrap_up()
    assert early.value.code is ErrorCode.CONFLICT
    await visit.finish()
    for business, text in (("", whole.text), ("nothing", whole.text), ("vat", "  ")):
        request = SubmitWrapUp(
            request_id=office.request_id(),
            consultation=visit.id,
            business=business,
            question_type="operation",
            resolution=Resolution.RESOLVED,
            text=text,
        )
        with pytest.raises(BanwenError) as caught:
            await consultations.submit_wrap_up(office.store, WANG, request, BUSINESS, QUESTION_TYPES, office.now)
        assert caught.value.code is ErrorCode.BAD_INPUT
    await visit.wrap_up()
    assert (await office.state(visit.id)).state is State.CLOSED


async def test_receipts_tell_the_other_side_and_never_run_ahead_of_the_log(office: TestOffice) -> None:
    visit = await served(office)
    seq = await office.say(WANG, visit.id, "您好")
    request = MarkSeen(consultation=visit.id, delivered=seq + 1000, read=seq)
    await consultations.mark_seen(office.store, office.bus, ZHANG, request)
    (receipt,) = await consultations.receipts(office.store, visit.id)
    assert (receipt.side, receipt.delivered, receipt.read) == (Side.TAXPAYER, seq, seq)


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
