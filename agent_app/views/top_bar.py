"""The bar at the top: presence, who works here, the link, who waits."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QSizePolicy, QToolButton

from agent_app.state.timers import clock, urgency
from agent_app.state.workbench import Workbench
from agent_app.views.icons import icon, pixmap
from agent_app.views.theme import Wear, colors, mark
from agent_app.views.widgets import Elided, label, row, tint, tool
from agent_app.views.wishes import ChooseLook, ChoosePresence, LogOut
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
    PresenceState.READY: "bar_ok",
    PresenceState.BUSY: "bar_bad",
    PresenceState.BREAK: "bar_warn",
    PresenceState.OFFLINE: "bar_quiet",
}
MENU_DOTS = {
    PresenceState.READY: "ok",
    PresenceState.BUSY: "danger",
    PresenceState.BREAK: "warn",
    PresenceState.OFFLINE: "quiet",
}
LOOKS = ((Wear.SYSTEM, "跟随系统"), (Wear.LIGHT, "浅色"), (Wear.DARK, "深色"))
LINKS = {
    LinkState.LIVE: "已连接",
    LinkState.OFFLINE: "未连接",
    LinkState.CONNECTING: "正在重新连接",
    LinkState.GREETING: "正在重新连接",
    LinkState.RESUMING: "正在恢复",
    LinkState.REFUSED: "连接被拒绝",
}


class TopBar(QFrame):
    """Emits `wished` with presence and log-out; `helped` asks for the sheet of shortcuts."""

    wished = Signal(object)
    helped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._looks: dict[Wear, QAction] = {}
        self._dotted: list[tuple[QAction, PresenceState]] = []
        self.presence = tool(self.tr("状态"), "chevron-down", text=True, tone="", ink="bar_text", size=12)
        self.presence.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.presence.setMenu(self._menu())
        self.presence.setMinimumWidth(104)
        self.person = Elided(name="person")
        self.queue = label(name="queue")
        self.link = label(name="link")
        self._link_icon = QLabel()
        keys = tool(self.tr("快捷键"), "keyboard", hint=self.tr("快捷键（F1）"), tone="", ink="bar_text")
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
        tint(self.presence, "dot", DOTS[state.presence], 12)
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
        mark(self.queue, "wait", urgency(waited).value)

    def _show_link(self, state: Workbench) -> None:
        live = state.link is LinkState.LIVE
        ink = colors().bar_ok if live else colors().bar_warn
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
        looks = menu.addMenu(self.tr("外观"))
        group = QActionGroup(looks)
        for look, words in LOOKS:
            self._looks[look] = self._look(looks, group, look, words)
        menu.addSeparator()
        leave = QAction(self.tr("退出登录"), menu)
        leave.triggered.connect(lambda: self.wished.emit(LogOut()))
        menu.addAction(leave)
        return menu

    def show_look(self, look: Wear) -> None:
        """Mark the look in use."""
        self._looks[look].setChecked(True)
        self._menus()

    def _look(self, menu: QMenu, group: QActionGroup, look: Wear, words: str) -> QAction:
        action = QAction(words, menu, checkable=True)
        action.triggered.connect(lambda: self.wished.emit(ChooseLook(look)))
        group.addAction(action)
        menu.addAction(action)
        return action

    def _menus(self) -> None:
        """Draw the dots of the menu in the colours of the palette."""
        for action, state in self._dotted:
            action.setIcon(icon("dot", getattr(colors(), MENU_DOTS[state]), 12))

    def _choice(self, menu: QMenu, text: str, wish: ChoosePresence) -> None:
        action = QAction(text, menu)
        self._dotted.append((action, wish.state))
        action.triggered.connect(lambda: self.wished.emit(wish))
        menu.addAction(action)


def _logo() -> QLabel:
    made = QLabel()
    made.setPixmap(pixmap("brand", colors().bar_text, 24, 2.0))
    return made
