"""Design tokens (colours, spacing, type sizes) and the style sheet that is made of them.

Colours are calm for eight hours: text on its ground has a contrast of 4.5 or more (WCAG 2.2, 1.4.3).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

FAMILIES = ["Noto Sans CJK SC", "Microsoft YaHei UI", "PingFang SC", "Source Han Sans SC", "sans-serif"]


@dataclass(frozen=True)
class Palette:
    """Every colour there is. `soft` ones are grounds, the others are for text, lines and buttons."""

    bar: str = "#16335b"
    bar_raised: str = "#24467a"
    bar_text: str = "#ffffff"
    bar_quiet: str = "#b9c9e2"
    ground: str = "#f2f4f8"
    surface: str = "#ffffff"
    raised: str = "#f7f9fc"
    line: str = "#dde3ec"
    line_strong: str = "#b8c2d0"
    text: str = "#1b2430"
    quiet: str = "#5a6573"
    accent: str = "#2160c4"
    accent_deep: str = "#194d9f"
    accent_soft: str = "#e4eefc"
    mine: str = "#d8e7fd"
    bot: str = "#e7f4f1"
    bot_text: str = "#17695a"
    ok: str = "#16794c"
    ok_deep: str = "#10603b"
    ok_soft: str = "#e2f4ea"
    warn: str = "#975500"
    warn_soft: str = "#fdf0da"
    danger: str = "#c32d2d"
    danger_deep: str = "#a22222"
    danger_soft: str = "#fce8e8"


LIGHT = Palette()
DARK = Palette(
    bar="#0e1a2d",
    bar_raised="#1c304f",
    ground="#161b22",
    surface="#1e242d",
    raised="#252c36",
    line="#353e4b",
    line_strong="#525d6d",
    text="#e6eaf0",
    quiet="#a3aebc",
    accent="#6ea4f5",
    accent_deep="#8db8f8",
    accent_soft="#24364f",
    mine="#274468",
    bot="#203a36",
    bot_text="#82cfbe",
    ok="#5cc592",
    ok_deep="#7ad3a8",
    ok_soft="#1d3a2c",
    warn="#e6b25c",
    warn_soft="#403219",
    danger="#f08585",
    danger_deep="#f5a1a1",
    danger_soft="#472526",
)

_AVATARS = ("#4a6fa5", "#5b7f5e", "#8a6a9e", "#a3724a", "#4b8084", "#94606b", "#6b6fa0", "#77784a")


@dataclass(frozen=True)
class Size:
    """Type sizes and distances in device-independent pixels."""

    small: int = 12
    body: int = 14
    chat: int = 15
    title: int = 17
    heading: int = 24
    gap: int = 8
    pad: int = 12
    radius: int = 8


SIZE = Size()
_chosen = LIGHT


def colors() -> Palette:
    """Return the palette in use."""
    return _chosen


@lru_cache(maxsize=256)
def color(value: str) -> QColor:
    """Return a token as a colour; cached, because delegates ask for it in every row."""
    return QColor(value)


def avatar_color(key: str) -> QColor:
    """Return the colour of a person's disc, the same for ever."""
    return color(_AVATARS[sum(key.encode()) % len(_AVATARS)])


@lru_cache(maxsize=64)
def font(pixels: int, bold: bool = False) -> QFont:
    """Return the interface font at a size in device-independent pixels."""
    made = QFont()
    made.setFamilies(FAMILIES)
    made.setPixelSize(pixels)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


def dress(application: QApplication, palette: Palette = LIGHT) -> None:
    """Give the whole program its look."""
    global _chosen  # one palette per program, chosen once at start
    _chosen = palette
    application.setStyle("Fusion")
    application.setFont(font(SIZE.body))
    application.setPalette(_qt_palette(palette))
    application.setStyleSheet(style_sheet(palette))


def style_sheet(palette: Palette) -> str:
    """Return the style sheet: views/style.qss with the tokens filled in."""
    template = Template((Path(__file__).with_name("style.qss")).read_text(encoding="utf-8"))
    icons = (Path(__file__).parent / "icons").as_posix()
    return template.substitute({**vars(palette), **vars(SIZE), "icons": icons})


def repolish(widget: QWidget) -> None:
    """Apply the style sheet anew after a dynamic property changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def mark(widget: QWidget, name: str, value: str | bool) -> None:
    """Set a dynamic property that the style sheet selects by; what lies on the widget may depend on it too."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    for one in (widget, *widget.findChildren(QWidget)):
        repolish(one)
    widget.updateGeometry()


def _qt_palette(palette: Palette) -> QPalette:
    made = QPalette()
    roles = QPalette.ColorRole
    for role, value in (
        (roles.Window, palette.ground),
        (roles.Base, palette.surface),
        (roles.AlternateBase, palette.raised),
        (roles.Text, palette.text),
        (roles.WindowText, palette.text),
        (roles.ButtonText, palette.text),
        (roles.Button, palette.surface),
        (roles.PlaceholderText, palette.quiet),
        (roles.Highlight, palette.accent),
        (roles.HighlightedText, palette.surface),
        (roles.ToolTipBase, palette.text),
        (roles.ToolTipText, palette.surface),
        (roles.Link, palette.accent),
    ):
        made.setColor(role, color(value))
    return made
