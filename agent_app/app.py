"""The composition root: joins windows, services and adapters. What is heavy is loaded behind the first paint."""

import asyncio
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from agent_app.adapters.files import Files, Remembered, data_folder, keys_folder, server_address
from agent_app.loop import run
from agent_app.spawn import spawn
from agent_app.views.login import LoginWindow
from agent_app.views.theme import Wear, dress, palette_of
from agent_app.views.wishes import LogIn
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ClientId

if TYPE_CHECKING:
    from agent_app.adapters.http import SessionHttp
    from agent_app.wiring import Wiring
    from relay_protocol.certificates import CertifiedAgent

HEAVY = ("agent_app.adapters.relay", "agent_app.adapters.http", "agent_app.adapters.paths", "agent_app.wiring")
"""What the log-in will need; imported behind the first paint."""


def open_workbench(server: str) -> int:
    """Run the workbench until its last window is closed. `server` wins over the one remembered."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("banwen-agent")
    application.setApplicationDisplayName("办问协同")
    _speak_chinese(application)
    program = Program(server, application)
    run(application, program.begin, program.end)
    return 0


def enrol_here(root: Path, agent: "CertifiedAgent", days: int) -> float:
    """Make the agent's key, certify it under the root in folder `root`, keep both here; return when it expires.

    The time is in Unix seconds. Raise BanwenError when there is no such root.
    """
    from relay_client.identity import enrol, save_credentials, secret_store

    credentials = enrol(root, agent, time.time(), days)
    save_credentials(secret_store(keys_folder()), credentials)
    return credentials.expires_at()


class Program:
    """Log-in and workbench, one after the other."""

    def __init__(self, server: str, application: QApplication) -> None:
        self._application = application
        self._files = Files(data_folder())
        remembered = self._files.remembered()
        self._look = Wear(remembered.look) if remembered.look in set(Wear) else Wear.SYSTEM
        dress(application, palette_of(self._look, application))
        application.styleHints().colorSchemeChanged.connect(lambda _: self._wear(self._look))
        self.login = LoginWindow(server or remembered.server, remembered.username)
        self.login.wished.connect(lambda wish: spawn(self._log_in(wish), name="login"))
        self.login.focus_first_empty()
        self.work: Wiring | None = None
        self._http: SessionHttp | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Show the log-in, and load behind its first paint what comes next."""
        self.login.painted.connect(lambda: spawn(_warm_up(), name="warm-up"))
        self.login.show()

    async def end(self) -> None:
        """Put everything away."""
        for task in self._tasks:
            task.cancel()
        if self.work is not None:
            self.work.close()
            self.work = None
        if self._http is not None:
            await self._http.aclose()

    def _wear(self, look: Wear) -> None:
        """Take a look, show it in what is open, and remember it."""
        self._look = look
        dress(self._application, palette_of(look, self._application))
        self._files.remember(replace(self._files.remembered(), look=look))
        if self.work is not None:
            self.work.wear(look)

    async def _log_in(self, wish: LogIn) -> None:
        self.login.busy(True)
        try:
            self.work = await self._start(wish)
        except BanwenError as error:
            self.login.fail(error.message)
            return
        self._files.remember(Remembered(wish.server, wish.username, self._look))
        self.work.window.show()
        self.login.hide()
        self.login.busy(False)
        self.login.password.clear()

    async def _start(self, wish: LogIn) -> "Wiring":
        """Log in, then join window, services and adapters. Raise BanwenError when the log-in fails."""
        from agent_app.adapters.http import SessionHttp
        from agent_app.adapters.paths import SignedPaths
        from agent_app.adapters.relay import LinkedRelay
        from agent_app.services import session
        from agent_app.wiring import Wiring
        from relay_client.identity import secret_store

        http = SessionHttp(server_address(wish.server))
        try:
            who = await session.login(http, wish.username, wish.password)
        except BaseException:
            await http.aclose()
            raise
        paths = SignedPaths(lambda: secret_store(keys_folder()), who.agent.number)
        work = Wiring(who, http, paths, self._files, self._leave, self._wear)
        work.wear(self._look)
        relay = LinkedRelay(
            server_address(wish.server),
            who.token,
            ClientId(work.desk.new_id()),
            on_message=work.hear,
            on_state=work.link_moved,
            on_restart=work.restarted,
        )
        work.begin(relay)
        self._tasks = [spawn(relay.run(), name="link")]
        self._http = http
        return work

    def _leave(self, why: str) -> None:
        """Back to the log-in: the agent logged out, or the relay refuses the session."""
        if self.work is None:
            return
        self.login.show()
        self.login.focus_first_empty()
        if why:
            self.login.fail(why)
        spawn(self.end(), name="end")


async def _warm_up() -> None:
    for name in HEAVY:
        await asyncio.sleep(0)
        await asyncio.to_thread(import_module, name)


def _speak_chinese(application: QApplication) -> None:
    """Qt's own buttons and dialogs in Chinese."""
    QLocale.setDefault(QLocale(QLocale.Language.Chinese, QLocale.Country.China))
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load("qtbase_zh_CN", folder):
        application.installTranslator(translator)
