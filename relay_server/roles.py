"""What the relay does by itself: the bot answers, dispatch brings people together.

Each role is a loop that claims owed work, carries it out and leaves its effects in the same transaction that drops the
work; a crash in between changes nothing. Hints on the bus wake it at once, a sweep finds what hints did not tell of.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from relay_protocol.ids import ConsultationId
from relay_protocol.messages import Office, QueuePosition, QueueSummary
from relay_server.bus.base import QUEUES, WORK, Bus, Nudge, taxpayer_topic
from relay_server.services import bot, dispatch
from relay_server.services.directory import LiveDirectory
from relay_server.services.knowledge import Knowledge
from relay_server.services.presence import Reach
from relay_server.spawn import spawn
from relay_server.store import outbox
from relay_server.store.base import Store
from relay_server.store.outbox import Work

log = logging.getLogger(__name__)

SWEEP_SECONDS = 0.25
LEASE_SECONDS = 30.0
BATCH = 32
FIRST_PAUSE = 0.5
ALARM_AFTER = 5
LONGEST_PAUSE = 30.0


@dataclass
class Roles:
    """The roles of one process. `start` runs them; what `stop` cuts off is still owed. `sweep` in seconds."""

    store: Store
    bus: Bus
    knowledge: Knowledge
    reach: Reach
    directory: LiveDirectory
    default_office: str
    policy: dispatch.Policy
    now: Callable[[], float]
    new_id: Callable[[], str]
    sweep: float = SWEEP_SECONDS
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _shown: dict[ConsultationId, QueuePosition] = field(default_factory=dict)
    _summary: QueueSummary | None = None
    _began: bool = False

    @property
    def offices(self) -> Mapping[str, Office]:
        """Return the offices as they are now, by code."""
        return self.directory.current.cards

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [
            spawn(self._loop("bot", self.answer_owed), "role-bot"),
            spawn(self._loop("dispatch", self.run_round), "role-dispatch"),
        ]

    async def stop(self) -> None:
        """End; what was not finished is still owed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _loop(self, kind: str, step: Callable[[], Awaitable[None]]) -> None:
        wake = asyncio.Event()
        stop_listening = self.bus.listen(WORK, lambda hint: wake.set() if hint == Nudge(kind) else None)
        failures = 0
        try:
            while True:
                failures = await self._attempt(kind, step, failures)
                pause = min(LONGEST_PAUSE, self.sweep * 2**failures)
                await _wait(wake, pause, at_once=failures == 0)
        finally:
            stop_listening()

    async def _attempt(self, kind: str, step: Callable[[], Awaitable[None]], failures: int) -> int:
        """Do one step; return how many have failed in a row. Failing for long raises an alarm, never a silent loop."""
        try:
            await step()
        except Exception:
            failures += 1
            level = logging.CRITICAL if failures >= ALARM_AFTER else logging.ERROR
            log.log(level, "role failed", extra={"role": kind, "failures": failures}, exc_info=True)
            return failures
        if failures >= ALARM_AFTER:
            log.warning("role works again", extra={"role": kind})
        return 0

    async def answer_owed(self) -> None:
        """Take all turns the bot owes by now: each consultation's in order, several consultations at once."""
        if not self._began:  # leases of a process that was killed would hold its work back
            await self.store.transact(outbox.release_leases())
            self._began = True
        while works := await self.store.transact(outbox.claim("bot", self.now(), LEASE_SECONDS, BATCH)):
            await asyncio.gather(*(self._turn(work) for work in works))

    async def _turn(self, work: Work) -> None:
        """Take one turn. One that fails holds up nobody else; it is tried again later, at last by a person."""
        try:
            await bot.take_turn(
                self.store, self.knowledge, self.offices, self.default_office, work, self.new_id, self.now()
            )
        except Exception:
            log.exception("turn failed", extra={"consultation": work.subject, "attempts": work.attempts})
            until = self.now() + FIRST_PAUSE * 2**work.attempts
            await self.store.transact(outbox.postpone(work, until))

    async def run_round(self) -> None:
        """Run a round, whether a hint came or not: what waits beside a ready agent is found by the sweep."""
        await dispatch.run_round(
            self.store, self.reach, self.offices, self.directory.current.paths, self.policy, self.new_id, self.now()
        )
        await self._show_positions()

    async def _show_positions(self) -> None:
        """Tell everybody whose place moved, and the workbenches how many wait."""
        places = await dispatch.positions(self.store)
        moved = [place for key, (_, place) in places.items() if self._shown.get(key) != place]
        for place in moved:
            taxpayer, _ = places[place.consultation]
            self.bus.publish(taxpayer_topic(taxpayer), place)
        self._shown = {key: place for key, (_, place) in places.items()}
        summary = await dispatch.summary(self.store)
        if summary != self._summary:
            self._summary = summary
            self.bus.publish(QUEUES, summary)


async def _wait(wake: asyncio.Event, seconds: float, *, at_once: bool) -> None:
    """Sleep until woken (unless something is broken) or the sweep is due."""
    try:
        async with asyncio.timeout(seconds):
            if at_once:
                await wake.wait()
            else:
                await asyncio.sleep(seconds)
    except TimeoutError:
        pass
    wake.clear()
