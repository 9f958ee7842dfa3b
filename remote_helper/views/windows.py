"""All windows of the helper, as one face for the session: it shows what it is told and hands wishes on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QStackedWidget

from relay_protocol.certificates import CertifiedAgent
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import Privilege
from remote_helper.views.bar import Bar
from remote_helper.views.border import Border
from remote_helper.views.consent import ConsentDialog
from remote_helper.views.pages import CodePage, EndPage, WaitPage
from remote_helper.views.widgets import center

Scope = frozenset[Privilege]
WAITING = (
    "正在等待税务座席接通……",
    "接通后会先核验对方的身份，再问您是否同意。在您同意之前，对方看不到您的屏幕。",
)
ENDINGS = {
    "taxpayer": ("远程协助已停止", "对方已经看不到您的屏幕，也不能再操作您的电脑。"),
    "agent": (
        "座席已结束远程协助",
        "对方已经看不到您的屏幕，也不能再操作您的电脑。如还有问题，请回到在线咨询窗口继续提问。",
    ),
    "declined": ("您没有同意", "对方没有看到您的屏幕。如需帮助，请回到在线咨询窗口，仍可继续文字咨询。"),
    "expired": ("没有及时选择，已自动拒绝", "对方没有看到您的屏幕。如仍需要协助，请让座席重新发起邀请。"),
    "lost": ("连接已断开", "网络中断，协助已经停止，对方不能再看到或操作您的电脑。请检查网络，让座席重新发起邀请。"),
}
WIDTH, MINIMUM = 600, (480, 480)
NOT_BOUND = "为保障您的安全，已拒绝连接"


@dataclass
class Wishes:
    """What the person may want; the app fills in who hears it."""

    code: Callable[[str], None]
    allow: Callable[[Scope], None]
    deny: Callable[[], None]
    stop: Callable[[str], None]
    take_control_back: Callable[[], None]
    record: Callable[[], str]
    leave: Callable[[], None]


class _Window(QStackedWidget):
    """The one ordinary window. Closing it is leaving."""

    def __init__(self, on_close: Callable[[], None]) -> None:
        super().__init__()
        self._on_close = on_close
        self.setWindowTitle("办问协同 远程协助")
        self.setMinimumSize(*MINIMUM)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self._on_close()


class Windows:
    """Make it after the QApplication; `start` shows the first page."""

    def __init__(self, wishes: Wishes, *, hot_key: Callable[[], bool]) -> None:
        self._wishes, self._hot_key = wishes, hot_key
        self._window = _Window(wishes.leave)
        self._code, self._wait, self._end = CodePage(), WaitPage(), EndPage()
        for page in (self._code, self._wait, self._end):
            self._window.addWidget(page)
        self._code.given.connect(wishes.code)
        self._wait.cancelled.connect(wishes.leave)
        self._end.closed.connect(wishes.leave)
        self._end.save_wanted.connect(self._save)
        self._consent: ConsentDialog | None = None
        self._bar, self._border = Bar(), Border()
        self._bar.stopped.connect(lambda: wishes.stop("button"))
        self._bar.control_taken_back.connect(wishes.take_control_back)
        self._bar.second_passed.connect(self._border.show)
        self._seen = False

    def start(self, code: str) -> None:
        """Show the first page, with what is known of the code."""
        self._code.fill(code)
        self._show(self._code)

    def native_ids(self) -> frozenset[int]:
        """Return the window system's identifiers of everything of ours that can be seen."""
        return frozenset(int(window.winId()) for window in QGuiApplication.topLevelWindows() if window.isVisible())

    def connecting(self, title: str = "正在连接……", text: str = "") -> None:
        """Say that something is under way."""
        self._wait.say(title, text)
        self._show(self._wait)

    def waiting(self) -> None:
        """Say that the agent is waited for."""
        self.connecting(*WAITING)

    def complain(self, error: BanwenError) -> None:
        """Back to the code, with what was wrong."""
        self._show(self._code)
        self._code.complain(error.message)

    def ask_consent(self, agent: CertifiedAgent, scope: Scope, granted: Scope, until: float) -> None:
        """Ask the person, above everything else."""
        self.close_consent()
        dialog = ConsentDialog(agent, scope, granted, until, self._bar.height() if self._bar.isVisible() else 0)
        dialog.allowed.connect(self._wishes.allow)
        dialog.denied.connect(self._wishes.deny)
        self._consent = dialog
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def close_consent(self) -> None:
        """Take the question away."""
        if self._consent is not None:
            dialog, self._consent = self._consent, None
            dialog.dismiss()
            dialog.deleteLater()

    def show_granted(self, agent: CertifiedAgent, scope: Scope) -> None:
        """Border and bar as long as anything is granted; the window is out of the way meanwhile."""
        if not scope:
            self._bar.put_away()
            self._border.hide()
            return
        self._seen = True
        self._window.hide()
        self._border.show()
        self._bar.show_for(agent, scope, self._hot_key())

    def show_paused(self, seconds: float) -> None:
        """Say that the person's own hand goes first."""
        self._bar.pause(seconds)

    def goodbye(self, reason: str, error: BanwenError | None) -> None:
        """Say how it ended."""
        self.close_consent()
        self._bar.put_away()
        self._border.hide()
        if error is not None:
            title = NOT_BOUND if error.code is ErrorCode.UNBOUND else "远程协助无法继续"
            self._end.say(title, error.message, well=False, record=self._seen)
        else:
            title, text = ENDINGS.get(reason, ENDINGS["lost"])
            if reason == "taxpayer" and not self._seen:
                title, text = ENDINGS["declined"]
            self._end.say(title, text, well=reason in ("taxpayer", "agent"), record=self._seen)
        self._show(self._end)

    def _show(self, page: CodePage | WaitPage | EndPage) -> None:
        self._window.setCurrentWidget(page)
        if not self._window.isVisible():
            center(self._window, WIDTH)
            self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        page.setFocus()

    def _save(self) -> None:
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        suggested = str(Path(folder) / "远程协助记录.txt")
        name, _ = QFileDialog.getSaveFileName(self._window, "保存本次记录", suggested, "文本文件 (*.txt)")
        if not name:
            return
        try:
            Path(name).write_text(self._wishes.record(), encoding="utf-8")
        except OSError as error:
            self._end.saved(f"没有存成：{error.strerror}。请换一个位置再试。")
        else:
            self._end.saved(f"已保存到 {name}")
