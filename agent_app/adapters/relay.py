"""The link to the relay over websockets, with a way to wait for it."""

import asyncio
from collections.abc import Callable

from relay_client.link import RelayLink, websocket_url
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ClientId
from relay_protocol.link import Answer, LinkState
from relay_protocol.messages import Message, Request

PATH = "/ws/agent"
APP = "workbench"


class LinkedRelay:
    """Fulfils `ports.Relay`. Call `run` as a task."""

    def __init__(
        self,
        server: str,
        token: str,
        client: ClientId,
        *,
        on_message: Callable[[Message], None],
        on_state: Callable[[LinkState, BanwenError | None], None],
        on_restart: Callable[[], None],
    ) -> None:
        self._on_state = on_state
        self._live = asyncio.Event()
        self._link = RelayLink(
            websocket_url(server, PATH),
            token,
            client,
            app=APP,
            on_message=on_message,
            on_state=self._moved,
            on_restart=on_restart,
        )

    @property
    def ahead(self) -> float:
        return self._link.ahead

    async def run(self) -> None:
        """Stay connected until refused for good or cancelled."""
        await self._link.run()

    async def request(self, request: Request) -> Answer:
        return await self._link.request(request)

    def say(self, message: Message) -> None:
        self._link.say(message)

    async def until_live(self, after: float) -> None:
        await asyncio.sleep(after)
        await self._live.wait()

    def _moved(self, state: LinkState, error: BanwenError | None) -> None:
        if state is LinkState.LIVE:
            self._live.set()
        else:
            self._live.clear()
        self._on_state(state, error)
