"""A program of the taxpayer's, for tests: a text field that tells on standard output what reached it, in lines of JSON.

`{"written": …}` after every change, `{"button": …, "down": …, "x": …, "y": …}`, `{"key": …, "down": …}`,
`{"wheel": …}`; each with `at`, in Unix seconds.
"""

import json
import sys
import time

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QPlainTextEdit

PLACE = (100, 200, 600, 300)
PRESSES = {
    QEvent.Type.MouseButtonPress: True,
    QEvent.Type.MouseButtonRelease: False,
    QEvent.Type.MouseButtonDblClick: True,
    QEvent.Type.KeyPress: True,
    QEvent.Type.KeyRelease: False,
}


class Witness(QObject):
    """Tells of every event of the widgets it is installed on."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        down = PRESSES.get(event.type())
        if isinstance(event, QMouseEvent) and down is not None:
            place = event.globalPosition().toPoint()
            tell(button=event.button().name, down=down, x=place.x(), y=place.y())
        elif isinstance(event, QKeyEvent) and down is not None and not event.isAutoRepeat():
            tell(key=event.key(), down=down, text=event.text())
        elif isinstance(event, QWheelEvent):
            tell(wheel=event.angleDelta().y())
        return False


def tell(**facts: object) -> None:
    print(json.dumps({**facts, "at": time.time()}), flush=True)


def main() -> None:
    app = QApplication(sys.argv)
    field = QPlainTextEdit()
    field.setWindowTitle("纳税申报表")
    witness = Witness()
    field.installEventFilter(witness)
    field.viewport().installEventFilter(witness)
    field.textChanged.connect(lambda: tell(written=field.toPlainText()))
    field.setWindowFlag(Qt.WindowType.FramelessWindowHint)
    field.setGeometry(*PLACE)
    field.show()
    _tell_when_ready(field)
    app.exec()


def _tell_when_ready(field: QPlainTextEdit) -> None:
    """Ready is who can be clicked and typed into: on the screen, where it wants to be, with the focus."""
    if field.windowHandle().isExposed() and field.isActiveWindow() and field.pos() == QPoint(*PLACE[:2]):
        tell(ready=True)
    else:
        QTimer.singleShot(20, lambda: _tell_when_ready(field))


if __name__ == "__main__":
    main()
