"""The red border around every screen while anything is granted. Clicks go through it; the pictures show it too."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from remote_helper.views.theme import BORDER

THICKNESS = 6
FLAGS = (
    Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    | Qt.WindowType.X11BypassWindowManagerHint
    | Qt.WindowType.WindowTransparentForInput
    | Qt.WindowType.WindowDoesNotAcceptFocus
    | Qt.WindowType.Tool
)


class _Edge(QWidget):
    def __init__(self, place: QRect) -> None:
        super().__init__(None, FLAGS)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAccessibleName("屏幕正在被查看")
        self.setGeometry(place)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(BORDER))


class Border:
    """Four thin windows per screen; they follow screens that come, go or change."""

    def __init__(self) -> None:
        self._edges: list[_Edge] = []
        self._screens: list[QRect] = []

    def show(self) -> None:
        """Show it, or bring it back above everything and around what the screens are now."""
        screens = [screen.geometry() for screen in QGuiApplication.screens()]
        if screens != self._screens:
            self.hide()
            self._screens = screens
            self._edges = [_Edge(place) for screen in screens for place in edges(screen)]
        for edge in self._edges:
            edge.show()
            edge.raise_()

    def hide(self) -> None:
        """Take it away."""
        for edge in self._edges:
            edge.close()
            edge.deleteLater()
        self._edges, self._screens = [], []


def edges(screen: QRect) -> list[QRect]:
    """Return the four strips along the inside of a screen."""
    x, y, width, height = screen.x(), screen.y(), screen.width(), screen.height()
    return [
        QRect(x, y, width, THICKNESS),
        QRect(x, y + height - THICKNESS, width, THICKNESS),
        QRect(x, y + THICKNESS, THICKNESS, height - 2 * THICKNESS),
        QRect(x + width - THICKNESS, y + THICKNESS, THICKNESS, height - 2 * THICKNESS),
    ]
