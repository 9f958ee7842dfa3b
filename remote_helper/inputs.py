"""What the agent does, in order, on this machine: from the channel through the hand; and the person's own hand."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from relay_protocol.errors import BanwenError
from relay_protocol.messages import Message
from relay_protocol.messages.channel import (
    PASTE_LIMIT,
    InputDropped,
    InputEvent,
    InputPaused,
    MovePointer,
    PasteText,
)
from remote_helper.control.platform import Control
from remote_helper.guard import HAND_SECONDS, Refusal

log = logging.getLogger(__name__)

MAX_WAITING = 500


class Inputs:
    """Belongs to one assistance. `tell` reaches the workbench, `paused` the person, `failed` ends control."""

    def __init__(
        self,
        open_control: Callable[[], Control],
        *,
        tell: Callable[[Message], None],
        paused: Callable[[float], None],
        failed: Callable[[], None],
    ) -> None:
        self._open_control, self._tell, self._paused, self._failed = open_control, tell, paused, failed
        self._waiting: deque[InputEvent] = deque()
        self._arrived = asyncio.Event()
        self._control: Control | None = None
        self._granted = False
        self._paused_until = 0.0

    @property
    def hears_hot_key(self) -> bool:
        """Whether Esc pressed twice stops on this desktop."""
        return self._control is not None and self._control.person.can_tell

    def open(self, on_stop: Callable[[], None]) -> None:
        """Listen to the person's own hand, whose hot key stops sight alone, too; where that is possible."""
        if self._control is not None:
            return
        try:
            self._control = self._open_control()
        except BanwenError as error:
            log.warning("no control on this machine", extra={"why": str(error.detail)})
            return
        self._control.person.listen(self._person_touched, on_stop)

    def grant(self, epoch: int, seconds: float) -> None:
        """Control is granted."""
        if self._control is not None:
            self._control.hand.grant(epoch, seconds)
            self._granted = True

    def revoke(self) -> None:
        """Control is over: when this returns, nothing is injected any more."""
        self._granted = False
        if self._control is None:
            return
        try:
            self._control.hand.revoke()
        except Exception:  # the guard has revoked; only the desktop, which would take no input either, is gone
            log.exception("desktop did not take the releases")

    def renew(self, epoch: int) -> None:
        """The workbench is alive."""
        if self._control is not None:
            self._control.hand.renew(epoch)

    def tick(self) -> None:
        """Let go of what is held once the workbench is silent."""
        if self._control is not None:
            self._control.hand.tick()

    def add(self, event: InputEvent) -> None:
        """Take one event; too many at a time are dropped, and told."""
        if len(self._waiting) >= MAX_WAITING:
            self._tell(InputDropped(sequence=event.sequence, reason=Refusal.TOO_MUCH))
            return
        self._waiting.append(event)
        self._arrived.set()

    async def run(self) -> None:
        """Do one event after the other, for ever. If the desktop fails us, control ends rather than going on half."""
        while True:
            event = await self._next()
            try:
                why = await self._control.hand.do(event) if self._control else Refusal.NOT_GRANTED.value
            except Exception:
                log.exception("desktop refuses input")
                self._failed()
                continue
            if why and not isinstance(event, MovePointer):
                log.info("input not done", extra={"kind": type(event).__name__, "reason": why})
                self._tell(InputDropped(sequence=event.sequence, reason=why))

    async def _next(self) -> InputEvent:
        """Return the next event. Texts that wait behind each other are one: a paste takes a tenth of a second."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        event = self._waiting.popleft()
        while self._waiting and (joined := _joined(event, self._waiting[0])):
            event = joined
            self._waiting.popleft()
        return event

    async def close(self) -> None:
        """Nothing more will come."""
        if self._control is not None:
            self._control.person.close()
            await self._control.clipboard.close()

    def _person_touched(self) -> None:
        if self._control is None or not self._granted:
            return
        self._control.hand.person_touched()
        now = asyncio.get_running_loop().time()
        if now >= self._paused_until:
            self._tell(InputPaused(seconds=HAND_SECONDS))
            self._paused(HAND_SECONDS)
        self._paused_until = now + HAND_SECONDS


def _joined(first: InputEvent, second: InputEvent) -> PasteText | None:
    """Return two texts as one, if that is what they are."""
    if not isinstance(first, PasteText) or not isinstance(second, PasteText) or first.epoch != second.epoch:
        return None
    text = first.text + second.text
    return PasteText(epoch=second.epoch, sequence=second.sequence, text=text) if len(text) <= PASTE_LIMIT else None
