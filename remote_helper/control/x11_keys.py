"""Keys by meaning on an X11 keyboard: which keycode makes a keysym, with Shift or without. Nothing is ever remapped."""

from dataclasses import dataclass

from Xlib import XK, X
from Xlib.display import Display

SHIFT, LOCK, CONTROL, ALT, SUPER = X.ShiftMask, X.LockMask, X.ControlMask, X.Mod1Mask, X.Mod4Mask
SHORTCUT = CONTROL | ALT | SUPER
SHIFT_L, CONTROL_L, INSERT = XK.XK_Shift_L, XK.XK_Control_L, XK.XK_Insert

_UNICODE = 0x01000000  # keysyms of characters beyond Latin-1 (X11 protocol, appendix A)


@dataclass(frozen=True)
class Key:
    """A place on the keyboard; whether it means the keysym with Shift only, and whether Caps Lock swaps that."""

    keycode: int
    shifted: bool
    letter: bool


def find(display: Display, keysym: int) -> Key | None:
    """Return where a keysym lies, or None if this keyboard does not have it.

    Only the first group, plain and with Shift, counts: anything else would need another layout or a level key held.
    """
    places = [place for place in display.keysym_to_keycodes(keysym) if place[1] in (0, 1)]
    if not places:
        return None
    keycode, level = min(places, key=lambda place: place[1])
    return Key(keycode, level == 1, is_letter(keysym))


def is_letter(keysym: int) -> bool:
    """Tell whether Caps Lock changes what this key writes."""
    code = keysym - _UNICODE if keysym > _UNICODE else keysym
    return code <= 0x10FFFF and (keysym > _UNICODE or code < 0x100) and chr(code).lower() != chr(code).upper()


def shift_to_change(key: Key, mask: int) -> bool | None:
    """Return whether Shift must be pressed (True) or lifted (False) around this key, or None to leave it alone.

    `mask` is the server's modifier state. In shortcuts Shift is left as it is: Ctrl+Shift+A is not Ctrl+A.
    """
    if mask & SHORTCUT:
        return None
    wanted = key.shifted != (key.letter and bool(mask & LOCK))
    return None if wanted == bool(mask & SHIFT) else wanted
