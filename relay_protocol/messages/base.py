"""What every message is: a frozen struct whose `type` field names it on the wire."""

import msgspec

from relay_protocol.ids import RequestId


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """One fact or wish, as one JSON object. Unknown fields of a newer peer are ignored."""


class Request(Message, frozen=True, kw_only=True):
    """A wish of a client. `request_id` is made by the client; repeating it repeats the answer, not the effect."""

    request_id: RequestId


class Event(Message, frozen=True, kw_only=True):
    """A fact of a stream, in the past tense. `v` is the version of its fields; `upcast` brings old ones up to date."""

    v: int = 1


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A value inside messages; it has no life of its own on the wire."""
