"""What colleagues ask of this agent: take over, or come and help. Stands beside the offers."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QInputDialog, QWidget

from agent_app.state.consultation import Consultation
from agent_app.views.widgets import button, clear, column, label, row
from agent_app.views.wishes import AnswerAsk, Select


class AskCard(QFrame):
    """One transfer or invitation with its two answers; a click shows the transcript before answering."""

    wished = Signal(object)

    def __init__(self, one: Consultation) -> None:
        super().__init__()
        self.setObjectName("offerCard")
        self.setProperty("kind", "ask")
        self.id = one.id
        moved = one.transfer
        by = moved.by if moved else one.invited_by
        title = self.tr("{0}转接给您") if moved else self.tr("{0}请您协助")
        why = moved.reason if moved else one.invited_why
        name = title.format(by.name if by else "")
        self.setAccessibleName(f"{name}：{one.name}")
        accept = button(
            self.tr("接受"),
            "good",
            picture="check",
            hint=self.tr("接受（Ctrl+Shift+Y）"),
            then=lambda: self.answer(True),
        )
        refuse = button(
            self.tr("谢绝"), hint=self.tr("谢绝并说明原因（Ctrl+Shift+X）"), then=lambda: self.answer(False)
        )
        summary = label(self.tr("摘要：{0}").format(moved.summary) if moved else "", "quiet", wrap=True)
        summary.setVisible(moved is not None)
        self.setLayout(
            column(
                label(name, "title", wrap=True),
                label(one.name, wrap=True),
                label(self.tr("原因：{0}").format(why or self.tr("未填写")), "quiet", wrap=True),
                summary,
                row(accept, refuse),
                pad=12,
                gap=6,
            )
        )

    def answer(self, accept: bool) -> None:
        """Accept, or say why not."""
        if accept:
            self.wished.emit(AnswerAsk(self.id, True))
            return
        words, sure = QInputDialog.getText(self, self.tr("谢绝"), self.tr("请告诉同事原因："))
        if sure:
            self.wished.emit(AnswerAsk(self.id, False, words.strip()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.wished.emit(Select(self.id))
        super().mousePressEvent(event)


class Asked(QWidget):
    """All that is asked; takes no room when there is nothing."""

    wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[AskCard] = []
        self._shown: list[tuple[object, ...]] = []
        self._column = column(pad=8)
        self.setLayout(self._column)
        self.hide()

    def show_asked(self, asked: tuple[Consultation, ...]) -> None:
        """Draw them; again only when something changed."""
        wanted: list[tuple[object, ...]] = [(one.id, one.transfer, one.invited) for one in asked]
        if wanted == self._shown:
            return
        self._shown = wanted
        clear(self._column)
        self.cards = [AskCard(one) for one in asked]
        for card in self.cards:
            card.wished.connect(self.wished)
            self._column.addWidget(card)
        self.setVisible(bool(asked))
