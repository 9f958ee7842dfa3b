"""What every bus does: hints of each kind arrive whole, in order, where somebody listens, and nobody waits for it."""

import asyncio
import logging

import pytest

from relay_protocol import codec
from relay_protocol.ids import ConsultationId, Stream
from relay_protocol.messages import EventFrame, MessagePosted, QueueSummary, Side, StreamClosed, Typing
from relay_server.bus.base import Bus, Follow, Hint, Nudge
from relay_server.store.base import Committed
from tests.relay_protocol.samples import sample

CONSULTATION = ConsultationId("01J0000000000000000000000A")
TOPIC = f"consultation/{CONSULTATION}"


class Ear:
    """Hears a topic and waits for what must come."""

    def __init__(self, bus: Bus, topic: str = TOPIC) -> None:
        self.heard: list[Hint] = []
        self._more = asyncio.Event()
        self.stop = bus.listen(topic, self._hear)

    def _hear(self, hint: Hint) -> None:
        self.heard.append(hint)
        self._more.set()

    async def until(self, count: int) -> list[Hint]:
        """Return what was heard once it is `count` hints."""
        async with asyncio.timeout(10):
            while len(self.heard) < count:
                self._more.clear()
                await self._more.wait()
        return self.heard


def event(seq: int) -> Committed:
    frame = EventFrame(stream=Stream(TOPIC), seq=seq, at=1.5, event=sample(MessagePosted))
    return Committed(frame, codec.encode(frame))


async def test_hints_of_every_kind_arrive_whole_and_in_order(two_ends: tuple[Bus, Bus]) -> None:
    here, there = two_ends
    ear = Ear(there)
    sent: list[Hint] = [
        event(1),
        Follow(CONSULTATION),
        Nudge("dispatch"),
        QueueSummary(waiting=3, oldest_at=7.25),
        Typing(consultation=CONSULTATION, side=Side.AGENT),
        StreamClosed(consultation=CONSULTATION),
        *(event(seq) for seq in range(2, 600)),
    ]
    for hint in sent:
        here.publish(TOPIC, hint)
    assert await ear.until(len(sent)) == sent


async def test_only_who_listens_to_the_topic_hears_and_only_once(two_ends: tuple[Bus, Bus]) -> None:
    here, there = two_ends
    ears = [Ear(there), Ear(there)]
    other, gone = Ear(there, "agent/A"), Ear(there)
    gone.stop()
    gone.stop()
    here.publish(TOPIC, Nudge("1"))
    here.publish("agent/A", Nudge("2"))
    assert await other.until(1) == [Nudge("2")]
    assert [await ear.until(1) for ear in ears] == [[Nudge("1")]] * 2
    assert gone.heard == []


async def test_whoever_publishes_is_heard_at_once_by_its_own_process(two_ends: tuple[Bus, Bus]) -> None:
    here, _ = two_ends
    ear = Ear(here)
    here.publish(TOPIC, Nudge("1"))
    assert ear.heard == [Nudge("1")]


async def test_a_listener_that_fails_keeps_nobody_from_hearing(
    two_ends: tuple[Bus, Bus], caplog: pytest.LogCaptureFixture
) -> None:
    here, there = two_ends

    def broken(hint: Hint) -> None:
        raise ValueError

    there.listen(TOPIC, broken)
    ear = Ear(there)
    here.publish(TOPIC, Nudge("1"))
    here.publish(TOPIC, Nudge("2"))
    assert await ear.until(2) == [Nudge("1"), Nudge("2")]
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert CONSULTATION not in caplog.records[0].getMessage()
