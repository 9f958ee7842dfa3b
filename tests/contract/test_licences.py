"""Rented seats at a running relay: over-use and expiry are refused in words, and a change holds without a restart."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from relay_protocol.ids import ClientId
from relay_protocol.messages import Hello, PresenceState, SetPresence
from relay_protocol.version import NEWEST, OLDEST
from tests.contract.peer import PATIENCE, agent_token, fresh, link_to, socket_to
from tests.contract.peer import greet as say_hello
from tests.running import RunningRelay, running_relay

PAUSE = 0.2
TODAY = date.today()  # noqa: DTZ011 - the seats' days are far from midnight in either zone


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[RunningRelay]:
    """A relay of one's own that does not mind being asked again and again."""
    with running_relay(tmp_path / "relay", config="[limits]\nattempts_burst = 5000") as relay:
        yield relay


async def login(relay: RunningRelay, number: str) -> httpx.Response:
    body = {"username": number, "password": relay.passwords[number]}
    async with httpx.AsyncClient(base_url=relay.url, timeout=PATIENCE) as client:
        return await client.post("/api/agent/login", json=body)


async def login_until(relay: RunningRelay, number: str, status: int) -> dict[str, Any]:
    """Log in again and again until the relay has taken a change up."""
    reply = await login(relay, number)
    for _ in range(int(PATIENCE / PAUSE)):
        if reply.status_code == status:
            break
        await asyncio.sleep(PAUSE)
        reply = await login(relay, number)
    assert reply.status_code == status, reply.text
    told: dict[str, Any] = reply.json()
    return told


def licence(relay: RunningRelay, verb: str, **options: Any) -> None:
    given = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    relay.command("licences", verb, "online-test", "-c", str(relay.folder), *given)


@pytest.mark.req("N4", accepts=True)
async def test_seats_are_rented_by_time_and_over_use_is_refused_in_words(patient: RunningRelay) -> None:
    relay, since = patient, TODAY - timedelta(days=9)
    until = TODAY + timedelta(days=9)
    await login_until(relay, "8101", 200)
    licence(relay, "add", kind="online", seats=1, office="360103", since=since, until=until)
    token = await agent_token(relay, "8001")
    other = await agent_token(relay, "8002")
    async with link_to(relay, "/ws/agent", token) as sitting, link_to(relay, "/ws/agent", other):
        refused = await login_until(relay, "8101", 403)
        assert refused["code"] == "forbidden"
        assert "1 个席位已全部占用" in refused["message"]
        assert (await login(relay, "8001")).status_code == 200, "who sits on a seat may open a second window"
        licence(relay, "set", seats=2)
        lead = (await login_until(relay, "8101", 200))["token"]
        async with link_to(relay, "/ws/agent", lead):
            licence(relay, "set", seats=1)
            await sitting.done(SetPresence(request_id=fresh(), state=PresenceState.READY))
        licence(relay, "set", until=TODAY - timedelta(days=2))
        refused = await login_until(relay, "8101", 403)
        assert "已于" in refused["message"]
        assert "到期" in refused["message"]
        async with socket_to(relay, "/ws/agent") as late:
            await late.say(Hello(oldest=OLDEST, newest=NEWEST, token=lead, client=ClientId("c"), app=""))
            assert await late.closed() == 4403
    licence(relay, "remove")
    await login_until(relay, "8101", 200)


@pytest.mark.req("N4")
async def test_a_seat_is_free_again_once_its_agent_has_left(patient: RunningRelay) -> None:
    span = {"since": TODAY - timedelta(days=9), "until": TODAY + timedelta(days=9)}
    lead = await agent_token(patient, "8101")
    licence(patient, "add", kind="online", seats=1, office="360103", **span)
    async with link_to(patient, "/ws/agent", await agent_token(patient, "8001")):
        await login_until(patient, "8101", 403)
    await login_until(patient, "8101", 200)
    async with socket_to(patient, "/ws/agent") as peer:
        await say_hello(peer, lead)
