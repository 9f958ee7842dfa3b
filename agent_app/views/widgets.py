"""Small things every view is made of: labels, buttons, lines; and windows that fit their screen."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from agent_app.views.icons import icon
from agent_app.views.theme import SIZE, colors

TITLE_BAR, BORDERS = 40, 4
"""What a window manager may add above a window and beside it, in device-independent pixels."""


class Elided(QLabel):
    """One line that gives way: what does not fit ends in …, and the whole is in the tool tip."""

    def __init__(self, tone: str = "", name: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("tone", tone)
        self.setObjectName(name)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 4, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        place = self.contentsRect()
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, place.width())
        QPainter(self).drawText(place, self.alignment(), words)


def fit_screen(window: QWidget, wide: int, high: int) -> None:
    """Size a window as wished, but never beyond what its screen has left (device-independent pixels)."""
    window.resize(QSize(wide, high).boundedTo(room_for(window)))


def room_for(window: QWidget) -> QSize:
    """Return how large a window may be on its screen, its frame taken off."""
    room = window.screen().availableGeometry().size()
    return QSize(room.width() - BORDERS, room.height() - TITLE_BAR)


def label(text: str = "", tone: str = "", *, wrap: bool = False, name: str = "") -> QLabel:
    """Return a label; `tone` and `name` select its look in the style sheet. No words are ever read as markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    made.setProperty("tone", tone)
    made.setObjectName(name)
    return made


def badge() -> QLabel:
    """Return a label for a word or two on a coloured ground; it is never wider than its words."""
    made = label(name="badge")
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return made


def button(text: str, tone: str = "", *, picture: str = "", hint: str = "", then: Callable[[], object]) -> QPushButton:
    """Return a push button that is called exactly `text` by screen readers."""
    made = QPushButton(text)
    made.setProperty("tone", tone)
    made.setAccessibleName(text)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setToolTip(hint or text)
    if picture:
        tint(made, picture, "surface" if tone in ("primary", "good", "danger", "private") else "text", 16)
    made.clicked.connect(lambda _=False: then())
    return made


def tool(
    name: str,
    picture: str,
    *,
    hint: str = "",
    text: bool = False,
    tone: str = "quiet",
    ink: str = "quiet",
    size: int = 18,
) -> QToolButton:
    """Return a button with a picture; `name` is its accessible name and, with `text`, its caption."""
    made = QToolButton()
    tint(made, picture, ink, size)
    made.setProperty("tone", tone)
    made.setAccessibleName(name)
    made.setToolTip(hint or name)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    if text:
        made.setText(name)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return made


def tint(made: QAbstractButton, picture: str, ink: str, size: int = 18) -> None:
    """Give a button a picture in a colour of the palette (`ink` is its name), now and after `retint`."""
    made.setProperty("picture", picture)
    made.setProperty("ink", ink)
    made.setProperty("inkSize", size)
    made.setIconSize(QSize(size, size))
    made.setIcon(icon(picture, getattr(colors(), ink), size))


def retint(window: QWidget) -> None:
    """Draw the pictures of a window's buttons in the colours of the palette now in use."""
    for one in window.findChildren(QAbstractButton):
        if picture := one.property("picture"):
            tint(one, picture, one.property("ink"), one.property("inkSize"))
    window.update()


def frame(name: str) -> QFrame:
    """Return a ground that the style sheet knows by name."""
    made = QFrame()
    made.setObjectName(name)
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return made


def row(*items: QWidget | QLayout | int, gap: int = SIZE.gap, pad: int = 0) -> QHBoxLayout:
    """Lay things out side by side; 0 is a stretch, another number a distance."""
    made = QHBoxLayout()
    _fill(made, items, gap, pad)
    return made


def column(*items: QWidget | QLayout | int, gap: int = SIZE.gap, pad: int = 0) -> QVBoxLayout:
    """Lay things out below each other; 0 is a stretch, another number a distance."""
    made = QVBoxLayout()
    _fill(made, items, gap, pad)
    return made


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and let it go."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)


def _fill(layout: QHBoxLayout | QVBoxLayout, items: tuple[QWidget | QLayout | int, ...], gap: int, pad: int) -> None:
    layout.setSpacing(gap)
    layout.setContentsMargins(pad, pad, pad, pad)
    for item in items:
        if isinstance(item, QWidget):
            layout.addWidget(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        elif item:
            layout.addSpacing(item)
        else:
            layout.addStretch(1)
