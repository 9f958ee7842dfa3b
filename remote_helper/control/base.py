"""What every platform offers to the room that controls."""

from collections.abc import Callable
from typing import Protocol

from relay_protocol.messages.channel import InputEvent
from remote_helper.guard import Admission


class Injector(Protocol):
    """Makes one admitted event happen. When a call returns, the desktop has taken the event."""

    def can(self, event: InputEvent) -> bool:
        """Tell whether this machine has a way to do it (a key the keyboard does not have, for instance)."""

    def inject(self, admission: Admission) -> None:
        """Spend the admission and do what it stands for."""


class Clipboard(Protocol):
    """Lends the clipboard to a text for one paste. What the person had there is never shown to us and comes back."""

    async def lend(self, text: str) -> str:
        """Offer `text` to whoever pastes next. Return "" when ready, otherwise why it cannot be done."""

    async def taken(self) -> bool:
        """The paste key was pressed: wait until a program took the text. Return False if none did."""

    async def take_back(self) -> None:
        """Nothing will be pasted after all: put back what was there."""

    async def close(self) -> None:
        """Nothing more will be pasted."""


class PersonsHand(Protocol):
    """Hears the keys, buttons and moves of the person's own devices, never what we injected."""

    def listen(self, on_touch: Callable[[], None], on_stop: Callable[[], None]) -> None:
        """Call `on_touch` for every touch and `on_stop` when Esc was pressed twice within a second."""

    @property
    def can_tell(self) -> bool:
        """Whether this desktop has devices of a person at all; without, the hot key does nothing and nothing pauses."""

    def close(self) -> None:
        """Stop listening."""
