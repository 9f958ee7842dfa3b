"""A screen reader's eyes: find widgets on a desktop by role and name, as a person who cannot see would."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.desktops import Desktop
from tests.e2e.waiting import TooLate, until

READER = Path(__file__).with_name("atspi_reader.py")
LOOKS = 3  # how often a question is asked before its failure counts
Wanted = str | re.Pattern[str]


class Box(NamedTuple):
    """A rectangle in pixels of the screen."""

    x: int
    y: int
    width: int
    height: int

    @property
    def center(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass(frozen=True)
class Widget:
    """What a screen reader would say of a widget at the moment it was found."""

    role: str
    name: str
    description: str
    text: str
    states: frozenset[str]
    box: Box

    @property
    def enabled(self) -> bool:
        return "sensitive" in self.states


class Eyes:
    """Names match in part when given as text, by search when given as a pattern. Only showing widgets are seen."""

    def __init__(self, reader: subprocess.Popen[str], scale: float = 1.0) -> None:
        self._reader = reader
        self._scale = scale

    def find(
        self, role: str | None = None, name: Wanted | None = None, *, window: str = "", inside: str = ""
    ) -> list[Widget]:
        """All showing widgets that match, in reading order; `window` and `inside` narrow where to look."""
        pattern = isinstance(name, re.Pattern)
        wanted = name.pattern if isinstance(name, re.Pattern) else name
        place = {"window": window or None, "inside": inside or None}
        reply = self._ask({"do": "find", "role": role, "name": wanted, "regex": pattern, **place})
        return [_widget(row, self._scale) for row in reply["widgets"]]

    def wait(
        self,
        role: str | None = None,
        name: Wanted | None = None,
        *,
        window: str = "",
        inside: str = "",
        enabled: bool = False,
        seconds: float = 10.0,
    ) -> Widget:
        """The first widget that matches, as soon as it shows; TooLate carries the tree of what there was instead."""

        def probe() -> Widget | None:
            found = self.find(role, name, window=window, inside=inside)
            return next((widget for widget in found if widget.enabled or not enabled), None)

        try:
            return until(probe, f"{role or 'widget'} 「{name}」", seconds, every=0.1)
        except TooLate as late:
            raise TooLate(f"{late}\n{self.tree()}") from None

    def wait_gone(
        self, role: str | None = None, name: Wanted | None = None, *, window: str = "", seconds: float = 10.0
    ) -> None:
        until(lambda: not self.find(role, name, window=window), f"{role} 「{name}」 gone", seconds, every=0.1)

    def rows(self, inside: str, *, window: str = "") -> list[str]:
        """The accessible names of the rows showing in a list, table or tree, from top to bottom."""
        roles = ("list item", "table cell", "tree item")
        found = self.find(window=window, inside=inside)
        return [widget.name for widget in found if widget.role in roles]

    def tree(self) -> str:
        """Everything showing, one widget a line: role 「name」 text box."""
        return str(self._ask({"do": "tree"})["tree"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Asks again when something vanished while it was looked at; what keeps failing is an error, not "nothing"."""
        reply: dict[str, Any] = {}
        for _ in range(LOOKS):
            reply = self._exchange(request)
            if "error" not in reply:
                return reply
        raise RuntimeError(f"the desktop cannot be read: {reply['error']}")

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._reader.stdin, self._reader.stdout
        if stdin is None or stdout is None or self._reader.poll() is not None:
            raise RuntimeError("the AT-SPI reader has ended")
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        return dict(json.loads(stdout.readline()))


@contextmanager
def open_eyes(desktop: Desktop, scale: float = 1.0) -> Iterator[Eyes]:
    """Eyes on a desktop, until the block is left; `scale` is the QT_SCALE_FACTOR of the programs looked at."""
    with (desktop.logs / f"{desktop.name}-eyes.log").open("w") as log:
        reader = subprocess.Popen(
            ["/usr/bin/python3", READER],
            env=dict(desktop.env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
        )
    with reader:  # leaving closes its standard input, which ends it
        try:
            yield Eyes(reader, scale)
        finally:
            reader.kill()


def _widget(row: dict[str, Any], scale: float) -> Widget:
    box = Box(*(round(pixels * scale) for pixels in row["box"]))  # Qt tells of its own, unscaled pixels
    return Widget(**{**row, "states": frozenset(row["states"]), "box": box})
