"""The look of the helper: large type, few colours, every pair of text and ground with a contrast of 4.5 or more.

Sizes are device-independent pixels; an old taxpayer reads them at arm's length.
"""

from string import Template

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QWidget

FAMILIES = ["Noto Sans CJK SC", "Microsoft YaHei UI", "PingFang SC", "Source Han Sans SC", "sans-serif"]
COLORS = {
    "ground": "#f4f6fa",
    "surface": "#ffffff",
    "line": "#cfd7e3",
    "text": "#1b2430",
    "quiet": "#4f5b6a",
    "accent": "#1f5fbf",
    "accent_deep": "#184c99",
    "accent_soft": "#e6effc",
    "ok": "#146c43",
    "ok_soft": "#e3f4ea",
    "danger": "#c22a2a",
    "danger_deep": "#9f2020",
    "danger_soft": "#fdeaea",
    "warn": "#8a4b00",
    "warn_soft": "#fff2dc",
}
BORDER = COLORS["danger"]

_SHEET = Template(
    """
* { font-size: 17px; color: $text; }
QWidget#page, QDialog { background: $ground; }
QFrame#card { background: $surface; border: 1px solid $line; border-radius: 12px; }
QLabel[tone="title"] { font-size: 26px; font-weight: 600; }
QLabel[tone="brand"] { font-size: 15px; color: $quiet; font-weight: 600; }
QLabel[tone="quiet"] { font-size: 15px; color: $quiet; }
QLabel[tone="who"] { font-size: 22px; font-weight: 600; }
QLabel[tone="ok"] { font-size: 15px; color: $ok; background: $ok_soft; border-radius: 6px; padding: 4px 10px; }
QLabel[tone="warn"] { color: $warn; background: $warn_soft; border-radius: 8px; padding: 10px 14px; font-size: 16px; }
QLabel[tone="wrong"] { color: $danger; background: $danger_soft; border-radius: 8px; padding: 10px 14px; }
QLineEdit { background: $surface; border: 2px solid $line; border-radius: 10px; padding: 12px 16px; font-size: 32px;
  min-height: 44px;
  selection-background-color: $accent; selection-color: $surface; }
QLineEdit:focus { border-color: $accent; }
QLineEdit[wrong="true"] { border-color: $danger; }
QLineEdit:disabled { background: $ground; color: $quiet; }
QPushButton { background: $surface; border: 2px solid $line; border-radius: 10px; padding: 12px 22px;
  font-size: 19px; min-height: 26px; }
QPushButton:hover { border-color: $accent; }
QPushButton:focus { border: 3px solid $text; padding: 11px 21px; }
QPushButton:disabled { color: $quiet; background: $ground; border-color: $line; }
QPushButton[tone="primary"] { background: $accent; border-color: $accent; color: $surface; font-weight: 600; }
QPushButton[tone="primary"]:hover { background: $accent_deep; }
QPushButton[tone="primary"]:disabled { background: $line; border-color: $line; color: $quiet; }
QPushButton[tone="danger"] { background: $danger; border-color: $danger; color: $surface; font-weight: 600; }
QPushButton[tone="danger"]:hover { background: $danger_deep; }
QPushButton[tone="primary"]:focus, QPushButton[tone="danger"]:focus { border: 3px solid $text; }
QProgressBar { background: $line; border: 0; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QLabel[tone="badge-ok"] { background: $ok; color: $surface; border-radius: 28px; font-size: 32px; font-weight: 600; }
QLabel[tone="badge-wrong"] { background: $danger; color: $surface; border-radius: 28px; font-size: 32px;
  font-weight: 600; }
QScrollArea { background: transparent; }
QWidget#bar { background: $surface; border: 3px solid $danger; border-top: 6px solid $danger; }
QWidget#bar QLabel[tone="dot"] { color: $danger; font-size: 20px; }
QWidget#bar QLabel { font-size: 16px; }
QWidget#bar QLabel[tone="elapsed"] { font-size: 16px; color: $quiet; }
QWidget#bar QPushButton { padding: 5px 16px; font-size: 17px; min-height: 24px; border-radius: 8px; }
"""
)


def dress(application: QApplication) -> None:
    """Give the whole program its look."""
    application.setStyle("Fusion")
    font = QFont()
    font.setFamilies(FAMILIES)
    font.setPixelSize(17)
    application.setFont(font)
    application.setStyleSheet(_SHEET.substitute(COLORS))


def mark(widget: QWidget, name: str, value: str | bool) -> None:
    """Set a property the style sheet selects by, and apply it."""
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
