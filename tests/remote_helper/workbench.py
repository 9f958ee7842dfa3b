"""The agent's end of an assistance for tests: the workbench's own library, with everything that happened kept."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from relay_client.assist import AssistEvent, AssistPeer, PictureChanged
from relay_client.identity import Credentials
from relay_protocol.messages import Privilege, SdpAnswer, SdpOffer

T = TypeVar("T")


class Workbench:
    """Answers offers as an agent would. `first_picture_at` is in Unix seconds."""

    def __init__(self, credentials: Credentials, scope: list[Privilege]) -> None:
        self.credentials, self.scope = credentials, scope
        self.peer: AssistPeer | None = None
        self.events: list[AssistEvent] = []
        self.first_picture_at = 0.0
        self.spoil: Callable[[SdpAnswer], SdpAnswer] = lambda answer: answer
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []

    async def answer(self, offer: SdpOffer) -> SdpAnswer:
        """Answer one offer, spoiled on the way if the test wants it so."""
        self.peer, answer = await AssistPeer.answer(offer, self.credentials, self.scope, on_event=self._heard)
        self.start(self.peer.run())
        return self.spoil(answer)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something beside the test until `close`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.append(task)
        return task

    async def wait_for(self, kind: type[T], seconds: float = 20.0, **wanted: Any) -> T:
        """The last event of this kind with these fields, as soon as there is one."""
        async with asyncio.timeout(seconds):
            while True:
                for event in reversed(self.events):
                    if isinstance(event, kind) and all(getattr(event, name) == it for name, it in wanted.items()):
                        return event
                self._changed.clear()
                await self._changed.wait()

    async def close(self) -> None:
        """Go away without a word, as a crashed workbench would."""
        for task in self._tasks:
            task.cancel()
        if self.peer is not None:
            await self.peer._peer.close()

    def _heard(self, event: AssistEvent) -> None:
        if isinstance(event, PictureChanged) and not self.first_picture_at:
            self.first_picture_at = time.time()
        self.events.append(event)
        self._changed.set()
