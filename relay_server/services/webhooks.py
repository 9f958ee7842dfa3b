"""Telling other programs: the log is followed into the outbox, and from there each delivery is tried until it is done.

Feeding moves its cursor in the transaction that owes the deliveries, so none is lost or made twice by a crash; what a
receiver gets twice carries the same id.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Mapping
from random import random

import httpx
import msgspec

from relay_protocol.ids import Stream, consultation_of, is_consultation, webhook_stream
from relay_protocol.messages import WebhookTried
from relay_server.domain import webhooks
from relay_server.domain.webhooks import NAMES, Webhook
from relay_server.repeat import repeat
from relay_server.store import events, outbox
from relay_server.store.base import Committed, Store, Transaction
from relay_server.store.outbox import Work
from relay_server.store.replay import Position, log_end, put_cursor, read_cursor, read_log
from relay_server.store.settings import find_setting, list_settings, put_setting

log = logging.getLogger(__name__)

KIND = "webhooks"
WORK = "webhook"
CURSOR = "webhooks"
BATCH = 200
AT_ONCE = 16
LEASE_SECONDS = 120.0
EVERY = 1.0
"""Seconds until an event is told."""
TIMEOUT = httpx.Timeout(20.0, connect=5.0)

Below = Mapping[str, frozenset[str]]
"""Office code → it and all below; the empty code has them all."""


async def approve(store: Store, hook: Webhook, by: str, now: float) -> None:
    """Let a receiver be told of what happens from now on. The first one sets the place in the log to begin at."""

    def script() -> Transaction[None]:
        if not (yield from _approved()):
            yield from put_cursor(CURSOR, (yield from log_end()))
        told = msgspec.structs.replace(hook, approved=True)
        yield from put_setting(KIND, hook.name, msgspec.json.encode(told), by, now)

    await store.transact(script())


async def feed(store: Store, below: Below, now: float) -> bool:
    """Owe the deliveries of what was committed since last time; tell whether there may be more.

    The log is read beside the writer, which is asked only to owe; nobody to be told costs one look at the settings.
    """
    batch = await store.read(_next_batch(below))
    if batch is None:
        return False
    after, end, owed, full = batch

    def script() -> Transaction[bool]:
        if (yield from read_cursor(CURSOR)) != after:  # another process was here meanwhile
            return True
        for subject, seq in owed:
            yield from outbox.owe(WORK, subject, now, seq)
        yield from put_cursor(CURSOR, end)
        return full

    return await store.transact(script())


async def deliver(
    store: Store, http: httpx.AsyncClient, secret_of: Callable[[Webhook], bytes], clock: Callable[[], float]
) -> bool:
    """Try all deliveries that are due, several at once; tell whether there were any."""
    works = await store.transact(outbox.claim(WORK, clock(), LEASE_SECONDS, AT_ONCE))
    await asyncio.gather(*(_attempt(store, http, secret_of, work, clock) for work in works))
    return bool(works)


async def replay(store: Store, name: str, stream: Stream, seq: int, now: float) -> None:
    """Owe a delivery once more."""
    await store.transact(outbox.owe(WORK, f"{name}|{stream}", now, seq))


def secret(derive: Callable[[str], bytes], hook: Webhook) -> bytes:
    """Return what signs for a receiver; `derive` makes secrets from the master key."""
    return derive(f"webhook/{hook.name}/{hook.generation}")


async def keep(
    store: Store, below: Callable[[], Below], derive: Callable[[str], bytes], clock: Callable[[], float]
) -> None:
    """Feed and deliver for ever; what fails is tried again, and said aloud."""
    async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as http:

        async def step() -> None:
            while await feed(store, below(), clock()):
                pass
            while await deliver(store, http, lambda hook: secret(derive, hook), clock):
                pass

        await repeat("webhooks", step, EVERY)


def all_hooks() -> Transaction[list[Webhook]]:
    """Return all webhooks; one that cannot be read is left out."""
    found = []
    for setting in (yield from list_settings(KIND)):
        try:
            found.append(msgspec.json.decode(setting.body or b"", type=Webhook))
        except msgspec.DecodeError:
            log.error("webhook not readable", extra={"webhook": setting.key})
    return found


def _approved() -> Transaction[list[Webhook]]:
    return [one for one in (yield from all_hooks()) if one.approved]


def _next_batch(below: Below) -> Transaction[tuple[Position, Position, list[tuple[str, int]], bool] | None]:
    """Return from where to where the log was read, what is owed for it, and whether there may be more."""
    hooks = yield from _approved()
    if not hooks:
        return None
    after = yield from read_cursor(CURSOR)
    rows = yield from read_log(after, BATCH)
    if not rows:
        return None
    owed = []
    for _, committed in rows:
        for hook in (yield from _receivers(hooks, committed, below)):
            owed.append((f"{hook.name}|{committed.stream}", committed.frame.seq))
    return after, rows[-1][0], owed, len(rows) == BATCH


def _receivers(hooks: list[Webhook], committed: Committed, below: Below) -> Transaction[list[Webhook]]:
    name = NAMES.get(type(committed.frame.event))
    wanted = [one for one in hooks if name in one.events] if name and is_consultation(committed.stream) else []
    if not wanted:
        return []
    state = yield from events.load(consultation_of(committed.stream))
    office = state.office.code if state is not None and state.office is not None else ""
    return [one for one in wanted if not one.office or office in below.get(one.office, frozenset())]


async def _attempt(
    store: Store,
    http: httpx.AsyncClient,
    secret_of: Callable[[Webhook], bytes],
    work: Work,
    clock: Callable[[], float],
) -> None:
    name, _, stream = work.subject.partition("|")
    hook, committed, office = await store.read(_what(name, Stream(stream), work.seq))
    if hook is None or not hook.approved or committed is None or type(committed.frame.event) not in NAMES:
        await store.transact(outbox.drop_work(work))
        return
    frame = committed.frame
    body = webhooks.payload(consultation_of(frame.stream), office, frame)
    delivery = webhooks.delivery_id(frame)
    try:
        url, host = await _address(hook)
        headers = {**webhooks.headers(delivery, body, secret_of(hook), clock()), "host": host}
        sent = await http.post(
            url, content=body, headers=headers, extensions={"sni_hostname": httpx.URL(hook.url).host}
        )
        status = sent.status_code
    except PermissionError:
        status = -1
    except (httpx.HTTPError, OSError) as error:
        log.info("webhook not delivered", extra={"webhook": name, "error": type(error).__name__})
        status = 0
    await store.transact(_settle(hook, work, delivery, status, clock()))


def _what(name: str, stream: Stream, seq: int) -> Transaction[tuple[Webhook | None, Committed | None, str]]:
    setting = yield from find_setting(KIND, name)
    hook = msgspec.json.decode(setting.body, type=Webhook) if setting is not None and setting.body else None
    found = yield from events.events_after(stream, seq - 1, 1)
    state = yield from events.load(consultation_of(stream))
    office = state.office.code if state is not None and state.office is not None else ""
    return hook, found[0] if found else None, office


def _settle(hook: Webhook, work: Work, delivery: str, status: int, now: float) -> Transaction[None]:
    """Record the try; finish the work, or leave it for the next one."""
    result = "refused" if status < 0 else webhooks.outcome(status, work.attempts)
    tried = WebhookTried(delivery=delivery, attempt=work.attempts, status=max(0, status), outcome=result)
    yield from events.record(webhook_stream(hook.name), [tried], now)
    if result == "retry":
        yield from outbox.postpone(work, now + webhooks.SCHEDULE[work.attempts] * (1 + 0.1 * random()))
        return
    if result in ("refused", "gone", "given_up"):
        log.error("webhook gave up", extra={"webhook": hook.name, "outcome": result, "status": status})
    if result == "gone":
        ended = msgspec.structs.replace(hook, approved=False)
        yield from put_setting(KIND, hook.name, msgspec.json.encode(ended), "webhook", now)
    yield from outbox.drop_work(work)


async def _address(hook: Webhook) -> tuple[httpx.URL, str]:
    """Return the address with its name resolved, and the name: what was checked is what is connected to.

    Raise `PermissionError` when the name leads into the own network, and that was not allowed.
    """
    url = httpx.URL(hook.url)
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(address[0])) for *_, address in found]
    if not hook.private and any(not one.is_global for one in addresses):
        raise PermissionError(hook.name)
    return url.copy_with(host=str(addresses[0])), url.netloc.decode("ascii")
