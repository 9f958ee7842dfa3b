"""Holds the state, and tells one listener what changed. Fulfils `ports.Desk`."""

import secrets
import time
from collections.abc import Callable

from agent_app.state.workbench import Changes, Workbench, diff
from relay_protocol.ids import ENTROPY_BYTES, ulid


class StateDesk:
    """`on_change` hears every new state with what changed in it; `on_tell` sentences for the agent.

    Its time is the relay's, by which offers run out: `ahead` says how many seconds that is ahead of `clock`.
    """

    def __init__(
        self,
        state: Workbench,
        on_change: Callable[[Workbench, Changes], None],
        on_tell: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state, self._on_change, self._on_tell, self._clock = state, on_change, on_tell, clock
        self.ahead = 0.0

    @property
    def state(self) -> Workbench:
        return self._state

    def now(self) -> float:
        return self._clock() + self.ahead

    def new_id(self) -> str:
        return ulid(self._clock(), secrets.token_bytes(ENTROPY_BYTES))

    def move(self, state: Workbench) -> None:
        old, self._state = self._state, state
        changes = diff(old, state)
        if changes:
            self._on_change(state, changes)

    def tell(self, sentence: str) -> None:
        self._on_tell(sentence)
