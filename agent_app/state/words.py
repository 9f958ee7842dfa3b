"""Sentences made outside of widgets: `tr` marks them for Qt Linguist, and app.py gives it the translator."""

from collections.abc import Callable

Translate = Callable[[str], str]


def _as_written(text: str) -> str:
    return text


_translate: Translate = _as_written


def use(translate: Translate) -> None:
    """Speak through `translate` from now on; chosen once, at start."""
    global _translate
    _translate = translate


def tr(text: str) -> str:
    """Return the sentence in the language of the program; Chinese as written without a translator."""
    return _translate(text)
