"""The person's own hand on X11: raw XInput 2 events, told from injected ones by the device they come from.

Measured: what XTEST injects carries the source "… XTEST pointer/keyboard"; a hand has another slave device. On a plain
Xvfb everything is XTEST, so there is no hand to be seen: `can_tell` is False and the stop button is what remains.
"""

import asyncio
import struct
import time
from collections.abc import Callable

from Xlib import XK
from Xlib.display import Display
from Xlib.ext import ge, xinput

TWICE_SECONDS = 1.0
SLAVE_POINTER, SLAVE_KEYBOARD = 3, 4  # XIQueryDevice, "use" (XI2 protocol)
_RAW = struct.Struct("<HIIH")  # device, time, detail, source (XI2 protocol, RawEvent)
_MASK = (
    xinput.RawKeyPressMask
    | xinput.RawKeyReleaseMask
    | xinput.RawButtonPressMask
    | xinput.RawButtonReleaseMask
    | xinput.RawMotionMask
)


class EscapeTwice:
    """Notices Esc pressed twice within a second, with nothing else pressed between."""

    def __init__(self) -> None:
        self._pressed_at = float("-inf")

    def pressed(self, is_escape: bool, now: float) -> bool:
        """Take one key press; return whether it was the second Esc."""
        twice = is_escape and now - self._pressed_at <= TWICE_SECONDS
        self._pressed_at = now if is_escape and not twice else float("-inf")
        return twice


class X11Person:
    """Listens on a connection of its own, on the event loop it is made for."""

    def __init__(self, display_name: str | None, loop: asyncio.AbstractEventLoop) -> None:
        self._display = Display(display_name)
        self._loop = loop
        self._escape = EscapeTwice()
        self._touch: Callable[[], None] = lambda: None
        self._stop: Callable[[], None] = lambda: None
        self._persons: frozenset[int] = frozenset()
        self._ask_for_version()

    @property
    def can_tell(self) -> bool:
        return bool(self._persons)

    def listen(self, on_touch: Callable[[], None], on_stop: Callable[[], None]) -> None:
        self._touch, self._stop = on_touch, on_stop
        masks = [(xinput.AllMasterDevices, _MASK), (xinput.AllDevices, xinput.HierarchyChangedMask)]
        self._display.screen().root.xinput_select_events(masks)
        self._display.sync()
        self._find_devices()
        self._loop.add_reader(self._display.fileno(), self._read)

    def close(self) -> None:
        self._loop.remove_reader(self._display.fileno())
        self._display.close()

    def _ask_for_version(self) -> None:
        """Sources are told only to clients that speak 2.1 or newer; the library's own method asks for 2.0."""
        opcode = self._display.display.get_extension_major(xinput.extname)
        xinput.XIQueryVersion(display=self._display.display, opcode=opcode, major_version=2, minor_version=2)

    def _find_devices(self) -> None:
        devices = self._display.xinput_query_device(xinput.AllDevices).devices
        self._persons = frozenset(
            device.deviceid
            for device in devices
            if device.use in (SLAVE_POINTER, SLAVE_KEYBOARD) and is_persons(device.name)
        )

    def _read(self) -> None:
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == ge.GenericEventCode:
                self._heard(event.evtype, event.data)

    def _heard(self, kind: int, data: object) -> None:
        if kind == xinput.HierarchyChanged:
            self._find_devices()
        if not isinstance(data, bytes):
            return
        _, _, detail, source = _RAW.unpack_from(data)
        if source not in self._persons:
            return
        if kind == xinput.RawKeyPress and self._escape.pressed(self._is_escape(detail), time.monotonic()):
            self._stop()
        self._touch()

    def _is_escape(self, keycode: int) -> bool:
        return bool(self._display.keycode_to_keysym(keycode, 0) == XK.XK_Escape)


def is_persons(device_name: str | bytes) -> bool:
    """Tell a device that a person may hold from the server's own ones."""
    name = device_name.decode(errors="replace") if isinstance(device_name, bytes) else device_name
    return "XTEST" not in name and not name.startswith("Xvfb")
