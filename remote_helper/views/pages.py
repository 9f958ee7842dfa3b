"""The pages of the helper's window: the code, the wait, the goodbye."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from remote_helper.views.theme import mark
from remote_helper.views.widgets import button, card, label

CODE_LENGTH = 8
BADGE = 56
BRAND = "办问协同 · 远程协助"
HOW = (
    "在线咨询窗口里会显示一个 8 位协助码，例如 7KQ2-M9XD，10 分钟内有效。"
    "输入后，还要您再点一次同意，税务人员才能看到您的屏幕。"
)
PROMISE = "本程序不用安装，关闭后不留下任何东西。您可以随时停止。"


class _Page(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(36, 28, 36, 28)
        self.column.setSpacing(16)
        self.column.addWidget(label(BRAND, "brand"))


class CodePage(_Page):
    """Asks for the code. `given` carries it, in capitals without separators."""

    given = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._field = QLineEdit()
        self._field.setAccessibleName("协助码")
        self._field.setAccessibleDescription(HOW)
        self._field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        font = QFont(self._field.font())
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 3)
        self._field.setFont(font)
        self._field.setInputMethodHints(Qt.InputMethodHint.ImhPreferUppercase | Qt.InputMethodHint.ImhLatinOnly)
        self._field.textEdited.connect(self._edited)
        self._field.returnPressed.connect(self._give)
        self._wrong = label(tone="wrong")
        self._wrong.hide()
        self._start = button("开始", self._give, tone="primary")
        self._start.setEnabled(False)
        for widget in (label("请输入协助码", "title"), label(HOW), self._field, self._wrong, self._start):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.column.addWidget(label(PROMISE, "quiet"))
        self.setFocusProxy(self._field)

    def fill(self, code: str) -> None:
        """Put a code in, as if typed."""
        self._field.setText(grouped(code))
        self._edited(self._field.text())

    def complain(self, sentence: str) -> None:
        """Say what was wrong and let the person try again."""
        self._wrong.setText(sentence)
        self._wrong.setAccessibleName(sentence)
        self._wrong.setVisible(bool(sentence))
        mark(self._field, "wrong", bool(sentence))
        self._field.selectAll()
        self._field.setFocus()

    def _edited(self, text: str) -> None:
        code = plain(text)
        at_end = self._field.cursorPosition() == len(text)
        if at_end and text != grouped(code):
            self._field.setText(grouped(code))
        self._start.setEnabled(len(code) == CODE_LENGTH)
        self._wrong.hide()
        mark(self._field, "wrong", False)

    def _give(self) -> None:
        code = plain(self._field.text())
        if len(code) == CODE_LENGTH:
            self.given.emit(code)
        elif code:
            self.complain(f"协助码是 {CODE_LENGTH} 位字母和数字，您输入了 {len(code)} 位，请核对。")


class WaitPage(_Page):
    """Something is under way; it can be given up."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = label("正在连接……", "title")
        self._text = label()
        progress = QProgressBar()
        progress.setRange(0, 0)
        progress.setTextVisible(False)
        progress.setAccessibleName("请稍候")
        self.column.addStretch(1)
        for widget in (self._title, progress, self._text):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.column.addWidget(button("取消", self.cancelled.emit, describe="不再连接，关闭窗口"))

    def say(self, title: str, text: str) -> None:
        """Say what is waited for."""
        self._title.setText(title)
        self._text.setText(text)


class EndPage(_Page):
    """It is over: why, and what the person may keep."""

    save_wanted = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._badge = label(wrap=False)
        self._badge.setFixedSize(BADGE, BADGE)
        self._badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = label(tone="title")
        self._text = label()
        self._note = label(tone="ok")
        self._note.hide()
        self._save = button("保存本次记录", self.save_wanted.emit, describe="存为文本文件，留在您自己的电脑上")
        self._close = button("关闭", self.closed.emit, tone="primary")
        self.column.addStretch(1)
        self.column.addWidget(self._badge)
        self.column.addWidget(self._title)
        self.column.addWidget(card(self._text))
        self.column.addWidget(self._note)
        self.column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._save, 1)
        row.addWidget(self._close, 1)
        self.column.addLayout(row)
        self.setFocusProxy(self._close)

    def say(self, title: str, text: str, *, well: bool, record: bool) -> None:
        """Say how it ended; `record` offers to keep what was written down."""
        self._badge.setText("✓" if well else "!")
        mark(self._badge, "tone", "badge-ok" if well else "badge-wrong")
        self._title.setText(title)
        self._text.setText(text)
        self._save.setVisible(record)

    def saved(self, sentence: str) -> None:
        """Say where the record went, or why it did not."""
        self._note.setText(sentence)
        self._note.show()


def plain(text: str) -> str:
    """Return a code as the relay knows it: capitals and digits only."""
    return "".join(char for char in text.upper() if char.isascii() and char.isalnum())[:CODE_LENGTH]


def grouped(code: str) -> str:
    """Return a code in groups of four, as it is shown everywhere."""
    code = plain(code)
    return "-".join(part for part in (code[:4], code[4:]) if part)
