"""The direct path to the workbench: our offer, the check of its answer, and the two channels once it is open."""

import base64
import logging
import secrets
from collections.abc import Callable

from cryptography import x509

from relay_client.rtc import Peer
from relay_protocol import codec
from relay_protocol.binding import Bound, Expected, SignedStatement, check, fingerprint_of
from relay_protocol.errors import BanwenError
from relay_protocol.ids import AssistId
from relay_protocol.messages import Message, SdpAnswer, SdpOffer
from relay_protocol.messages.channel import AskScope, ToHelper, helper_reader
from relay_protocol.screen import chunks, sequence_of

log = logging.getLogger(__name__)

NONCE_BYTES = 16
FULL_BYTES = 256 * 1024
"""So much may wait in a channel before the next picture; the picture after it is worth more than this one."""


class Path:
    """One offer and what became of it. `on_message` hears the workbench once the path is open."""

    def __init__(self, assist: AssistId, peer: Peer, sdp: str, on_message: Callable[[ToHelper], None]) -> None:
        self._assist, self._peer, self._sdp = assist, peer, sdp
        self._nonce = base64.b64encode(secrets.token_bytes(NONCE_BYTES)).decode()
        self._expected: Expected | None = None
        self._answer = ""
        self._reader = helper_reader()
        self._on_message = on_message
        self.is_open = False
        peer.input.on_message = self._heard

    @classmethod
    async def offered(
        cls,
        assist: AssistId,
        on_message: Callable[[ToHelper], None],
        on_open: Callable[[], None],
        on_closed: Callable[[], None],
    ) -> "Path":
        """Prepare our end; nothing connects yet."""
        peer = Peer()
        path = cls(assist, peer, await peer.offer(), on_message)

        def opened() -> None:
            path.is_open = True
            on_open()

        def closed() -> None:
            path.is_open = False
            on_closed()

        peer.on_open, peer.on_closed = opened, closed
        return path

    def offer(self) -> SdpOffer:
        """Return what the relay passes on."""
        return SdpOffer(assist=self._assist, nonce=self._nonce, sdp=self._sdp)

    def check_answer(self, answer: SdpAnswer, root: x509.Certificate, now: float) -> Bound:
        """Return who answered and asks for what. Raise UNBOUND for anybody not certified for exactly these two ends."""
        expected = Expected(
            session=self._assist,
            nonce=self._nonce,
            helper_fingerprint=fingerprint_of(self._sdp),
            agent_fingerprint=fingerprint_of(answer.sdp),
            ask=1,
        )
        signed = SignedStatement(answer.statement, answer.signature, tuple(answer.certificates))
        bound = check(signed, expected, root, now)
        self._expected, self._answer = expected, answer.sdp
        return bound

    def check_ask(self, ask: AskScope, root: x509.Certificate, now: float) -> Bound:
        """Return what is asked for next on this path. Raise UNBOUND; an ask number counts once, held or not."""
        if self._expected is None:
            raise RuntimeError("a path without an answer carries nothing")
        last = self._expected
        self._expected = Expected(
            last.session, last.nonce, last.helper_fingerprint, last.agent_fingerprint, last.ask + 1
        )
        signed = SignedStatement(ask.statement, ask.signature, tuple(ask.certificates))
        return check(signed, self._expected, root, now)

    async def connect(self) -> None:
        """Accept the answer that was checked."""
        await self._peer.accept(self._answer)

    def say(self, message: Message) -> None:
        """Tell the workbench, if it can be reached."""
        self._peer.input.send(codec.encode(message).decode())

    def show(self, packed: bytes) -> int:
        """Send one update of the picture; return its sequence number."""
        sequence = sequence_of(packed)
        for chunk in chunks(packed, sequence):
            self._peer.screen.send(chunk)
        return sequence

    @property
    def is_full(self) -> bool:
        """Whether so much waits that another picture would only make it late."""
        return self._peer.screen.waiting > FULL_BYTES

    async def close(self, farewell: bool = False) -> None:
        """Close our end; with `farewell`, what was said last gets a moment to leave."""
        await self._peer.close(farewell)

    def _heard(self, data: bytes | str) -> None:
        try:
            message = self._reader.read(data)
        except BanwenError as error:
            log.warning("message of the workbench not understood", extra={"why": str(error.detail)})
            return
        if message is not None:
            self._on_message(message)
