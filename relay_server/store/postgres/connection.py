"""How the relay connects to PostgreSQL, brings its tables up to date, and reads what went wrong from errors."""

import asyncio
import secrets
import threading
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.store.keys import Keyring, check_master
from relay_server.store.scripts import clash, not_stored
from relay_server.store.version import is_newest

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 30.0
LOCK_MILLISECONDS = 5000
"""How long a statement waits for a row or a name that another process holds."""
IDLE_MILLISECONDS = 15000
"""After which the server ends a transaction whose relay hangs, so that its locks go."""
BEGIN_LOG = "INSERT INTO log (epoch, master) SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM log)"
MIGRATING = 0x62616E77
"""The advisory lock under which tables are changed."""
NAMING = ("subject_key", "taxpayer", "consultation", "note", "token", "file")
SCRUB_LOCK_MILLISECONDS, SCRUB_SECONDS = 60_000, 3600.0
WEAK = {"off", "local", "remote_write"}
SESSION = {
    "application_name": "banwen-relay",
    "lock_timeout": str(LOCK_MILLISECONDS),
    "idle_in_transaction_session_timeout": str(IDLE_MILLISECONDS),
    "jit": "off",  # it costs more than short statements do
}


class Trouble(Enum):
    """What an error of the database means for whoever shares the transaction."""

    REFUSED = "a script's own values do not fit"
    BUSY = "somebody else was in the way"
    GONE = "the server, or the way to it, is gone or full"


MEANING: tuple[tuple[Trouble, tuple[type[BaseException], ...]], ...] = (
    (Trouble.REFUSED, (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, ValueError)),
    (Trouble.BUSY, (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)),
    (
        Trouble.GONE,
        (
            OSError,
            TimeoutError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            asyncpg.PostgresError,  # a stopping or full server, a damaged table, a statement that is wrong
        ),
    ),
)
"""The first that fits counts: values that cannot be sent are both a ValueError and an InterfaceError."""


def trouble(error: BaseException) -> Trouble | None:
    """Return what an error means; None for one that is no error of the database."""
    if isinstance(error, BanwenError):
        return None
    return next((meaning for meaning, kinds in MEANING if isinstance(error, kinds)), None)


def refusal(error: BaseException) -> BaseException:
    """Return what the script is told that alone met this error."""
    match trouble(error):
        case Trouble.REFUSED if isinstance(error, asyncpg.IntegrityConstraintViolationError):
            return clash(error)
        case Trouble.REFUSED:
            sentence = "内容含有不能保存的字符或数值，请修改后重试。"
            return BanwenError(ErrorCode.BAD_INPUT, sentence, why=type(error).__name__)
        case Trouble.BUSY:
            return busy(error)
        case Trouble.GONE:
            return not_stored(error)
    return error


def busy(error: BaseException | None = None) -> BanwenError:
    """Return the refusal for whoever got into the way of others."""
    return BanwenError(ErrorCode.UNREACHABLE, "服务器正忙，请稍后重试。", why=type(error).__name__)


async def connect(url: str, session: Mapping[str, str] = SESSION) -> Connection:
    """Open a connection. Raise what `trouble` calls GONE or, for an address that is none, REFUSED."""
    connection: Connection = await asyncpg.connect(
        url, timeout=CONNECT_SECONDS, command_timeout=COMMAND_SECONDS, server_settings=dict(session)
    )
    if session and await connection.fetchval("SHOW synchronous_commit") in WEAK:
        await connection.execute("SET synchronous_commit = on")  # acknowledged means on disk, whatever the default
    return connection


async def prepare(url: str, keyring: Keyring) -> str:
    """Create or migrate the tables; return the epoch of the log.

    Raise `BanwenError`: VERSION if a newer program made the tables, CORRUPT for a foreign master key, UNREACHABLE if
    the server cannot be reached.
    """
    try:
        connection = await connect(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise unreachable(error) from error
    try:
        if not is_newest(await _reached(connection)):
            await _migrate(url)
        if await connection.fetchval("SELECT epoch FROM log") is None:
            await connection.execute(BEGIN_LOG, secrets.token_hex(8), keyring.fingerprint)
        epoch, master = await connection.fetchrow("SELECT epoch, master FROM log")  # type: ignore[misc]
        check_master(master, keyring)
        return str(epoch)
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    """Bring the tables up to date, all or nothing; who starts at the same time waits and finds it done."""
    import sqlalchemy as sa
    from sqlalchemy.ext.asyncio import create_async_engine

    from relay_server.store.migrations import migrate

    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
    try:
        async with engine.begin() as one:
            await one.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING})
            await one.run_sync(migrate)
    finally:
        await engine.dispose()


async def _reached(connection: Connection) -> str:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return ""
    return str(await connection.fetchval("SELECT version_num FROM alembic_version") or "")


async def scrub(url: str) -> None:
    """Rewrite the tables in which people stand by name, so that no earlier version of a row is left in their files.

    The server's write-ahead log, its archive and backups are not in our hands: what is sealed there stays unreadable,
    the rest goes with their retention. Raise `BanwenError(UNREACHABLE)` when it cannot be done now.
    """
    try:
        connection = await connect(url)
        try:
            await connection.execute(f"SET lock_timeout = {SCRUB_LOCK_MILLISECONDS}")
            for table in NAMING:
                await connection.execute(f"VACUUM FULL {table}", timeout=SCRUB_SECONDS)
        finally:
            await connection.close()
    except Exception as error:
        raise refusal(error) from error


def let_go(connection: Connection | None) -> None:
    """Close without asking the server, whatever state it is in; what was not committed is rolled back there."""
    if connection is not None and not connection.is_closed():
        connection.terminate()


def unreachable(error: BaseException) -> BanwenError:
    """Return the refusal for when the database server cannot be used. It names no password."""
    sentence = f"连不上 PostgreSQL（{type(error).__name__}: {error}）。请检查 store.url，并确认数据库服务正在运行。"
    return BanwenError(ErrorCode.UNREACHABLE, sentence)


def prepared(url: str, keyring: Keyring) -> str:
    """Do `prepare` from wherever, inside a running event loop or not; the caller waits for it."""
    result: list[str | BaseException] = []

    def work() -> None:
        try:
            result.append(asyncio.run(prepare(url, keyring)))
        except BaseException as error:
            result.append(error)

    thread = threading.Thread(target=work, name="store-prepare")
    thread.start()
    thread.join()
    if isinstance(result[0], BaseException):
        raise result[0]
    return result[0]
