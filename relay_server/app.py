"""The composition root: it alone names the store, the bus and the server, and puts the relay together."""

import asyncio
import os
import secrets
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from kb_sync import bundle
from kb_sync.bundle import Knowledge
from relay_protocol.codec import MAX_FRAME_BYTES
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ENTROPY_BYTES, ulid
from relay_server.bus.base import Bus
from relay_server.bus.local import LocalBus
from relay_server.config import Config, LimitsSection, ServiceSection
from relay_server.descriptors import raise_limit
from relay_server.domain.directory import Directory
from relay_server.domain.identity import read_public_key
from relay_server.domain.records import OfficeRecord
from relay_server.domain.rules import DEFAULT, RuleSet
from relay_server.gateways import (
    agents_ws,
    desk,
    helpers_ws,
    http,
    pages,
    records,
    replies,
    search,
    taxpayers_ws,
    vitals,
)
from relay_server.gateways.doors import Doors
from relay_server.gateways.limits import Limiter
from relay_server.gateways.links import Links
from relay_server.gateways.origins import Origins
from relay_server.gateways.parts import Limits, Parts
from relay_server.gateways.wire import Wire
from relay_server.roles import ROLES, Roles, check
from relay_server.search.tantivy import TantivyIndex
from relay_server.services import directory, fanout, leftovers, tickets, timekeeping, webhooks
from relay_server.services.bundles import LiveKnowledge
from relay_server.services.directory import LiveDirectory
from relay_server.services.indexing import Indexing
from relay_server.services.pages import Pages
from relay_server.services.passwords import Passwords
from relay_server.services.presence import Reach
from relay_server.services.rulebook import LiveRulebook
from relay_server.services.taxpayers import App, Module
from relay_server.spawn import spawn
from relay_server.store import keyfile
from relay_server.store.base import Effects, Store
from relay_server.store.keys import check_master
from relay_server.store.sqlite import SqliteStore, backup
from relay_server.store.sqlite.upgrade import has_no_keys

WEB = pages.WEB
URL_FILE = "relay.url"
SEARCH = "search"
GRACE_SECONDS = 5
ALL = frozenset(ROLES)

T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """What a command needs of a relay that need not run: its store, and the directory as it is."""

    store: Store
    passwords: Passwords
    directory: Directory


def at_desk(config: Config, folder: Path, work: Callable[[Desk], Awaitable[T]], *, create: bool = False) -> T:
    """Open the database of a relay, do `work` and close it. A running relay does not mind.

    Raise `BanwenError(NOT_FOUND)` if there is no database, unless `create`.
    """
    if create:
        keyfile.create(folder / config.store.master_key)
        if not config.store.url:
            (folder / config.store.database).touch(mode=0o600, exist_ok=False)

    async def run() -> T:
        store = _open_store(config, folder, lambda effects: None)
        passwords = Passwords()
        try:
            await directory.seed(store, offices_of(config), time.time())
            return await work(Desk(store, passwords, await directory.load(store)))
        finally:
            passwords.close()
            await store.close()

    return asyncio.run(run())


def copy_database(config: Config, folder: Path, target: Path) -> None:
    """Copy the database into a new file while the relay runs or not. Raise `BanwenError`: NOT_FOUND, UNSUPPORTED."""
    if config.store.url:
        raise BanwenError(ErrorCode.UNSUPPORTED, "数据库在 PostgreSQL 中，请用 pg_dump 备份，办法见运维手册。")
    database = folder / config.store.database
    if not database.exists():
        raise _no_database(database)
    backup.copy(database, target)


def adopt_database(config: Config, folder: Path) -> None:
    """Make a restored database a log of its own. Raise `BanwenError(CORRUPT)` if the master key is not its own."""
    mark = backup.renew_epoch(folder / config.store.database)
    check_master(mark, keyfile.read(folder / config.store.master_key))


def examine_database(config: Config, folder: Path) -> str:
    """Check the file page by page, or the server's settings; return how it is.

    Raise `BanwenError`: CORRUPT, NOT_FOUND, or UNREACHABLE for a server that does not answer.
    """
    if config.store.url:
        from relay_server.store.postgres.examine import examine

        return examine(config.store.url)
    database = folder / config.store.database
    if not database.exists():
        raise _no_database(database)
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise BanwenError(ErrorCode.CORRUPT, f"{database.name} 已损坏：{verdict}")
    return f"完好，{database.stat().st_size / 1024:.0f} KB"


def load_knowledge(config: Config, folder: Path) -> Knowledge:
    """Return the knowledge the bot answers from. Raise `BanwenError` for a bundle that is missing or damaged."""
    return bundle.load(folder / config.knowledge.bundle) if config.knowledge.bundle else bundle.load_sample()


def offices_of(config: Config) -> list[OfficeRecord]:
    """Return the offices a configuration of the first release names; they are taken over once."""
    named = config.offices.items()
    return [OfficeRecord(code=code, name=one.name, level=one.level, parent=one.parent) for code, one in named]


def rules_of(config: Config) -> RuleSet:
    """Return the rules of queues that name none, until somebody stores a rule set called `default`."""
    section = config.dispatch
    return msgspec.structs.replace(
        DEFAULT,
        offer_timeout=section.offer_timeout,
        lost_after=section.agent_lost,
        unreachable_after=min(DEFAULT.unreachable_after, section.agent_lost / 3),
        capacity=section.capacity,
    )


def serve(config: Config, folder: Path, announce: Callable[[str], None], kinds: frozenset[str] = ALL) -> None:
    """Run until told to stop. `announce` gets one line with the address once people can come.

    `kinds` are the roles of this process; one that holds no links only says how it is.
    Raise `BanwenError`: UNREACHABLE if the port is taken, BAD_INPUT where several processes cannot work together.
    """
    check(kinds, shared=bool(config.bus.url))
    raise_limit()
    with _listen(config.relay.host, config.relay.port) as listener:
        port = int(listener.getsockname()[1])
        origins = Origins()
        origins.learn(config.relay.host, port, config.relay.public_url)
        url = origins.own[0]

        def ready() -> None:
            if "edge" in kinds:
                (folder / URL_FILE).write_text(url + "\n", encoding="utf-8")
            announce(f"办问协同中继已就绪 Banwen relay: {url}")

        server = _Server(_uvicorn_config(build(config, folder, origins, kinds), config), ready)
        for number in (signal.SIGTERM, signal.SIGINT):  # the server raises them again after it has stopped
            signal.signal(number, lambda *_: None)
        server.run(sockets=[listener])


def build(config: Config, folder: Path, origins: Origins, kinds: frozenset[str] = ALL) -> Links:
    """Put the relay together; its roles run from start to stop, and then its store is closed."""
    bus, reach, connected, live = _open_bus(config, folder), Reach(time.time()), Pages(), LiveDirectory()
    rulebook = LiveRulebook(live, rules_of(config), config.relay.default_office)
    metrics = vitals.Metrics()
    store = _open_store(config, folder, _tell(bus, metrics))
    knowledge = LiveKnowledge(folder, config.knowledge.bundle)
    files = folder / config.store.files
    files.mkdir(mode=0o700, exist_ok=True)
    messages = Indexing(store, folder / SEARCH, TantivyIndex)
    parts = Parts(
        config=config,
        store=store,
        bus=bus,
        passwords=Passwords(),
        directory=live,
        rulebook=rulebook,
        apps=_apps(config),
        modules={key: Module(frozenset(one.elements), frozenset(one.masked)) for key, one in config.modules.items()},
        origins=origins,
        limits=_limits(config.limits),
        doors=Doors(store, bus, reach, connected, rulebook),
        knowledge=knowledge,
        files=files,
        messages=messages,
        now=time.time,
        new_id=new_id,
    )
    roles = Roles(
        store=store,
        bus=bus,
        knowledge=knowledge,
        reach=reach,
        rulebook=rulebook,
        now=time.time,
        new_id=new_id,
        edge=f"{socket.gethostname()}/{new_id()}",
        kinds=kinds,
        shared=bool(config.bus.url),
        pages=connected,
        times=_times(config.service),
        reopen_within=config.service.reopen_within,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await directory.seed(store, offices_of(config), time.time())
        await live.refresh(store)
        if not config.bus.url:
            await tickets.lost_with_the_relay(store, rulebook.current, time.time())
        await knowledge.refresh(store)
        keeping = [spawn(live.keep(store, bus), "directory"), spawn(knowledge.keep(store), "knowledge")]
        if "jobs" in kinds:
            keeping.append(spawn(leftovers.keep(store, files, time.time), "leftovers"))
            keeping.append(spawn(_tell_programs(store, live, config, folder), "webhooks"))
        if config.search.index and "edge" in kinds:
            keeping.append(spawn(messages.keep(), "search"))
        await bus.start()
        roles.start()
        try:
            yield
        finally:
            for task in keeping:
                task.cancel()
            await roles.stop()
            await bus.stop()
            messages.close()
            parts.passwords.close()
            await store.close()

    for_people = [
        *http.routes(parts),
        *records.routes(parts),
        *desk.routes(parts),
        *search.routes(parts),
        *pages.routes(config.apps, lambda: origins.own),
    ]
    links = {
        "/ws/taxpayer": taxpayers_ws.endpoint(parts),
        "/ws/agent": agents_ws.endpoint(parts),
        "/ws/helper": helpers_ws.endpoint(parts),
    }
    is_edge = "edge" in kinds
    pages_and_api = Starlette(
        routes=[*vitals.routes(parts, metrics), *(for_people if is_edge else [])],
        exception_handlers=replies.HANDLERS,
        lifespan=lifespan,
    )
    return Links(links if is_edge else {}, pages_and_api)


def _open_bus(config: Config, folder: Path) -> Bus:
    if not config.bus.url:
        return LocalBus()
    from relay_server.bus.nats import NatsBus  # what it needs is loaded only when it is used

    section = config.bus
    token = (folder / section.token_file).read_text(encoding="utf-8").strip() if section.token_file else ""
    return NatsBus(section.url, section.subject, token)


def _tell_programs(store: Store, live: LiveDirectory, config: Config, folder: Path) -> Coroutine[object, object, None]:
    """Return the work of telling other programs what happened."""
    keyring = keyfile.read(folder / config.store.master_key)
    return webhooks.keep(store, lambda: live.current.subtrees, keyring.derive, time.time)


def _tell(bus: Bus, metrics: vitals.Metrics) -> Callable[[Effects], None]:
    """Return who hears of what was committed."""

    def tell(effects: Effects) -> None:
        fanout.announce(bus, effects)
        metrics.committed(effects)

    return tell


def new_id() -> str:
    """Return a fresh ULID."""
    return ulid(time.time(), secrets.token_bytes(ENTROPY_BYTES))


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _uvicorn_config(app: ASGIApp, config: Config) -> uvicorn.Config:
    proxies = config.relay.trusted_proxies
    return uvicorn.Config(
        app,
        loop="uvloop",
        interface="asgi3",
        ws=Wire,
        ws_max_size=2 * MAX_FRAME_BYTES,  # what is only a little too large does not end the link
        ws_per_message_deflate=False,  # costs more than it saves on chat messages
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        sentence = (
            f"{host}:{port} 不能监听（{os.strerror(error.errno or 0)}）。请停止占用端口的程序，或修改 relay.port。"
        )
        raise BanwenError(ErrorCode.UNREACHABLE, sentence) from error


def _open_store(config: Config, folder: Path, on_commit: Callable[[Effects], None]) -> Store:
    if config.store.url:
        from relay_server.store.postgres import PostgresStore  # what it needs is loaded only when it is used

        return PostgresStore(config.store.url, keyfile.read(folder / config.store.master_key), on_commit)
    database = folder / config.store.database
    if not database.exists():
        raise _no_database(database)
    key = folder / config.store.master_key
    try:
        keyring = keyfile.create(key) if not key.exists() and has_no_keys(database) else keyfile.read(key)
        return SqliteStore(database, keyring, on_commit)
    except sqlite3.DatabaseError as error:
        sentence = f"{database.name} 已损坏（{error}），请从备份恢复；banwen-relay doctor 会说明办法。"
        raise BanwenError(ErrorCode.CORRUPT, sentence) from error


def _limits(section: LimitsSection) -> Limits:
    return Limits(
        requests=Limiter(section.requests_per_second, section.requests_burst),
        attempts=Limiter(section.attempts_per_minute / 60, section.attempts_burst),
        frames=Limiter(section.frames_per_second, section.frames_burst),
    )


def _times(section: ServiceSection) -> timekeeping.Rules:
    return timekeeping.Rules(
        section.idle_reminder, section.idle_close, section.forgotten_after, section.reminder, section.closing
    )


def _apps(config: Config) -> dict[str, App]:
    return {
        name: App(name, one.name, one.issuer, read_public_key(one.public_key), one.anonymous)
        for name, one in config.apps.items()
    }


def _no_database(database: Path) -> BanwenError:
    return BanwenError(ErrorCode.NOT_FOUND, f"没有数据库 {database}；新建中继请用 banwen-relay init。")
