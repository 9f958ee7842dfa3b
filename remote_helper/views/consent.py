"""The question: may this agent do exactly this? Refusing is the default: by key, by silence, by closing the window."""

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from relay_protocol.certificates import CertifiedAgent
from relay_protocol.messages import Privilege
from remote_helper.views.widgets import button, card, center, label, scrolling

SETTLE_MS = 600
"""So long an allowing button stays off: a click or key meant for another window must not allow anything."""
TICK_MS = 250
WIDTH = 620
FLAGS = (
    Qt.WindowType.Dialog
    | Qt.WindowType.CustomizeWindowHint
    | Qt.WindowType.WindowTitleHint
    | Qt.WindowType.WindowCloseButtonHint
    | Qt.WindowType.WindowStaysOnTopHint
)
Scope = frozenset[Privilege]

VIEW_TITLE = "允许税务人员查看您的屏幕吗？"
CONTROL_TITLE = "允许税务人员操作您的电脑吗？"
VIEW_CAN = (
    "✓ 同意后，对方能看到您屏幕上的全部内容，就像站在您身边。请先关掉与办税无关的窗口。",
    "✗ 对方不能操作鼠标和键盘，也不会传送您电脑里的文件。",
)
CONTROL_CAN = (
    "✓ 同意后，对方能移动鼠标、点击、打字和粘贴文字，您随时看得到。",
    "✓ 您一动鼠标或键盘，对方马上暂停。",
    "✗ 不会传送您电脑里的文件。请看着屏幕，不要让对方打开与办税无关的窗口。",
)
WARNING = "税务人员不会向您索要银行卡密码、短信验证码，也不会让您转账。如有人这样要求，请点“拒绝”。"


class ConsentDialog(QDialog):
    """Asks once, until `until` (Unix seconds). `allowed` carries what the person allows, `denied` that they do not."""

    allowed = Signal(frozenset)
    denied = Signal()

    def __init__(self, agent: CertifiedAgent, scope: Scope, granted: Scope, until: float, free_above: int) -> None:
        super().__init__(None, FLAGS)
        self._scope, self._until, self._answered = scope, until, False
        self._total = max(1.0, until - time.time())
        wants_control = Privilege.CONTROL in scope and Privilege.CONTROL not in granted
        only_control = wants_control and Privilege.VIEW in granted
        title = CONTROL_TITLE if only_control else VIEW_TITLE
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self._clock = label(tone="quiet")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self._progress.setAccessibleName("剩余时间")
        self._yes = self._yes_buttons(wants_control, only_control)
        self._no = button("拒绝", self._deny, describe="不允许，对方什么也看不到、做不了")
        self._no.setAutoDefault(True)
        self._no.setDefault(True)
        self._lay_out(title, agent, wants_control, only_control)
        self._no.setFocus()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)
        QTimer.singleShot(SETTLE_MS, self, self._settled)
        self._tick()
        center(self, WIDTH, free_above)

    def _yes_buttons(self, wants_control: bool, only_control: bool) -> list[QPushButton]:
        """The first answer that is narrower than the question comes first."""
        view, both = frozenset({Privilege.VIEW}), self._scope
        if only_control:
            made = [button("同意操作", lambda: self._allow(both), tone="primary")]
        elif wants_control:
            made = [
                button("只允许查看", lambda: self._allow(view), tone="primary"),
                button("允许查看和操作", lambda: self._allow(both)),
            ]
        else:
            made = [button("同意查看", lambda: self._allow(view), tone="primary")]
        for one in made:
            one.setEnabled(False)
        return made

    def _lay_out(self, title: str, agent: CertifiedAgent, wants_control: bool, only_control: bool) -> None:
        """What is asked may scroll on a small screen; who asks, the time left and the answers are always in sight."""
        who = card(
            label(f"{agent.name}　工号 {agent.number}", "who"),
            label(agent.office),
            label("✓ 身份已由税务机关的证书核验", "ok"),
        )
        lines = () if only_control else VIEW_CAN[: 1 if wants_control else 2]
        lines += CONTROL_CAN if wants_control else ()
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 20, 28, 22)
        column.setSpacing(12)
        for widget in (
            label(title, "title"),
            who,
            scrolling(card(*(label(line) for line in lines)), label(WARNING, "warn")),
            self._progress,
            self._clock,
        ):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.setSpacing(12)
        for one in (self._no, *self._yes):
            row.addWidget(one, 1)
        column.addLayout(row)

    def dismiss(self) -> None:
        """Go away without an answer: it was given elsewhere, or matters no more."""
        self._answered = True
        self.close()

    def _settled(self) -> None:
        for one in self._yes:
            one.setEnabled(True)

    def _tick(self) -> None:
        left = max(0.0, self._until - time.time())
        self._clock.setText(f"{int(left + 0.99)} 秒内没有选择，将自动拒绝")
        self._progress.setValue(int(1000 * left / self._total))

    def _allow(self, scope: Scope) -> None:
        if not self._answered:
            self._answered = True
            self.allowed.emit(scope)
            self.close()

    def _deny(self) -> None:
        if not self._answered:
            self._answered = True
            self.denied.emit()
            self.close()

    def reject(self) -> None:
        """Esc refuses."""
        self._deny()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the window refuses."""
        self._timer.stop()
        if not self._answered:
            self._answered = True
            self.denied.emit()
        super().closeEvent(event)
