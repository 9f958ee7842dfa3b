"""What the session needs of a capture."""

from typing import Protocol


class Capture(Protocol):
    """Hands out updates of the screen, one at a time and only when asked: what is not asked for is never queued."""

    async def next(self, key: bool) -> bytes:
        """Wait for the next change and return its packed update (`relay_protocol.screen`); a key update at once."""

    async def close(self) -> None:
        """Capture no more."""
