"""What goes wrong with the link, and what still works; and short news that go away by themselves."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QWidget

from agent_app.state.workbench import Workbench
from agent_app.views.theme import mark
from agent_app.views.widgets import label, row
from relay_protocol.link import LinkState

TOAST_MS = 6000


class Banner(QFrame):
    """Says that the link is down; takes no room while it is up."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._words = label(wrap=True)
        inner = row(self._words)
        inner.setContentsMargins(16, 8, 16, 8)
        self.setLayout(inner)
        self.hide()

    def show_link(self, state: Workbench) -> None:
        """Draw the link's state."""
        refused = state.link is LinkState.REFUSED
        down = refused or state.link in (LinkState.CONNECTING, LinkState.GREETING, LinkState.RESUMING)
        mark(self, "tone", "bad" if refused else "")
        if refused:
            self._words.setText(self.tr("连接被服务器拒绝：{0} 请重新登录。").format(state.link_error))
        else:
            self._words.setText(
                self.tr(
                    "连接已断开，正在自动恢复……您可以继续查看和输入，消息显示「发送中」，恢复后自动发出；知识库暂不可用。"
                )
            )
        self.setVisible(down)


class Toast(QFrame):
    """One sentence at the bottom of its window for six seconds."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self._over = parent
        self._words = label()
        self._words.setAccessibleName(self.tr("提示"))
        inner = row(self._words)
        inner.setContentsMargins(18, 10, 18, 10)
        self.setLayout(inner)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def say(self, sentence: str) -> None:
        """Show a sentence; a new one replaces it."""
        self._words.setText(sentence)
        self._words.setAccessibleDescription(sentence)
        self._place()
        self.show()
        self.raise_()
        self._timer.start(TOAST_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        room = self._over.size()
        most = room.width() - 2 * 40
        wide = self._words.fontMetrics().horizontalAdvance(self._words.text()) + 2
        self._words.setWordWrap(wide > most)
        self._words.setFixedWidth(min(wide, most))
        self.adjustSize()
        self.move((room.width() - self.width()) // 2, room.height() - self.height() - 28)
