"""A person's hand: moves the mouse and presses keys on a desktop from outside, through xdotool."""

import os
import subprocess
from dataclasses import dataclass

from Xlib import X
from Xlib.display import Display
from Xlib.ext import xtest

from tests.e2e.desktops import Desktop

UNICODE_KEYSYM = 0x01000000  # X11 protocol, appendix A: the keysym of a character is this plus its number
LEFT, MIDDLE, RIGHT, WHEEL_UP, WHEEL_DOWN = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class Hand:
    """Coordinates are pixels of the desktop's screen."""

    desktop: Desktop

    def move(self, x: int, y: int) -> None:
        if (x, y) != self._where():  # --sync would wait for a move that never comes
            self._do("mousemove", "--sync", x, y)

    def click(self, x: int, y: int, button: int = LEFT, times: int = 1) -> None:
        self.move(x, y)
        self._do("click", "--repeat", times, "--delay", 60, button)

    def press(self, button: int = LEFT) -> None:
        self._do("mousedown", button)

    def release(self, button: int = LEFT) -> None:
        self._do("mouseup", button)

    def drag(self, start: tuple[int, int], stop: tuple[int, int], steps: int = 8) -> None:
        """Presses at `start`, moves in `steps` small moves, as a hand would, and releases at `stop`."""
        self.move(*start)
        self.press()
        for step in range(1, steps + 1):
            self.move(*(a + (b - a) * step // steps for a, b in zip(start, stop, strict=True)))
        self.release()

    def wheel(self, notches: int) -> None:
        """Turns the wheel down, or up when negative, under the pointer."""
        self._do("click", "--repeat", abs(notches), "--delay", 30, WHEEL_DOWN if notches > 0 else WHEEL_UP)

    def key(self, *chords: str) -> None:
        """Presses chords one after the other, in xdotool's names: "ctrl+v", "Return", "Tab"."""
        self._do("key", "--delay", 30, *chords)

    def type(self, text: str) -> None:
        """Types text key by key. Beyond a Latin keyboard only where the hand is on the display itself."""
        if not text.isascii() and self.desktop.outside != self.desktop.display:
            raise ValueError("keys from outside know the outer keyboard only; paste this text instead")
        if text.isascii():
            self._do("type", "--delay", 25, "--", text)
        else:
            type_on_lent_keys(self.desktop.display, text)

    def paste(self, text: str) -> None:
        """Puts text on the desktop's clipboard, as copying it elsewhere would, and presses Ctrl+V."""
        copy(self.desktop, text)
        self.key("ctrl+v")

    def _where(self) -> tuple[int, int]:
        found = dict(part.split(":") for part in self._do("getmouselocation").split() if ":" in part)
        return int(found["x"]), int(found["y"])

    def _do(self, *words: str | int) -> str:
        done = subprocess.run(
            ["xdotool", *map(str, words)],
            env={**os.environ, "DISPLAY": self.desktop.outside},
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return done.stdout


def copy(desktop: Desktop, text: str) -> None:
    """Makes `text` the desktop's clipboard; xclip stays in the background until something else is copied."""
    # Its outputs are closed, not captured: the background xclip would keep a pipe open for ever.
    subprocess.run(
        ["xclip", "-selection", "clipboard"],
        input=text.encode(),
        env=dict(desktop.env),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=10,
    )


def clipboard(desktop: Desktop) -> str:
    """What the desktop's clipboard holds; empty when nothing was copied."""
    answer = subprocess.run(
        ["xclip", "-selection", "clipboard", "-o"], env=dict(desktop.env), capture_output=True, timeout=10, check=False
    )
    return answer.stdout.decode()


def type_on_lent_keys(display: str, text: str) -> None:
    """Types characters that no key has, on keys the keyboard does not use.

    All are lent before the first is pressed: a program that is late to learn of a keyboard change asks for the keyboard
    as it is then, so lending one key to one character after the other, as xdotool does, loses some of them.
    """
    connection = Display(display)
    try:
        codes = _lend_keys(connection, sorted(set(text)))
        for char in text:
            for kind in (X.KeyPress, X.KeyRelease):
                xtest.fake_input(connection, kind, codes[char])
            connection.sync()
    finally:
        connection.close()


def _lend_keys(connection: Display, chars: list[str]) -> dict[str, int]:
    first = connection.display.info.min_keycode
    rows = connection.get_keyboard_mapping(first, connection.display.info.max_keycode - first + 1)
    known = {syms[0]: first + place for place, syms in enumerate(rows)}
    free = [first + place for place, syms in enumerate(rows) if not any(syms)]
    codes = {}
    for char in chars:
        keysym = ord(char) if char.isascii() else UNICODE_KEYSYM + ord(char)
        if keysym not in known:
            known[keysym] = free.pop()
            connection.change_keyboard_mapping(known[keysym], [(keysym, keysym)])
        codes[char] = known[keysym]
    connection.sync()
    return codes
