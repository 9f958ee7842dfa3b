"""Handing on and asking for help: whom, why, and what the next one must know."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QListWidget, QListWidgetItem, QPlainTextEdit, QWidget

from agent_app.state.directory import Directory, Target, targets
from agent_app.views.theme import mark
from agent_app.views.widgets import button, column, fit_screen, label, row
from agent_app.views.wishes import AskDirectory, Invite, Transfer
from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import TargetKind

KINDS = ((TargetKind.AGENT, "座席"), (TargetKind.QUEUE, "队列"), (TargetKind.OFFICE, "机构"))


class HandOn(QDialog):
    """Transfers a consultation, or with `inviting` asks a colleague to join. Emits `wished`; stays until it is done."""

    wished = Signal(object)

    def __init__(self, consultation: ConsultationId, me: AgentId, inviting: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("邀请同事协助") if inviting else self.tr("转接"))
        self._id, self._me, self._inviting = consultation, me, inviting
        self._directory: Directory | None = None
        self.kind = QComboBox()
        self.kind.setAccessibleName(self.tr("转接给谁"))
        for kind, name in KINDS[: 1 if inviting else 3]:
            self.kind.addItem(name, kind)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("搜索姓名、工号、机构、专长"))
        self.search.setAccessibleName(self.tr("搜索转接对象"))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("可选对象"))
        self.reason = QLineEdit()
        self.reason.setAccessibleName(self.tr("原因"))
        self.reason.setPlaceholderText(self.tr("为什么（必填）"))
        self.summary = QPlainTextEdit()
        self.summary.setAccessibleName(self.tr("摘要"))
        self.summary.setPlaceholderText(self.tr("接手的人需要知道什么（必填）：问题、已做的、还缺的"))
        self.summary.setTabChangesFocus(True)
        self.summary.setMaximumHeight(110)
        self.summary.setVisible(not inviting)
        self.error = label(tone="wrong", wrap=True)
        self.error.setAccessibleName(self.tr("转接提示"))
        words = self.tr("邀请") if inviting else self.tr("转接")
        self.go = button(words, "primary", hint=f"{words}（Ctrl+Enter）", then=self.send)
        self.go.setShortcut("Ctrl+Return")
        away = button(self.tr("取消"), hint=self.tr("取消（Esc）"), then=self.reject)
        self.go.setAutoDefault(False)
        away.setAutoDefault(False)
        top = row(self.kind, self.search)
        top.setStretchFactor(self.search, 1)
        whole = column(top, self.list, self.reason, self.summary, self.error, row(0, away, self.go), pad=16)
        whole.setStretchFactor(self.list, 1)
        self.setLayout(whole)
        fit_screen(self, 560, 560)
        self.kind.currentIndexChanged.connect(lambda _: self._fill())
        self.search.textChanged.connect(lambda _: self._fill())
        self.search.setFocus()
        self._fill()

    def begin(self) -> None:
        """Show it and ask for those one can choose from."""
        self.open()
        self.wished.emit(AskDirectory())

    def offer(self, directory: Directory) -> None:
        """Take what one can choose from."""
        self._directory = directory
        self._fill()

    def settle(self, refusal: str) -> None:
        """The relay has answered: done, or why not."""
        self.go.setEnabled(True)
        self.error.setText(refusal)
        if not refusal:
            self.accept()

    def send(self) -> None:
        """Wish it, when all that is owed is there."""
        chosen = self.list.selectedItems()
        reason, summary = self.reason.text().strip(), self.summary.toPlainText().strip()
        owed = self._owed(bool(chosen), reason, summary)
        self.error.setText(owed)
        mark(self.reason, "wrong", not reason)
        if owed:
            return
        target: Target = chosen[0].data(Qt.ItemDataRole.UserRole)
        self.go.setEnabled(False)
        if self._inviting:
            self.wished.emit(Invite(self._id, AgentId(target.target.code), reason))
        else:
            self.wished.emit(Transfer(self._id, target.target, reason, summary))

    def _owed(self, chosen: bool, reason: str, summary: str) -> str:
        if not chosen:
            return self.tr("请选择对象。")
        if not reason:
            return self.tr("请填写原因。")
        return "" if self._inviting or summary else self.tr("请填写摘要，让接手的人不必再问一遍。")

    def _fill(self) -> None:
        self.list.clear()
        if self._directory is None:
            self.list.addItem(self.tr("正在读取……"))
            self.list.item(0).setFlags(Qt.ItemFlag.NoItemFlags)
            return
        found = targets(self._directory, self.kind.currentData(), self.search.text(), self._me)
        for one in found:
            item = QListWidgetItem(f"{one.name}　{one.note}")
            item.setData(Qt.ItemDataRole.UserRole, one)
            self.list.addItem(item)
        if found:
            self.list.setCurrentRow(0)
        else:
            self.list.addItem(self.tr("没有匹配的对象；清空搜索可看到全部"))
            self.list.item(0).setFlags(Qt.ItemFlag.NoItemFlags)
