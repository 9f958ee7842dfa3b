"""The roles' loops: woken by hints, saved by the sweep, loud when they fail, quiet when they are told to stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, consultation_stream
from relay_protocol.messages import MessagePosted, Offered, QueuePosition, QueueSummary, Side
from relay_server.bus.base import QUEUES, WORK, Hint, Listener, Topic, taxpayer_topic
from relay_server.bus.local import LocalBus
from relay_server.repeat import ALARM_AFTER
from relay_server.store import outbox
from relay_server.store.base import Committed, Store, T, Transaction
from tests.flows.office import WANG, ZHANG, NoKnowledge, TestOffice

PATIENCE = 20.0


class Ear:
    """What was heard of a topic; tests wait for it."""

    def __init__(self, bus: LocalBus, topic: Topic) -> None:
        self.heard: list[Hint] = []
        self._news = asyncio.Event()
        self.stop = bus.listen(topic, self._hear)

    def _hear(self, hint: Hint) -> None:
        self.heard.append(hint)
        self._news.set()

    async def wait_for(self, fits: Callable[[Hint], bool]) -> Hint:
        """Return the first hint that fits, heard already or still to come."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for hint in self.heard:
                    if fits(hint):
                        return hint
                self._news.clear()
                await self._news.wait()


class DeafBus(LocalBus):
    """A bus that loses every hint of work."""

    def publish(self, topic: Topic, hint: Hint) -> None:
        if topic != WORK:
            super().publish(topic, hint)

    def listen(self, topic: Topic, listener: Listener) -> Callable[[], None]:
        return super().listen(topic, listener)


class SickStore:
    """A store that refuses to work until it is `well`."""

    def __init__(self, store: Store) -> None:
        self._store, self.epoch, self.well = store, store.epoch, False
        self.refused, self.refused_often = 0, asyncio.Event()

    async def transact(self, script: Transaction[T]) -> T:
        if not self.well:
            self.refused += 1
            if self.refused > 3 * ALARM_AFTER:  # there are two roles
                self.refused_often.set()
            script.close()
            raise BanwenError(ErrorCode.UNREACHABLE, "服务器暂时无法保存，请稍后重试。")
        return await self._store.transact(script)

    async def read(self, script: Transaction[T]) -> T:
        return await self._store.read(script)

    def submit(
        self, script: Transaction[T], done: Callable[[T], None], failed: Callable[[BaseException], None]
    ) -> None:
        self._store.submit(script, done, failed)

    async def scrub(self) -> None:
        await self._store.scrub()

    async def close(self) -> None:
        await self._store.close()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[TestOffice]:
    office = TestOffice(tmp_path, NoKnowledge())
    yield office
    await office.roles.stop()
    await office.close()


def said_by_bot(hint: Hint) -> bool:
    return (
        isinstance(hint, Committed)
        and isinstance(hint.frame.event, MessagePosted)
        and hint.frame.event.sender.side is Side.BOT
    )


async def ask(office: TestOffice) -> tuple[ConsultationId, Ear]:
    consultation = await office.open(ZHANG)
    ear = Ear(office.bus, consultation_stream(consultation))
    await office.say(ZHANG, consultation, "怎么申报")
    return consultation, ear


async def test_a_hint_wakes_the_bot_long_before_the_sweep(office: TestOffice) -> None:
    office.roles.sweep = 3600.0
    office.roles.start()
    _, ear = await ask(office)
    await ear.wait_for(said_by_bot)


async def test_the_sweep_finds_what_no_hint_told_of(office: TestOffice) -> None:
    office.use_bus(DeafBus())
    office.roles.sweep = 0.01
    office.roles.start()
    _, ear = await ask(office)
    await ear.wait_for(said_by_bot)


async def test_what_was_owed_before_the_start_is_done_at_once(office: TestOffice) -> None:
    _, ear = await ask(office)
    assert len(await office.store.transact(outbox.claim("bot", office.now, 3600.0, 10))) == 1, "and leased by the dead"
    office.roles.sweep = 3600.0
    office.roles.start()
    await ear.wait_for(said_by_bot)


async def test_people_are_brought_together_and_told_where_they_stand(office: TestOffice) -> None:
    office.roles.sweep = 0.01
    office.roles.start()
    consultation = await office.open(ZHANG)
    stream, mine, queues = (
        Ear(office.bus, topic) for topic in (consultation_stream(consultation), taxpayer_topic(ZHANG.id), QUEUES)
    )
    await office.ask_human(ZHANG, consultation)
    place = await mine.wait_for(lambda hint: isinstance(hint, QueuePosition))
    assert isinstance(place, QueuePosition)
    assert (place.number, place.ahead) == ("A001", 0)
    await queues.wait_for(lambda hint: isinstance(hint, QueueSummary) and hint.waiting == 1)
    await office.employ(WANG)
    await stream.wait_for(lambda hint: isinstance(hint, Committed) and isinstance(hint.frame.event, Offered))


async def test_a_role_that_fails_for_long_raises_an_alarm_and_recovers(
    office: TestOffice, caplog: pytest.LogCaptureFixture
) -> None:
    _, ear = await ask(office)
    sick = office.roles.store = SickStore(office.store)
    office.roles.sweep = 0.001
    office.roles.start()
    async with asyncio.timeout(PATIENCE):
        await sick.refused_often.wait()
    assert any(record.levelno == logging.CRITICAL for record in caplog.records)
    sick.well = True
    await ear.wait_for(said_by_bot)


async def test_stopping_ends_the_loops_and_leaves_what_is_owed(office: TestOffice) -> None:
    office.roles.sweep = 3600.0
    office.roles.start()
    await office.roles.stop()
    await ask(office)
    assert len(await office.store.transact(outbox.claim("bot", office.now, 1.0, 10))) == 1
