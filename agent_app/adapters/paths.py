"""Direct paths to helpers, signed with the agent's key from this workstation's keyring or private file."""

import asyncio
import time
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from agent_app import ports
from relay_client.identity import Credentials, SecretStore, load_credentials
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import Privilege, SdpAnswer, SdpOffer

if TYPE_CHECKING:
    from relay_client.assist import AssistEvent

OUT_OF_DATE = "本机的协助证书已过期，请联系管理员重新签发（banwen-agent enrol）。"
MISSING = "本机没有您的协助证书，无法发起远程协助。请联系管理员签发（banwen-agent enrol）。"


class SignedPaths:
    """Fulfils `ports.Paths` for the agent with badge number `number`; `store` opens where secrets are kept."""

    def __init__(self, store: Callable[[], SecretStore], number: str) -> None:
        self._store, self._number = store, number
        self._credentials: Credentials | None = None

    async def prepare(self) -> None:
        # A keyring may ask its service over D-Bus, and aiortc takes half a second: neither may stop the window.
        self._credentials = await asyncio.to_thread(lambda: load_credentials(self._store(), self._number))
        if self._credentials is None:
            raise BanwenError(ErrorCode.UNAUTHENTICATED, MISSING)
        if self._credentials.expires_at() <= time.time():
            raise BanwenError(ErrorCode.UNAUTHENTICATED, OUT_OF_DATE)
        await asyncio.to_thread(import_module, "relay_client.assist")

    async def answer(
        self, offer: SdpOffer, on_event: Callable[[ports.PathEvent], None]
    ) -> tuple[ports.Path, SdpAnswer]:
        await self.prepare()
        if self._credentials is None:
            raise BanwenError(ErrorCode.UNAUTHENTICATED, MISSING)
        from relay_client.assist import AssistPeer

        return await AssistPeer.answer(
            offer, self._credentials, [Privilege.VIEW], on_event=lambda event: on_event(_translated(event))
        )


def _translated(event: "AssistEvent") -> ports.PathEvent:
    from relay_client import assist

    match event:
        case assist.Connected():
            return ports.Connected()
        case assist.Ended(reason=reason):
            return ports.Ended(reason)
        case assist.PictureChanged(picture=picture, rects=rects, pointer=pointer):
            height, width = picture.shape[:2]
            return ports.PictureChanged(picture.data, width, height, rects, pointer)
        case _:
            return event
