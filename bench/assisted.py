"""A remote assistance to measure: a real relay, real log-ins, the shipped helper on a desktop of its own, real consent.

The other end is the workbench's own library in this process, timed where a picture is decoded and ready to be drawn.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bench.clients import Person, Run, crew, join_agent, join_taxpayer, take_number
from installer.helper.pin import development_root, pin
from relay_client.assist import AssistEvent, AssistPeer
from relay_client.identity import Credentials, enrol
from relay_client.link import new_request_id
from relay_protocol.certificates import CertifiedAgent
from relay_protocol.messages import AskAssist, AssistInvitation, Message, Privilege, SdpOffer
from tests.e2e.desktops import Desktop, Size, taxpayer_desktop
from tests.e2e.eyes import Eyes, open_eyes
from tests.e2e.hand import Hand
from tests.e2e.processes import end
from tests.running import APP, RunningRelay, running_relay

HELPER = Path(sys.executable).with_name("banwen-helper")
ROOT = Path(__file__).parent.parent / ".dev" / "root"
T = TypeVar("T")


@dataclass
class Ends:
    """The two people, linked to the relay, and what is heard of the assistance. Times are of `time.monotonic`."""

    relay: RunningRelay
    desktop: Desktop
    eyes: Eyes
    agent: Person
    taxpayer: Person
    credentials: Credentials
    run: Run
    events: list[tuple[float, AssistEvent]] = field(default_factory=list)
    on_event: Callable[[float, AssistEvent], None] = lambda at, event: None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    peer: AssistPeer | None = None
    _codes: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.agent.other, self.taxpayer.other = self._to_agent, self._to_taxpayer

    async def invite(self) -> str:
        """The agent asks to see the screen; return the code on the taxpayer's page."""
        if self.taxpayer.consultation is None:
            raise RuntimeError("no consultation")
        ask = AskAssist(request_id=new_request_id(), consultation=self.taxpayer.consultation, scope=[Privilege.VIEW])
        await self.agent.ask(ask)
        return await self._codes.get()

    async def consent(self, button: str) -> float:
        """The taxpayer clicks this button of the question as soon as it can be clicked; return when."""
        found = await asyncio.to_thread(lambda: self.eyes.wait("push button", button, enabled=True, seconds=30))
        at = time.monotonic()
        await asyncio.to_thread(Hand(self.desktop).click, *found.box.center)
        return at

    async def wait(self, kind: type[T], seconds: float = 30.0) -> tuple[float, T]:
        """The first event of this kind, and when it came."""
        async with asyncio.timeout(seconds):
            while True:
                for at, event in self.events:
                    if isinstance(event, kind):
                        return at, event
                self.changed.clear()
                await self.changed.wait()

    @asynccontextmanager
    async def helper(self, code: str) -> AsyncIterator[subprocess.Popen[bytes]]:
        """The helper's process, started with the code."""
        self.events.clear()
        process = self.desktop.run([HELPER, "--server", self.relay.url, "--code", code], "helper.log")
        try:
            yield process
        finally:
            await asyncio.to_thread(end, process)
            if self.peer is not None:
                await self.peer.end()

    def _to_taxpayer(self, message: Message) -> None:
        if isinstance(message, AssistInvitation):
            self._codes.put_nowait(message.code)

    def _to_agent(self, message: Message) -> None:
        if isinstance(message, SdpOffer):
            self.run(self._answer(message))

    async def _answer(self, offer: SdpOffer) -> None:
        self.peer, answer = await AssistPeer.answer(offer, self.credentials, [Privilege.VIEW], on_event=self._heard)
        if self.agent.link is not None:
            self.agent.link.say(answer)
        self.run(self.peer.run())

    def _heard(self, event: AssistEvent) -> None:
        at = time.monotonic()
        self.events.append((at, event))
        self.on_event(at, event)
        self.changed.set()


@asynccontextmanager
async def assisted(folder: Path, size: Size | None = None) -> AsyncIterator[Ends]:
    """Put everything up below `folder`, with a consultation that has an agent, and end it again."""
    with (
        running_relay(folder / "relay") as relay,
        taxpayer_desktop(folder / "logs", size) as desktop,
        open_eyes(desktop) as eyes,
    ):
        async with crew() as run:
            agent = await join_agent(relay.url, "8001", relay.passwords["8001"], run)
            taxpayer = await join_taxpayer(relay.url, APP, run)
            await take_number(taxpayer)
            async with asyncio.timeout(30):
                await taxpayer.served.wait()
            if agent.snapshot is None:
                raise RuntimeError("no snapshot")
            me = agent.snapshot.me
            pin(development_root(ROOT))
            credentials = enrol(ROOT, CertifiedAgent(me.number, me.name, me.office.name), time.time())
            yield Ends(relay, desktop, eyes, agent, taxpayer, credentials, run)
