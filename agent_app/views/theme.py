"""Design tokens (colours, spacing, type sizes) and the style sheet that is made of them.

Colours are calm for eight hours: text on its ground has a contrast of 4.5 or more (WCAG 2.2, 1.4.3).
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from string import Template

from PySide6.QtCore import Qt
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
    bar_ok: str = "#7fd8ab"
    bar_warn: str = "#ffd894"
    bar_bad: str = "#ffb3b3"
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
    private: str = "#7a3fa0"
    private_deep: str = "#632f85"
    private_soft: str = "#f3e8fa"
    disc_text: str = "#ffffff"
    screen: str = "#2a2f37"


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
    mine="#223c5c",
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
    private="#c79ae6",
    private_deep="#d6b4ee",
    private_soft="#382744",
)

_AVATARS = ("#456a9f", "#507554", "#836296", "#93633c", "#42767a", "#8d5964", "#64689a", "#6a6b40")


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


class Wear(StrEnum):
    """Which palette an agent wants: what the desktop says, or always the same."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def palette_of(look: Wear, application: QApplication) -> Palette:
    """Return the palette a wish comes to on this desktop at this moment."""
    dark = application.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return DARK if look is Wear.DARK or (look is Wear.SYSTEM and dark) else LIGHT


def dress(application: QApplication, palette: Palette = LIGHT) -> None:
    """Give the whole program its look; windows that are open already need `widgets.retint` besides."""
    global _chosen  # one palette per program
    _chosen = palette
    application.setStyle("Fusion")
    application.setFont(font(SIZE.body))
    application.setPalette(_qt_palette(palette))
    application.setStyleSheet(style_sheet(palette))


def style_sheet(palette: Palette) -> str:
    """Return the style sheet: views/style.qss with the tokens filled in."""
    template = Template((Path(__file__).with_name("style.qss")).read_text(encoding="utf-8"))
    icons = (Path(__file__).parent / "icons").as_posix()
    arrow = "chevron-light" if palette is DARK else "chevron-down"
    return template.substitute({**vars(palette), **vars(SIZE), "icons": icons, "arrow": arrow})


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
