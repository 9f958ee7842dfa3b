"""Copies of a SQLite database: taken while the relay runs, and made a log of their own when they are restored."""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

PAGES_AT_A_TIME = 1000


def copy(source: Path, target: Path) -> None:
    """Copy what is committed into the new file `target`; whoever writes meanwhile is not held up for long."""
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live, closing(sqlite3.connect(target)) as made:
        live.backup(made, pages=PAGES_AT_A_TIME, sleep=0.01)
        made.execute("PRAGMA journal_mode = DELETE")  # one file, whole


def renew_epoch(database: Path) -> str:
    """Make a restored copy another log, so that clients ask for everything anew; return the mark of its master key."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE log SET epoch = ?", (secrets.token_hex(8),))
        (mark,) = connection.execute("SELECT master FROM log").fetchone()
    return str(mark)
