"""The knowledge base beside the chat: search as you type, suggestions from the last question, one key to use them."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from agent_app.models.knowledge import HIT, KnowledgeModel, provenance
from agent_app.views.empty import EmptyState
from agent_app.views.theme import SIZE, color, colors, font
from agent_app.views.widgets import button, column, label, row
from agent_app.views.wishes import FindKnowledge
from relay_protocol.ids import ConsultationId
from relay_protocol.messages import KnowledgeHit

DEBOUNCE_MS = 250
ROW = 76
Index = QModelIndex | QPersistentModelIndex


class KnowledgePanel(QWidget):
    """Emits `wished` with FindKnowledge; `inserted` and `sent` carry the text of an entry."""

    wished = Signal(object)
    inserted = Signal(str)
    sent = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._consultation: ConsultationId | None = None
        self._suggested = ""
        self._model = KnowledgeModel()
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("搜索知识库"))
        self.search.setAccessibleName(self.tr("搜索知识库"))
        self.search.setToolTip(self.tr("搜索知识库（Ctrl+K）；Enter 插入，Ctrl+Enter 直接发送"))
        self.search.setClearButtonEnabled(True)
        self.hint = label(tone="section")
        self.list = _HitList(self._model)
        self.list.setAccessibleName(self.tr("知识条目"))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("知识内容"))
        self.source = label(tone="small", wrap=True)
        self.insert = button(self.tr("插入到回复"), picture="insert", hint=self.tr("插入（Enter）"), then=self._insert)
        self.send = button(self.tr("直接发送"), "primary", hint=self.tr("直接发送（Ctrl+Enter）"), then=self._send)
        self._empty = EmptyState("book")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._found())
        self._stack.addWidget(self._empty)
        self.setLayout(column(self.search, self.hint, self._stack, pad=SIZE.pad))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._ask)
        self._connect()
        self.show_hits([])

    def follow(self, consultation: ConsultationId | None, last_question: str) -> None:
        """Suggest for the taxpayer's last question while the agent searches nothing."""
        if (consultation, last_question) == (self._consultation, self._suggested):
            return
        if consultation != self._consultation:
            self.search.clear()
        self._consultation, self._suggested = consultation, last_question
        if not self.search.text().strip():
            self._timer.start()

    def show_hits(self, hits: list[KnowledgeHit]) -> None:
        """List what was found."""
        self._model.show(hits)
        searching = bool(self.search.text().strip())
        self.hint.setText(self.tr("搜索结果") if searching else self.tr("根据纳税人的问题推荐"))
        self.hint.setVisible(bool(hits))
        self._stack.setCurrentIndex(0 if hits else 1)
        if hits:
            self.list.setCurrentIndex(self._model.index(0))
        elif searching:
            self._empty.say(self.tr("没有找到"), self.tr("换个说法，或只输入关键词、报错代码"))
        else:
            self._empty.say(self.tr("知识库"), self.tr("输入关键词搜索；打开咨询后会按问题推荐"))

    def fail(self, sentence: str) -> None:
        """Say why nothing can be found."""
        self._model.show([])
        self._stack.setCurrentIndex(1)
        self._empty.say(self.tr("暂时无法搜索"), sentence)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move in the list from the search box; Enter and Ctrl+Enter use the entry."""
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.list.keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            quick = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._send() if quick else self._insert()
        else:
            super().keyPressEvent(event)

    def _found(self) -> QWidget:
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.list)
        below = QWidget()
        below.setLayout(column(self.text, self.source, row(0, self.insert, self.send)))
        split.addWidget(below)
        split.setSizes([320, 260])
        split.setChildrenCollapsible(False)
        return split

    def _connect(self) -> None:
        self.search.textEdited.connect(lambda _: self._timer.start())
        self.search.textChanged.connect(lambda text: self._timer.start() if not text else None)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._show(now))
        self.list.doubleClicked.connect(lambda _: self._insert())

    def _ask(self) -> None:
        query = self.search.text().strip() or self._suggested
        if query:
            self.wished.emit(FindKnowledge(query, self._consultation))
        else:
            self.show_hits([])

    def _show(self, index: QModelIndex) -> None:
        hit: KnowledgeHit | None = index.data(HIT) if index.isValid() else None
        self.text.setPlainText(hit.text if hit else "")
        self.source.setText(provenance(hit) if hit else "")

    def _chosen(self) -> KnowledgeHit | None:
        index = self.list.currentIndex()
        return index.data(HIT) if index.isValid() else None

    def _insert(self) -> None:
        if hit := self._chosen():
            self.inserted.emit(hit.text)

    def _send(self) -> None:
        if hit := self._chosen():
            self.sent.emit(hit.text)


class _HitList(QListView):
    def __init__(self, model: KnowledgeModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(_HitDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


class _HitDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit: KnowledgeHit = index.data(HIT)
        palette, place = colors(), QRectF(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(place, color(palette.accent_soft))
        painter.fillRect(QRectF(place.left(), place.bottom() - 1, place.width(), 1), color(palette.line))
        inner = place.adjusted(8, 8, -8, -8)
        bold, small = font(SIZE.body, True), font(SIZE.small)
        percent = f"{hit.confidence:.0%}"
        wide = QFontMetricsF(small).horizontalAdvance(percent) + 10
        _line(painter, inner.adjusted(0, 0, -wide, 0), hit.title, bold, palette.text)
        painter.setFont(small)
        painter.setPen(color(palette.ok if hit.confidence >= 0.6 else palette.quiet))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, percent)
        _line(painter, inner.adjusted(0, 22, 0, 0), hit.text.replace("\n", " "), small, palette.quiet)
        _line(painter, inner.adjusted(0, 42, 0, 0), provenance(hit), small, palette.quiet)
        painter.restore()


def _line(painter: QPainter, place: QRectF, text: str, made: QFont, ink: str) -> None:
    painter.setFont(made)
    painter.setPen(color(ink))
    words = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, words)
