"""Runs a small ASGI application on a free loopback port, in a thread of its own, and ends it again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class ThreadedServer(uvicorn.Server):
    """A server that tells when it listens."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        super().__init__(
            uvicorn.Config(
                app, "127.0.0.1", port, log_config=None, lifespan="off", ws="websockets-sansio", ws_max_size=256 * 1024
            )
        )
        self.listening = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(None)
        self.listening.set()

    @property
    def port(self) -> int:
        """The port it got."""
        return int(self.servers[0].sockets[0].getsockname()[1])


@contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve `app`; yield its origin."""
    server = ThreadedServer(app, port)
    thread = threading.Thread(target=server.run, name="test-server", daemon=True)
    thread.start()
    if not server.listening.wait(10):
        raise TimeoutError("the test server did not start")
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
