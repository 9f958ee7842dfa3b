"""What a handler is: a coroutine that carries out one operation on a connection, in the transaction that is open."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from relay_server.store.postgres.connection import Connection

Handlers = Mapping[type[Any], Callable[[Connection, Any], Awaitable[Any]]]


def changed(status: str) -> int:
    """Return how many rows a statement changed, as its status says: `DELETE 3`."""
    return int(status.rsplit(" ", 1)[-1])
