"""What a taxpayer looks at, for measurements: a page of dense Chinese text that changes by a plan.

`python -m bench.canvas PLAN CHANGES SECONDS` changes the page so many times, so many seconds apart, by scrolling
(`scroll`), by one more character (`type`) or by another page (`page`). Every state bears its number as black and white
blocks, which survive on the way exactly or not at all. Standard output tells `{"n": …, "at": …}` (time.monotonic) once
the X server has a state, and `{"done": true}` at the end.
"""

import json
import random
import sys
import time

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

BITS, BLOCK = 16, 16
STAMP_X, STAMP_Y = 64, 96
SETTLE_MS = 1500
LINE = 26
SCROLL_PIXELS = 80
WORDS = "增值税申报销项税额进项抵扣期末留抵附加税城建教育费小规模纳税人发票勾选认证逾期更正"


class Canvas(QWidget):
    """Fills the screen below everything of ours."""

    def __init__(self, plan: str, changes: int, seconds: float) -> None:
        super().__init__(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.X11BypassWindowManagerHint)
        self._plan, self._changes, self._ms = plan, changes, int(seconds * 1000)
        self.setGeometry(QGuiApplication.primaryScreen().geometry())
        self._number, self._offset, self._typed = 0, 0, ""
        self._pages = [self._page(seed, 6000 if plan == "scroll" else self.height()) for seed in (1, 2)]

    def begin(self) -> None:
        """Show the first state, then follow the plan."""
        self.show()
        self.lower()
        QTimer.singleShot(SETTLE_MS, self._change)

    def _change(self) -> None:
        if self._number == self._changes:
            tell(done=True)
            return
        self._number += 1
        self._offset = self._number * SCROLL_PIXELS % 4000 if self._plan == "scroll" else 0
        self._typed += WORDS[self._number % len(WORDS)] if self._plan == "type" else ""
        self.repaint()
        QGuiApplication.sync()
        tell(n=self._number, at=time.monotonic())
        QTimer.singleShot(self._ms, self._change)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        page = self._pages[self._number % 2 if self._plan == "page" else 0]
        painter.drawImage(0, 0, page, 0, self._offset, self.width(), self.height())
        painter.fillRect(STAMP_X - 24, STAMP_Y - 24, BLOCK * (BITS + 2) + 48, 120, QColor("white"))
        painter.setPen(QColor("black"))
        painter.drawText(QRect(STAMP_X, STAMP_Y + 30, 400, 60), Qt.TextFlag.TextWordWrap, self._typed[-36:])
        for block in range(BITS + 2):
            black = block == 0 or (block <= BITS and self._number >> (block - 1) & 1)
            painter.fillRect(STAMP_X + block * BLOCK, STAMP_Y, BLOCK, BLOCK, QColor("black" if black else "white"))

    def _page(self, seed: int, height: int) -> QImage:
        """A page as tall as this, one line below the other."""
        chance = random.Random(seed)
        image = QImage(self.width(), height, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        font = QFont("Noto Sans CJK SC")
        font.setPixelSize(16)
        painter.setFont(font)
        for y in range(LINE, height, LINE):
            painter.setPen(QColor(chance.choice(("#111111", "#1f3b6f", "#7a1f1f"))))
            painter.drawText(24, y, "".join(chance.choices(WORDS, k=self.width() // 17)))
        painter.end()
        return image


def tell(**facts: object) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Follow the plan of the command line, and stay until ended."""
    app = QApplication(sys.argv[:1])
    canvas = Canvas(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
    canvas.begin()
    app.exec()


if __name__ == "__main__":
    main()
