"""A guard against PySide6 6.12 on Python below 3.12: its signals lose references of None and True until it aborts."""

import gc
import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

SIGNALS = 3000
LEAST_LOST = 300


class Bell(QObject):
    rang = Signal(object, bool)


def test_signals_lose_no_reference_of_none_or_true(dressed: QApplication) -> None:
    bell = Bell()
    heard = []
    bell.rang.connect(lambda what, loud: heard.append((what, loud)))
    gc.collect()  # garbage of other tests holds references of its own
    before = (sys.getrefcount(None), sys.getrefcount(True))
    gc.disable()
    try:
        for _ in range(SIGNALS):
            bell.rang.emit(None, True)
    finally:
        gc.enable()
    heard.clear()
    after = (sys.getrefcount(None), sys.getrefcount(True))
    assert all(old - new < LEAST_LOST for old, new in zip(before, after, strict=True))
