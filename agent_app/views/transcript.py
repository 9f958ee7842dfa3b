"""The transcript as a list of bubbles: stays at the newest line, grows upwards, opens, copies and retries."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPoint, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu

from agent_app.models.lines import Line, Mark, words_of
from agent_app.models.transcript import LINE, TranscriptModel
from agent_app.state.consultation import Consultation
from agent_app.views.bubble_delegate import BubbleDelegate
from agent_app.views.pictures import Pictures
from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import File, Image, Recalled, Side, Voice

NEAR = 40


class TranscriptView(QListView):
    """`retried`, `dropped` carry a client id; `opened`, `saved` an attachment; `behind` a count of unseen lines;

    `quoted` a line to answer, `recalled` the place of an own message.
    """

    retried = Signal(object)
    dropped = Signal(object)
    opened = Signal(object)
    saved = Signal(object)
    behind = Signal(int)
    quoted = Signal(object)
    recalled = Signal(int)

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("transcript")
        self.setAccessibleName(self.tr("对话记录"))
        self._model = TranscriptModel()
        self._delegate = BubbleDelegate(pictures)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(24)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(self.contextMenuPolicy().CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.activated.connect(self._activate)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        pictures.arrived.connect(self.viewport().update)
        self._shown: ConsultationId | None = None
        self._unseen = 0

    def show_consultation(self, one: Consultation | None, me: AgentId) -> None:
        """Draw a consultation; the newest line stays in sight when it was in sight before."""
        id_ = one.id if one else None
        if id_ != self._shown or one is None:
            self._shown = id_
            self._model.open(one, me)
            self.to_newest()
            return
        follow = self._at_newest()
        before = self._model.rowCount()
        self._model.update(one, me)
        if follow:
            self.to_newest()
        else:
            self._tell_behind(self._unseen + max(0, self._model.rowCount() - before))

    def forget(self) -> None:
        """Measure and colour every line anew: the palette has changed."""
        self._delegate.forget()
        self.viewport().update()

    def to_newest(self) -> None:
        """Show the newest line."""
        self.scrollToBottom()
        QTimer.singleShot(0, self.scrollToBottom)  # a layout that is still owed would stop short
        self._tell_behind(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        follow = self._at_newest()
        self._delegate.width = self.viewport().width()
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()
        if follow:
            QTimer.singleShot(0, self.scrollToBottom)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.currentIndex().isValid():
            _copy(self.currentIndex().data(LINE))
            return
        super().keyPressEvent(event)

    def _at_newest(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - NEAR

    def _scrolled(self, value: int) -> None:
        if value == 0 and self._model.earlier and self._model.rowCount():
            anchor = self._model.index(0)
            line: Line = anchor.data(LINE)
            self._model.show_earlier()
            row = next((row for row, one in enumerate(self._model.lines()) if one.key == line.key), 0)
            self.scrollTo(self._model.index(row), QAbstractItemView.ScrollHint.PositionAtTop)
        if self._unseen and self._at_newest():
            self._tell_behind(0)

    def _tell_behind(self, count: int) -> None:
        if count != self._unseen:
            self._unseen = count
            self.behind.emit(count)

    def _activate(self, index: QModelIndex) -> None:
        line: Line = index.data(LINE)
        body = line.row.body
        if line.mark is Mark.FAILED:
            self.retried.emit(line.client_id)
        elif isinstance(body, Image):
            self.opened.emit(body.attachment)
        elif isinstance(body, File | Voice) and line.client_id is None:
            self.saved.emit(body.attachment)

    def quote_chosen(self) -> None:
        """Answer the chosen line, or the newest of the taxpayer."""
        lines = self._model.lines()
        chosen = self.currentIndex().data(LINE) if self.currentIndex().isValid() else None
        newest = next((line for line in reversed(lines) if line.row.side is Side.TAXPAYER), None)
        line = chosen if chosen is not None and can_quote(chosen) else newest
        if line is not None:
            self.quoted.emit(line)

    def recall_last(self) -> None:
        """Take back the newest own message that is left."""
        line = next((line for line in reversed(self._model.lines()) if can_recall(line)), None)
        if line is not None:
            self.recalled.emit(line.row.seq)

    def _menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        if not index.isValid():
            return
        line: Line = index.data(LINE)
        menu = QMenu(self)
        _act(menu, self.tr("复制"), lambda: _copy(line))
        if can_quote(line):
            _act(menu, self.tr("引用回复（Ctrl+R）"), lambda: self.quoted.emit(line))
        if can_recall(line):
            _act(menu, self.tr("撤回（发送后 2 分钟内）"), lambda: self.recalled.emit(line.row.seq))
        if line.mark is Mark.FAILED:
            _act(menu, self.tr("重试"), lambda: self.retried.emit(line.client_id))
            _act(menu, self.tr("删除"), lambda: self.dropped.emit(line.client_id))
        body = line.row.body
        if isinstance(body, Image | File | Voice) and line.client_id is None:
            _act(menu, self.tr("另存为……"), lambda: self.saved.emit(body.attachment))
        menu.popup(self.viewport().mapToGlobal(at))


def can_quote(line: Line) -> bool:
    """Whether a line can be answered: a person or the bot said it aloud, and it is still there."""
    aloud = line.row.seq and line.row.side is not Side.SYSTEM and line.row.private is None
    return bool(aloud) and not isinstance(line.row.body, Recalled)


def can_recall(line: Line) -> bool:
    """Whether a line can be taken back by its look; the relay judges the time."""
    return line.mine and can_quote(line)


def _act(menu: QMenu, text: str, then: Callable[[], None]) -> None:
    action = QAction(text, menu)
    action.triggered.connect(then)
    menu.addAction(action)


def _copy(line: Line) -> None:
    QGuiApplication.clipboard().setText(words_of(line.row.body))
