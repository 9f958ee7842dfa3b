"""What anybody may ask: `/healthz` (alive), `/readyz` (able to serve), `/metrics` (Prometheus), and the interface."""

import asyncio
from collections import Counter

import prometheus_client
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import settings_stream
from relay_server.domain.consultation import FOLLOWED, LEFT_WORD, WAITING, WITH_BOT, State
from relay_server.gateways import openapi, replies
from relay_server.gateways.parts import Parts
from relay_server.gateways.requests import Endpoint, address_of
from relay_server.store import events
from relay_server.store.base import Effects

READY_SECONDS = 2.0
"""What does not answer in this time is not ready."""
STATES = tuple(dict.fromkeys((*WITH_BOT, *WAITING, *FOLLOWED, *LEFT_WORD)))


class Metrics:
    """What this process counts. Labels are names of types and states, never of people."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self._events = prometheus_client.Counter(
            "banwen_events", "Events committed by this process.", ["type"], registry=self.registry
        )
        self._new: Counter[str] = Counter()
        """Events since the figures were last shown; counting them there one by one is dear."""
        self._open = Gauge(
            "banwen_consultations", "Consultations that are not over.", ["state"], registry=self.registry
        )
        self._oldest = Gauge(
            "banwen_oldest_wait_seconds", "How long the first of those who wait has waited.", registry=self.registry
        )

    def committed(self, effects: Effects) -> None:
        """Count what a script left."""
        self._new.update([type(one.frame.event).__name__ for one in effects.committed])

    async def page(self, parts: Parts) -> bytes:
        """Return the figures in Prometheus' text format, those of the database fresh."""
        states = dict.fromkeys(STATES, 0)
        oldest = parts.now()
        for one in await parts.store.read(events.consultations(STATES)):
            states[State(one.state)] += 1
            if one.state in WAITING and one.ticket is not None:
                oldest = min(oldest, one.ticket.entered_at)
        for state, count in states.items():
            self._open.labels(state).set(count)
        for kind, count in self._new.items():
            self._events.labels(kind).inc(count)
        self._new.clear()
        self._oldest.set(max(0.0, parts.now() - oldest))
        return generate_latest(self.registry)


def routes(parts: Parts, metrics: Metrics) -> list[Route]:
    """Return the routes. They are for load balancers and monitors: cheap, and without anything of anybody."""

    async def healthz(request: Request) -> Response:
        return replies.json({"ok": True, "program": "banwen-relay"})

    async def readyz(request: Request) -> Response:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await parts.store.read(events.stream_head(settings_stream("offices")))
        except (TimeoutError, BanwenError) as error:
            raise BanwenError(ErrorCode.UNREACHABLE, "数据库没有响应，请稍后重试。", why=repr(error)) from error
        return replies.json({"ok": True, "epoch": parts.store.epoch})

    async def shown(request: Request) -> Response:
        _check_monitor(parts, request)
        return Response(await metrics.page(parts), media_type=CONTENT_TYPE_LATEST)

    async def described(request: Request) -> Response:
        return replies.json(openapi.document())

    named: list[tuple[str, Endpoint]] = [
        ("/healthz", healthz),
        ("/readyz", readyz),
        ("/metrics", shown),
        ("/api/openapi.json", described),
    ]
    return [Route(path, endpoint, methods=["GET"]) for path, endpoint in named]


def _check_monitor(parts: Parts, request: Request) -> None:
    """Refuse who is not a monitor: only listed addresses, and nobody who comes through a proxy from elsewhere."""
    if address_of(request) not in parts.config.relay.monitors or "x-forwarded-for" in request.headers:
        raise BanwenError(ErrorCode.NOT_FOUND, "没有这个页面。")
