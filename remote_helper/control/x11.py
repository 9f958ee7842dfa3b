"""Injecting on X11 through XTEST, and looking around before it. Every call returns after the server has taken it."""

from collections.abc import Callable, Collection

from Xlib import X, error
from Xlib.display import Display
from Xlib.ext import xtest
from Xlib.xobject.drawable import Window

from relay_protocol.messages.channel import (
    Button,
    InputEvent,
    MovePointer,
    PasteText,
    PressButton,
    PressKey,
    TurnWheel,
)
from remote_helper.control import x11_keys
from remote_helper.guard import Admission, Guard

BUTTONS = {Button.LEFT: 1, Button.MIDDLE: 2, Button.RIGHT: 3}
WHEEL_UP, WHEEL_DOWN, WHEEL_LEFT, WHEEL_RIGHT = 4, 5, 6, 7
DEPTH = 16


class X11Injector:
    """Makes admitted events happen on one display."""

    def __init__(self, guard: Guard, display: Display) -> None:
        self._guard, self._display = guard, display

    def can(self, event: InputEvent) -> bool:
        self._read_mapping_changes()
        return not isinstance(event, PressKey) or x11_keys.find(self._display, event.keysym) is not None

    def inject(self, admission: Admission) -> None:
        event = self._guard.spend(admission)
        match event:
            case MovePointer():
                self._move(event.x, event.y)
            case PressButton():
                self._button(event)
            case TurnWheel():
                self._wheel(event)
            case PressKey():
                self._key(event.keysym, event.down)
            case PasteText():
                self._paste_chord()
        self._display.sync()

    def _read_mapping_changes(self) -> None:
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.MappingNotify:
                self._display.refresh_keyboard_mapping(event)

    def _fake(self, kind: int, detail: int = 0, x: int = 0, y: int = 0) -> None:
        xtest.fake_input(self._display, kind, detail, x=x, y=y)

    def _move(self, x: int, y: int) -> None:
        self._fake(X.MotionNotify, x=x, y=y)

    def _button(self, event: PressButton) -> None:
        """Going up happens where the pointer is: whoever lets go for a lost agent must not move it."""
        if event.down:
            self._move(event.x, event.y)
        self._fake(X.ButtonPress if event.down else X.ButtonRelease, BUTTONS[event.button])

    def _wheel(self, event: TurnWheel) -> None:
        self._move(event.x, event.y)
        for notches, forth, back in (
            (event.down, WHEEL_DOWN, WHEEL_UP),
            (event.right, WHEEL_RIGHT, WHEEL_LEFT),
        ):
            for _ in range(abs(notches)):
                self._tap(forth if notches > 0 else back)

    def _tap(self, button: int) -> None:
        self._fake(X.ButtonPress, button)
        self._fake(X.ButtonRelease, button)

    def _key(self, keysym: int, down: bool) -> None:
        key = x11_keys.find(self._display, keysym)
        if key is None:
            return
        if not down:
            self._fake(X.KeyRelease, key.keycode)
            return
        mask = self._display.screen().root.query_pointer().mask
        change = x11_keys.shift_to_change(key, mask)
        self._shift(change)
        self._fake(X.KeyPress, key.keycode)
        self._shift(None if change is None else not change)

    def _shift(self, down: bool | None) -> None:
        if down is not None:
            shift = self._display.keysym_to_keycode(x11_keys.SHIFT_L)
            self._fake(X.KeyPress if down else X.KeyRelease, shift)

    def _paste_chord(self) -> None:
        """Ctrl+V, or Shift+Insert on a keyboard without V: programs take the clipboard for both."""
        v = x11_keys.find(self._display, ord("v"))
        modifier = x11_keys.CONTROL_L if v else x11_keys.SHIFT_L
        keycodes = (
            self._display.keysym_to_keycode(modifier),
            v.keycode if v else self._display.keysym_to_keycode(x11_keys.INSERT),
        )
        for keycode in keycodes:
            self._fake(X.KeyPress, keycode)
        for keycode in reversed(keycodes):
            self._fake(X.KeyRelease, keycode)


class X11Surroundings:
    """What lies where on one display; `ours` returns the X identifiers of our own windows."""

    def __init__(self, display: Display, ours: Callable[[], Collection[int]]) -> None:
        self._display, self._ours = display, ours
        self._root = display.screen().root

    def size(self) -> tuple[int, int]:
        geometry = self._root.get_geometry()
        return geometry.width, geometry.height

    def ours_at(self, x: int, y: int) -> bool:
        """Go down from the root to the deepest window; shaped, click-through windows are passed as the server does."""
        ours = self._ours()
        window = self._root
        for _ in range(DEPTH):
            child = _or_nothing(lambda here=window: here.translate_coords(self._root, x, y).child)  # type: ignore[misc]
            if not isinstance(child, Window):
                return False
            if child.id in ours:
                return True
            window = child
        return False

    def ours_has_focus(self) -> bool:
        """Go up from the focused window; a window of ours may have given the focus to a child."""
        ours = self._ours()
        window = self._display.get_input_focus().focus
        for _ in range(DEPTH):
            if not isinstance(window, Window) or window.id == self._root.id:
                return False
            if window.id in ours:
                return True
            window = _or_nothing(lambda here=window: here.query_tree().parent)  # type: ignore[misc]
        return False


def _or_nothing(ask: Callable[[], object]) -> object:
    """Return the answer, or None when the window went away meanwhile."""
    try:
        return ask()
    except error.XError:
        return None
