"""Any people doing anything in any order, crashes too: one owner, caps kept, numbers in turn, state = sum of events."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import reduce
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from relay_protocol.errors import BanwenError
from relay_protocol.ids import AgentId, consultation_stream
from relay_protocol.messages import (
    AcceptOffer,
    AgentCard,
    AnswerInvitation,
    AnswerTransfer,
    AskAssist,
    AskTransfer,
    BookCallback,
    DeclineOffer,
    Evaluate,
    InviteColleague,
    LeaveMessage,
    PresenceState,
    Privilege,
    PutOnHold,
    ResumeService,
    TakeUp,
    TargetKind,
    TicketTaken,
    TransferTarget,
)
from relay_server.domain.access import AgentActor, Held
from relay_server.domain.consultation import LEFT_WORD, SERVED, WAITING, Consultation, State
from relay_server.domain.fold import apply
from relay_server.domain.records import Role
from relay_server.domain.rules import DEFAULT, Level, Overflow, Step
from relay_server.services import assist, consultations, dispatch, presence, teamwork, timekeeping, transfers
from relay_server.services import waiting as words
from relay_server.store import events, outbox
from relay_server.store.followers import followed_by
from tests.flows.office import OFFICES, NoKnowledge, TestOffice, citizen
from tests.flows.visit import BUSINESS, QUESTION_TYPES, wrapped

CAPACITY = 2
RULES: dict[str, Any] = {
    "capacity": CAPACITY,
    "steps": [Step(after=0, level=Level.ANY, skilled=False)],
    "overflow": Overflow.WAIT,
}
"""Everybody is within reach of everybody, so that waiting beside a ready agent is always a mistake."""
PEOPLE = [citizen(number) for number in range(7)]
AGENTS = [
    AgentActor(
        AgentCard(id=AgentId(f"A{number}"), number=f"800{number}", name=f"座席{number}", office=office),
        (Held(Role.AGENT, everywhere=True),),
    )
    for number, office in enumerate([OFFICES["360103"], OFFICES["360702"]])
]
TIMES = timekeeping.Rules()
people = st.integers(0, len(PEOPLE) - 1).map(PEOPLE.__getitem__)
agents = st.integers(0, len(AGENTS) - 1).map(AGENTS.__getitem__)


class Relay(RuleBasedStateMachine):
    """The services of a relay, and everything people may wish of them."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.office = self.run(self._new_office())

    def teardown(self) -> None:
        self.run(self.office.close())
        self.runner.close()
        self.folder.cleanup()

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    async def _new_office(self) -> TestOffice:
        office = TestOffice(Path(self.folder.name), NoKnowledge())
        office.change_rules(**RULES)
        for agent in AGENTS:
            await office.employ(agent)
        for person in PEOPLE[:6]:
            await office.ask_human(person, await office.open(person))
        await office.react()
        return office

    def wish(self, deed: Callable[[], Awaitable[object]]) -> None:
        """Do it, or be refused with a sentence."""

        async def attempt() -> None:
            self.office.now += 0.1
            with suppress(BanwenError):  # a refusal is an answer; anything else is a mistake
                await deed()

        self.run(attempt())

    def of_agent(self, agent: AgentActor, *states: State) -> Consultation | None:
        """Return a consultation that this agent is offered or serves."""
        found: list[Consultation] = self.run(self.office.store.read(events.consultations(states, agent=agent.id)))
        return found[0] if found else None

    def newest_of(self, person: Any) -> Consultation:
        """Return the newest consultation of a person, opened if there is none."""
        wanted = events.consultations(tuple(State), taxpayer=person.id, limit=1)
        if not self.run(self.office.store.read(wanted)):
            self.wish(lambda: self.office.open(person))
        found: list[Consultation] = self.run(
            self.office.store.read(events.consultations(tuple(State), taxpayer=person.id, limit=1))
        )
        return found[0]

    @rule(person=people)
    def open(self, person: Any) -> None:
        self.wish(lambda: self.office.open(person))

    @rule(person=people, words=st.sampled_from(["怎么申报", "转人工", "谢谢"]))
    def say(self, person: Any, words: str) -> None:
        one = self.newest_of(person)
        self.wish(lambda: self.office.say(person, one.id, words))

    @rule(person=people)
    def ask_human(self, person: Any) -> None:
        one = self.newest_of(person)
        self.wish(lambda: self.office.ask_human(person, one.id))

    @rule(person=people)
    def leave(self, person: Any) -> None:
        one = self.newest_of(person)
        self.wish(lambda: consultations.leave_queue(self.office.store, person, one.id, self.office.now))

    @rule(person=people)
    def end(self, person: Any) -> None:
        one = self.newest_of(person)
        self.wish(lambda: consultations.end(self.office.store, person, one.id, self.office.now))

    @rule(person=people, level=st.integers(0, 6))
    def rate(self, person: Any, level: int) -> None:
        one = self.newest_of(person)
        request = Evaluate(request_id=self.office.request_id(), consultation=one.id, level=level)
        self.wish(lambda: consultations.evaluate(self.office.store, person, request, self.office.now))

    @rule(agent=agents, state=st.sampled_from([PresenceState.READY, PresenceState.BREAK]))
    def present(self, agent: AgentActor, state: PresenceState) -> None:
        self.wish(lambda: presence.set_presence(self.office.store, agent, state, "", self.office.now))

    @rule(agent=agents)
    def accept(self, agent: AgentActor) -> None:
        one = self.of_agent(agent, State.OFFERED)
        if one is not None and one.offer is not None:
            request = AcceptOffer(request_id=self.office.request_id(), consultation=one.id, offer=one.offer.id)
            self.wish(lambda: dispatch.accept(self.office.store, agent, request, self.office.now))

    @rule(agent=agents)
    def decline(self, agent: AgentActor) -> None:
        one = self.of_agent(agent, State.OFFERED)
        if one is not None and one.offer is not None:
            request = DeclineOffer(request_id=self.office.request_id(), consultation=one.id, offer=one.offer.id)
            self.wish(
                lambda: dispatch.decline(self.office.store, agent, request, self.office.rulebook, self.office.now)
            )

    @rule(agent=agents)
    def answer(self, agent: AgentActor) -> None:
        if one := self.of_agent(agent, State.ACTIVE):
            self.wish(lambda: self.office.say(agent, one.id, "您好"))

    @rule(agent=agents)
    def ask_assist(self, agent: AgentActor) -> None:
        if one := self.of_agent(agent, State.ACTIVE):
            office = self.office
            request = AskAssist(request_id=office.request_id(), consultation=one.id, scope=[Privilege.VIEW])
            self.wish(lambda: assist.ask(office.store, office.bus, agent, request, 600.0, office.new_id, office.now))

    @rule(agent=agents)
    def finish(self, agent: AgentActor) -> None:
        if one := self.of_agent(agent, State.ACTIVE):
            self.wish(lambda: consultations.finish(self.office.store, agent, one.id, self.office.now))

    @rule(agent=agents)
    def wrap_up(self, agent: AgentActor) -> None:
        if one := self.of_agent(agent, State.WRAP_UP, State.ACTIVE):
            request = wrapped(self.office, one.id)
            self.wish(
                lambda: consultations.submit_wrap_up(
                    self.office.store, agent, request, BUSINESS, QUESTION_TYPES, self.office.now
                )
            )

    @rule(person=people, phone=st.sampled_from(["", "13912345678", "x"]))
    def leave_message(self, person: Any, phone: str) -> None:
        one, office = self.newest_of(person), self.office
        wish = LeaveMessage(request_id=office.request_id(), consultation=one.id, text="请回复", phone=phone)
        self.wish(lambda: words.leave_message(office.store, office.floor, words.Promise(), person, wish, office.now))

    @rule(person=people)
    def book_callback(self, person: Any) -> None:
        one, office = self.newest_of(person), self.office
        wish = BookCallback(request_id=office.request_id(), consultation=one.id, phone="13912345678")
        self.wish(lambda: words.book_callback(office.store, office.floor, words.Promise(), person, wish, office.now))

    @rule(agent=agents, person=people)
    def take_up(self, agent: AgentActor, person: Any) -> None:
        one, office = self.newest_of(person), self.office
        wish = TakeUp(request_id=office.request_id(), consultation=one.id)
        self.wish(lambda: words.take_up(office.store, office.floor, agent, wish, office.now))

    @rule(agent=agents)
    def hold(self, agent: AgentActor) -> None:
        if one := self.of_agent(agent, State.ACTIVE):
            wish = PutOnHold(request_id=self.office.request_id(), consultation=one.id)
            self.wish(lambda: teamwork.hold(self.office.store, agent, wish, self.office.now))

    @rule(agent=agents, person=people)
    def go_on(self, agent: AgentActor, person: Any) -> None:
        one, office = self.newest_of(person), self.office
        wish = ResumeService(request_id=office.request_id(), consultation=one.id)
        self.wish(lambda: teamwork.resume(office.store, office.floor, agent, wish, office.now))

    @rule(agent=agents, other=agents, office_code=st.sampled_from(["", "360702", "360100", "nowhere"]))
    def transfer(self, agent: AgentActor, other: AgentActor, office_code: str) -> None:
        if one := self.of_agent(agent, State.ACTIVE):
            office = self.office
            kind = TargetKind.OFFICE if office_code else TargetKind.AGENT
            to = TransferTarget(kind=kind, code=office_code or other.id)
            wish = AskTransfer(
                request_id=office.request_id(), consultation=one.id, target=to, reason="专管", summary="已核对"
            )
            self.wish(lambda: transfers.ask(office.store, office.floor, agent, wish, office.new_id, office.now))

    @rule(person=people, accept=st.booleans())
    def answer_transfer(self, person: Any, accept: bool) -> None:
        one, office = self.newest_of(person), self.office
        if one.transfer is not None:
            agent = next(agent for agent in AGENTS if agent.id == one.transfer.agent.id)
            wish = AnswerTransfer(
                request_id=office.request_id(), consultation=one.id, transfer=one.transfer.id, accept=accept
            )
            self.wish(lambda: transfers.answer(office.store, office.floor, agent, wish, office.now))

    @rule(agent=agents, other=agents, joins=st.booleans())
    def invite(self, agent: AgentActor, other: AgentActor, joins: bool) -> None:
        if one := self.of_agent(agent, State.ACTIVE):
            office = self.office
            wish = InviteColleague(request_id=office.request_id(), consultation=one.id, agent=other.id)
            self.wish(lambda: teamwork.invite(office.store, office.floor, agent, wish, office.now))
            reply = AnswerInvitation(request_id=office.request_id(), consultation=one.id, accept=joins)
            self.wish(lambda: teamwork.answer_invitation(office.store, other, reply, office.now))

    @rule(seconds=st.sampled_from([0.0, 70.0, 200.0]))
    def sweep(self, seconds: float) -> None:
        self.office.now += seconds
        self.wish(lambda: timekeeping.sweep(self.office.store, self.office.floor, TIMES, self.office.now))

    @rule()
    def crash(self) -> None:
        self.run(self.office.crash())
        self.office.change_rules(**RULES)

    @rule(seconds=st.sampled_from([0.0, 20.0, 40.0]))
    def react(self, seconds: float) -> None:
        self.office.now += seconds
        self.run(self.office.react())
        self.run(self._nobody_waits_beside_an_able_agent())
        assert not self.run(self.office.store.transact(outbox.claim("bot", self.office.now, 0.0, 10))), (
            "nothing is owed"
        )

    async def _nobody_waits_beside_an_able_agent(self) -> None:
        said = await self.office.store.read(events.read_attendance())
        load = await self._load()
        for one in await self.office.store.read(events.consultations([State.QUEUED])):
            for agent in AGENTS:
                able = said[agent.id].state is PresenceState.READY and load[agent.id] < CAPACITY
                lately = one.returned.get(agent.id, float("-inf")) > self.office.now - DEFAULT.pause
                assert lately or not able

    async def _load(self) -> Counter[AgentId | None]:
        served = await self.office.store.read(events.consultations(SERVED))
        return Counter(one.serving for one in served)

    @invariant()
    def all_is_well(self) -> None:
        self.run(self._all_is_well())

    async def _all_is_well(self) -> None:
        assert all(count <= CAPACITY for count in (await self._load()).values())
        taken: list[TicketTaken] = []
        whole = await self.office.store.read(events.consultations(tuple(State)))
        for now in whole:
            stream = consultation_stream(now.id)
            frames = [one.frame for one in await self.office.store.read(events.events_after(stream, 0, 10_000))]
            assert reduce(apply, frames, None) == now
            assert (now.owner is None) == (now.state in (State.CLOSED, State.EVALUATED))
            assert (now.ticket is not None) or now.state not in WAITING
            event(f"somebody is {now.state}")
            taken += [frame.event for frame in frames if isinstance(frame.event, TicketTaken)]
        await self._followers_are_told(whole)
        numbers = [(one.queue, one.number) for one in taken if one.entered_at is None]
        for queue in {queue for queue, _ in numbers}:
            given = sorted(number for of, number in numbers if of == queue)
            assert given == [f"A{number:03}" for number in range(1, len(given) + 1)]

    async def _followers_are_told(self, whole: list[Consultation]) -> None:
        """Every agent finds exactly what they take part in, and every word that was left is in a list of its office."""
        for agent in AGENTS:
            found = await self.office.store.read(followed_by(agent.id))
            assert {one.id for one in found} == {one.id for one in whole if agent.id in one.followers}
        left = {one.id: one for one in whole if one.state in LEFT_WORD}
        offices = sorted({one.office.code for one in left.values() if one.office is not None})
        listed = await self.office.store.read(events.consultations(LEFT_WORD, offices=offices))
        assert {one.id for one in listed} == set(left)


TestRelay = Relay.TestCase
TestRelay.settings = settings(
    max_examples=15, stateful_step_count=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
