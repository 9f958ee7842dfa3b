"""Grabbing one desktop. mss is the portable way; on X11 XDamage says when there is something new to grab."""

import sys
from typing import Protocol

import mss
import numpy as np

from relay_client.screen.changes import Picture
from relay_protocol.screen import Point


class Screens(Protocol):
    """The whole desktop as one picture."""

    def changed(self) -> bool:
        """Tell whether something may have changed since the last `grab`."""

    def grab(self) -> Picture:
        """Return the desktop now: (height, width, 4) uint8, B G R x."""

    def pointer(self) -> Point | None:
        """Return where the pointer is, if the platform says."""


class PortableScreens:
    """Through mss, wherever it runs; it cannot know beforehand whether something changed."""

    def __init__(self) -> None:
        self._camera = mss.MSS()

    def changed(self) -> bool:
        return True

    def grab(self) -> Picture:
        shot = self._camera.grab(self._camera.monitors[0])
        return np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)

    def pointer(self) -> Point | None:
        return None


class X11Screens:
    """Through mss (XShm), asked for only after XDamage told of a change; a new size of the desktop is followed."""

    def __init__(self) -> None:
        from Xlib.display import Display  # only where there is an X server
        from Xlib.ext import damage

        self._display = Display()
        self._root = self._display.screen().root
        self._display.damage_query_version()  # the server refuses everything else before it
        self._damage = self._root.damage_create(damage.DamageReportNonEmpty)
        self._camera = mss.MSS()
        self._size = (0, 0)
        self._dirty = True

    def changed(self) -> bool:
        while self._display.pending_events():
            self._display.next_event()
            self._dirty = True
        return self._dirty

    def grab(self) -> Picture:
        """Damage is reset first: what changes during the grab is told again."""
        self._dirty = False
        self._display.damage_subtract(self._damage)
        geometry = self._root.get_geometry()
        if self._size != (geometry.width, geometry.height):
            self._size = (geometry.width, geometry.height)
            self._camera.close()
            self._camera = mss.MSS()
        width, height = self._size
        shot = self._camera.grab({"left": 0, "top": 0, "width": width, "height": height})
        return np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)

    def pointer(self) -> Point | None:
        place = self._root.query_pointer()
        return Point(max(0, place.root_x), max(0, place.root_y))


def open_screens() -> Screens:
    """Return the best way to grab on this machine."""
    return X11Screens() if sys.platform.startswith("linux") else PortableScreens()
