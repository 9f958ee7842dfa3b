"""Puts the helper together: windows first, everything heavy after the first paint."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from relay_protocol.errors import BanwenError
from relay_protocol.messages import Message
from remote_helper.parts import command
from remote_helper.spawn import spawn
from remote_helper.views.theme import dress
from remote_helper.views.windows import Windows, Wishes

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from remote_helper.joining import Joined
    from remote_helper.session import HelperSession

PAINT_SECONDS = 0.05
SIGNAL_MS = 300


class HelperApp:
    """One run of the program: one code, one assistance, one goodbye."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._leaving = asyncio.Event()
        self._session: HelperSession | None = None
        self._warm: asyncio.Future[None]
        self._windows = Windows(
            Wishes(
                code=self._code_given,
                allow=lambda scope: self._on_session(lambda session: session.allow(scope)),
                deny=lambda: self._on_session(lambda session: session.deny()),
                stop=lambda reason: self._on_session(lambda session: session.stop(reason)),
                take_control_back=lambda: self._on_session(lambda session: session.take_control_back()),
                record=lambda: self._session.record.text() if self._session else "",
                leave=self._leaving.set,
            ),
            hot_key=lambda: self._session is not None and self._session.hears_hot_key,
        )

    async def run(self, code: str) -> None:
        """Show the first page; join at once when the code is known; return when the person leaves."""
        self._windows.start(code)
        await asyncio.sleep(PAINT_SECONDS)  # the page first: what follows takes a second
        self._warm = spawn(asyncio.to_thread(_import_heavy), name="warm up")
        if code:
            self._code_given(code)
        await self._leaving.wait()
        if self._session is not None:
            self._session.stop("button")
            await self._session.finished.wait()

    def leave(self) -> None:
        """Somebody wants the program to end."""
        self._leaving.set()

    def from_relay(self, message: Message) -> None:
        """Hear what the link delivers."""
        self._on_session(lambda session: session.from_relay(message))

    def link_is_live(self) -> None:
        """The relay listens."""
        self._on_session(lambda session: session.begin())

    def link_refused(self, error: BanwenError) -> None:
        """The relay does not want us."""
        self._on_session(lambda session: session.refused(error))

    def _on_session(self, do: Callable[["HelperSession"], None]) -> None:
        if self._session is not None:
            do(self._session)

    def _code_given(self, code: str) -> None:
        self._windows.connecting()
        spawn(self._join(code), name="join")

    async def _join(self, code: str) -> None:
        """Redeem the code and make the session; the heavy imports are done, or nearly, by another thread."""
        await self._warm
        from remote_helper.joining import join
        from remote_helper.trust import pinned_root

        try:
            root = pinned_root()
            joined = await join(self._server, code, self)
        except BanwenError as error:
            self._windows.complain(error)
            return
        self._session = self._new_session(joined, root)
        self._windows.waiting()
        spawn(joined.link.run(), name="link")

    def _new_session(self, joined: "Joined", root: "Certificate") -> "HelperSession":
        from remote_helper.capture.process import CaptureProcess
        from remote_helper.control.platform import open_control
        from remote_helper.session import HelperSession, Ports

        ports = Ports(
            link=joined,
            face=self._windows,
            root=root,
            open_control=lambda audit: open_control(self._windows.native_ids, audit, time.monotonic),
            start_capture=lambda: CaptureProcess.start(command("remote_helper.capture.worker")),
            spawn=spawn,
        )
        return HelperSession(joined.assist, ports)


def _import_heavy() -> None:
    """Import what an assistance needs and the first page does not; cheapest first, so that joining need not wait."""
    for module in ("remote_helper.joining", "remote_helper.session", "remote_helper.control.platform"):
        import_module(module)


def open_helper(server: str, code: str) -> int:
    """Run the program until its person leaves; return its exit code."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("banwen-helper")
    application.setQuitOnLastWindowClosed(False)
    dress(application)
    loop = QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        app = HelperApp(server)
        _leave_on_signals(app, application)
        loop.run_until_complete(app.run(code))
    return 0


def _leave_on_signals(app: HelperApp, application: QApplication) -> None:
    """Python sees a signal between bytecodes only, and an idle Qt loop runs none: a timer makes it run some."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: app.leave())
    timer = QTimer(application)
    timer.timeout.connect(lambda: None)
    timer.start(SIGNAL_MS)
