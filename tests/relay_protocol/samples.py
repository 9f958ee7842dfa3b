"""Makes one sample of every message from its types: the same sample every time, every field filled."""

import enum
import typing
from collections.abc import Iterator
from typing import Any

import msgspec

from relay_protocol import messages
from relay_protocol.messages import Message, channel

BASES = {"Message", "Request", "Event"}


def kinds() -> Iterator[type[Message]]:
    """Every message that has a name on the wire: the relay's, and those of the direct channel."""
    named = {name: getattr(messages, name) for name in messages.__all__}
    direct = {name: kind for name, kind in vars(channel).items() if getattr(kind, "__module__", "") == channel.__name__}
    for name, kind in {**named, **direct}.items():
        if isinstance(kind, type) and issubclass(kind, Message) and name not in BASES and not is_base(kind):
            yield kind


def is_base(kind: type[Message]) -> bool:
    """Tell whether only its subclasses travel."""
    return bool(kind.__subclasses__())


def sample(kind: Any, name: str = "") -> Any:
    """Return a value of this type; text values are named after their field."""
    origin = typing.get_origin(kind)
    if origin is list:
        return [sample(typing.get_args(kind)[0], name)]
    if origin is dict:
        key, value = typing.get_args(kind)
        return {sample(key, name): sample(value, name)}
    if origin is not None:  # a union: its first member
        return sample(typing.get_args(kind)[0], name)
    return _plain(getattr(kind, "__supertype__", kind), name)


def _plain(kind: Any, name: str) -> Any:
    if issubclass(kind, msgspec.Struct):
        return kind(**{field.name: sample(field.type, field.name) for field in msgspec.structs.fields(kind)})
    if issubclass(kind, enum.Enum):
        return next(iter(kind))
    return {str: f"{name} 示例", bool: True, int: 7, float: 1.5}[kind]
