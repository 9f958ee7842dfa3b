"""The log-in window: server, user, password; errors stand where they happened."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from agent_app.views.icons import pixmap
from agent_app.views.theme import colors, mark
from agent_app.views.widgets import button, column, fit_screen, frame, label, row
from agent_app.views.wishes import LogIn

WIDTH = 400


class LoginWindow(QWidget):
    """Emits `wished` with `LogIn`; `busy` and `fail` show how it goes. `painted` says once that it is on the screen."""

    wished = Signal(object)
    painted = Signal()

    def __init__(self, server: str, username: str) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("办问协同 · 登录"))
        self.setObjectName("login")
        self._painted = False
        self.server = _field(self.tr("服务器地址"), server, "https://")
        self.username = _field(self.tr("工号"), username, self.tr("您的工号"))
        self.password = _field(self.tr("密码"), "", "")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
        self.error = label(tone="wrong", wrap=True)
        self.error.setAccessibleName(self.tr("登录提示"))
        self.enter = button(self.tr("登录"), "primary", hint=self.tr("登录（Enter）"), then=self._submit)
        self.enter.setMinimumHeight(36)
        self._caps = label(self.tr("大写锁定已打开"), "small")
        self._caps.hide()
        self._build()
        for field in (self.server, self.username, self.password):
            field.returnPressed.connect(self._submit)
            field.textEdited.connect(lambda _: self._clear())
        self.password.installEventFilter(self)

    def focus_first_empty(self) -> None:
        """Put the cursor where something is to be typed."""
        empty = [field for field in (self.server, self.username) if not field.text()]
        (empty[0] if empty else self.password).setFocus()

    def busy(self, on: bool) -> None:
        """Show that the log-in is under way."""
        for widget in (self.server, self.username, self.password, self.enter):
            widget.setEnabled(not on)
        self.enter.setText(self.tr("正在登录……") if on else self.tr("登录"))

    def fail(self, sentence: str) -> None:
        """Say what went wrong; the password is to be typed again."""
        self.busy(False)
        self.error.setText(sentence)
        self.error.show()
        self.password.selectAll()
        self.password.setFocus()
        mark(self.password, "wrong", True)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.painted.emit)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Warn of caps lock: a capital letter typed without Shift, or the reverse."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and len(event.text()) == 1:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            letter = event.text()
            if letter.isascii() and letter.isalpha():
                self._caps.setVisible(letter.isupper() != shift)
        return False

    def _build(self) -> None:
        card = frame("loginCard")
        card.setFixedWidth(WIDTH)
        logo = QLabel()
        logo.setPixmap(pixmap("brand", colors().accent, 40, self.devicePixelRatioF()))
        title = column(label(self.tr("办问协同"), "heading"), label(self.tr("座席工作台"), "quiet"), gap=0)
        fields = column(gap=4)
        for name, field in (
            (self.tr("服务器地址"), self.server),
            (self.tr("工号"), self.username),
            (self.tr("密码"), self.password),
        ):
            caption = label(name, "quiet")
            caption.setBuddy(field)
            fields.addWidget(caption)
            fields.addWidget(field)
            fields.addSpacing(8)
        fields.addWidget(self._caps)
        self.error.hide()
        inner = column(row(logo, title, 0, gap=14), 12, fields, self.error, self.enter, pad=28)
        card.setLayout(inner)
        foot = label(self.tr("忘记密码请联系本单位管理员重置"), "small")
        foot.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setLayout(column(0, row(0, card, 0), 6, foot, 0, pad=10))
        fit_screen(self, 560, 560)

    def _clear(self) -> None:
        self.error.hide()
        mark(self.password, "wrong", False)

    def _submit(self) -> None:
        if not self.enter.isEnabled():
            return
        self._clear()
        self.wished.emit(LogIn(self.server.text().strip(), self.username.text().strip(), self.password.text()))


def _field(name: str, text: str, hint: str) -> QLineEdit:
    made = QLineEdit(text)
    made.setAccessibleName(name)
    made.setPlaceholderText(hint)
    made.setMinimumHeight(34)
    return made
