"""Offers: who waits to be taken, and how long this agent has to answer. They blink softly until looked at."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from agent_app.models.lines import words_of
from agent_app.state.consultation import Consultation
from agent_app.state.timers import clock
from agent_app.views.theme import mark
from agent_app.views.widgets import button, clear, column, label, row
from agent_app.views.wishes import Accept, Decline, Select
from relay_protocol.ids import ConsultationId
from relay_protocol.messages import Side

OFFER_SECONDS = 30.0


class OfferCard(QFrame):
    """One offer with its two answers. A click shows the transcript before accepting."""

    wished = Signal(object)

    def __init__(self, one: Consultation) -> None:
        super().__init__()
        self.setObjectName("offerCard")
        self.id = one.id
        self._looked = False
        self.name = label(one.name, "title", wrap=True)
        self.where = label(tone="small", wrap=True)
        self.asks = label(wrap=True)
        self.left = label(tone="quiet")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("接听剩余时间"))
        self.accept = button(
            self.tr("接听"), "good", picture="accept", hint=self.tr("接听（F2）"), then=lambda: self._wish(Accept)
        )
        self.decline = button(self.tr("婉拒"), hint=self.tr("婉拒，重新分配（F4）"), then=lambda: self._wish(Decline))
        head = row(self.name, self.left)
        head.setStretchFactor(self.name, 1)
        self.setLayout(
            column(
                head,
                self.where,
                self.asks,
                self.bar,
                row(self.accept, self.decline),
                pad=12,
                gap=6,
            )
        )

    def show_offer(self, one: Consultation, now: float, chosen: bool) -> None:
        """Draw the offer and what is left of its time."""
        expires = one.offer.expires_at if one.offer else now
        left = max(0.0, expires - now)
        waited = clock(now - one.queued_at) if one.queued_at is not None else ""
        page = one.context.page if one.context else ""
        self.where.setText("　".join(part for part in (one.ticket, page, f"已等 {waited}" if waited else "") if part))
        self.asks.setText(_question(one))
        self.left.setText(self.tr("剩 {0} 秒").format(int(left)))
        self.bar.setMaximum(int(OFFER_SECONDS * 10))
        self.bar.setValue(int(min(left, OFFER_SECONDS) * 10))
        self.setAccessibleName(self.tr("待接听：{0}").format(one.name))
        mark(self, "chosen", chosen)
        mark(self, "bright", not self._looked and int(now) % 2 == 0)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._looked = True
        super().enterEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._wish(Select)
        super().mousePressEvent(event)

    def _wish(self, kind: type[Accept] | type[Decline] | type[Select]) -> None:
        self._looked = True
        self.wished.emit(kind(self.id))


class Offers(QWidget):
    """All offers, the most urgent on top; takes no room when there is none."""

    wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._cards: dict[ConsultationId, OfferCard] = {}
        self._column = column(pad=8)
        self.setLayout(self._column)
        self.hide()

    def show_offers(self, offers: tuple[Consultation, ...], now: float, selected: ConsultationId | None) -> None:
        """Draw these offers."""
        wanted = [one.id for one in offers]
        if wanted != list(self._cards):
            self._rebuild(offers)
        for one in offers:
            self._cards[one.id].show_offer(one, now, one.id == selected)
        self.setVisible(bool(offers))

    def _rebuild(self, offers: tuple[Consultation, ...]) -> None:
        clear(self._column)
        self._cards = {one.id: OfferCard(one) for one in offers}
        for card in self._cards.values():
            card.wished.connect(self.wished)
            self._column.addWidget(card)


def _question(one: Consultation) -> str:
    """Return what the taxpayer asked last, shortened."""
    asked = [row for row in one.rows if row.side is Side.TAXPAYER]
    words = words_of(asked[-1].body).replace("\n", " ") if asked else ""
    return words if len(words) <= 60 else words[:59] + "…"
