"""Taking over what an X11 clipboard holds: whole, in every form, to give it back exactly (ICCCM 2.0, chapter 2).

Big contents travel in pieces (INCR, ICCCM 2.7.2). Everything is bounded in size and time.
"""

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass

from Xlib import X
from Xlib.display import Display
from Xlib.protocol import rq
from Xlib.xobject.drawable import Window

MAX_BYTES = 64 * 1024 * 1024
MAX_FORMS = 40
TOTAL_SECONDS = 3.0
POLL_SECONDS = 0.002
NOT_CONTENT = frozenset(
    ("TARGETS", "MULTIPLE", "TIMESTAMP", "SAVE_TARGETS", "DELETE", "INSERT_SELECTION", "INSERT_PROPERTY")
)
SECRET_MARK = "x-kde-passwordManagerHint"  # noqa: S105  # the name of a mark, not a secret
"""The mark password managers put beside a password; clipboard managers keep away from what bears it."""

Others = Callable[[rq.Event], None]
"""What to do with events that are not ours to await."""


@dataclass(frozen=True)
class Form:
    """One form of a content, as its owner gave it: type, format in bits (8, 16, 32), bytes."""

    kind: int
    bits: int
    data: bytes


Content = dict[int, Form]
"""Forms by target atom."""


class CannotKeepError(Exception):
    """The clipboard's content cannot be taken over whole, so it must not be replaced. The text says why."""


class TakeOver:
    """Asks the owner of the clipboard for everything it offers; the answers land on a window of ours."""

    def __init__(self, display: Display, window: Window, others: Others) -> None:
        self._display, self._window, self._others = display, window, others
        self._clipboard, self._landing, self._incr, self._targets = (
            display.intern_atom(name) for name in ("CLIPBOARD", "BANWEN_LANDING", "INCR", "TARGETS")
        )
        self._deadline = time.monotonic() + TOTAL_SECONDS

    def content(self) -> Content:
        """Return every form. Raise `CannotKeepError` for a password, and when it is too much or takes too long."""
        names = {target: self._display.get_atom_name(target) for target in self._offered()}
        if SECRET_MARK in names.values():
            raise CannotKeepError("secret")
        wanted = [target for target, name in names.items() if name not in NOT_CONTENT]
        if len(wanted) > MAX_FORMS:
            raise CannotKeepError("too many forms")
        content: Content = {}
        for target in wanted:
            if form := self._convert(target):
                content[target] = form
            if sum(len(one.data) for one in content.values()) > MAX_BYTES:
                raise CannotKeepError("too large")
        return content

    def _offered(self) -> list[int]:
        form = self._convert(self._targets)
        if form is None or form.bits != 32:
            raise CannotKeepError("owner does not say what it offers")
        return array("I", form.data).tolist()

    def _convert(self, target: int) -> Form | None:
        """Have the owner put one form on our window; None when it does not have it after all."""
        self._window.delete_property(self._landing)
        self._window.convert_selection(self._clipboard, target, self._landing, X.CurrentTime)
        self._display.flush()
        notify = self._await(lambda event: event.type == X.SelectionNotify and event.target == target)
        if notify.property == X.NONE:
            return None
        form = self._collect()
        return self._rest() if form is not None and form.kind == self._incr else form

    def _rest(self) -> Form:
        """Collect what comes in pieces, up to the empty one."""
        parts: list[bytes] = []
        kind, bits = X.NONE, 8
        while True:
            self._await(self._is_piece)
            form = self._collect()
            if form is None or not form.data:
                return Form(kind, bits, b"".join(parts))
            kind, bits = form.kind, form.bits
            parts.append(form.data)
            if sum(map(len, parts)) > MAX_BYTES:
                raise CannotKeepError("too large")

    def _is_piece(self, event: rq.Event) -> bool:
        arrived = event.type == X.PropertyNotify and event.state == X.PropertyNewValue
        return bool(arrived and event.window == self._window and event.atom == self._landing)

    def _collect(self) -> Form | None:
        """Read what landed and make room, which asks for the next piece."""
        found = self._window.get_full_property(self._landing, X.AnyPropertyType)
        self._window.delete_property(self._landing)
        self._display.flush()
        if found is None:
            return None
        data = found.value if isinstance(found.value, bytes) else found.value.tobytes()
        return Form(found.property_type, found.format, data)

    def _await(self, wanted: Callable[[rq.Event], bool]) -> rq.Event:
        while time.monotonic() < self._deadline:
            while self._display.pending_events():
                event = self._display.next_event()
                if wanted(event):
                    return event
                self._others(event)
            time.sleep(POLL_SECONDS)
        raise CannotKeepError("owner does not answer")
