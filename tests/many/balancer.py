"""One address for several edges: haproxy from Debian's package, on the loopback."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.many.processes import Member
from tests.relay_server.bus.broker import free_port, wait_for_port

PROGRAM = "/usr/sbin/haproxy"

CONFIGURATION = """\
defaults
    mode http
    maxconn 2000
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    option forwardfor
    option redispatch
    retries 3
    retry-on conn-failure
frontend people
    bind 127.0.0.1:{port}
    default_backend edges
backend edges
    balance leastconn
    option httpchk GET /healthz
    default-server check inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""


@contextmanager
def running_balancer(folder: Path, edges: Sequence[Member]) -> Iterator[str]:
    """Run haproxy in front of the edges; give its address."""
    port = free_port()
    servers = "\n".join(f"    server {one.name} 127.0.0.1:{one.port}" for one in edges)
    file = folder / "haproxy.cfg"
    file.write_text(CONFIGURATION.format(port=port, servers=servers), encoding="utf-8")
    process = subprocess.Popen([PROGRAM, "-db", "-f", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
