"""Where the agent writes: Enter sends, Ctrl+Enter starts a line, pictures and files by paste, drop or button."""

from pathlib import Path

from PySide6.QtCore import QDateTime, QMimeData, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame, QLabel, QPlainTextEdit, QSizePolicy, QWidget

from agent_app.views.attach import FILES, PICTURES, Attached, from_image, from_path, image_of, paths_of
from agent_app.views.widgets import button, column, label, row, tool
from agent_app.views.wishes import SendFile, SendText, TellTyping
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ConsultationId
from relay_protocol.messages import TEXT_LIMIT

TYPING_EVERY_MS = 2500
PREVIEW = (520, 360)


class ReplyBox(QPlainTextEdit):
    """The text itself. `sent` is Enter; `pasted` a picture, `dropped` files."""

    sent = Signal()
    pasted = Signal(object)
    dropped = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("replyBox")
        self.setAccessibleName(self.tr("回复输入框"))
        self.setPlaceholderText(self.tr("输入回复，Enter 发送，Ctrl+Enter 换行；可直接粘贴截图"))
        self.setTabChangesFocus(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            quick = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if quick == Qt.KeyboardModifier.NoModifier:
                self.sent.emit()
            else:
                self.insertPlainText("\n")
                self.ensureCursorVisible()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return image_of(source) is not None or bool(paths_of(source)) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        paths, image = paths_of(source), image_of(source)
        if paths:
            self.dropped.emit(paths)
        elif image is not None:
            self.pasted.emit(image)
        else:
            super().insertFromMimeData(source)


class Composer(QFrame):
    """Emits `wished` with SendText, SendFile and TellTyping for the consultation it is opened for."""

    wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("composer")
        self._id: ConsultationId | None = None
        self._drafts: dict[ConsultationId, str] = {}
        self._told_at = 0
        self.box = ReplyBox()
        self.box.setFixedHeight(92)
        self.error = label(tone="wrong", wrap=True)
        self.error.setAccessibleName(self.tr("发送提示"))
        self.error.hide()
        self.send = button(
            self.tr("发送"), "primary", picture="send", hint=self.tr("发送（Enter）"), then=self._send_text
        )
        self.image = tool(self.tr("图片"), "image", text=True, hint=self.tr("发送图片（Ctrl+Shift+I）"))
        self.file = tool(self.tr("文件"), "file", text=True, hint=self.tr("发送文件（Ctrl+Shift+O）"))
        self.image.clicked.connect(lambda: self.choose(self.tr("选择图片"), f"{self.tr('图片')} ({PICTURES})"))
        self.file.clicked.connect(
            lambda: self.choose(self.tr("选择文件"), f"{self.tr('可发送的文件')} ({FILES} {PICTURES})")
        )
        self._count = label(tone="small")
        tools = row(self.image, self.file, 0, self._count, self.send, pad=6)
        tools.setContentsMargins(8, 0, 12, 10)
        told = row(self.error)
        told.setContentsMargins(14, 0, 14, 0)
        self.setLayout(column(self.box, told, tools, gap=4))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.box.sent.connect(self._send_text)
        self.box.pasted.connect(self._confirm)
        self.box.dropped.connect(self.send_files)
        self.box.textChanged.connect(self._changed)

    def open(self, id_: ConsultationId | None) -> None:
        """Write for another consultation; what was begun for this one is kept."""
        if id_ == self._id:
            return
        if self._id is not None:
            self._drafts[self._id] = self.box.toPlainText()
        self._id = None  # filling the box is not typing
        self.box.setPlainText(self._drafts.get(id_, "") if id_ else "")
        self.box.moveCursor(self.box.textCursor().MoveOperation.End)
        self._id = id_
        self.error.hide()

    def insert(self, text: str) -> None:
        """Put text where the cursor is, and the cursor behind it."""
        self.box.insertPlainText(text)
        self.box.setFocus()

    def choose(self, title: str, kinds: str) -> None:
        """Let the agent choose files to send."""
        dialog = QFileDialog(self, title, "", kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.send_files([Path(name) for name in names]))
        dialog.open()

    def send_files(self, paths: list[Path]) -> None:
        """Send files; what cannot be sent is said below the text."""
        self.error.hide()
        for path in paths:
            try:
                self._send_attached(from_path(path))
            except BanwenError as error:
                self.fail(error.message)

    def fail(self, sentence: str) -> None:
        """Say what went wrong, here."""
        self.error.setText(sentence)
        self.error.show()

    def _send_text(self) -> None:
        text = self.box.toPlainText().strip()
        if not text or self._id is None:
            return
        if len(text) > TEXT_LIMIT:
            self.fail(self.tr("一条消息最多 {0} 字，请分开发送。").format(TEXT_LIMIT))
            return
        self.error.hide()
        self.wished.emit(SendText(self._id, text))
        self.box.clear()

    def _send_attached(self, file: Attached) -> None:
        if self._id is not None:
            self.wished.emit(SendFile(self._id, file.name, file.content, file.media_type, file.size))

    def _confirm(self, image: QImage) -> None:
        """A pasted picture may show more than the agent thinks: it is looked at before it goes."""
        name = QDateTime.currentDateTime().toString("'截图'yyyyMMdd-HHmmss'.png'")
        dialog = PictureCheck(image, self)
        dialog.accepted.connect(lambda: self._send_attached(from_image(image, name)))
        dialog.open()

    def _changed(self) -> None:
        length = len(self.box.toPlainText())
        self._count.setText(f"{length}/{TEXT_LIMIT}" if length > TEXT_LIMIT * 0.8 else "")
        now = QDateTime.currentMSecsSinceEpoch()
        if self._id is not None and length and now - self._told_at > TYPING_EVERY_MS:
            self._told_at = now
            self.wished.emit(TellTyping(self._id))


class PictureCheck(QDialog):
    """Shows a picture that is about to be sent."""

    def __init__(self, image: QImage, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("发送这张图片？"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        shown = QLabel()
        small = QPixmap.fromImage(image).scaled(
            *PREVIEW, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        shown.setPixmap(small)
        shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        shown.setAccessibleName(self.tr("图片预览"))
        send = button(self.tr("发送图片"), "primary", hint=self.tr("发送（Enter）"), then=self.accept)
        send.setDefault(True)
        self.setLayout(
            column(
                shown,
                label(self.tr("请确认图片中没有其他纳税人的信息"), "quiet"),
                row(0, button(self.tr("取消"), hint=self.tr("取消（Esc）"), then=self.reject), send),
                pad=16,
            )
        )
        send.setFocus()
