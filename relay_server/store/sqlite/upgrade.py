"""How a SQLite file comes to the newest tables: SQLAlchemy and Alembic are loaded only when it is not there yet."""

import sqlite3
from contextlib import closing
from pathlib import Path

from relay_server.store.version import is_newest

FIRST_RELEASE, MANAGED = 1, 2
"""`PRAGMA user_version`: tables without `alembic_version`, and tables with it. Programs of 1 refuse files of 2."""


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Create or migrate the tables, all or nothing. Raise `BanwenError(VERSION)` if the file is a newer program's."""
    if not is_newest(_reached(connection)):
        _migrate(connection)


def has_no_keys(path: Path) -> bool:
    """Tell whether a file is of the first release, which sealed nothing and had no master key."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("PRAGMA user_version").fetchone()[0] == FIRST_RELEASE)


def _migrate(connection: sqlite3.Connection) -> None:
    import sqlalchemy as sa

    from relay_server.store.migrations import FIRST, migrate

    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool)
    with engine.begin() as one:
        one.exec_driver_sql("BEGIN IMMEDIATE")  # whoever else had the same wish is done by now, or waits
        if not is_newest(_reached(connection)):
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            migrate(one, FIRST if version == FIRST_RELEASE else "")
            connection.execute(f"PRAGMA user_version = {MANAGED}")


def _reached(connection: sqlite3.Connection) -> str:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone():
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""
