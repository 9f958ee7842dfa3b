"""Icons of our own: SVG line drawings in icons/, drawn in any colour and sharp at any scale."""

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).with_name("icons")
_SCALES = (1, 1.5, 2, 3)


@lru_cache(maxsize=256)
def icon(name: str, color: str, size: int = 18) -> QIcon:
    """Return icon `name` in `color`, `size` in device-independent pixels."""
    made = QIcon()
    for scale in _SCALES:
        made.addPixmap(pixmap(name, color, size, scale))
    return made


@lru_cache(maxsize=256)
def pixmap(name: str, color: str, size: int = 18, scale: float = 1.0) -> QPixmap:
    """Return icon `name` as a picture for a screen of that scale."""
    drawing = renderer(name, color)
    made = QPixmap(QSize(round(size * scale), round(size * scale)))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    drawing.render(painter, QRectF(0, 0, made.width(), made.height()))
    painter.end()
    made.setDevicePixelRatio(scale)
    return made


@lru_cache(maxsize=256)
def renderer(name: str, color: str) -> QSvgRenderer:
    """Return the drawing itself, for delegates that paint it straight into a row."""
    source = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(source.replace("currentColor", color).encode()))
