"""Columns, indexes and tables as both databases know them: the words in which schema and migrations are written.

SQLite's tables are STRICT; in PostgreSQL text is compared byte by byte, as SQLite does. Times are Unix seconds.
Nothing is null unless a column is declared by hand.
"""

import sqlalchemy as sa

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
TRUTH = sa.Boolean().with_variant(sa.Integer(), "sqlite")
BYTES = sa.LargeBinary()


class Xid(sa.types.UserDefinedType[int]):
    """The number of a transaction in PostgreSQL, which never wraps around. SQLite's one writer needs none."""

    cache_ok = True

    def get_col_spec(self, **kw: object) -> str:
        """Return the type's name."""
        return "xid8"


XID = sa.Integer().with_variant(Xid(), "postgresql")


def table(metadata: sa.MetaData, name: str, *parts: sa.schema.SchemaItem, rowid: bool = True) -> sa.Table:
    """Declare a table. Without `rowid` SQLite keeps the rows in the primary key's own tree.

    No serial number is ever given twice, not even a deleted row's.
    """
    counted = any(isinstance(part, sa.Column) and part.identity is not None for part in parts)
    return sa.Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=rowid, sqlite_autoincrement=counted)


def serial(name: str) -> sa.Column[int]:
    """Declare the key that the database counts up."""
    return sa.Column(name, WHOLE, sa.Identity(), primary_key=True)


def counter(name: str) -> sa.Column[int]:
    """Declare the key of rows that are never deleted: counting them is cheaper than remembering what was given."""
    return sa.Column(name, WHOLE, primary_key=True, autoincrement=True)


def text(name: str, *, key: bool = False, unique: bool = False, default: str | None = None) -> sa.Column[str]:
    """Declare a column of text."""
    return sa.Column(name, TEXT, primary_key=key, unique=unique or None, nullable=False, server_default=default)


def whole(name: str, *, key: bool = False, default: int | None = None) -> sa.Column[int]:
    """Declare a column of whole numbers."""
    return sa.Column(name, WHOLE, primary_key=key, nullable=False, server_default=_number(default))


def time(name: str, *, default: int | None = None) -> sa.Column[float]:
    """Declare a column of Unix seconds."""
    return sa.Column(name, TIME, nullable=False, server_default=_number(default))


def raw(name: str, *, key: bool = False) -> sa.Column[bytes]:
    """Declare a column of bytes."""
    return sa.Column(name, BYTES, primary_key=key, nullable=False)


def truth(name: str) -> sa.Column[bool]:
    """Declare a column of yes and no."""
    return sa.Column(name, TRUTH, nullable=False)


def index(name: str, *columns: str, unique: bool = False, where: str = "") -> sa.Index:
    """Declare an index, of only some rows if `where` is given."""
    some = sa.text(where) if where else None
    return sa.Index(name, *columns, unique=unique, sqlite_where=some, postgresql_where=some)


def _number(default: int | None) -> sa.TextClause | None:
    return None if default is None else sa.text(str(default))
