"""Serving a content as the owner of an X11 clipboard (ICCCM 2.0, chapter 2), big ones in pieces (2.7.2)."""

from collections.abc import Iterator

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.protocol import event as x_event
from Xlib.protocol import request, rq
from Xlib.xobject.drawable import Window

from remote_helper.control.x11_selection import Content, Form

PIECE_BYTES = 128 * 1024


class Serving:
    """Owns the clipboard of one display through one window, and answers for it."""

    def __init__(self, display: Display, window: Window) -> None:
        self._display, self._window = display, window
        self._clipboard, self._incr, self._targets, self._timestamp = (
            display.intern_atom(name) for name in ("CLIPBOARD", "INCR", "TARGETS", "TIMESTAMP")
        )
        self._owned_at = 0
        self._in_pieces: dict[tuple[int, int], tuple[Form, Iterator[bytes]]] = {}

    def someone_elses(self) -> bool:
        """Tell whether another program owns the clipboard."""
        owner = self._display.get_selection_owner(self._clipboard)
        return isinstance(owner, Window) and owner != self._window

    def own(self, now: int) -> bool:
        """Become the owner, or say so again, which makes programs look at the content anew. `now` in server time."""
        self._owned_at = now
        self._window.set_selection_owner(self._clipboard, now)
        return bool(self._display.get_selection_owner(self._clipboard) == self._window)

    def disown(self, now: int) -> None:
        """Leave the clipboard empty, as it was found."""
        request.SetSelectionOwner(display=self._display.display, window=X.NONE, selection=self._clipboard, time=now)
        self._display.sync()

    def answer(self, asked: rq.Event, content: Content) -> bool:
        """Answer one SelectionRequest; return whether a form of the content was handed over."""
        place = asked.property or asked.target  # obsolete clients name no property (ICCCM 2.2)
        done = self._put(asked.requestor, place, asked.target, content)
        reply = x_event.SelectionNotify(
            time=asked.time,
            requestor=asked.requestor,
            selection=asked.selection,
            target=asked.target,
            property=place if done else X.NONE,
        )
        asked.requestor.send_event(reply)
        self._display.flush()
        return done and asked.target in content

    def go_on(self, deleted: rq.Event) -> None:
        """A property was read and deleted: if it held a piece, put the next one there; an empty one ends it."""
        key = (deleted.window.id, deleted.atom)
        if deleted.state != X.PropertyDelete or key not in self._in_pieces:
            return
        form, pieces = self._in_pieces[key]
        piece = next(pieces, b"")
        deleted.window.change_property(deleted.atom, form.kind, form.bits, piece)
        if not piece:
            del self._in_pieces[key]
        self._display.flush()

    def _put(self, requestor: Window, place: int, target: int, content: Content) -> bool:
        if target == self._targets:
            requestor.change_property(place, Xatom.ATOM, 32, [self._targets, self._timestamp, *content])
        elif target == self._timestamp:
            requestor.change_property(place, Xatom.INTEGER, 32, [self._owned_at])
        elif form := content.get(target):
            self._put_form(requestor, place, form)
        else:
            return False
        return True

    def _put_form(self, requestor: Window, place: int, form: Form) -> None:
        if len(form.data) <= PIECE_BYTES:
            requestor.change_property(place, form.kind, form.bits, form.data)
            return
        starts = range(0, len(form.data), PIECE_BYTES)
        pieces = (form.data[start : start + PIECE_BYTES] for start in starts)
        self._in_pieces[(requestor.id, place)] = (form, pieces)
        requestor.change_attributes(event_mask=X.PropertyChangeMask)
        requestor.change_property(place, self._incr, 32, [len(form.data)])
