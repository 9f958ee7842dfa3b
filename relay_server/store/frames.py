"""Event rows as every database keeps them: the frame's bytes, their version and digest, and whether it was taken back."""

import hashlib

import msgspec

from relay_protocol import codec
from relay_protocol.messages import EventFrame, MessagePosted, Recalled
from relay_server.domain.upcast import upcast
from relay_server.store.base import Committed

_reader = msgspec.json.Decoder(EventFrame)


def place(frame: EventFrame) -> tuple[str, int, float, str, int]:
    """Return stream, seq, at, type and version, as they stand in columns of their own."""
    return frame.stream, frame.seq, frame.at, type(frame.event).__name__, frame.event.v


def digest(data: bytes) -> bytes:
    """Return what proves later which words stood here."""
    return hashlib.sha256(data).digest()


def committed(data: bytes, v: int, *, hide: bool) -> Committed:
    """Return what a row holds, brought up to date; without its words if they are to be hidden."""
    newest = upcast(data, v)
    frame = _reader.decode(newest)
    if hide and isinstance(frame.event, MessagePosted):
        event = msgspec.structs.replace(frame.event, body=Recalled(), quote=None)
        frame = msgspec.structs.replace(frame, event=event)
        newest = codec.encode(frame)
    return Committed(frame, newest)
