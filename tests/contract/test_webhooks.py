"""Other programs: they read what was approved, and are told what happened, signed, until they have it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.e2e.waiting import until
from tests.running import RunningRelay

FEW = ("--taxpayers", "1", "--agents", "1", "--seconds", "1", "--pause", "0.1", "--json")


@dataclass
class Receiver:
    """An HTTP server that keeps what it gets. `answer` says with which status."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[int], int] = lambda count: 204

    def types(self) -> set[str]:
        """Return the types of what came."""
        return {json.loads(body)["type"] for _, body in self.got}

    def tries(self) -> int:
        """Return how often the first delivery came."""
        ids = [headers["webhook-id"] for headers, _ in self.got]
        return ids.count(ids[0]) if ids else 0


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a receiver on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(kept.answer(len(kept.got)))
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def command(relay: RunningRelay, *words: str, code: int = 0) -> str:
    """Run a command on the relay's folder."""
    return relay.command(*words, "--config", str(relay.folder), code=code)


def subscribed(relay: RunningRelay, to: Receiver, name: str, *events: str, private: bool = True) -> str:
    """Register and approve a receiver; return its secret."""
    chosen = [part for event in events for part in ("--event", event)]
    more = ["--private"] if private else []
    added = json.loads(command(relay, "webhooks", "add", name, "--url", to.url, *chosen, *more, "--json"))
    command(relay, "webhooks", "approve", name)
    return str(added["secret"])


@pytest.mark.req("I5", accepts=True)
def test_what_happens_is_told_and_an_independent_library_verifies_it(own_relay: RunningRelay) -> None:
    command(own_relay, "drill", *FEW)
    before = {one["id"] for one in json.loads(command(own_relay, "consultations", "list", "--json"))}
    with receiver() as to:
        secret = subscribed(own_relay, to, "desk", "session.created", "session.queued", "session.closed")
        command(own_relay, "drill", *FEW)
        wanted = {"session.created", "session.queued", "session.closed"}
        until(lambda: wanted == to.types(), "the whole of a session is told", 20)
        for headers, body in to.got:
            Webhook(secret).verify(body, headers)
            assert len(body) < 20_000
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(to.got[0][1].replace(b"session", b"xession"), to.got[0][0])
        told = {json.loads(body)["data"]["consultation"] for _, body in to.got}
        assert not told & before, "what happened before the approval is not told"
        words = b"".join(body for _, body in to.got).decode()
        assert "演练纳税人" not in words, "nobody's name or words are told"


@pytest.mark.req("I5")
def test_a_receiver_that_fails_gets_the_same_id_again(own_relay: RunningRelay) -> None:
    with receiver() as to:
        to.answer = lambda count: 500 if count == 1 else 204
        subscribed(own_relay, to, "desk", "session.created")
        command(own_relay, "drill", *FEW)
        until(lambda: to.tries() == 2, "it is tried again after five seconds", 30)
        first = to.got[0][0]["webhook-id"]
        tried = json.loads(command(own_relay, "webhooks", "deliveries", "desk", "--json"))
        assert [one["outcome"] for one in tried if one["delivery"] == first] == ["retry", "delivered"]


@pytest.mark.req("I5")
def test_nothing_is_sent_before_approval_nor_into_the_own_network_unasked(own_relay: RunningRelay) -> None:
    with receiver() as to, receiver() as inner:
        command(own_relay, "webhooks", "add", "waits", "--url", to.url, "--event", "session.created", "--private")
        subscribed(own_relay, inner, "inside", "session.created", private=False)
        command(own_relay, "drill", *FEW)
        tried = until(
            lambda: json.loads(command(own_relay, "webhooks", "deliveries", "inside", "--json")), "it is refused", 20
        )
        assert {one["outcome"] for one in tried} == {"refused"}
        assert to.got == []
        assert inner.got == []


@pytest.mark.req("I5")
def test_a_program_reads_within_its_offices_once_it_is_approved(own_relay: RunningRelay) -> None:
    added = json.loads(
        command(own_relay, "clients", "add", "report", "--about", "报表平台", "--office", "360700", "--json")
    )
    bearer = {"Authorization": f"Bearer {added['token']}"}
    address = f"{own_relay.url}/api/consultations"
    refused = httpx.get(address, headers=bearer)
    assert (refused.status_code, "批准" in refused.json()["message"]) == (403, True)
    command(own_relay, "clients", "approve", "report")
    command(own_relay, "drill", *FEW, "--office", "360702")
    command(own_relay, "drill", *FEW, "--office", "360103")
    offices = {one["office"]["code"] for one in httpx.get(address, headers=bearer).json()["consultations"]}
    assert offices == {"360702"}
    assert httpx.get(f"{own_relay.url}/api/search?q=演练", headers=bearer).status_code == 200
    command(own_relay, "clients", "remove", "report")
    assert httpx.get(address, headers=bearer).status_code == 401
