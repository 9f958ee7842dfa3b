"""From Qt's keys to X11 keysyms, and to text for what no key says.

A keysym says what a key means, so a Chinese or German keyboard arrives as what was typed. Sources: X11/keysymdef.h for
the numbers; Latin-1 characters are their own keysyms there.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

K = Qt.Key
SPECIAL = {
    K.Key_Backspace: 0xFF08,
    K.Key_Tab: 0xFF09,
    K.Key_Backtab: 0xFF09,
    K.Key_Return: 0xFF0D,
    K.Key_Enter: 0xFF8D,
    K.Key_Escape: 0xFF1B,
    K.Key_Delete: 0xFFFF,
    K.Key_Home: 0xFF50,
    K.Key_Left: 0xFF51,
    K.Key_Up: 0xFF52,
    K.Key_Right: 0xFF53,
    K.Key_Down: 0xFF54,
    K.Key_PageUp: 0xFF55,
    K.Key_PageDown: 0xFF56,
    K.Key_End: 0xFF57,
    K.Key_Insert: 0xFF63,
    K.Key_Menu: 0xFF67,
    K.Key_Print: 0xFF61,
    K.Key_Pause: 0xFF13,
    K.Key_Shift: 0xFFE1,
    K.Key_Control: 0xFFE3,
    K.Key_Alt: 0xFFE9,
    K.Key_AltGr: 0xFE03,
    K.Key_Meta: 0xFFEB,
    K.Key_Super_L: 0xFFEB,
    K.Key_Super_R: 0xFFEC,
}
SPECIAL.update({K(K.Key_F1 + number): 0xFFBE + number for number in range(12)})
LOCKS = frozenset({K.Key_CapsLock, K.Key_NumLock, K.Key_ScrollLock})
"""Locks stay here: what is typed arrives with its case, and a lock left on over there would surprise its owner."""


def keysym_of(event: QKeyEvent) -> int | None:
    """Return the keysym of a key event, or None when it must travel as text or not at all."""
    key = K(event.key())
    if key in LOCKS:
        return None
    if key in SPECIAL:
        return SPECIAL[key]
    text = event.text()
    if len(text) == 1 and 0x20 <= ord(text) <= 0x7E:
        return ord(text)
    chord = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    if chord and 0x20 <= event.key() <= 0x7E:
        # With Ctrl the text is a control character; the key itself says the letter, always as a capital.
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        return ord(chr(event.key()) if shifted else chr(event.key()).lower())
    return None


def text_of(event: QKeyEvent) -> str:
    """Return the text of a key that has no keysym of ours, such as Chinese punctuation; empty when there is none."""
    text = event.text()
    return text if K(event.key()) not in LOCKS and text.isprintable() and not text.isascii() else ""
