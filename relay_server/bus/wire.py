"""Hints on their way between processes: many at once as MessagePack, each with its topic."""

from collections.abc import Iterator, Sequence
from enum import IntEnum

import msgspec

from relay_protocol import codec
from relay_protocol.ids import ConsultationId
from relay_protocol.messages import EventFrame, Message, RelayFrame
from relay_server.bus.base import Follow, Hint, Nudge, Resync, Topic
from relay_server.store.base import Committed


class Kind(IntEnum):
    """What a hint is."""

    EVENT = 0
    FOLLOW = 1
    NUDGE = 2
    RESYNC = 3
    MESSAGE = 4


OVERHEAD = 16
"""Bytes around one hint, at most."""

Packed = tuple[Topic, int, bytes]

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Packed])
_events: codec.Reader[EventFrame] = codec.Reader(EventFrame)
_messages: codec.Reader[Message] = codec.Reader(RelayFrame)


def pack(topic: Topic, hint: Hint) -> Packed:
    """Return a hint as it travels: its topic, what it is, its bytes."""
    match hint:
        case Committed():
            return topic, Kind.EVENT, hint.data
        case Follow():
            return topic, Kind.FOLLOW, hint.consultation.encode()
        case Nudge():
            return topic, Kind.NUDGE, hint.kind.encode()
        case Resync():
            return topic, Kind.RESYNC, b""
        case Message():
            return topic, Kind.MESSAGE, codec.encode(hint)


def split(parcel: bytes) -> Sequence[Packed]:
    """Return the hints of a parcel. Raise `msgspec.DecodeError` for anything else."""
    return _decoder.decode(parcel)


def unpack(packed: Packed) -> Hint | None:
    """Return the hint, or None for one that a newer relay sent. Raise `BanwenError` for what is none."""
    _, kind, data = packed
    match kind:
        case Kind.EVENT:
            frame = _events.read(data)
            return Committed(frame, data) if frame is not None else None
        case Kind.FOLLOW:
            return Follow(ConsultationId(data.decode()))
        case Kind.NUDGE:
            return Nudge(data.decode())
        case Kind.RESYNC:
            return Resync()
        case Kind.MESSAGE:
            return _messages.read(data)
        case _:
            return None


def parcels(packed: Sequence[Packed], limit: int) -> Iterator[bytes]:
    """Return the hints in order as few parcels of about `limit` bytes; a larger hint has one of its own."""
    some: list[Packed] = []
    size = 0
    for one in packed:
        if some and size + len(one[2]) > limit:
            yield _encoder.encode(some)
            some, size = [], 0
        some.append(one)
        size += len(one[0]) + len(one[2]) + OVERHEAD
    if some:
        yield _encoder.encode(some)
