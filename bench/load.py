"""A load generator that costs less than what it measures: raw sockets, many chats, a window or a pace.

A chat is two connections to one server: one says something, the other gets it. Every message carries a number, by which
its acknowledgement and its delivery are timed.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from bench import report

BODY = "我公司是小规模纳税人，电子税务局提交增值税申报表时提示“比对不通过”，请问应该怎么处理？" * 2
CHATS = 16
WINDOW = 4
PACE_PER_SECOND = 50
WARM_UP_SECONDS = 1.0
SERVER_CORE, LOAD_CORE = 0, 1


class Chat(Protocol):
    """One conversation, from the side that speaks."""

    def say(self, number: int) -> None:
        """Send message `number`; the peer reports it to the `Tally`."""


@dataclass
class Tally:
    """What became of the messages. Times are of `time.perf_counter`; the lists hold ms from sending."""

    chats: int = CHATS
    acknowledged: list[float] = field(default_factory=list)
    delivered: list[float] = field(default_factory=list)
    misordered: int = 0
    """Messages that came before an earlier one of their chat, or twice."""
    on_their_way: int = 0
    on_delivery: Callable[[int], None] = lambda number: None
    _sent: dict[int, float] = field(default_factory=dict)
    _last: dict[int, int] = field(default_factory=dict)

    def say(self, chats: Sequence[Chat], number: int) -> None:
        """Send message `number` in the chat whose turn it is."""
        self._sent[number] = time.perf_counter()
        self.on_their_way += 1
        chats[number % len(chats)].say(number)

    def acknowledge(self, number: int) -> None:
        """The server says that it has the message."""
        self.acknowledged.append((time.perf_counter() - self._sent[number]) * 1000)

    def deliver(self, number: int) -> None:
        """The other side has it."""
        self.delivered.append((time.perf_counter() - self._sent[number]) * 1000)
        self.on_their_way -= 1
        chat = number % self.chats
        self.misordered += number <= self._last.get(chat, -1)
        self._last[chat] = number
        self.on_delivery(number)

    def forget(self) -> None:
        """Begin to count anew."""
        self.acknowledged.clear()
        self.delivered.clear()


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run on this core only; so does what is started meanwhile."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} if core in allowed else allowed)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


async def paced(chats: Sequence[Chat], tally: Tally, seconds: float) -> report.Row:
    """`PACE_PER_SECOND` messages a second, spread evenly: latency of acknowledgement and delivery."""
    tally.forget()
    started = time.perf_counter()
    total = int(seconds * PACE_PER_SECOND)
    for number in range(total):
        await asyncio.sleep(max(0.0, started + number / PACE_PER_SECOND - time.perf_counter()))
        tally.say(chats, number)
    await _until(lambda: len(tally.delivered) >= total, 10.0)
    acknowledged = {"ack p50 ms": report.median(tally.acknowledged)} if tally.acknowledged else {}
    return {
        **acknowledged,
        "delivered p50 ms": report.median(tally.delivered),
        "delivered p99 ms": report.percentile(tally.delivered, 0.99),
    }


async def saturated(
    chats: Sequence[Chat], tally: Tally, seconds: float, cpu: Callable[[], float], first: int
) -> report.Row:
    """`WINDOW` messages of every chat always on their way, numbered from `first`: messages a second, CPU for each."""
    tally.on_delivery = lambda number: tally.say(chats, number + WINDOW * len(chats))
    for number in range(first, first + WINDOW * len(chats)):
        tally.say(chats, number)
    await asyncio.sleep(min(seconds, WARM_UP_SECONDS))
    tally.forget()
    before, started = cpu(), time.perf_counter()
    await asyncio.sleep(seconds)
    used, took, count = cpu() - before, time.perf_counter() - started, len(tally.delivered)
    tally.on_delivery = lambda number: None
    await _until(lambda: tally.on_their_way == 0, 10.0)
    return {
        "messages/s": round(count / took),
        "cpu µs/message": round(used / max(1, count) * 1e6, 1),
        "cpu %": round(100 * used / took),
    }


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a flag for each message would cost more than looking now and then
            await asyncio.sleep(0.01)
