"""Words must be readable for eight hours: every pair of ink and ground that is used, in both palettes (WCAG 2.2)."""

import pytest
from PySide6.QtGui import QColor

from agent_app.views.theme import DARK, LIGHT, Palette, avatar_color

PAIRS = [
    *(("text", ground) for ground in (
        "ground", "surface", "raised", "accent_soft", "mine", "bot", "ok_soft", "warn_soft", "danger_soft",
        "private_soft", "line_strong",
    )),
    *(
        ("quiet", ground)
        for ground in ("ground", "surface", "raised", "line", "mine", "bot", "accent_soft", "private_soft")
    ),
    *((ink, "surface") for ink in ("accent", "accent_deep", "ok", "warn", "danger", "bot_text", "private")),
    *(("surface", ground) for ground in (
        "accent", "accent_deep", "ok", "ok_deep", "danger", "danger_deep", "text", "private", "private_deep"
    )),
    ("ok", "ok_soft"), ("warn", "warn_soft"), ("danger", "danger_soft"), ("private", "private_soft"),
    ("bot_text", "bot"), ("accent", "accent_soft"), ("danger", "ground"), ("quiet", "ground"),
    *((ink, "bar") for ink in ("bar_text", "bar_quiet", "bar_ok", "bar_warn", "bar_bad")),
    *((ink, "bar_raised") for ink in ("bar_text", "bar_ok", "bar_warn", "bar_bad", "bar_quiet")),
]  # fmt: skip


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_words_stand_out_from_their_ground(palette: Palette, ink: str, ground: str) -> None:
    found = contrast(QColor(getattr(palette, ink)), QColor(getattr(palette, ground)))
    assert found >= 4.5, f"{ink} on {ground}: {found:.2f}"


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("key", ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "abc", "abd", "abe"])
def test_the_letter_on_a_persons_disc_is_readable(palette: Palette, key: str) -> None:
    assert contrast(QColor(palette.disc_text), avatar_color(key)) >= 4.5


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    red, green, blue = (_linear(part) for part in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
