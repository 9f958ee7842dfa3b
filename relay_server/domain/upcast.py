"""Brings events that older programs wrote up to date: one step per type and version, applied in turn."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

Fields = dict[str, Any]
Step = Callable[[Fields], Fields]

STEPS: Mapping[tuple[str, int], Step] = {}
"""(event type, old version) → how to make the next version of its fields. Every change of an event adds one.

A step may also give the event another `type`.
"""


def upcast(data: bytes, v: int, steps: Mapping[tuple[str, int], Step] = STEPS) -> bytes:
    """Return the JSON of a stored frame in its newest version; unchanged, and unread, when it is that already."""
    if not steps:
        return data
    frame: Fields = msgspec.json.decode(data)
    event, before = frame["event"], v
    while step := steps.get((event["type"], v)):
        v += 1
        event = {"type": event["type"], **step(event), "v": v}
    return data if v == before else msgspec.json.encode({**frame, "event": event})
