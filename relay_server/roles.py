"""What the relay does by itself: the bot answers, dispatch brings people together.

Each role is a loop that claims owed work, carries it out and leaves its effects in the same transaction that drops the
work; a crash in between changes nothing. Hints on the bus wake it at once, a sweep finds what hints did not tell of.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, ConsultationId, TaxpayerId
from relay_protocol.messages import QueuePosition, QueueSummary
from relay_server.bus.base import PLACES, QUEUES, SHOWN, WORK, Bus, Hint, Nudge, Resync, taxpayer_topic
from relay_server.domain.estimate import error
from relay_server.repeat import attempt, pause
from relay_server.services import bot, bulk, dispatch, dispatch_positions, pages, presence, timekeeping
from relay_server.services.dispatch_memory import Memory
from relay_server.services.floor import DAY, Floor
from relay_server.services.knowledge import Knowledge
from relay_server.services.pages import Pages, Silence
from relay_server.services.presence import Reach
from relay_server.services.rulebook import LiveRulebook
from relay_server.spawn import spawn
from relay_server.store import outbox, signs
from relay_server.store.base import Store
from relay_server.store.outbox import Work

log = logging.getLogger(__name__)

SWEEP_SECONDS = 0.25
SIGNS_SECONDS = 5.0
HEAR_SECONDS = 1.0
TIMES_SECONDS = 15.0
TIMEKEEPING_SECONDS = 2.0
LONG_LINE = 200
JUDGED_AT_ONCE = 50
LEASE_SECONDS = 30.0
BATCH = 32
FIRST_PAUSE = 0.5


ROLES = ("edge", "dispatch", "bot", "jobs")
"""What a process may do: hold people's links, bring them together, answer, and do what time and jobs bring."""


def check(kinds: frozenset[str], *, shared: bool) -> None:
    """Refuse to do half of the work where no other process can do the other half. Raise BAD_INPUT."""
    if kinds != frozenset(ROLES) and not shared:
        sentence = (
            "只承担部分角色的中继须与其他进程协作：请在配置中设置 store.url（PostgreSQL）和 bus.url（NATS）。"
            "SQLite 只能由一个进程使用，请去掉 --role。"
        )
        raise BanwenError(ErrorCode.BAD_INPUT, sentence)


@dataclass
class Roles:
    """The roles of one process. `start` runs them; what `stop` cuts off is still owed. `sweep` in seconds.

    `edge` is the process's name among those that share the store, if it is `shared`; `kinds` are some of `ROLES`.
    """

    store: Store
    bus: Bus
    knowledge: Knowledge
    reach: Reach
    rulebook: LiveRulebook
    now: Callable[[], float]
    new_id: Callable[[], str]
    edge: str = "relay"
    kinds: frozenset[str] = frozenset(ROLES)
    shared: bool = False
    pages: Pages = field(default_factory=Pages)
    times: timekeeping.Rules = field(default_factory=timekeeping.Rules)
    reopen_within: float = DAY
    sweep: float = SWEEP_SECONDS
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _memory: Memory = field(default_factory=Memory)
    _shown: dict[ConsultationId, tuple[TaxpayerId, QueuePosition]] = field(default_factory=dict)
    _shown_at: float = 0.0
    _summary: QueueSummary | None = None
    _service_times: list[float] = field(default_factory=list)
    _timed_at: float = 0.0
    _guesses: dict[ConsultationId, float] = field(default_factory=dict)
    _judged: list[tuple[float, float]] = field(default_factory=list)
    _told: set[AgentId] = field(default_factory=set)
    _told_at: float = 0.0
    _heard_at: float = 0.0
    _pages_told: set[TaxpayerId] = field(default_factory=set)
    _pages_told_at: float = 0.0
    _pages_here: set[TaxpayerId] = field(default_factory=set)
    _followed_at: float = 0.0
    _silence: Silence = field(default_factory=Silence)
    _began: bool = False
    _swept_at: float = 0.0
    _stops: list[Callable[[], None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin to work."""
        loops = {
            "bot": ("bot", self.answer_owed),
            "dispatch": ("dispatch", self.run_round),
            "jobs": ("job", self.keep_time),
        }
        self._tasks = [spawn(self._loop(*loops[one]), f"role-{one}") for one in ROLES if one in self.kinds & {*loops}]
        self._tasks.append(spawn(self._loop("signs", self.tell_signs), "role-signs"))
        if "dispatch" in self.kinds:
            self._stops = [self.bus.listen(PLACES, self._show_again), self.bus.listen(SHOWN, self._superseded)]

    async def stop(self) -> None:
        """End; what was not finished is still owed."""
        for stop in self._stops:
            stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _loop(self, kind: str, step: Callable[[], Awaitable[None]]) -> None:
        wake = asyncio.Event()
        stop_listening = self.bus.listen(WORK, lambda hint: wake.set() if hint == Nudge(kind) else None)
        failures = 0
        try:
            while True:
                failures = await attempt(kind, step, failures)
                await _wait(wake, pause(self.sweep, failures), at_once=failures == 0)
        finally:
            stop_listening()

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
            await bot.take_turn(self.store, self.knowledge, self.rulebook.current, work, self.new_id, self.now())
        except Exception:
            log.exception("turn failed", extra={"consultation": work.subject, "attempts": work.attempts})
            until = self.now() + FIRST_PAUSE * 2**work.attempts
            await self.store.transact(outbox.postpone(work, until))

    async def keep_time(self) -> None:
        """Carry out jobs, and every few seconds what time brings."""
        floor, now = Floor(self.reach, self.rulebook, self.reopen_within), self.now()
        await bulk.carry_out(self.store, floor, now)
        if now - self._swept_at >= TIMEKEEPING_SECONDS:
            self._swept_at = now
            await timekeeping.sweep(self.store, floor, self.times, now)

    async def run_round(self) -> None:
        """Run a round if one is due: something happened, or time passed that may change what was decided."""
        if not await dispatch.is_due(self.store, self._memory, self.now()):
            return
        rulebook = self.rulebook.current
        done = await dispatch.run_round(self.store, self.reach, rulebook, self._memory, self.new_id, self.now())
        if done is not None:
            await self._show(done)

    async def tell_signs(self) -> None:
        """Let processes elsewhere know whose links are here: at once when it changes, else every few seconds.

        Learn whose are there, too; a dispatcher does so in every round.
        """
        now = self.now()
        if self.reach.agents != self._told or now - self._told_at >= SIGNS_SECONDS:
            self._told = await presence.tell_signs(self.store, self.reach, self.edge, self._told, now)
            self._told_at = now
        if self.shared:
            await self._tell_and_hear_pages(now)

    async def _tell_and_hear_pages(self, now: float) -> None:
        """Tell and learn what a relay of one process knows by itself."""
        here = set(self.pages.here)
        if now - self._pages_told_at >= (SIGNS_SECONDS if here == self._pages_here else HEAR_SECONDS):
            self._pages_told = await pages.tell(self.store, self.edge, here, self._pages_told, now)
            self._pages_told_at, self._pages_here = now, here
        if "jobs" in self.kinds and now - self._followed_at >= SIGNS_SECONDS:
            await pages.follow(self.store, self.rulebook.current, self._silence, now)
            self._followed_at = now
        if now - self._heard_at >= HEAR_SECONDS:
            self.reach.heard_elsewhere(await self.store.read(signs.read_signs(now - presence.UNREACHABLE_AFTER)))
            self.pages.elsewhere = await self.store.read(signs.read_pages(but=self.edge))
            self._heard_at = now

    async def _show(self, done: dispatch.Round) -> None:
        """Tell everybody whose place moved, and the workbenches how many wait. A long line is told once a second."""
        self.bus.publish(SHOWN, Nudge(self.edge))
        summary = dispatch_positions.summary(done)
        if summary != self._summary:
            self._summary = summary
            self.bus.publish(QUEUES, summary)
        now = self.now()
        if len(done.line) > LONG_LINE and now - self._shown_at < 1.0:
            return
        self._shown_at = now
        self._judge_estimates(done, now)
        if now - self._timed_at >= TIMES_SECONDS:
            self._service_times, self._timed_at = await dispatch_positions.service_times(self.store, now), now
        before, self._shown = self._shown, dispatch_positions.places(done, self.rulebook.current, self._service_times)
        for key, (taxpayer, place) in self._shown.items():
            if before.get(key) != (taxpayer, place):
                self.bus.publish(taxpayer_topic(taxpayer), place)

    def _judge_estimates(self, done: dispatch.Round, now: float) -> None:
        """Compare what people were first told with how long they waited, and say how far it was off."""
        entered = {one.consultation: one.entered_at for one in done.line}
        for decision in done.decisions:
            guess = self._guesses.pop(decision.consultation, None) if decision.chosen else None
            if guess is not None:
                self._judged.append((guess, now - entered[decision.consultation]))
        for key, (_, place) in self._shown.items():
            if place.estimate is not None:
                self._guesses.setdefault(key, place.estimate + now - entered.get(key, now))
        if len(self._judged) >= JUDGED_AT_ONCE:
            off = error(self._judged)
            log.info("wait estimates", extra=asdict(off) if off else {})
            self._judged.clear()

    def _show_again(self, hint: Hint) -> None:
        """A page was connected again: tell its taxpayer (the kind of the nudge) where they stand; or tell everybody."""
        if hint == Resync() and self._summary is not None:
            self.bus.publish(QUEUES, self._summary)
        for taxpayer, place in self._shown.values():
            if hint in (Nudge(taxpayer), Resync()):
                self.bus.publish(taxpayer_topic(taxpayer), place)

    def _superseded(self, hint: Hint) -> None:
        """Another dispatcher (the kind of the nudge) knows better by now where everybody stands."""
        if hint not in (Nudge(self.edge), Resync()):
            self._shown, self._summary = {}, None


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
