"""Where the agent writes: Enter sends, Ctrl+Enter starts a line, pictures and files by paste, drop or button."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDateTime, QMimeData, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame, QLabel, QPlainTextEdit, QSizePolicy, QWidget

from agent_app.models.lines import Line, speaker, words_of
from agent_app.views.attach import FILES, PICTURES, Attached, from_image, from_path, image_of, paths_of
from agent_app.views.theme import mark
from agent_app.views.widgets import Elided, button, column, label, row, tool
from agent_app.views.wishes import KeepReply, SendFile, SendText, TellTyping, Whisper
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ConsultationId
from relay_protocol.messages import TEXT_LIMIT, PrivateKind

TYPING_EVERY_MS = 2500
PREVIEW = (520, 360)


class ReplyBox(QPlainTextEdit):
    """The text itself. `sent` is Enter; `pasted` a picture, `dropped` files."""

    sent = Signal()
    pasted = Signal(object)
    dropped = Signal(list)
    escaped = Signal()

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
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
            return
        super().keyPressEvent(event)

    def say_mode(self, mode: PrivateKind | None) -> None:
        """Say to whom this goes."""
        if mode is None:
            words, name = self.tr("输入回复，Enter 发送，Ctrl+Enter 换行；可直接粘贴截图"), self.tr("回复输入框")
        elif mode is PrivateKind.WHISPER:
            words, name = self.tr("写给正在服务的同事，纳税人看不到"), self.tr("悄悄话输入框，纳税人看不到")
        else:
            words, name = self.tr("写给以后查看的座席，纳税人看不到"), self.tr("备注输入框，纳税人看不到")
        self.setPlaceholderText(words)
        self.setAccessibleName(name)

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
        self._drafts: dict[tuple[ConsultationId, PrivateKind | None], str] = {}
        self._quote: int | None = None
        self._mode: PrivateKind | None = None
        self._aloud = True
        self.answered = _Strip(self.tr("取消引用"), self.unquote)
        self.band = _Band(self)
        self._told_at = 0
        self.box = ReplyBox()
        self.box.setFixedHeight(92)
        self.error = label(tone="wrong", wrap=True)
        self.error.setAccessibleName(self.tr("发送提示"))
        self.error.hide()
        self.send = button(
            self.tr("发送"), "primary", picture="send", hint=self.tr("发送（Enter）"), then=self._send_text
        )
        self.image = tool(self.tr("图片"), "image", hint=self.tr("发送图片（Ctrl+Shift+I）"))
        self.file = tool(self.tr("文件"), "file", hint=self.tr("发送文件（Ctrl+Shift+O）"))
        self.image.clicked.connect(lambda: self.choose(self.tr("选择图片"), f"{self.tr('图片')} ({PICTURES})"))
        self.file.clicked.connect(
            lambda: self.choose(self.tr("选择文件"), f"{self.tr('可发送的文件')} ({FILES} {PICTURES})")
        )
        self._count = label(tone="small")
        self.whisper = tool(
            self.tr("悄悄话"), "whisper", hint=self.tr("悄悄话，只有座席能看到（Ctrl+Shift+W；Esc 回到回复）")
        )
        self.note = tool(
            self.tr("备注"), "note", hint=self.tr("备注，留给后来的座席（Ctrl+Shift+N 开始，Esc 回到回复）")
        )
        self.whisper.clicked.connect(lambda: self.turn(PrivateKind.WHISPER))
        self.note.clicked.connect(lambda: self.turn(PrivateKind.NOTE))
        self.tools: list[QWidget] = [self.image, self.file]
        tools = row(self.image, self.file, self.whisper, self.note, 0, self._count, self.send, pad=6)
        tools.setContentsMargins(8, 0, 12, 10)
        told = row(self.error)
        told.setContentsMargins(14, 0, 14, 0)
        self.setLayout(column(self.band, self.answered, self.box, told, tools, gap=4))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.box.sent.connect(self._send_text)
        self.box.pasted.connect(self._confirm)
        self.box.dropped.connect(self.send_files)
        self.box.escaped.connect(self._escape)
        self.box.textChanged.connect(self._changed)

    def open(self, id_: ConsultationId | None, aloud: bool = True) -> None:
        """Write for another consultation, to the taxpayer unless `aloud` is false; what was begun is kept."""
        if (id_, aloud) == (self._id, self._aloud):
            return
        self._aloud = aloud
        self._fill(id_, None if aloud else PrivateKind.WHISPER)

    def turn(self, mode: PrivateKind | None) -> None:
        """Write to agents only, or again to the taxpayer; each has its own words."""
        if self._id is not None and (mode is not None or self._aloud):
            self._fill(self._id, None if mode is self._mode and self._aloud else mode)
            self.box.setFocus()

    def remember(self, id_: ConsultationId, text: str) -> None:
        """Take what was written before the program ended, unless something is there already."""
        if (id_, None) in self._drafts or (id_ == self._id and self.box.toPlainText()):
            return
        self._drafts[id_, None] = text
        if id_ == self._id and self._mode is None:
            self.box.setPlainText(text)

    def quote(self, line: Line) -> None:
        """Answer a line."""
        self.turn(None) if self._mode is not None else None
        if self._id is None or self._mode is not None:
            return
        self._quote = line.row.seq
        self.answered.say(self.tr("回复 {0}").format(f"{speaker(line)}：{words_of(line.row.body)}".replace("\n", " ")))
        self.box.setFocus()

    def unquote(self) -> None:
        """Answer nothing in particular."""
        self._quote = None
        self.answered.say("")

    def _fill(self, id_: ConsultationId | None, mode: PrivateKind | None) -> None:
        if self._id is not None:
            self._drafts[self._id, self._mode] = self.box.toPlainText()
            if self._mode is None:
                self.wished.emit(KeepReply(self._id, self.box.toPlainText()))
        self._id, self._mode = None, mode  # filling the box is not typing
        self.box.setPlainText(self._drafts.get((id_, mode), "") if id_ else "")
        self.box.moveCursor(self.box.textCursor().MoveOperation.End)
        self._id = id_
        self.unquote()
        self.error.hide()
        self._show_mode()

    def _show_mode(self) -> None:
        private = self._mode is not None
        self.band.say(self._mode, self._aloud)
        mark(self, "private", private)
        words = self.tr("发送给同事") if private else self.tr("发送")
        self.send.setText(words)
        self.send.setAccessibleName(words)
        mark(self.send, "tone", "private" if private else "primary")
        for one in self.tools:
            one.setVisible(not private)
        for one in (self.whisper, self.note):
            one.setVisible(not private)
        self.box.say_mode(self._mode)

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
        if self._mode is not None:
            self.wished.emit(Whisper(self._id, self._mode, text))
        else:
            self.wished.emit(SendText(self._id, text, self._quote))
            self.wished.emit(KeepReply(self._id, ""))
        self.unquote()
        self.box.clear()

    def _escape(self) -> None:
        if self._quote is not None:
            self.unquote()
        elif self._mode is not None:
            self.turn(None)

    def _send_attached(self, file: Attached) -> None:
        if self._mode is not None:
            self.fail(self.tr("内部消息只能是文字；要发给纳税人请先按 Esc 回到回复。"))
        elif self._id is not None:
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
            if self._mode is None:
                self.wished.emit(TellTyping(self._id))
                self.wished.emit(KeepReply(self._id, self.box.toPlainText()))


class _Strip(QFrame):
    """What is answered, with a way to let go of it; takes no room without words."""

    def __init__(self, drop: str, then: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("quoteStrip")
        self._words = Elided("quiet")
        away = tool(drop, "close", hint=f"{drop}（Esc）", size=14)
        away.clicked.connect(then)
        inner = row(self._words, away)
        inner.setStretchFactor(self._words, 1)
        inner.setContentsMargins(14, 4, 8, 0)
        self.setLayout(inner)
        self.hide()

    def say(self, words: str) -> None:
        self._words.setText(words)
        self.setVisible(bool(words))


class _Band(QFrame):
    """Says in a colour of its own, over the whole width, that the taxpayer will not see this."""

    def __init__(self, composer: Composer) -> None:
        super().__init__()
        self.setObjectName("privateBand")
        self._words = label(name="privateWords")
        self.back = button(self.tr("回到回复"), hint=self.tr("回到回复纳税人（Esc）"), then=lambda: composer.turn(None))
        inner = row(self._words, 0, self.back)
        inner.setContentsMargins(14, 6, 10, 6)
        self.setLayout(inner)
        self.hide()

    def say(self, mode: PrivateKind | None, leave: bool) -> None:
        name = self.tr("悄悄话") if mode is PrivateKind.WHISPER else self.tr("备注")
        self._words.setText(self.tr("{0} · 仅座席可见，纳税人看不到").format(name))
        self.back.setVisible(leave)
        self.setVisible(mode is not None)


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
