"""Runs a small ASGI application on a free loopback port, in a thread of its own, and ends it again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class ThreadedServer(uvicorn.Server):
    """A server that tells when it listens."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio", ws_max_size=256 * 1024)
        )
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def listener() -> socket.socket:
    """Return a socket on a free port; its address is known before anything serves it."""
    return socket.create_server(("127.0.0.1", 0))


def origin_of(door: socket.socket) -> str:
    """Return the origin of what is served on a socket."""
    return f"http://127.0.0.1:{door.getsockname()[1]}"


@contextmanager
def serving(app: ASGIApp, door: socket.socket | None = None) -> Iterator[str]:
    """Serve `app`; yield its origin."""
    door = door or listener()
    server = ThreadedServer(app)
    thread = threading.Thread(target=server.run, args=([door],), name="test-server", daemon=True)
    thread.start()
    if not server.listening.wait(10):
        raise TimeoutError("the test server did not start")
    try:
        yield origin_of(door)
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
        door.close()
