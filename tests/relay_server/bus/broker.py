"""A NATS server of one's own for tests: Debian's program on a free port of the loopback, ended and started at will."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = "nats-server"
START_SECONDS = 10.0


def free_port() -> int:
    """Return a port nobody listens to at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for_port(port: int, seconds: float = START_SECONDS) -> None:
    """Return once somebody listens. Raise `TimeoutError`."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise TimeoutError(f"nobody listens to port {port}") from None
            time.sleep(0.02)


class Broker:
    """A server that keeps its port."""

    def __init__(self) -> None:
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start, and wait until people can connect."""
        command = [PROGRAM, "-a", "127.0.0.1", "-p", str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self._port)

    def kill(self) -> None:
        """End it without goodbye."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


@contextmanager
def running_broker() -> Iterator[Broker]:
    """Run a server."""
    broker = Broker()
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
