"""Every shortcut of the workbench in one table: what installs them is also what the help sheet shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from agent_app.views.widgets import button, column, label, row


@dataclass(frozen=True)
class Shortcut:
    """One action by name, its key, and what it does in words."""

    action: str
    key: str
    words: str


SHORTCUTS = (
    Shortcut("accept", "F2", "接听最先到期的咨询"),
    Shortcut("decline", "F4", "婉拒，重新分配"),
    Shortcut("ready", "F9", "切换为空闲"),
    Shortcut("busy", "F10", "切换为忙碌"),
    *(Shortcut(f"open{number}", f"Ctrl+{number}", f"打开第 {number} 个咨询") for number in range(1, 10)),
    Shortcut("next", "Ctrl+Tab", "下一个咨询"),
    Shortcut("filter", "Ctrl+F", "搜索我的咨询"),
    Shortcut("reply", "Ctrl+L", "回到回复输入框"),
    Shortcut("quote", "Ctrl+R", "引用选中的消息回复"),
    Shortcut("recall", "Ctrl+Shift+Z", "撤回我的上一条消息（2 分钟内）"),
    Shortcut("whisper", "Ctrl+Shift+W", "写悄悄话，只有座席能看到"),
    Shortcut("note_down", "Ctrl+Shift+N", "写备注，只有座席能看到"),
    Shortcut("transfer", "Ctrl+T", "转接"),
    Shortcut("invite", "Ctrl+I", "邀请同事协助"),
    Shortcut("hold", "Ctrl+H", "挂起或继续服务"),
    Shortcut("team", "F6", "协同菜单"),
    Shortcut("yes", "Ctrl+Shift+Y", "接受同事的转接或邀请"),
    Shortcut("no", "Ctrl+Shift+X", "谢绝同事的转接或邀请"),
    Shortcut("image", "Ctrl+Shift+I", "发送图片"),
    Shortcut("file", "Ctrl+Shift+O", "发送文件"),
    Shortcut("taxpayer", "Alt+1", "纳税人"),
    Shortcut("knowledge", "Ctrl+K", "搜索知识库"),
    Shortcut("wrap_up", "Alt+3", "小结"),
    Shortcut("assist", "F7", "远程协助"),
    Shortcut("finish", "Ctrl+E", "结束对话并填写小结"),
    Shortcut("submit", "Ctrl+S", "提交小结"),
    Shortcut("help", "F1", "快捷键"),
)
_FIXED = (("Enter", "发送回复；在知识库中插入条目"), ("Ctrl+Enter", "回复中换行；在知识库中直接发送"))


def install(window: QWidget, actions: Mapping[str, Callable[[], object]]) -> None:
    """Bind every shortcut of the table. An action that is missing is a mistake and raises KeyError."""
    for one in SHORTCUTS:
        made = QShortcut(QKeySequence(one.key), window)
        made.setContext(Qt.ShortcutContext.WindowShortcut)
        made.activated.connect(actions[one.action])


class ShortcutSheet(QDialog):
    """The table, for people."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("快捷键"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(7)
        lines = [*((one.key, one.words) for one in SHORTCUTS if not one.action.startswith("open")), *_FIXED]
        lines.insert(4, ("Ctrl+1 … 9", "打开第 1 … 9 个咨询"))
        half = (len(lines) + 1) // 2
        for number, (key, words) in enumerate(lines):
            at, side = number % half, number // half * 2
            cap = label(key)
            cap.setProperty("badge", "calm")
            grid.addWidget(cap, at, side, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(label(words), at, side + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        close = button(self.tr("关闭"), "primary", hint=self.tr("关闭（Esc）"), then=self.accept)
        self.setLayout(column(grid, 8, row(0, close), pad=20))
        self.setMinimumWidth(640)
