"""How a PostgreSQL server is: can it be reached, is it new enough, does it keep what it has acknowledged."""

import asyncio
from collections.abc import Iterator

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.store.postgres.connection import connect, unreachable

OLDEST = 14
ON = ("fsync", "full_page_writes")
WEAK = {"off", "local"}
SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY($1::text[])"


def examine(url: str) -> str:
    """Look at a server from outside an event loop and return how it is.

    Raise `BanwenError`: UNREACHABLE if nobody answers, CORRUPT if the server may lose what it acknowledged.
    """
    return asyncio.run(_examine(url))


async def _examine(url: str) -> str:
    try:
        connection = await connect(url, session={})
    except Exception as error:
        raise unreachable(error) from error
    try:
        names = [*ON, "synchronous_commit", "server_version_num"]
        found = {row["name"]: row["setting"] for row in await connection.fetch(SETTINGS, names)}
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
    finally:
        await connection.close()
    if problems := list(_problems(found)):
        raise BanwenError(ErrorCode.CORRUPT, "；".join(problems))
    return f"PostgreSQL {int(found['server_version_num']) // 10000}，{size / 1024**2:.0f} MB，提交即落盘"


def _problems(found: dict[str, str]) -> Iterator[str]:
    """Say what is wrong with a server's settings, and how to mend it."""
    if int(found["server_version_num"]) < OLDEST * 10000:
        yield f"PostgreSQL 版本太旧，需要 {OLDEST} 或更新"
    for name in ON:
        if found[name] != "on":
            yield f"{name} 已关闭，断电会损坏数据库；请在 postgresql.conf 中设为 on 并重启数据库"
    if found["synchronous_commit"] in WEAK:
        yield f"synchronous_commit 为 {found['synchronous_commit']}，已确认的内容可能丢失；请设为 on"
