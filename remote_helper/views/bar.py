"""The bar on top of the screen while anything is granted: who, what, how long, and a big button that stops it."""

import time

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from relay_protocol.certificates import CertifiedAgent
from relay_protocol.messages import Privilege
from remote_helper.views.widgets import button, label

SECOND_MS = 1000
SLACK = 8
PAUSED = "您在操作，对方已暂停"
FLAGS = (
    Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    | Qt.WindowType.X11BypassWindowManagerHint
    | Qt.WindowType.WindowDoesNotAcceptFocus
    | Qt.WindowType.Tool
)


class Bar(QWidget):
    """Shown by `show_for`. It takes no focus, so it never steals a key; it can be dragged aside by its text."""

    stopped = Signal()
    control_taken_back = Signal()
    second_passed = Signal()

    def __init__(self) -> None:
        super().__init__(None, FLAGS)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("远程协助进行中")
        self.setAccessibleName("远程协助进行中")
        self._text = label(wrap=False)
        self._elapsed = label(tone="elapsed", wrap=False)
        self._less = button("收回操作", self.control_taken_back.emit, describe="对方仍能查看屏幕，但不能再操作")
        self._stop = button("停止", self.stopped.emit, tone="danger", describe="立即结束远程协助")
        self._since = self._pause_until = 0.0
        self._says = ""
        self._dragged_from: QPoint | None = None
        self._placed = False
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 13, 12, 10)
        row.setSpacing(14)
        dot = label("●", "dot", wrap=False)
        dot.setAccessibleName("进行中")
        for widget in (dot, self._text, self._elapsed, self._less, self._stop):
            row.addWidget(widget)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)

    def show_for(self, agent: CertifiedAgent, scope: frozenset[Privilege], hot_key: bool) -> None:
        """Say who may do what; `hot_key` adds how to stop by keyboard."""
        control = Privilege.CONTROL in scope
        doing = "正在操作您的电脑" if control else "正在查看您的屏幕"
        self._says = f"{agent.name}（{agent.number}）{doing}"
        self._less.setVisible(control)
        self._stop.setText("停止（按两次 Esc）" if hot_key else "停止")
        self._keep_still()
        if not self.isVisible():
            self._since = time.monotonic()
            self._timer.start(SECOND_MS)
        self._tick()
        self.show()
        self._fit()

    def _keep_still(self) -> None:
        """Give changing texts the room of the longest: a button must not move away from under the mouse."""
        for widget, texts in ((self._text, (PAUSED, self._says)), (self._elapsed, (self._elapsed_text(0),))):
            widget.ensurePolished()
            metrics = widget.fontMetrics()
            widget.setFixedWidth(max(metrics.horizontalAdvance(text) for text in texts) + SLACK)

    def _elapsed_text(self, seconds: float) -> str:
        minutes, rest = divmod(int(seconds), 60)
        return f"已用时 {minutes:02d}:{rest:02d}"

    def pause(self, seconds: float) -> None:
        """Say for a moment that the person's own hand goes first."""
        self._pause_until = time.monotonic() + max(seconds, 1.0)
        self._tick()
        QTimer.singleShot(int(max(seconds, 1.0) * 1000) + 50, self, self._tick)

    def put_away(self) -> None:
        """Nothing is granted any more."""
        self._timer.stop()
        self._placed = False
        self.hide()

    def _tick(self) -> None:
        if not self._timer.isActive():
            return  # a pause that ended after everything else did
        paused = time.monotonic() < self._pause_until
        self._text.setText(PAUSED if paused else self._says)
        self._elapsed.setText(self._elapsed_text(time.monotonic() - self._since))
        self._fit()
        self.second_passed.emit()
        self.raise_()

    def _fit(self) -> None:
        """Keep the natural width, in the middle of the upper edge until it was dragged."""
        wanted = self.sizeHint()
        if self.size() != wanted:
            self.resize(wanted)
        if not self._placed:
            screen = QGuiApplication.primaryScreen().geometry()
            self.move(screen.center().x() - wanted.width() // 2, screen.top())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_from is not None:
            self._placed = True
            self.move(event.globalPosition().toPoint() - self._dragged_from)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._dragged_from = None
