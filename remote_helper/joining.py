"""From a code to a live link: redeem it, connect, and hand on what the relay says."""

from dataclasses import dataclass
from typing import Protocol

from relay_client.http import RelayHttp
from relay_client.link import RelayLink, new_request_id, websocket_url
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AssistId, ClientId, RequestId
from relay_protocol.link import LinkState
from relay_protocol.messages import Message, Request


class Listener(Protocol):
    """Who hears the link."""

    def from_relay(self, message: Message) -> None:
        """The relay delivered something."""

    def link_is_live(self) -> None:
        """Requests can be sent."""

    def link_refused(self, error: BanwenError) -> None:
        """The relay wants nothing of us, for good."""


@dataclass(frozen=True)
class Joined:
    """A redeemed code: the assistance, and the link to run."""

    assist: AssistId
    link: RelayLink

    async def request(self, request: Request) -> object:
        """Send until answered."""
        return await self.link.request(request)

    def say(self, message: Message) -> None:
        """Send once, if connected."""
        self.link.say(message)

    def new_request_id(self) -> RequestId:
        """Return a fresh identifier."""
        return new_request_id()


async def join(server: str, code: str, listener: Listener) -> Joined:
    """Redeem the code and make the link; run it as a task. Raise `BanwenError` with a sentence for the person."""
    http = RelayHttp(server)
    try:
        redeemed = await http.redeem(code)
    finally:
        await http.aclose()

    def moved(state: LinkState, error: BanwenError | None) -> None:
        if state is LinkState.LIVE:
            listener.link_is_live()
        elif state is LinkState.REFUSED:
            sentence = "服务器拒绝了连接，请让座席重新发起邀请。"
            listener.link_refused(error or BanwenError(ErrorCode.FORBIDDEN, sentence))

    link = RelayLink(
        websocket_url(server, "/ws/helper"),
        redeemed.token,
        ClientId(new_request_id()),
        app="helper",
        on_message=lambda message: listener.from_relay(message),
        on_state=moved,
        on_restart=lambda: None,
        follows_streams=False,
    )
    return Joined(redeemed.assist, link)
