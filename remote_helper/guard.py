"""The one guard before every injected event: pure, and the only maker of what `control` needs to inject.

`admit` judges one remote event and returns an `Admission` or a `Refusal`. An admission holds nothing: `spend` looks up
what it stands for, writes the audit, and returns the event, once. Only the admission handed out last can be spent, and
`revoke` leaves none. So nothing is injected that was not admitted, nothing twice, nothing after `revoke` has returned.

Everything belongs to one thread. Times are seconds of any steady clock; places are pixels of the screen.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, final

import msgspec

from relay_protocol.messages.channel import (
    LEASE_SECONDS,
    PASTE_LIMIT,
    WHEEL_LIMIT,
    Button,
    InputEvent,
    MovePointer,
    PasteText,
    PressButton,
    PressKey,
    TurnWheel,
)

HAND_SECONDS = 0.5
MAX_HELD = 16


class Refusal(StrEnum):
    """Why an event was not admitted."""

    NOT_GRANTED = "not_granted"
    STALE = "stale"
    LEASE = "lease"
    HAND = "hand"
    OURS = "ours"
    OUTSIDE = "outside"
    TOO_MUCH = "too_much"


class ForgedAdmissionError(Exception):
    """Somebody tried to inject what the guard did not admit. A fault of the program, never of a peer."""


@final
class Admission:
    """Leave to inject one event, once. It is worth something only to the guard that made it, while it is the last."""

    __slots__ = ()


class Surroundings(Protocol):
    """What the guard must know of the screen at the moment an event is judged."""

    def size(self) -> tuple[int, int]:
        """Return width and height of the whole screen in pixels."""

    def ours_at(self, x: int, y: int) -> bool:
        """Tell whether one of our own windows lies there."""

    def ours_has_focus(self) -> bool:
        """Tell whether keys would go to one of our own windows."""


Audit = Callable[[InputEvent, float], None]
Inject = Callable[[Admission], None]
Held = Button | int
"""What can be held down: a button, or a key by its keysym."""


class Guard:
    """Judges remote input. `audit` is called before each injection; if it fails, nothing is injected."""

    def __init__(self, surroundings: Surroundings, audit: Audit) -> None:
        self._surroundings, self._audit = surroundings, audit
        self._epoch: int | None = None
        self._until = self._lease_until = self._hand_until = float("-inf")
        self._sequence = -1
        self._last: tuple[Admission, InputEvent, float] | None = None
        self._held: dict[Held, PressButton | PressKey] = {}
        self.audited = 0
        """How many events were audited, which is how many were handed out to be injected."""

    @property
    def held(self) -> tuple[Held, ...]:
        """Keys and buttons the agent holds down at this moment."""
        return tuple(self._held)

    def grant(self, epoch: int, now: float, until: float, inject: Inject) -> None:
        """Control is granted in this epoch until `until`; whatever an earlier epoch still held is let go."""
        self.revoke(now, inject)
        self._epoch, self._until, self._lease_until, self._sequence = epoch, until, now + LEASE_SECONDS, -1

    def revoke(self, now: float, inject: Inject) -> None:
        """Control is over. What is held is let go before this returns; nothing can be injected afterwards."""
        self._epoch = None
        self._release(now, inject)

    def renew(self, epoch: int, now: float) -> None:
        """The workbench is alive."""
        if epoch == self._epoch:
            self._lease_until = now + LEASE_SECONDS

    def local_hand(self, now: float, inject: Inject) -> None:
        """The person's own hand moved: it goes first, and what the agent held is let go."""
        self._hand_until = now + HAND_SECONDS
        self._release(now, inject)

    def tick(self, now: float, inject: Inject) -> None:
        """Time passed: let go of what is held once nobody is there any more to do it."""
        if now >= min(self._lease_until, self._until):
            self._release(now, inject)

    def admit(self, event: InputEvent, now: float) -> Admission | Refusal:
        """Judge one event. An admission replaces the one before, which is worth nothing from then on."""
        self._last = None
        refusal = self.judge(event, now)
        if event.epoch == self._epoch:
            self._sequence = max(self._sequence, event.sequence)
        return self._hand_out(event, now) if refusal is None else refusal

    def judge(self, event: InputEvent, now: float) -> Refusal | None:
        """Return why `admit` would refuse this event at this moment, or None. Nothing changes."""
        if self._epoch is None or now >= self._until:
            return Refusal.NOT_GRANTED
        if event.epoch != self._epoch or event.sequence <= self._sequence:
            return Refusal.STALE
        if now >= self._lease_until:
            return Refusal.LEASE
        if now < self._hand_until:
            return Refusal.HAND
        return self._refusal_of_place(event)

    def spend(self, admission: Admission) -> InputEvent:
        """Return the event to inject, after writing the audit. Raise `ForgedAdmissionError` for any other object."""
        if self._last is None or admission is not self._last[0]:
            raise ForgedAdmissionError("not admitted, or spent, replaced or revoked")
        _, event, now = self._last
        self._last = None
        self._audit(event, now)
        self.audited += 1
        self._note_held(event)
        return event

    def _hand_out(self, event: InputEvent, now: float) -> Admission:
        admission = Admission()
        self._last = (admission, event, now)
        return admission

    def _release(self, now: float, inject: Inject) -> None:
        """Let go of everything, the last pressed first. Whatever happens, nothing stays held or admitted."""
        held, self._held = self._held, {}
        try:
            for press in reversed(held.values()):
                inject(self._hand_out(msgspec.structs.replace(press, down=False), now))
        finally:
            self._last = None

    def _note_held(self, event: InputEvent) -> None:
        match event:
            case PressButton(down=True) | PressKey(down=True):
                self._held[_held_by(event)] = event
            case PressButton() | PressKey():
                self._held.pop(_held_by(event), None)

    def _refusal_of_place(self, event: InputEvent) -> Refusal | None:
        match event:
            case PressButton(down=False) | PressKey(down=False):
                return None if _held_by(event) in self._held else Refusal.STALE
            case PressButton() | PressKey() if len(self._held) >= MAX_HELD:
                return Refusal.TOO_MUCH
            case MovePointer() | PressButton() | TurnWheel():
                return self._refusal_of_pointer(event)
            case PressKey() | PasteText():
                return self._refusal_of_key(event)

    def _refusal_of_pointer(self, event: MovePointer | PressButton | TurnWheel) -> Refusal | None:
        width, height = self._surroundings.size()
        if not (0 <= event.x < width and 0 <= event.y < height):
            return Refusal.OUTSIDE
        if isinstance(event, TurnWheel) and max(abs(event.right), abs(event.down)) > WHEEL_LIMIT:
            return Refusal.TOO_MUCH
        return Refusal.OURS if self._surroundings.ours_at(event.x, event.y) else None

    def _refusal_of_key(self, event: PressKey | PasteText) -> Refusal | None:
        if isinstance(event, PasteText) and len(event.text) > PASTE_LIMIT:
            return Refusal.TOO_MUCH
        return Refusal.OURS if self._surroundings.ours_has_focus() else None


def _held_by(event: PressButton | PressKey) -> Held:
    return event.button if isinstance(event, PressButton) else event.keysym
