"""The workbench's half of a remote assistance: answer a helper's offer, show its screen, ask for more, send input.

    peer, answer = await AssistPeer.answer(offer, credentials, [Privilege.VIEW], on_event=model.apply)
    link.say(answer)                                    # the relay passes it on; the helper now asks its person
    spawn(peer.run(), name="assist")                    # until the end: leases, coalesced moves
    peer.ask([Privilege.VIEW, Privilege.CONTROL])       # a second consent; the answer comes as an event
    peer.button(x, y, Button.LEFT, down=True)           # pixels of the picture; False when control is not granted
    await peer.end()

`on_event` hears, as it happens: `Connected`, `PictureChanged`, `ScopeGranted`, `ScopeRefused`, `ScopeRevoked`,
`InputPaused`, `InputDropped`, and last of all `Ended`. It is called on the event loop and should return soon: the next
picture waits for it. A refusal of the very first question comes from the relay (`AssistRefused`), because there is no
path yet that could carry it.
Everything here belongs to one thread. Import this module after the first paint; aiortc takes half a second.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from relay_client.identity import Credentials
from relay_client.rtc import Peer
from relay_client.screen.changes import Picture
from relay_client.screen.decoder import Decoder
from relay_protocol import codec
from relay_protocol.binding import VERSION, Statement, fingerprint_of, sign
from relay_protocol.errors import BanwenError
from relay_protocol.messages import Privilege, SdpAnswer, SdpOffer
from relay_protocol.messages.base import Message
from relay_protocol.messages.channel import (
    HEARTBEAT_SECONDS,
    PASTE_LIMIT,
    WHEEL_LIMIT,
    AskKeyframe,
    AskScope,
    Button,
    InputDropped,
    InputPaused,
    KeepLease,
    Leave,
    Left,
    MovePointer,
    PasteText,
    PressButton,
    PressKey,
    RemoteInput,
    ScopeGranted,
    ScopeRefused,
    ScopeRevoked,
    ShownUpTo,
    TurnWheel,
    workbench_reader,
)
from relay_protocol.screen import Assembler, Point, Rect

log = logging.getLogger(__name__)

STATEMENT_SECONDS = 120.0
MOVE_SECONDS = 1 / 60


@dataclass(frozen=True)
class Connected:
    """The encrypted path is open; pictures follow."""


@dataclass(frozen=True)
class PictureChanged:
    """The taxpayer's screen changed inside `rects`. `pointer` is where the taxpayer's pointer is, when known.

    `picture` is (height, width, 4) uint8, B G R 255, and stays the same array until the size changes:
    `QImage(picture.data, width, height, width * 4, QImage.Format.Format_RGB32)` may keep looking at it.
    """

    picture: Picture
    rects: tuple[Rect, ...]
    pointer: Point | None


@dataclass(frozen=True)
class Ended:
    """Over. `reason` is `taxpayer`, `agent`, `expired` or `lost`."""

    reason: str


AssistEvent = (
    Connected | PictureChanged | ScopeGranted | ScopeRefused | ScopeRevoked | InputPaused | InputDropped | Ended
)


class AssistPeer:
    """One assistance, seen from the workbench. Make it with `answer`."""

    def __init__(
        self,
        peer: Peer,
        statement: Statement,
        credentials: Credentials,
        on_event: Callable[[AssistEvent], None],
        clock: Callable[[], float],
    ) -> None:
        self._peer, self._statement, self._credentials = peer, statement, credentials
        self._on_event, self._clock = on_event, clock
        self._decoder, self._assembler, self._reader = Decoder(), Assembler(), workbench_reader()
        self._sequence = 0
        self._epoch = 0
        self._scope: frozenset[Privilege] = frozenset()
        self._move: tuple[int, int] | None = None
        self._ended = asyncio.Event()
        self.received = 0
        """How many bytes of pictures arrived."""
        peer.on_open = lambda: self._on_event(Connected())
        peer.on_closed = lambda: self._end("lost")
        peer.input.on_message = self._heard
        peer.screen.on_message = self._picture

    @classmethod
    async def answer(
        cls,
        offer: SdpOffer,
        credentials: Credentials,
        scope: Sequence[Privilege],
        *,
        on_event: Callable[[AssistEvent], None],
        clock: Callable[[], float] = time.time,
    ) -> tuple["AssistPeer", SdpAnswer]:
        """Answer a helper's offer and sign for both ends. Raise UNBOUND for an offer nobody could be held to."""
        helper = fingerprint_of(offer.sdp)
        peer = Peer()
        sdp = await peer.answer(offer.sdp)
        statement = Statement(
            version=VERSION,
            session=offer.assist,
            nonce=offer.nonce,
            helper_fingerprint=helper,
            agent_fingerprint=fingerprint_of(sdp),
            scope=list(scope),
            expires=clock() + STATEMENT_SECONDS,
            ask=1,
        )
        signed = sign(statement, credentials.key, credentials.certificates)
        answer = SdpAnswer(
            assist=offer.assist,
            sdp=sdp,
            statement=signed.statement,
            signature=signed.signature,
            certificates=list(signed.certificates),
        )
        return cls(peer, statement, credentials, on_event, clock), answer

    @property
    def scope(self) -> frozenset[Privilege]:
        """What the taxpayer grants at this moment."""
        return self._scope

    @property
    def picture(self) -> Picture:
        """The taxpayer's screen as last received; (0, 0, 4) before the first picture."""
        return self._decoder.picture

    async def run(self) -> None:
        """Keep the lease of control alive and pass on the newest pointer place, until the end."""
        steady, lease_at = asyncio.get_running_loop().time, 0.0
        while not self._ended.is_set():
            if Privilege.CONTROL in self._scope and steady() >= lease_at:
                lease_at = steady() + HEARTBEAT_SECONDS
                self._say(KeepLease(epoch=self._epoch))
            self._flush_move()
            await asyncio.sleep(MOVE_SECONDS if Privilege.CONTROL in self._scope else HEARTBEAT_SECONDS)

    def ask(self, scope: Sequence[Privilege]) -> None:
        """Ask the taxpayer for exactly `scope`; the answer is `ScopeGranted` or `ScopeRefused`."""
        old = self._statement
        self._statement = Statement(
            version=old.version,
            session=old.session,
            nonce=old.nonce,
            helper_fingerprint=old.helper_fingerprint,
            agent_fingerprint=old.agent_fingerprint,
            scope=list(scope),
            expires=self._clock() + STATEMENT_SECONDS,
            ask=old.ask + 1,
        )
        signed = sign(self._statement, self._credentials.key, self._credentials.certificates)
        self._say(
            AskScope(statement=signed.statement, signature=signed.signature, certificates=list(signed.certificates))
        )

    def move(self, x: int, y: int) -> bool:
        """The pointer is at (`x`, `y`). Only the newest place is sent, at most 60 times a second."""
        self._move = (x, y) if Privilege.CONTROL in self._scope else None
        return self._move is not None

    def button(self, x: int, y: int, button: Button, *, down: bool) -> bool:
        """A mouse button goes down or up. A helper moves nothing on the way up, so the pointer is moved first."""
        self._move = None if down else (x, y)
        return self._input(PressButton, x=x, y=y, button=button, down=down)

    def wheel(self, x: int, y: int, *, right: int = 0, down: int = 0) -> bool:
        """The wheel turns by notches; more than `WHEEL_LIMIT` at once are cut off."""
        right, down = (max(-WHEEL_LIMIT, min(WHEEL_LIMIT, notches)) for notches in (right, down))
        return self._input(TurnWheel, x=x, y=y, right=right, down=down)

    def key(self, keysym: int, *, down: bool) -> bool:
        """A key goes down or up, as an X11 keysym."""
        return self._input(PressKey, keysym=keysym, down=down)

    def paste(self, text: str) -> bool:
        """Put `text` where the taxpayer's cursor is, after what was sent before and before what is sent next."""
        pieces = (text[start : start + PASTE_LIMIT] for start in range(0, len(text), PASTE_LIMIT))
        return all(self._input(PasteText, text=piece) for piece in pieces)

    async def end(self) -> None:
        """End the assistance from here."""
        self._say(Leave())
        self._end("agent")
        await self._peer.close(farewell=True)

    def _input(self, kind: type[RemoteInput], **fields: Any) -> bool:
        """Send one event under the present grant, after the pointer's newest place."""
        if Privilege.CONTROL not in self._scope:
            return False
        self._flush_move(wait=False)
        return self._send_input(kind, **fields)

    def _send_input(self, kind: type[RemoteInput], **fields: Any) -> bool:
        self._sequence += 1
        return self._say(kind(epoch=self._epoch, sequence=self._sequence, **fields))

    def _flush_move(self, wait: bool = True) -> None:
        """Send the pointer's newest place; while older bytes wait, a newer place may still replace it."""
        if self._move is not None and not (wait and self._peer.input.waiting):
            (x, y), self._move = self._move, None
            self._send_input(MovePointer, x=x, y=y)

    def _say(self, message: Message) -> bool:
        return self._peer.input.send(codec.encode(message).decode())

    def _heard(self, data: bytes | str) -> None:
        try:
            message = self._reader.read(data)
        except BanwenError as error:
            log.warning("message of the helper not understood", extra={"why": str(error.detail)})
            return
        match message:
            case ScopeGranted() | ScopeRevoked():
                self._scope, self._epoch = frozenset(message.scope), message.epoch
                self._on_event(message)
            case ScopeRefused() | InputPaused() | InputDropped():
                self._on_event(message)
            case Left():
                self._end(message.reason)

    def _picture(self, data: bytes | str) -> None:
        try:
            chunk = data.encode() if isinstance(data, str) else data
            self.received += len(chunk)
            packed = self._assembler.add(chunk)
            if packed is None:
                return
            update, rects = self._decoder.apply(packed)
        except BanwenError as error:
            log.warning("picture not understood", extra={"why": str(error.detail)})
            self._say(AskKeyframe())
            return
        self._on_event(PictureChanged(self._decoder.picture, rects, update.pointer))
        self._say(ShownUpTo(sequence=update.sequence))

    def _end(self, reason: str) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self._scope = frozenset()
            self._on_event(Ended(reason))
