"""Lends the person's X11 clipboard to one text and gives it back: a process of its own, `python -m` this module.

The trap: X11 has no way to hand a clipboard back. Whoever becomes owner makes the former owner drop its content (ICCCM
2.3.1), so "never read, and restored" cannot both be had. What holds instead:

- the helper, which talks to the agent, never sees the content: this process keeps it, in memory, for as long as it
  takes to give it back. It has no network and can say four words on its output; the content is in none of them
- nothing is read until a paste was granted and asked for, and nothing that a password manager marks as secret
- what cannot be kept whole (too large, an owner that does not answer) is left alone, and the paste is refused
- our text bears the same mark, so that clipboard managers keep no history of it
- the old content comes back only after the program that has the focus took our text, or long after the key was pressed:
  given back too early, a slow program would paste the person's own clipboard before the agent's eyes
- whatever the person copies meanwhile stays theirs: then nothing is given back
- when the helper ends while we hold the content, we stay until something else is copied, `STAY_SECONDS` at most

Input, a line each: `{"lend": text}`, `{"pressed": true}`, `{"back": true}`. Output, a line each: `ready`,
`refused <why>`, `taken`, `untouched`.
"""

import json
import os
import select
import sys
import time
from typing import TextIO

from Xlib import X
from Xlib.display import Display
from Xlib.error import ConnectionClosedError, DisplayError
from Xlib.protocol import rq
from Xlib.xobject.drawable import Window

from remote_helper.control.x11_selection import SECRET_MARK, CannotKeepError, Content, Form, TakeOver
from remote_helper.control.x11_serving import Serving

TEXT_FORMS = ("UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "TEXT")
SETTLE_SECONDS = 0.1
"""A program may ask again and again for one paste (Chromium: twice for the text, 20 times for the forms, in 12 ms);
only this long after the last time is it done. Lending the next text earlier would make it paste that one instead."""
QUIET_SECONDS = 0.5
"""This long after the last time the old content comes back."""
UNTOUCHED_SECONDS = 3.0
STAY_SECONDS = 600.0


class Keeper:
    """Owns the clipboard only between `lend` and somebody else's copying."""

    def __init__(self, display: Display, output: TextIO) -> None:
        self._display, self._output = display, output
        display.set_error_handler(lambda error, request: None)  # a requestor that went away
        self._window = display.screen().root.create_window(-1, -1, 1, 1, 0, X.CopyFromParent)
        self._window.change_attributes(event_mask=X.PropertyChangeMask)
        self._serving = Serving(display, self._window)
        self._clock_atom = display.intern_atom("BANWEN_CLOCK")
        self._kept: Content | None = None
        self._lent: Content | None = None
        self._meant: int | None = None
        self._taken = self._told = False
        self._settled_at = 0.0
        self._back_at: float | None = None

    @property
    def descriptor(self) -> int:
        """What becomes readable when the X server says something."""
        return int(self._display.fileno())

    @property
    def holds(self) -> bool:
        """Whether the person's content is here and nowhere else."""
        return self._kept is not None

    def lend(self, text: str) -> None:
        try:
            kept = self._kept if self._kept is not None else self._take_over()
        except CannotKeepError as why:
            self._say(f"refused {why}")
            return
        self._kept, self._lent, self._meant = kept, self._content_of(text), self._focused()
        self._taken = self._told = False
        self._back_at = None
        self._say("ready" if self._serving.own(self._server_time()) else "refused owner")

    def pressed(self, now: float) -> None:
        """The paste key was pressed: the program that has the focus will take the text, soon or never."""
        if self._lent is not None and not self._taken:
            self._back_at = now + UNTOUCHED_SECONDS

    def give_back(self) -> None:
        """Serve the person's content again."""
        if self._lent is None:
            return
        self._lent = self._back_at = None
        if self._kept:
            self._serving.own(self._server_time())
        else:
            self._kept = None
            self._serving.disown(self._server_time())

    def tick(self, now: float) -> None:
        if self._taken and not self._told and now >= self._settled_at:
            self._told = True
            self._say("taken")
        if self._back_at is not None and now >= self._back_at:
            if not self._taken:
                self._say("untouched")
            self.give_back()

    def wakeup(self, now: float) -> float:
        """Return how long nothing is due, in seconds."""
        due = [self._back_at] if self._back_at is not None else []
        due += [self._settled_at] if self._taken and not self._told else []
        return max(0.0, min(due, default=now + 1.0) - now)

    def read_events(self) -> None:
        while self._display.pending_events():
            self._handle(self._display.next_event())

    def _take_over(self) -> Content:
        if not self._serving.someone_elses():
            return {}
        return TakeOver(self._display, self._window, self._handle).content()

    def _handle(self, event: rq.Event) -> None:
        match event.type:
            case X.SelectionRequest:
                self._asked(event)
            case X.SelectionClear:
                self._kept = self._lent = self._back_at = None
            case X.PropertyNotify:
                self._serving.go_on(event)

    def _asked(self, event: rq.Event) -> None:
        content = self._lent if self._lent is not None else self._kept or {}
        handed_over = self._serving.answer(event, content)
        if self._lent is None or self._meant not in (None, self._client_of(event.requestor.id)):
            return  # a clipboard manager, not the paste
        self._taken = self._taken or handed_over
        if self._taken:
            now = time.monotonic()
            self._settled_at, self._back_at = now + SETTLE_SECONDS, now + QUIET_SECONDS

    def _focused(self) -> int | None:
        """Return the X client that has the focus, or None when nobody says."""
        focus = self._display.get_input_focus().focus
        return self._client_of(focus.id) if isinstance(focus, Window) else None

    def _client_of(self, window: int) -> int:
        """Return the client part of an identifier; all windows of one connection share it (X11 protocol, chapter 8)."""
        return window & ~int(self._display.display.info.resource_id_mask)

    def _content_of(self, text: str) -> Content:
        utf8 = self._display.intern_atom("UTF8_STRING")
        forms = {self._display.intern_atom(name): Form(utf8, 8, text.encode()) for name in TEXT_FORMS}
        secret = self._display.intern_atom(SECRET_MARK)
        return {**forms, secret: Form(secret, 8, b"secret")}

    def _server_time(self) -> int:
        """Return the server's time, which ownership must be claimed with (ICCCM 2.1)."""
        self._window.change_property(self._clock_atom, self._clock_atom, 8, b"")
        while True:
            event = self._display.next_event()
            if event.type == X.PropertyNotify and event.atom == self._clock_atom:
                return int(event.time)
            self._handle(event)

    def _say(self, line: str) -> None:
        try:
            print(line, file=self._output, flush=True)
        except OSError:
            self._output = open(os.devnull, "w")  # noqa: SIM115  # the helper is gone; what is held is still given back


class Lines:
    """Lines from a descriptor that `select` watches; a reader with a buffer of its own would hide some from it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._rest = b""

    def read(self) -> list[bytes]:
        """Return the lines that are there now."""
        data = os.read(self.descriptor, 65536)
        self.ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


def main() -> None:
    """Obey the lines on standard input; after their end stay while the content is nowhere else."""
    try:
        _serve(Keeper(Display(), sys.stdout), Lines(sys.stdin.fileno()))
    except (ConnectionClosedError, DisplayError, OSError):
        return  # the desktop is gone, and its clipboard with it


def _serve(keeper: Keeper, lines: Lines) -> None:
    leave_at = float("inf")
    while time.monotonic() < leave_at and (keeper.holds or not lines.ended):
        keeper.tick(time.monotonic())
        keeper.read_events()
        watched = [keeper.descriptor, *([] if lines.ended else [lines.descriptor])]
        ready, _, _ = select.select(watched, [], [], keeper.wakeup(time.monotonic()))
        if lines.descriptor in ready:
            for line in lines.read():
                _obey(keeper, json.loads(line))
            if lines.ended and keeper.holds:
                _outlive_the_helper()
                leave_at = time.monotonic() + STAY_SECONDS


def _obey(keeper: Keeper, word: dict[str, str]) -> None:
    if "lend" in word:
        keeper.lend(word["lend"])
    elif "pressed" in word:
        keeper.pressed(time.monotonic())
    else:
        keeper.give_back()


def _outlive_the_helper() -> None:
    """Go on as a child that nobody waits for; the connection to the desktop goes with it."""
    if os.fork():
        os._exit(0)
    os.setsid()


if __name__ == "__main__":
    main()
