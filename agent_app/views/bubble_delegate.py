"""Paints the lines of a transcript as chat bubbles; measures each line once per width."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from agent_app.models.lines import Line, Mark, speaker
from agent_app.models.transcript import LINE
from agent_app.views.bubble import Bubble, lay_out
from agent_app.views.icons import renderer
from agent_app.views.pictures import Pictures
from agent_app.views.theme import SIZE, avatar_color, color, colors, font
from relay_protocol.messages import File, Image, Side, Voice

MARK_ICONS = {Mark.SENDING: "clock", Mark.SENT: "check", Mark.DELIVERED: "checks", Mark.READ: "checks"}
KEPT = 2000


class BubbleDelegate(QStyledItemDelegate):
    """`width` is set by the view whenever its viewport changes."""

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.width = 600
        self._pictures = pictures
        self._measured: dict[str, tuple[Line, int, Bubble]] = {}

    def forget(self) -> None:
        """Lay out every line anew."""
        self._measured.clear()

    def bubble(self, line: Line) -> Bubble:
        """Return the shape of a line at the present width."""
        known = self._measured.get(line.key)
        if known is not None and known[0] == line and known[1] == self.width:
            return known[2]
        if len(self._measured) > KEPT:
            self._measured.clear()
        made = lay_out(line, self.width)
        self._measured[line.key] = (line, self.width, made)
        return made

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(self.width, int(self.bubble(index.data(LINE)).height))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        line: Line = index.data(LINE)
        bubble = self.bubble(line)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(option.rect.topLeft())
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        _paint_ground(painter, bubble, chosen)
        for block in bubble.blocks:
            painter.setPen(color(block.color))
            block.layout.draw(painter, block.at)
        self._paint_extras(painter, line, bubble)
        painter.restore()

    def _paint_extras(self, painter: QPainter, line: Line, bubble: Bubble) -> None:
        if line.day:
            painter.setFont(font(SIZE.small))
            painter.setPen(color(colors().quiet))
            painter.drawText(bubble.day, Qt.AlignmentFlag.AlignCenter, line.day)
        if not bubble.avatar.isNull():
            _paint_avatar(painter, line, bubble.avatar)
        if isinstance(line.row.body, Image):
            self._paint_picture(painter, line, bubble.picture)
        if isinstance(line.row.body, File | Voice):
            name = "file" if isinstance(line.row.body, File) else "voice"
            at = QRectF(bubble.ground.left() + 12, bubble.ground.top() + (13 if name == "file" else 9), 22, 22)
            renderer(name, colors().accent).render(painter, at)
        if not bubble.quote.isNull():
            painter.fillRect(bubble.quote, color(colors().accent))
        _paint_mark(painter, line, bubble.mark)

    def _paint_picture(self, painter: QPainter, line: Line, place: QRectF) -> None:
        if not isinstance(line.row.body, Image):
            return
        found = self._pictures.small(line.row.body.attachment)
        if found is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(place, found, QRectF(found.rect()))
        else:
            painter.fillRect(place, color(colors().line))
            renderer("image", colors().quiet).render(painter, _centered(place, 28))
        if line.progress < 1.0:
            bar = QRectF(place.left(), place.bottom() - 5, place.width() * line.progress, 5)
            painter.fillRect(bar, color(colors().accent))


def _paint_ground(painter: QPainter, bubble: Bubble, chosen: bool) -> None:
    line = colors().accent if chosen else bubble.ground_color
    if bubble.ground_color == colors().surface and not chosen:
        line = colors().line
    line = colors().private if bubble.private else line
    dashes = Qt.PenStyle.DashLine if bubble.private else Qt.PenStyle.SolidLine
    painter.setPen(QPen(color(line), 1.5 if chosen else 1.0, dashes))
    painter.setBrush(color(bubble.ground_color))
    painter.drawRoundedRect(bubble.ground, SIZE.radius, SIZE.radius)


def _paint_avatar(painter: QPainter, line: Line, place: QRectF) -> None:
    palette = colors()
    painter.setPen(Qt.PenStyle.NoPen)
    if line.row.side is Side.BOT:
        painter.setBrush(color(palette.bot))
        painter.drawEllipse(place)
        renderer("robot", palette.bot_text).render(painter, _centered(place, 20))
        return
    painter.setBrush(color(palette.accent) if line.mine else avatar_color(speaker(line)))
    painter.drawEllipse(place)
    painter.setPen(color(palette.surface if line.mine else palette.disc_text))
    painter.setFont(font(SIZE.body, True))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, speaker(line)[:1])


def _paint_mark(painter: QPainter, line: Line, place: QRectF) -> None:
    if line.mark is Mark.NONE:
        return
    palette = colors()
    name = "warning" if line.mark is Mark.FAILED else MARK_ICONS[line.mark]
    tone = {Mark.FAILED: palette.danger, Mark.READ: palette.accent}.get(line.mark, palette.quiet)
    renderer(name, tone).render(painter, place)


def _centered(place: QRectF, size: float) -> QRectF:
    return QRectF(place.center() - QPointF(size / 2, size / 2), place.center() + QPointF(size / 2, size / 2))
