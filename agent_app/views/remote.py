"""The window of a remote assistance: where it stands, the taxpayer's screen, an alarm colour while we control it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QToolButton, QWidget

from agent_app.ports import PictureChanged
from agent_app.state.assist import Phase, state_line
from agent_app.state.consultation import Consultation, Stage
from agent_app.state.workbench import Workbench
from agent_app.views.empty import EmptyState
from agent_app.views.screen import RemoteScreen
from agent_app.views.theme import mark
from agent_app.views.widgets import button, column, fit_screen, frame, label, row, tool
from agent_app.views.wishes import AskControl, InviteAssist, StopAssist


class RemoteWindow(QWidget):
    """Emits `wished`. Closing it hides it; only 「结束协助」 ends the assistance."""

    wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("远程协助"))
        self._one: Consultation | None = None
        self.screen_view = RemoteScreen()
        self.screen_view.wished.connect(self.wished)
        self.line = label(name="stateLine")
        self.line.setAccessibleName(self.tr("远程协助状态"))
        self.ask = button(self.tr("请求控制"), picture="control", then=lambda: self.wished.emit(AskControl()))
        self.again = button(self.tr("再次邀请"), "primary", picture="screen", then=self._invite)
        self.stop = button(self.tr("结束协助"), "danger", then=self._stop)
        self.stop.setObjectName("stop")
        self.away = button(self.tr("关闭窗口"), hint=self.tr("关闭窗口，回到工作台"), then=self.close)
        self.fit = _toggle(self.tr("适应窗口"), "fit", self.tr("按窗口大小或按原始大小显示"))
        self.fit.setChecked(True)
        self.fit.toggled.connect(self.screen_view.set_fit)
        self.full = _toggle(self.tr("全屏"), "actual", self.tr("全屏（F11）"))
        self.full.toggled.connect(lambda on: self.showFullScreen() if on else self.showNormal())
        self._bar = frame("remoteBar")
        self._bar.setLayout(row(self.line, 0, self.ask, self.again, self.fit, self.full, self.stop, self.away, pad=10))
        self._empty = EmptyState("screen")
        self._ground = QWidget()
        self._ground.setObjectName("remoteFrame")
        self._ground.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        scroll = QScrollArea()
        scroll.setWidget(self.screen_view)
        scroll.setWidgetResizable(True)
        scroll.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(scroll)
        self._ground.setLayout(column(self._stack, pad=4, gap=0))
        self.setLayout(column(self._bar, self._ground, gap=0))
        fit_screen(self, 1120, 760)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)  # the workbench's own end is not held up

    def show_state(self, state: Workbench, one: Consultation | None, now: float) -> None:
        """Draw where the assistance of this consultation stands."""
        self._one = one
        if one is None:
            return
        live = state.live if state.live is not None and state.live.id == one.assist.id else None
        controls = live is not None and live.controls
        seen = live is not None and bool(live.scope)
        self.setWindowTitle(self.tr("远程协助 · {0}").format(one.name))
        self.line.setText(state_line(one.assist, state.live, now))
        self.ask.setVisible(seen and not controls)
        self.ask.setEnabled(seen and live is not None and not live.asking)
        over = one.assist.phase in (Phase.REFUSED, Phase.ENDED)
        self.again.setVisible(over and one.stage is Stage.ACTIVE)
        self.stop.setVisible(one.assist.running)
        self.away.setVisible(not one.assist.running)
        self.fit.setVisible(seen)
        self.full.setVisible(seen or self.full.isChecked())
        for part in (self._bar, self._ground):
            mark(part, "tone", "danger" if controls else "")
        self.screen_view.set_control(controls)
        self._show_picture_or_words(one, seen)

    def show_picture(self, event: PictureChanged) -> None:
        """Draw what changed on the taxpayer's screen."""
        self.screen_view.show_picture(event.pixels, event.width, event.height, event.rects, event.pointer)
        self._stack.setCurrentIndex(1)

    def clear(self) -> None:
        """The path is gone."""
        self.screen_view.set_control(False)
        self.screen_view.clear()
        self._stack.setCurrentIndex(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F11:
            self.full.toggle()
        elif event.key() == Qt.Key.Key_Escape and self.full.isChecked():
            self.full.setChecked(False)
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide: what runs goes on, and the strip in the chat leads back here."""
        self.screen_view.clearFocus()
        event.ignore()
        self.hide()

    def _show_picture_or_words(self, one: Consultation, seen: bool) -> None:
        if seen and not self.screen_view.picture_size.isEmpty():
            self._stack.setCurrentIndex(1)
            return
        self._stack.setCurrentIndex(0)
        hints = {
            Phase.INVITED: (self.tr("等待纳税人"), self.tr("纳税人的页面已显示邀请和协助码，10 分钟内有效")),
            Phase.JOINED: (self.tr("等待同意"), self.tr("对方正在查看您的姓名、单位和请求，60 秒未答复视为不同意")),
            Phase.GRANTED: (self.tr("正在连接"), self.tr("纳税人已同意，画面马上显示")),
            Phase.REFUSED: (self.tr("未开始"), one.assist.why),
        }  # fmt: skip
        self._empty.say(*hints.get(one.assist.phase, (self.tr("协助已结束"), one.assist.why)))

    def _invite(self) -> None:
        if self._one is not None:
            self.wished.emit(InviteAssist(self._one.id))

    def _stop(self) -> None:
        if self._one is not None:
            self.wished.emit(StopAssist(self._one.id))


def _toggle(name: str, picture: str, hint: str) -> QToolButton:
    made = tool(name, picture, hint=hint, text=True, tone="", ink="bar_text")
    made.setCheckable(True)
    return made
