"""Prosody from Debian with its message archive (mod_mam), in files of its own or in SQLite."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.load import CHATS
from bench.peers.programs import free_port, program
from bench.peers.xmpp import HOST, PASSWORD, Xmpp, users

CONFIG = """
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
log = {{ warn = "{folder}/prosody.log" }}
modules_enabled = {{ "roster", "saslauth", "disco", "mam" }}
modules_disabled = {{ "s2s", "tls" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
c2s_ports = {{ {port} }}
c2s_interfaces = {{ "127.0.0.1" }}
s2s_ports = {{}}
c2s_direct_tls_ports = {{}}
limits = {{}}
default_archive_policy = true
archive_expires_after = "never"
storage = {{ accounts = "internal"; archive = "{storage}" }}
sql = {{ driver = "SQLite3"; database = "{folder}/prosody.sqlite" }}
VirtualHost "{host}"
"""


@contextmanager
def _running(folder: Path, storage: str) -> Iterator[Xmpp]:
    accounts = folder / "data" / HOST / "accounts"
    accounts.mkdir(parents=True)
    for user in users(CHATS):
        (accounts / f"{user}.dat").write_text(f'return {{ ["password"] = "{PASSWORD}"; }};\n', encoding="utf-8")
    port, config = free_port(), folder / "prosody.cfg.lua"
    config.write_text(CONFIG.format(folder=folder, port=port, host=HOST, storage=storage), encoding="utf-8")
    with program(["prosody", "-F", "--config", str(config)], folder, port) as process:
        yield Xmpp(port, [process])


def start(storage: str) -> Callable[[Path], AbstractContextManager[Xmpp]]:
    """Return what starts it with `internal` or `sql` as its archive."""
    return lambda folder: _running(folder, storage)
