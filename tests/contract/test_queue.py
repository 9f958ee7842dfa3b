"""The queue as taxpayers and agents meet it: numbers, places, absence, offers in order, and why, over real links."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from relay_protocol.ids import ConsultationId, consultation_of
from relay_protocol.messages import (
    AcceptOffer,
    AskHuman,
    ComeBack,
    EventFrame,
    ExplainWait,
    Explanation,
    FinishService,
    Offered,
    PresenceState,
    QueuePosition,
    Resolution,
    SetPresence,
    StepAway,
    SubmitWrapUp,
    TaxpayerAway,
    TicketTaken,
)
from tests.contract.peer import (
    Peer,
    agent_token,
    fresh,
    greet,
    link_to,
    open_consultation,
    socket_to,
    taxpayer_session,
)
from tests.running import RunningRelay, running_relay

GENEROUS = "[limits]\nrequests_per_second = 5000.0\nrequests_burst = 5000\nattempts_burst = 5000"
MANY = 500
CAPACITY = 5
AT_ONCE = 25


@pytest.fixture
def quiet_relay(tmp_path: Path) -> Iterator[RunningRelay]:
    """A relay in whose queue nobody else stands."""
    with running_relay(tmp_path / "relay", config=GENEROUS) as relay:
        yield relay


async def wait_in_line(peer: Peer) -> ConsultationId:
    """Ask for a person."""
    consultation = await open_consultation(peer)
    await peer.done(AskHuman(request_id=fresh(), consultation=consultation))
    return consultation


def places(peer: Peer) -> list[QueuePosition]:
    return [one for one in peer.heard if isinstance(one, QueuePosition)]


async def place_of(peer: Peer, *, away: bool) -> QueuePosition:
    """Return where a taxpayer stands, as soon as they were told so while they are away, or here."""
    while True:
        told = places(peer)
        if told and (told[-1].away_until is not None) is away:
            return told[-1]
        await peer.hear()


async def hear_out(peer: Peer) -> None:
    """Listen until nothing more comes."""
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.5):
                await peer.hear()


@asynccontextmanager
async def taxpayers(relay: RunningRelay, count: int) -> AsyncIterator[Sequence[Peer]]:
    """Let so many anonymous people open the window."""
    async with AsyncExitStack() as stack:

        async def one() -> Peer:
            token = (await taxpayer_session(relay))["token"]
            return await stack.enter_async_context(link_to(relay, "/ws/taxpayer", token))

        found: list[Peer] = []
        while len(found) < count:
            found += await asyncio.gather(*(one() for _ in range(min(AT_ONCE, count - len(found)))))
        yield found


@asynccontextmanager
async def workbench(relay: RunningRelay, number: str) -> AsyncIterator[Peer]:
    """Log an agent in and open the link."""
    async with link_to(relay, "/ws/agent", await agent_token(relay, number)) as peer:
        yield peer


@pytest.mark.req("A8", "A9", accepts=True)
async def test_a_reload_and_a_walk_keep_the_place(quiet_relay: RunningRelay) -> None:
    token = (await taxpayer_session(quiet_relay))["token"]
    async with link_to(quiet_relay, "/ws/taxpayer", token) as page:
        consultation = await wait_in_line(page)
        first = await place_of(page, away=False)
        assert (first.number, first.ahead) == ("A001", 0)
    async with socket_to(quiet_relay, "/ws/taxpayer") as page:
        welcome = await greet(page, token)
        await page.resume(welcome.epoch)
        lost = await page.event(TaxpayerAway)
        assert lost.reason == "lost"
        again = await place_of(page, away=False)
        assert (again.number, again.ahead) == (first.number, first.ahead)
        await page.done(StepAway(request_id=fresh(), consultation=consultation))
        assert (await place_of(page, away=True)).number == first.number
        await page.done(ComeBack(request_id=fresh(), consultation=consultation))
        back = await place_of(page, away=False)
        assert (back.number, back.ahead) == ("A001", 0)


@pytest.mark.req("A8", accepts=True)
async def test_five_hundred_at_once_get_five_hundred_consecutive_numbers(quiet_relay: RunningRelay) -> None:
    async with taxpayers(quiet_relay, MANY) as people:
        ids = await asyncio.gather(*(open_consultation(one) for one in people))
        asked = (
            one.done(AskHuman(request_id=fresh(), consultation=known)) for one, known in zip(people, ids, strict=True)
        )
        await asyncio.gather(*asked)
        taken = [(await one.event(TicketTaken)).number for one in people]
    assert sorted(taken) == [f"A{number:03}" for number in range(1, MANY + 1)]


@pytest.mark.req("A8", "A10", "A27", accepts=True)
async def test_thirty_taxpayers_and_two_agents_everybody_in_turn_and_nobody_over_capacity(
    quiet_relay: RunningRelay,
) -> None:
    async with taxpayers(quiet_relay, 30) as people, AsyncExitStack() as stack:
        ids = [await wait_in_line(person) for person in people]
        supervisor = await stack.enter_async_context(workbench(quiet_relay, "8104"))
        why = await explained(supervisor, ids[0])
        assert "没有座席能够接待" in why.summary
        desks = [Desk(await stack.enter_async_context(workbench(quiet_relay, one))) for one in ("8001", "8002")]
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for desk in desks:
                group.create_task(desk.serve(lambda: sum(len(one.offered) for one in desks) == len(people)))
        offered = sorted(desks[0].offered + desks[1].offered)
        numbers = [f"A{number:03}" for number in range(1, len(people) + 1)]
        assert [number for _, number in offered] == numbers, "in the order of their numbers"
        await asyncio.gather(*(hear_out(person) for person in people))
        for person in people:
            assert places(person)
            ahead = [place.ahead for place in places(person)]
            assert ahead == sorted(ahead, reverse=True), "a place never goes back"
        told = await explained(supervisor, ids[5])
        assert any(line.chosen for line in told.decisions)


class Desk:
    """An agent who takes what is offered, in turn, and finishes it at once."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.offered: list[tuple[float, str]] = []
        self._heard = 0

    async def serve(self, over: Callable[[], bool]) -> None:
        """Work until it is over."""
        await self.peer.done(SetPresence(request_id=fresh(), state=PresenceState.READY))
        while not over():
            offered = [frame for frame in self._news() if isinstance(frame.event, Offered)]
            assert len(offered) <= CAPACITY
            for frame in offered:
                await self._take(frame)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await self.peer.hear()

    def _news(self) -> list[EventFrame]:
        news = self.peer.heard[self._heard :]
        self._heard += len(news)
        return [one for one in news if isinstance(one, EventFrame)]

    async def _take(self, frame: EventFrame) -> None:
        assert isinstance(frame.event, Offered)
        consultation = consultation_of(frame.stream)
        taken = [one.event for one in self.peer.frames(frame.stream) if isinstance(one.event, TicketTaken)]
        self.offered.append((frame.at, taken[-1].number))
        for request in (
            AcceptOffer(request_id=fresh(), consultation=consultation, offer=frame.event.offer),
            FinishService(request_id=fresh(), consultation=consultation),
            wrapped_up(consultation),
        ):
            await self.peer.done(request)


def wrapped_up(consultation: ConsultationId) -> SubmitWrapUp:
    return SubmitWrapUp(
        request_id=fresh(),
        consultation=consultation,
        business="vat",
        question_type="policy",
        resolution=Resolution.RESOLVED,
        text="已解答",
    )


async def explained(supervisor: Peer, consultation: ConsultationId) -> Explanation:
    """Ask why, and return the answer."""
    await supervisor.say(ExplainWait(request_id=fresh(), consultation=consultation))
    return await supervisor.hear_until(Explanation)
