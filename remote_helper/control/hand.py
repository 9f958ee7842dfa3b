"""The agent's hand on this machine: guard, injector and clipboard, joined on the one thread that also revokes."""

import threading
from collections.abc import Callable

from relay_protocol.messages.channel import InputEvent, PasteText
from remote_helper.control.base import Clipboard, Injector
from remote_helper.guard import Admission, Guard, Refusal

UNKNOWN_KEY = "unknown_key"
NOT_TAKEN = "paste_not_taken"


class WrongThreadError(Exception):
    """The hand was used from another thread: then nobody could say that nothing follows a revoke."""


class AgentsHand:
    """Everything remote goes through here, and stops here. All methods belong to the thread that made it."""

    def __init__(self, guard: Guard, injector: Injector, clipboard: Clipboard, clock: Callable[[], float]) -> None:
        self._guard, self._injector, self._clipboard, self._clock = guard, injector, clipboard, clock
        self._thread = threading.get_ident()

    def grant(self, epoch: int, seconds: float) -> None:
        """Control is granted in this epoch for so long."""
        now = self._clock()
        self._guard.grant(epoch, now, now + seconds, self._inject)

    def revoke(self) -> None:
        """Control is over. When this returns nothing is held any more, and nothing will ever be injected."""
        self._guard.revoke(self._clock(), self._inject)

    def renew(self, epoch: int) -> None:
        """The workbench gave a sign of life."""
        self._guard.renew(epoch, self._clock())

    def person_touched(self) -> None:
        """The person's own hand is at work: it goes first."""
        self._guard.local_hand(self._clock(), self._inject)

    def tick(self) -> None:
        """Let go of what is held once the workbench is silent. Call it every 100 ms or so."""
        self._guard.tick(self._clock(), self._inject)

    async def do(self, event: InputEvent) -> str:
        """Do one event. Return "" when it was done, otherwise why not. Await each before the next."""
        if isinstance(event, PasteText):
            return await self._paste(event)
        if not self._injector.can(event):
            return UNKNOWN_KEY
        return self._do_now(event)

    def _do_now(self, event: InputEvent) -> str:
        verdict = self._guard.admit(event, self._clock())
        if isinstance(verdict, Refusal):
            return verdict.value
        self._inject(verdict)
        return ""

    async def _paste(self, event: PasteText) -> str:
        """The clipboard is touched only for what would be admitted, and the key pressed only if it still is."""
        refusal = self._guard.judge(event, self._clock())
        why = refusal.value if refusal else await self._clipboard.lend(event.text)
        if why:
            return why
        why = self._do_now(event)
        if why:
            await self._clipboard.take_back()
            return why
        return "" if await self._clipboard.taken() else NOT_TAKEN

    def _inject(self, admission: Admission) -> None:
        if threading.get_ident() != self._thread:
            raise WrongThreadError("the agent's hand belongs to one thread")
        self._injector.inject(admission)
