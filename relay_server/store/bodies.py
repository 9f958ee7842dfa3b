"""How an event stands in a row and how it is read from there, alike in every database: sealed, taken back, erased."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from relay_protocol import codec
from relay_protocol.ids import Stream
from relay_protocol.messages import AnyEvent, Erased, EventFrame, MessagePosted, Recalled
from relay_server.domain.personal import is_personal
from relay_server.domain.upcast import upcast
from relay_server.store.base import Committed
from relay_server.store.keys import Keyring

PEOPLE = "taxpayer/"

_frame_reader = msgspec.json.Decoder(EventFrame)


@dataclass(frozen=True)
class EventRow:
    """One row of the log. `subject` and `wrapped` are those of its key: None for plain words, empty once destroyed."""

    stream: Stream
    seq: int
    at: float
    type: str
    v: int
    frame: bytes
    digest: bytes
    recalled: bool = False
    subject: str | None = None
    wrapped: bytes | None = None


def subject_of(event: AnyEvent, stream: Stream, taxpayer: str = "") -> str:
    """Return whose words an event holds: the taxpayer's of the consultation or of the stream, or nobody's."""
    return (taxpayer or taxpayer_of(stream)) if is_personal(event) else ""


def taxpayer_of(stream: Stream) -> str:
    """Return whose stream `taxpayer/<id>` is; empty for other streams."""
    return stream.removeprefix(PEOPLE) if stream.startswith(PEOPLE) else ""


def digest_of(data: bytes) -> bytes:
    """Return the SHA-256 of a plain frame: it stays when the words are erased."""
    return hashlib.sha256(data).digest()


def encoded(frames: Iterable[EventFrame]) -> tuple[Committed, ...]:
    """Return events with the bytes in which they are sent to everybody."""
    return tuple(Committed(frame, codec.encode(frame)) for frame in frames)


def place_of(frame: EventFrame) -> tuple[str, int, float, str, int]:
    """Return what the first columns of an event's row hold: stream, seq, at, type, version."""
    return frame.stream, frame.seq, frame.at, type(frame.event).__name__, frame.event.v


def plain_frame(row: EventRow, keyring: Keyring) -> bytes | None:
    """Return the bytes as they were written, None if they were erased. Raise `BanwenError(CORRUPT)`."""
    if row.wrapped is None or row.subject is None:
        return row.frame
    if not row.wrapped:
        return None
    return keyring.cipher(row.subject, row.wrapped).open(row.frame, row.stream, row.seq)


def revealed(row: EventRow, keyring: Keyring, *, originals: bool = False) -> Committed:
    """Return the event as readers find it: brought up to date, without words that were taken back or erased.

    `originals` shows what was taken back. Raise `BanwenError(CORRUPT)` for what cannot be opened.
    """
    plain = plain_frame(row, keyring)
    if plain is None:
        return _made(row, Erased(kind=row.type, digest=row.digest.hex()))
    newest = upcast(plain, row.v)
    frame = _frame_reader.decode(newest)
    if row.recalled and not originals and isinstance(frame.event, MessagePosted):
        return _made(row, msgspec.structs.replace(frame.event, body=Recalled(), quote=None))
    return Committed(frame, newest)


def _made(row: EventRow, event: AnyEvent) -> Committed:
    frame = EventFrame(stream=row.stream, seq=row.seq, at=row.at, event=event)
    return Committed(frame, codec.encode(frame))
