"""Small pieces all windows share: labels with a tone, buttons with a tone and an accessible name."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

FRAME = 40
"""What a window manager may add around a window, in height."""


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


class _Scrolling(QScrollArea):
    """As high as what it holds needs, and lower if it must."""

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        holder = self.widget()
        inside = holder.layout() if holder is not None else None
        return inside.totalHeightForWidth(width) if inside is not None else super().heightForWidth(width)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 56)


def scrolling(*inside: QWidget) -> QScrollArea:
    """Return these in a column that scrolls where the screen is too small for it."""
    holder = QWidget()
    holder.setObjectName("page")
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    for widget in inside:
        column.addWidget(widget)
    area = _Scrolling()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    area.setSizePolicy(policy)
    area.setWidget(holder)
    return area


def center(window: QWidget, width: int, free_above: int = 0) -> None:
    """Put a window of this width in the middle of the main screen, as high as its text needs and the screen allows.

    `free_above` stays free at the top, for the bar.
    """
    for widget in (window, *window.findChildren(QWidget)):
        widget.ensurePolished()  # the style sheet decides how high text is
    place = QGuiApplication.primaryScreen().availableGeometry()
    layout = window.layout()
    height = layout.totalHeightForWidth(width) if layout is not None and layout.hasHeightForWidth() else 0
    room = place.height() - FRAME - free_above
    window.resize(min(width, place.width()), min(max(height, window.sizeHint().height()), room))
    middle = place.center().y() - (window.height() + FRAME) // 2
    window.move(place.center().x() - window.width() // 2, max(middle, place.top() + free_above))
