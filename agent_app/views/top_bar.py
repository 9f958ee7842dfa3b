"""The bar at the top: presence, who works here, the link, who waits."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QSizePolicy, QToolButton

from agent_app.state.timers import Urgency, clock, urgency
from agent_app.state.workbench import Workbench
from agent_app.views.icons import icon, pixmap
from agent_app.views.theme import colors
from agent_app.views.widgets import Elided, label, row, tool
from agent_app.views.wishes import ChoosePresence, LogOut
from relay_protocol.link import LinkState
from relay_protocol.messages import PresenceState

BREAKS = ("用餐", "会议", "培训", "短暂离开")
NAMES = {
    PresenceState.READY: "空闲",
    PresenceState.BUSY: "忙碌",
    PresenceState.BREAK: "小休",
    PresenceState.OFFLINE: "离线",
}
DOTS = {
    PresenceState.READY: "#4fc98a",
    PresenceState.BUSY: "#f08585",
    PresenceState.BREAK: "#e8b654",
    PresenceState.OFFLINE: "#9aa7b8",
}
LINKS = {
    LinkState.LIVE: "已连接",
    LinkState.OFFLINE: "未连接",
    LinkState.CONNECTING: "正在重新连接",
    LinkState.GREETING: "正在重新连接",
    LinkState.RESUMING: "正在恢复",
    LinkState.REFUSED: "连接被拒绝",
}
_WAIT_TONES = {Urgency.CALM: "#ffffff", Urgency.HURRY: "#ffd894", Urgency.LATE: "#ffb3b3"}


class TopBar(QFrame):
    """Emits `wished` with presence and log-out; `helped` asks for the sheet of shortcuts."""

    wished = Signal(object)
    helped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.presence = tool(self.tr("状态"), "chevron-down", text=True, tone="", ink=colors().bar_text, size=12)
        self.presence.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.presence.setMenu(self._menu())
        self.presence.setMinimumWidth(104)
        self.person = Elided(name="person")
        self.queue = label(name="queue")
        self.link = label(name="link")
        self._link_icon = QLabel()
        keys = tool(self.tr("快捷键"), "keyboard", hint=self.tr("快捷键（F1）"), tone="", ink=colors().bar_text)
        keys.clicked.connect(self.helped)
        self.setLayout(
            row(
                _logo(), label(self.tr("办问协同"), name="brand"), 14, self.presence, self.person,
                self.queue, 14, self._link_icon, self.link, 6, keys,
            )
        )  # fmt: skip
        self.person.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.layout().setContentsMargins(16, 8, 12, 8)  # type: ignore[union-attr]

    def show_state(self, state: Workbench, now: float) -> None:
        """Draw what the state says."""
        name = NAMES[state.presence]
        caption = f"{name} · {state.reason}" if state.reason and state.presence is PresenceState.BREAK else name
        self.presence.setText(f"{caption}  ▾")
        self.presence.setAccessibleName(self.tr("状态：") + caption)
        self.presence.setToolTip(self.tr("切换状态（F9 空闲，F10 忙碌）"))
        self.presence.setIcon(_dot(DOTS[state.presence]))
        me = state.me
        self.person.setText(f"{me.name} · 工号 {me.number} · {me.office.name}")
        self._show_link(state)
        self.tick(state, now)

    def tick(self, state: Workbench, now: float) -> None:
        """Draw how long the first of the queue waits."""
        waited = now - state.oldest_at if state.oldest_at is not None and state.waiting else 0.0
        words = f"排队 {state.waiting} 人"
        if state.waiting:
            words += f" · 最长等待 {clock(waited)}"
        self.queue.setText(words)
        self.queue.setStyleSheet(f"color: {_WAIT_TONES[urgency(waited)]}")

    def _show_link(self, state: Workbench) -> None:
        live = state.link is LinkState.LIVE
        ink = "#7fd8ab" if live else "#ffd894"
        self._link_icon.setPixmap(pixmap("link" if live else "link-off", ink, 16, self.devicePixelRatioF()))
        self.link.setText(LINKS[state.link])
        self.link.setAccessibleName(self.tr("连接状态：") + LINKS[state.link])

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        self._choice(menu, self.tr("空闲"), ChoosePresence(PresenceState.READY))
        self._choice(menu, self.tr("忙碌"), ChoosePresence(PresenceState.BUSY))
        menu.addSeparator()
        for reason in BREAKS:
            self._choice(menu, self.tr("小休 · ") + reason, ChoosePresence(PresenceState.BREAK, reason))
        menu.addSeparator()
        leave = QAction(self.tr("退出登录"), menu)
        leave.triggered.connect(lambda: self.wished.emit(LogOut()))
        menu.addAction(leave)
        return menu

    def _choice(self, menu: QMenu, text: str, wish: ChoosePresence) -> None:
        action = QAction(_dot(DOTS[wish.state]), text, menu)
        action.triggered.connect(lambda: self.wished.emit(wish))
        menu.addAction(action)


def _logo() -> QLabel:
    made = QLabel()
    made.setPixmap(pixmap("brand", colors().bar_text, 24, 2.0))
    return made


def _dot(ink: str) -> QIcon:
    return icon("dot", ink, 12)
