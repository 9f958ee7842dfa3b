"""ejabberd from Debian with its message archive (mod_mam) in Mnesia, in an Erlang of its own with one scheduler."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import CHATS
from bench.peers.programs import free_port, program
from bench.peers.xmpp import HOST, PASSWORD, Xmpp, users

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")
CONFIG = """
hosts: ["{host}"]
loglevel: error
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: 262144
    shaper: none
auth_method: internal
auth_password_format: plain
default_db: mnesia
shaper_rules:
  max_user_sessions: 10
  max_user_offline_messages: 5000
modules:
  mod_disco: {{}}
  mod_roster: {{}}
  mod_mam:
    default: always
    assume_mam_usage: true
"""
REGISTER = (
    'lists:foreach(fun(U) -> ejabberd_auth:try_register(list_to_binary(U), <<"{host}">>, <<"{password}">>) end, '
    "[{users}])."
)


@contextmanager
def start(folder: Path) -> Iterator[Xmpp]:
    """Start it below `folder`."""
    port, config = free_port(), folder / "ejabberd.yml"
    config.write_text(CONFIG.format(host=HOST, port=port), encoding="utf-8")
    names = ", ".join(f'"{user}"' for user in users(CHATS))
    command = ["erl", "-noinput", "+S", "1:1", "-mnesia", "dir", f'"{folder}/mnesia"', "-s", "ejabberd"]
    command += ["-eval", REGISTER.format(host=HOST, password=PASSWORD, users=names)]
    paths = {
        "EJABBERD_CONFIG_PATH": str(config),
        "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
        "EJABBERD_PID_PATH": str(folder / "ejabberd.pid"),
        "ERL_LIBS": str(LIBRARIES),
        "HOME": str(folder),
    }
    with program(command, folder, port, paths) as process:
        yield Xmpp(port, [process])
