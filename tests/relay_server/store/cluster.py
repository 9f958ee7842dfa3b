"""A PostgreSQL server of one's own for tests: Debian's programs, a cluster in a temporary folder, a Unix socket only.

PostgreSQL refuses to run as root; then the server runs as the user `postgres` that Debian's package makes.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

PORT = 5432  # the name of the socket, no port: the server listens to no network
OWNER = "postgres"

_names = count(1)


def programs() -> Path:
    """Return the folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise FileNotFoundError("no PostgreSQL; run installer/system-packages.sh test")
    return found[-1]


class Cluster:
    """A running server. `start`, `stop` and `crash` do to it what may happen to a real one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data, self._log = folder / "data", folder / "server.log"
        self._control("initdb", "-o", f"--auth=trust --username={OWNER} --encoding=UTF8 --locale=C.UTF-8 --no-sync")
        settings = f"unix_socket_directories = '{folder}'\nlisten_addresses = ''\nmax_connections = 200\n"
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(settings)

    def start(self) -> None:
        """Start, and wait until people can connect."""
        self._control("start", "-w", "-l", str(self._log))

    def stop(self, mode: str = "fast") -> None:
        """Stop; `immediate` is a crash of the whole server."""
        self._control("stop", "-w", "-m", mode)

    def kill_backends(self) -> int:
        """SIGKILL every process that serves a relay; return how many. The server then restarts itself."""
        found = self.sql("postgres", "SELECT pid FROM pg_stat_activity WHERE application_name = 'banwen-relay'").split()
        for pid in found:
            os.kill(int(pid), signal.SIGKILL)
        return len(found)

    def sql(self, database: str, statement: str) -> str:
        """Run a statement; return what it prints."""
        client = [str(programs() / "psql"), "-h", str(self.folder), "-p", str(PORT), "-U", OWNER, "-d", database]
        return subprocess.run(
            [*client, "-XAtc", statement], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()

    def database(self) -> str:
        """Make an empty database; return its address."""
        name = f"relay_{next(_names)}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the address of a database of this server."""
        return f"postgresql://{OWNER}@/{name}?host={self.folder}&port={PORT}"

    def _control(self, *words: str) -> None:
        command: Sequence[str | Path] = [programs() / "pg_ctl", "-D", self._data, *words]
        done = subprocess.run(
            _as_owner(command), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if done.returncode:
            raise RuntimeError(f"pg_ctl {words[0]}: {done.stderr}")


def _as_owner(command: Sequence[str | Path]) -> list[str]:
    words = [str(word) for word in command]
    return ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", *words] if os.geteuid() == 0 else words


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a server; its folder has a short name, for a socket's path may have 107 bytes only."""
    folder = Path(tempfile.mkdtemp(prefix="banwen-pg-"))
    try:
        folder.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam(OWNER).pw_uid, -1)
        cluster = Cluster(folder)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop("immediate")
    finally:
        shutil.rmtree(folder)
