"""One assistance on the taxpayer's machine: carries out what the pure machine decides, for relay, workbench and person.

The relay only introduces the two ends. Everything that matters afterwards runs on the direct path, and the person's
stop works whatever relay, path and agent do: it revokes before it tells anybody. All of it belongs to one thread.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography import x509

from relay_protocol.assist import (
    Action,
    AskConsent,
    AssistSession,
    CloseConsent,
    Connect,
    End,
    Grant,
    Phase,
    Refuse,
    Revoke,
    Scope,
)
from relay_protocol.certificates import CertifiedAgent
from relay_protocol.errors import BanwenError
from relay_protocol.ids import AssistId
from relay_protocol.messages import AssistEnded, Message, Privilege, SdpAnswer
from relay_protocol.messages.channel import (
    AskKeyframe,
    AskScope,
    InputEvent,
    KeepLease,
    Leave,
    Left,
    ScopeGranted,
    ScopeRefused,
    ScopeRevoked,
    ShownUpTo,
    ToHelper,
)
from remote_helper.capture.base import Capture
from remote_helper.control.platform import Control
from remote_helper.inputs import Inputs
from remote_helper.path import Path
from remote_helper.pictures import Pictures
from remote_helper.record import Record, named
from remote_helper.reports import Link, Reports

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
OFFER_SECONDS = 30.0
REPORT_SECONDS = 5.0
ALL: Scope = frozenset(Privilege)
CONTROL: Scope = frozenset({Privilege.CONTROL})


class Face(Protocol):
    """What the person sees. Their wishes come back as the session's `allow`, `deny`, `stop`, `take_control_back`."""

    def ask_consent(self, agent: CertifiedAgent, scope: Scope, granted: Scope, until: float) -> None:
        """Ask; unanswered at `until` (Unix seconds) is refused."""

    def close_consent(self) -> None:
        """Take the question away."""

    def show_granted(self, agent: CertifiedAgent, scope: Scope) -> None:
        """Show the border and the bar as long as anything is granted."""

    def show_paused(self, seconds: float) -> None:
        """The person's own hand makes the agent's rest."""

    def goodbye(self, reason: str, error: BanwenError | None) -> None:
        """It is over; `error` says why when something was wrong."""


@dataclass(frozen=True)
class Ports:
    """What a session is made of; `app` chooses."""

    link: Link
    face: Face
    root: x509.Certificate
    open_control: Callable[[Callable[[InputEvent, float], None]], Control]
    start_capture: Callable[[], Awaitable[Capture]]
    spawn: Callable[..., "asyncio.Task[Any]"]
    now: Callable[[], float] = time.time


class HelperSession:
    """One assistance, from the redeemed code to the goodbye."""

    def __init__(self, assist: AssistId, ports: Ports) -> None:
        self._assist, self._ports, self._now = assist, ports, ports.now
        self.record = Record()
        self.finished = asyncio.Event()
        self._machine = AssistSession()
        self._reports = Reports(ports.link, assist)
        self._pictures = Pictures(ports.start_capture)
        self._inputs = Inputs(
            lambda: ports.open_control(self.record.audit),
            tell=self._tell,
            paused=ports.face.show_paused,
            failed=lambda: self._carry_out(self._machine.take_back(CONTROL, "policy")),
        )
        self._path: Path | None = None
        self._bound: list[Message] = []
        self._answered = asyncio.Event()
        self._error: BanwenError | None = None
        self._tasks: list[asyncio.Task[Any]] = []

    @property
    def hears_hot_key(self) -> bool:
        """Whether Esc pressed twice stops on this desktop."""
        return self._inputs.hears_hot_key

    def begin(self) -> None:
        """The link to the relay is live for the first time."""
        if self._machine.phase is not Phase.IDLE:
            return
        self._carry_out(self._machine.joined())
        self._reports.add("joined")
        for name, work in (
            ("reports", self._reports.run()),
            ("offers", self._offers()),
            ("pictures", self._send_pictures()),
            ("inputs", self._inputs.run()),
            ("ticks", self._ticks()),
        ):
            self._tasks.append(self._ports.spawn(work, name=name))

    def from_relay(self, message: Message) -> None:
        """The relay delivered something."""
        if isinstance(message, SdpAnswer) and message.assist == self._assist:
            self._take_answer(message)
        elif isinstance(message, AssistEnded) and message.assist == self._assist:
            self._carry_out(self._machine.agent_left())

    def refused(self, error: BanwenError) -> None:
        """The relay wants nothing of us. What runs needs it no more; what has not begun cannot."""
        if self._machine.phase in (Phase.IDLE, Phase.JOINED):
            self._error = error
            self.stop("policy")

    def allow(self, scope: Scope) -> None:
        """The person allows exactly this."""
        self._carry_out(self._machine.allow(scope, self._now()))

    def deny(self) -> None:
        """The person refuses."""
        self._carry_out(self._machine.deny(self._now()))

    def stop(self, reason: str) -> None:
        """The person stops everything. When this returns nothing is injected any more; the rest is only telling."""
        self._inputs.revoke()
        self._pictures.show_to(None)
        self._carry_out(self._machine.take_back(ALL, reason))

    def take_control_back(self) -> None:
        """The person leaves the agent the sight only."""
        self._inputs.revoke()
        self._carry_out(self._machine.take_back(CONTROL, "button"))

    async def _offers(self) -> None:
        """Offer the workbench a path until it answers; a helper that waits longer than that offers a new one."""
        while not self._answered.is_set():
            if self._path is not None:
                await self._path.close()
            self._path = await Path.offered(self._assist, self._from_workbench, self._opened, self._lost)
            self._ports.link.say(self._path.offer())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(OFFER_SECONDS):
                    await self._answered.wait()

    def _take_answer(self, answer: SdpAnswer) -> None:
        if self._path is None or self._answered.is_set():
            return
        self._answered.set()
        try:
            bound = self._path.check_answer(answer, self._ports.root, self._now())
        except BanwenError as error:
            self._refuse_unbound(error)
        else:
            self._carry_out(self._machine.bound(bound, self._now()))

    def _refuse_unbound(self, error: BanwenError) -> None:
        log.warning("peer is not bound", extra={"why": str(error.detail)})
        if self._machine.phase is Phase.JOINED:
            self._error = error
        self._carry_out(self._machine.unbound())

    def _opened(self) -> None:
        self._carry_out(self._machine.path_opened())
        for message in self._bound:
            self._tell(message)
        self._bound.clear()
        self._show_pictures()

    def _lost(self) -> None:
        """The path broke. Control is over at once; while the sight may still wait for it, offer another."""
        if self._machine.phase is Phase.ENDED or not self._answered.is_set():
            return
        self._inputs.revoke()
        self._pictures.show_to(None)
        self._carry_out(self._machine.path_lost(self._now()))
        self._answered.clear()
        self._tasks.append(self._ports.spawn(self._offers(), name="offers"))

    def _from_workbench(self, message: ToHelper) -> None:
        match message:
            case ShownUpTo():
                self._pictures.shown_up_to(message.sequence)
            case AskKeyframe():
                self._pictures.ask_key()
            case KeepLease():
                self._inputs.renew(message.epoch)
            case AskScope():
                self._asked(message)
            case Leave():
                self._carry_out(self._machine.agent_left())
            case _:
                self._inputs.add(message)

    def _asked(self, ask: AskScope) -> None:
        if self._path is None:
            return
        try:
            bound = self._path.check_ask(ask, self._ports.root, self._now())
        except BanwenError as error:
            self._refuse_unbound(error)
        else:
            self._carry_out(self._machine.bound(bound, self._now()))

    async def _send_pictures(self) -> None:
        try:
            await self._pictures.run()
        except BanwenError as error:
            self._error = error
            self.stop("policy")

    async def _ticks(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._inputs.tick()
            self._carry_out(self._machine.tick(self._now()))

    def _carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case AskConsent():
                    self._ask_person(action)
                case CloseConsent():
                    self._ports.face.close_consent()
                case Connect():
                    self._tasks.append(self._ports.spawn(self._connect(), name="connect"))
                case Grant():
                    self._grant(action)
                case Refuse():
                    self._refuse(action)
                case Revoke():
                    self._revoke(action)
                case End():
                    self._end(action.reason)

    def _ask_person(self, action: AskConsent) -> None:
        self._tasks.append(self._ports.spawn(self._pictures.prepare(), name="prepare"))
        self.record.note(f"{action.agent.name}（工号 {action.agent.number}）请求{named(action.scope)}", self._now())
        self._ports.face.ask_consent(action.agent, action.scope, self._machine.granted, action.until)

    async def _connect(self) -> None:
        if self._path is None:
            return
        try:
            await self._path.connect()
        except BanwenError as error:
            self._error = error
            self._carry_out(self._machine.take_back(ALL, "lost"))

    def _grant(self, grant: Grant) -> None:
        self.record.granted(grant.scope, grant.proof, self._now())
        self._inputs.open(lambda: self.stop("hotkey"))
        if Privilege.CONTROL in grant.scope:
            self._inputs.grant(grant.epoch, grant.until - self._now())
        self._reports.add("granted", grant.scope)
        self._tell(ScopeGranted(scope=sorted(grant.scope), epoch=grant.epoch, expires_at=grant.until))
        self._ports.face.show_granted(grant.proof.agent, grant.scope)
        self._show_pictures()

    def _show_pictures(self) -> None:
        seen = self._machine.may(Privilege.VIEW, self._now()) and self._path is not None and self._path.is_open
        self._pictures.show_to(self._path if seen else None)

    def _refuse(self, action: Refuse) -> None:
        self.record.note(f"未允许{named(action.scope)}", self._now())
        self._reports.add("refused", action.scope, action.reason)
        self._tell(ScopeRefused(scope=sorted(action.scope), reason=action.reason))

    def _revoke(self, action: Revoke) -> None:
        if Privilege.CONTROL not in action.scope:
            self._inputs.revoke()
        self._show_pictures()
        self.record.note(f"收回授权，剩余：{named(action.scope)}", self._now())
        self._reports.add("revoked", action.scope, action.reason)
        self._tell(ScopeRevoked(scope=sorted(action.scope), epoch=action.epoch, reason=action.reason))
        if self._machine.agent is not None:
            self._ports.face.show_granted(self._machine.agent, action.scope)

    def _tell(self, message: Message) -> None:
        """Tell the workbench now, or when the path opens."""
        if self._path is not None and self._path.is_open:
            self._path.say(message)
        elif isinstance(message, ScopeGranted):
            self._bound[:] = [message]

    def _end(self, reason: str) -> None:
        self._inputs.revoke()
        self._pictures.show_to(None)
        self.record.note("协助结束", self._now())
        self._reports.add("ended", reason=reason)
        self._tell(Left(reason=reason if reason != "declined" else "taxpayer"))
        self._ports.face.goodbye(reason, self._error)
        self._ports.spawn(self._close(), name="farewell")

    async def _close(self) -> None:
        """Let the last words out, to relay and workbench, then close everything."""
        if self._tasks:
            await self._wait_until_told()
        for task in self._tasks:
            task.cancel()
        await self._pictures.close()
        if self._path is not None:
            await self._path.close(farewell=True)
        await self._inputs.close()
        self.finished.set()

    async def _wait_until_told(self) -> None:
        try:
            async with asyncio.timeout(REPORT_SECONDS):
                await self._reports.told()
        except TimeoutError:
            log.warning("relay did not hear the end")
