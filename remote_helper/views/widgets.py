"""Small pieces all windows share: labels with a tone, buttons with a tone and an accessible name."""

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget


def label(text: str = "", tone: str = "", *, wrap: bool = True) -> QLabel:
    """Return a label; `tone` chooses its look in the theme."""
    made = QLabel(text)
    made.setProperty("tone", tone)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)  # names come from certificates and relays: never markup
    return made


def button(text: str, on_click: Callable[[], None], *, tone: str = "", describe: str = "") -> QPushButton:
    """Return a button; `describe` says more to a screen reader."""
    made = QPushButton(text)
    made.setProperty("tone", tone)
    made.setAccessibleName(text)
    made.setAccessibleDescription(describe)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _checked=False: on_click())
    return made


def card(*inside: QWidget) -> QFrame:
    """Return a white card with these in a column."""
    made = QFrame()
    made.setObjectName("card")
    column = QVBoxLayout(made)
    column.setContentsMargins(20, 18, 20, 18)
    column.setSpacing(10)
    for widget in inside:
        column.addWidget(widget)
    return made


def center(window: QWidget) -> None:
    """Put a window in the middle of the main screen, at its natural size."""
    window.adjustSize()
    place: QRect = QGuiApplication.primaryScreen().availableGeometry()
    size = window.size().boundedTo(place.size())
    window.resize(size)
    window.move(
        place.center().x() - window.width() // 2,
        max(place.top(), place.center().y() - window.height() // 2),
    )
