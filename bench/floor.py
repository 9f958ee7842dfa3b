"""The least a durable message can take: a round trip to another process that appends and syncs before it answers."""

import multiprocessing
import os
import socket
import tempfile
import time
from multiprocessing.connection import Connection

from bench import report
from bench.load import LOAD_CORE, SERVER_CORE, on_core

MESSAGE = b"x" * 400


def floor(samples: int) -> float:
    """Return the median in ms."""
    ours, theirs = multiprocessing.Pipe()
    with on_core(SERVER_CORE):
        server = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs,), daemon=True)
        server.start()
    took = []
    with on_core(LOAD_CORE), socket.create_connection(("127.0.0.1", ours.recv())) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(samples):
            started = time.perf_counter()
            link.sendall(MESSAGE)
            link.recv(1)
            took.append((time.perf_counter() - started) * 1000)
    server.join()
    return report.median(took)


def _serve(parent: Connection) -> None:
    with tempfile.TemporaryFile() as file, socket.create_server(("127.0.0.1", 0)) as listener:
        parent.send(listener.getsockname()[1])
        link, _ = listener.accept()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := link.recv(len(MESSAGE)):
            os.write(file.fileno(), data)
            os.fdatasync(file.fileno())
            link.sendall(b"k")
