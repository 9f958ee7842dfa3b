"""The taxpayer's screen: painted at the widget's size, and the agent's mouse and keyboard when control is granted."""

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QInputMethodEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from agent_app.views.keys import keysym_of, text_of
from agent_app.views.theme import color, colors
from agent_app.views.wishes import ButtonTurned, KeyTurned, PointerMoved, TextTyped, WheelTurned
from relay_protocol.messages.channel import Button
from relay_protocol.screen import Point, Rect

NOTCH = 120  # Qt counts eighths of a degree; a notch of a wheel is 15 degrees
GATHER_MS = 200  # between two characters of somebody, or something, that types them one by one
BUTTONS = {
    Qt.MouseButton.LeftButton: Button.LEFT,
    Qt.MouseButton.MiddleButton: Button.MIDDLE,
    Qt.MouseButton.RightButton: Button.RIGHT,
}
_CORNERS = ((0, 0), (0, 17), (4, 13.4), (7, 19), (9.6, 17.8), (6.8, 12.3), (12, 12))
_ARROW = QPolygonF([QPointF(x, y) for x, y in _CORNERS])


class RemoteScreen(QWidget):
    """Emits `wished` with input in pixels of the picture while `control` is on."""

    wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._control = False  # first of all: Qt asks `event` while it is being made
        self.setAccessibleName(self.tr("远程桌面"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 200)
        self._image = QImage()
        self._pixels: memoryview | None = None
        self._pointer: Point | None = None
        self._fit = True
        self._keys: dict[int, int] = {}
        self._buttons: set[Qt.MouseButton] = set()
        self._turned = QPointF()
        self._text = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(GATHER_MS)
        self._pause.timeout.connect(self._say_text)

    @property
    def picture_size(self) -> QSize:
        """The size of the taxpayer's screen; empty before the first picture."""
        return self._image.size()

    def show_picture(
        self, pixels: memoryview, width: int, height: int, rects: tuple[Rect, ...], pointer: Point | None
    ) -> None:
        """Look at these pixels (B G R 255) from now on and draw what changed."""
        if self._pixels is not pixels and (self._pixels is None or self._pixels.obj is not pixels.obj):
            self._pixels = pixels
            self._image = QImage(pixels, width, height, width * 4, QImage.Format.Format_RGB32)
            self._resize_for_scale()
            self.update()
        for rect in rects:
            self.update(self._on_widget(rect))
        if pointer != self._pointer:
            self._update_pointer(pointer)

    def clear(self) -> None:
        """The path is gone: forget the picture."""
        self._let_go()
        self._image, self._pixels, self._pointer = QImage(), None, None
        self.update()

    def set_fit(self, on: bool) -> None:
        """Fit the picture into the widget, or show it pixel by pixel."""
        self._fit = on
        self._resize_for_scale()
        self.update()

    def set_control(self, on: bool) -> None:
        """Pass on mouse and keyboard, or stop and let every key go."""
        if self._control and not on:
            self._let_go()
        self._control = on
        self.setCursor(Qt.CursorShape.BlankCursor if on else Qt.CursorShape.ArrowCursor)
        if on:
            self.setFocus()
        self.update()

    def _resize_for_scale(self) -> None:
        """In pixel mode the widget is as large as the picture, so that a scroll area can move it."""
        if self._fit or self._image.isNull():
            self.setMinimumSize(320, 200)
            self.setMaximumSize(16_777_215, 16_777_215)
        else:
            self.setFixedSize(self._image.size() / self.devicePixelRatioF())

    def place(self) -> QRectF:
        """Return where the picture lies on the widget; its proportions are kept."""
        if self._image.isNull():
            return QRectF()
        ratio = self.devicePixelRatioF()
        wide, high = self._image.width() / ratio, self._image.height() / ratio
        scale = min(self.width() / wide, self.height() / high) if self._fit else 1.0
        size = QPointF(wide * scale, high * scale)
        corner = QPointF((self.width() - size.x()) / 2, (self.height() - size.y()) / 2)
        return QRectF(corner, corner + size)

    def at_picture(self, position: QPointF) -> tuple[int, int]:
        """Return the pixel of the picture under a place of the widget; outside it, the nearest."""
        place = self.place()
        if place.isEmpty():
            return (0, 0)
        x = (position.x() - place.left()) * self._image.width() / place.width()
        y = (position.y() - place.top()) * self._image.height() / place.height()
        return (
            max(0, min(self._image.width() - 1, int(x))),
            max(0, min(self._image.height() - 1, int(y))),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), color(colors().screen))
        place = self.place()
        if place.isEmpty():
            return
        exact = abs(place.width() * self.devicePixelRatioF() - self._image.width()) < 1
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not exact)
        painter.drawImage(place, self._image)
        if self._pointer is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(self._on_widget(Rect(self._pointer.x, self._pointer.y, 1, 1)).center())
            painter.setPen(QPen(color("#ffffff"), 1.4))
            painter.setBrush(color("#111111"))
            painter.drawPolygon(_ARROW)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._control:
            self.wished.emit(PointerMoved(*self.at_picture(event.position())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        if self._control and event.button() in BUTTONS:
            self._say_text()
            self._buttons.add(event.button())
            self.wished.emit(ButtonTurned(*self.at_picture(event.position()), BUTTONS[event.button()], True))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() in self._buttons:
            self._buttons.discard(event.button())
            self.wished.emit(ButtonTurned(*self.at_picture(event.position()), BUTTONS[event.button()], False))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._control:
            event.ignore()
            return
        self._turned += QPointF(event.angleDelta())
        right, down = int(-self._turned.x() / NOTCH), int(-self._turned.y() / NOTCH)
        if right or down:
            self._turned += QPointF(right * NOTCH, down * NOTCH)
            self.wished.emit(WheelTurned(*self.at_picture(event.position()), right, down))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._control:
            super().keyPressEvent(event)
            return
        keysym = keysym_of(event)
        if keysym is None:
            self._gather(text_of(event))
        elif not event.isAutoRepeat():  # the key is held down over there as well, and repeats there
            self._say_text()
            self._keys[event.nativeScanCode() or event.key()] = keysym
            self.wished.emit(KeyTurned(keysym, True))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        keysym = self._keys.pop(event.nativeScanCode() or event.key(), None)
        if keysym is not None:
            self.wished.emit(KeyTurned(keysym, False))

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        if self._control and event.commitString():
            self._say_text()
            self.wished.emit(TextTyped(event.commitString()))
        event.accept()

    def inputMethodQuery(self, query: Qt.InputMethodQuery) -> object:
        if query == Qt.InputMethodQuery.ImEnabled:
            return self._control
        return super().inputMethodQuery(query)

    def focusNextPrevChild(self, forward: bool) -> bool:
        return False if self._control else super().focusNextPrevChild(forward)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._let_go()
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        """Under control every key belongs to the other machine, also those that are shortcuts here."""
        if self._control and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def _gather(self, text: str) -> None:
        """Keep text for a moment: what is typed in one go is pasted in one go over there."""
        if text:
            self._text += text
            self._pause.start()

    def _say_text(self) -> None:
        """Pass on the text that was gathered; called before any key or button, so that the order holds."""
        self._pause.stop()
        if self._text:
            text, self._text = self._text, ""
            self.wished.emit(TextTyped(text))

    def _let_go(self) -> None:
        """Release whatever is held, so that nothing stays pressed over there."""
        self._say_text()
        for keysym in self._keys.values():
            self.wished.emit(KeyTurned(keysym, False))
        for held in self._buttons:
            x, y = self._pointer if self._pointer is not None else Point(0, 0)
            self.wished.emit(ButtonTurned(x, y, BUTTONS[held], False))
        self._keys.clear()
        self._buttons.clear()

    def _on_widget(self, rect: Rect) -> QRect:
        """Return the part of the widget that shows a part of the picture, with a rim for smoothing."""
        place = self.place()
        if place.isEmpty():
            return QRect()
        across, along = place.width() / self._image.width(), place.height() / self._image.height()
        return (
            QRectF(
                place.left() + rect.x * across, place.top() + rect.y * along, rect.width * across, rect.height * along
            )
            .toAlignedRect()
            .adjusted(-2, -2, 2, 2)
        )

    def _update_pointer(self, pointer: Point | None) -> None:
        for point in (self._pointer, pointer):
            if point is not None:
                self.update(self._on_widget(Rect(point.x, point.y, 1, 1)).adjusted(-2, -2, 16, 24))
        self._pointer = pointer
