"""The direct path between helper and workbench: a WebRTC peer with two data channels, encrypted end to end.

Every peer has a DTLS certificate of its own. Candidates are gathered fully before an SDP is handed out, so one offer
and one answer are all the signalling there is. No byte of ours flows before the other side's SDP was accepted.

`aiortc` takes half a second to import: import this module after the first paint.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from aiortc import RTCConfiguration, RTCDataChannel, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InvalidStateError

from relay_protocol.binding import only_sha256
from relay_protocol.errors import BanwenError, ErrorCode

log = logging.getLogger(__name__)

INPUT = "input"
SCREEN = "screen"
CHANNELS = {INPUT: 0, SCREEN: 1}
"""Both ends know the channels by number; nothing about them is negotiated."""

FAREWELL_SECONDS = 0.2

Received = Callable[[bytes | str], None]


def _nothing(_: bytes | str) -> None:
    """Ignore what arrives before somebody listens."""


class Channel:
    """One reliable, ordered channel. `on_message` hears text and bytes of at most 64 KiB."""

    def __init__(self, inner: RTCDataChannel) -> None:
        self._inner = inner
        self.on_message: Received = _nothing
        inner.on("message", lambda data: self.on_message(data))

    def send(self, data: bytes | str) -> bool:
        """Send, or return False when the channel is not open."""
        try:
            self._inner.send(data)
        except (InvalidStateError, ConnectionError):
            return False
        return True

    @property
    def waiting(self) -> int:
        """How many bytes wait to be sent."""
        return int(self._inner.bufferedAmount)

    @property
    def is_open(self) -> bool:
        """Whether the channel carries messages now."""
        return bool(self._inner.readyState == "open")


class Peer:
    """One end. `on_open` is called once both channels are open, `on_closed` once the path is lost or closed."""

    def __init__(self, ice_servers: Sequence[RTCIceServer] = ()) -> None:
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=list(ice_servers)))
        self._channels = {
            name: self._connection.createDataChannel(name, negotiated=True, id=number)
            for name, number in CHANNELS.items()
        }
        self.input = Channel(self._channels[INPUT])
        self.screen = Channel(self._channels[SCREEN])
        self.on_open: Callable[[], None] = lambda: None
        self.on_closed: Callable[[], None] = lambda: None
        self._opened = self._closed = False
        for channel in self._channels.values():
            channel.on("open", self._may_be_open)
            channel.on("close", self._now_closed)
        self._connection.on("connectionstatechange", self._state_changed)

    async def offer(self) -> str:
        """Return our SDP, with every candidate in it."""
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._own_sdp()

    async def answer(self, offer: str) -> str:
        """Accept an offer that was checked, and return our SDP."""
        await self._take(RTCSessionDescription(offer, "offer"))
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return self._own_sdp()

    async def accept(self, answer: str) -> None:
        """Accept an answer that was checked; connecting begins. DTLS holds the other end to its fingerprint."""
        await self._take(RTCSessionDescription(answer, "answer"))

    async def close(self, farewell: bool = False) -> None:
        """Close everything; `on_closed` is called. With `farewell`, what was sent last gets a moment to leave."""
        if farewell:
            await asyncio.sleep(FAREWELL_SECONDS)
        await self._connection.close()
        self._now_closed()

    async def _take(self, description: RTCSessionDescription) -> None:
        try:
            await self._connection.setRemoteDescription(description)
        except Exception as error:  # the parser meets a stranger's text and has no error type of its own
            raise BanwenError(ErrorCode.MALFORMED, "连接信息有误，请重新发起协助。", why=repr(error)) from error

    def _own_sdp(self) -> str:
        return only_sha256(self._connection.localDescription.sdp)

    def _may_be_open(self) -> None:
        if not self._opened and all(channel.readyState == "open" for channel in self._channels.values()):
            self._opened = True
            self.on_open()

    def _state_changed(self) -> None:
        state = self._connection.connectionState
        log.info("direct path changed", extra={"state": state})
        if state in ("failed", "closed"):
            self._now_closed()

    def _now_closed(self) -> None:
        if not self._closed:
            self._closed = True
            self.on_closed()
