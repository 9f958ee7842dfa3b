"""Paints one consultation of the list: disc, name, last words, wait, unread."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from agent_app.models.consultations import ITEM, Item
from agent_app.state.timers import Urgency
from agent_app.views.icons import renderer
from agent_app.views.theme import SIZE, avatar_color, color, colors, font

HEIGHT = 72
DISC = 40
Index = QModelIndex | QPersistentModelIndex


class ConsultationDelegate(QStyledItemDelegate):
    """Rows of one height, so that the list never measures."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: Item = index.data(ITEM)
        place = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _ground(painter, place, option.state)
        _disc(painter, item, QRectF(place.left() + 12, place.top() + (HEIGHT - DISC) / 2, DISC, DISC))
        inner = place.adjusted(12 + DISC + 10, 11, -12, -11)
        left = _right_side(painter, item, inner)
        _words(painter, item, QRectF(inner.left(), inner.top(), left - inner.left() - 8, inner.height()), inner)
        painter.restore()


def _ground(painter: QPainter, place: QRectF, state: QStyle.StateFlag) -> None:
    palette = colors()
    if state & QStyle.StateFlag.State_Selected:
        painter.fillRect(place, color(palette.accent_soft))
        painter.fillRect(QRectF(place.left(), place.top(), 3, place.height()), color(palette.accent))
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(place, color(palette.raised))
    painter.fillRect(QRectF(place.left() + 62, place.bottom() - 1, place.width(), 1), color(palette.line))


def _disc(painter: QPainter, item: Item, place: QRectF) -> None:
    palette = colors()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(avatar_color(item.name) if item.online else color(palette.line_strong))
    painter.drawEllipse(place)
    painter.setPen(color(palette.disc_text if item.online else palette.text))
    painter.setFont(font(SIZE.title, True))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, item.name[:1])
    if item.verified:
        badge = QRectF(place.right() - 14, place.bottom() - 14, 17, 17)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color(palette.surface))
        painter.drawEllipse(badge)
        renderer("shield", palette.ok).render(painter, badge.adjusted(2, 2, -2, -2))


def _right_side(painter: QPainter, item: Item, inner: QRectF) -> float:
    """Draw wait and unread at the right edge; return where the words must end."""
    palette = colors()
    tone = {Urgency.CALM: palette.quiet, Urgency.HURRY: palette.warn, Urgency.LATE: palette.danger}[item.urgency]
    bold = item.urgency is not Urgency.CALM
    painter.setFont(font(SIZE.small, bold))
    painter.setPen(color(tone))
    wide = QFontMetricsF(font(SIZE.small, bold)).horizontalAdvance(item.waits)
    painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, item.waits)
    if item.unread:
        count = str(item.unread) if item.unread < 100 else "99+"
        badge_wide = max(20.0, QFontMetricsF(font(SIZE.small, True)).horizontalAdvance(count) + 10)
        badge = QRectF(inner.right() - badge_wide, inner.bottom() - 20, badge_wide, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color(palette.danger))
        painter.drawRoundedRect(badge, 10, 10)
        painter.setPen(color(palette.surface))
        painter.setFont(font(SIZE.small, True))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, count)
    return inner.right() - wide


def _words(painter: QPainter, item: Item, place: QRectF, inner: QRectF) -> None:
    palette = colors()
    name_font = font(SIZE.body, True)
    painter.setFont(name_font)
    painter.setPen(color(palette.text))
    name = QFontMetricsF(name_font).elidedText(item.name, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, name)
    below = QRectF(inner.left(), inner.bottom() - 20, inner.width() - (34 if item.unread else 0), 20)
    said = "正在输入……" if item.typing else item.preview
    words = f"[{item.module}] {said}" if item.module and not item.typing else said
    painter.setFont(font(SIZE.small))
    painter.setPen(color(palette.accent if item.typing else palette.quiet))
    elided = QFontMetricsF(font(SIZE.small)).elidedText(words, Qt.TextElideMode.ElideRight, below.width())
    painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
