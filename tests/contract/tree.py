"""A relay with four levels of offices at work: a consultation at each, people of every role, and a secret in each."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx

from relay_protocol.ids import ClientId, ConsultationId, OfferId, TaxpayerId, consultation_stream
from relay_protocol.messages import AcceptOffer, AskHuman, Offered, PostMessage, PresenceState, SetPresence, Text
from tests.contract.peer import PATIENCE, Peer, agent_token, fresh, link_to, open_consultation, taxpayer_session
from tests.running import RunningRelay

LIMITS = """[limits]
requests_burst = 5000
requests_per_second = 5000.0
attempts_burst = 5000
frames_burst = 5000"""
PATIENT = "[dispatch]\nagent_lost = 3000.0"
REASON = {"X-Reason": quote("投诉核查")}

PEOPLE = {
    "agent who serves": "8001",
    "agent of another county": "8002",
    "agent far away": "8003",
    "agent of the city": "8004",
    "agent of the hall": "8006",
    "lead of the county": "8101",
    "admin of the city": "8102",
    "lead far away": "8103",
    "manager": "8104",
    "inspector": "8105",
    "auditor": "8106",
    "security admin": "8107",
    "system admin": "admin",
}


@dataclass(frozen=True)
class Case:
    """A consultation, whose it is, and words that only its readers may ever see."""

    id: ConsultationId
    taxpayer: TaxpayerId
    token: str
    secret: str
    file: str


@dataclass
class Tree:
    """The relay, everybody's token, and the consultations by where they belong."""

    relay: RunningRelay
    tokens: dict[str, str] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    stranger: str = ""

    async def get(self, path: str, person: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Ask for a page as somebody."""
        return await self.call("GET", path, self.tokens[person], headers)

    async def call(
        self, method: str, path: str, token: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> httpx.Response:
        """Send a request with a token."""
        given = {"Authorization": f"Bearer {token}", **(headers or {})}
        async with httpx.AsyncClient(base_url=self.relay.url, timeout=PATIENCE) as client:
            return await client.request(method, path, headers=given, json=body)


@contextmanager
def growing(folder: Path) -> Iterator[Tree]:
    """Run a relay in `folder`, log everybody in and open the consultations."""
    relay = RunningRelay(folder)
    relay.set_up(LIMITS)
    relay.configure(PATIENT)
    try:
        relay.start()
        tree = Tree(relay)
        asyncio.run(_plant(tree))
        yield tree
    finally:
        relay.stop()


async def get(relay: RunningRelay, path: str, token: str) -> httpx.Response:
    """Ask for a page with a token."""
    async with httpx.AsyncClient(base_url=relay.url, timeout=PATIENCE) as client:
        return await client.get(path, headers={"Authorization": f"Bearer {token}"})


async def _plant(tree: Tree) -> None:
    tree.stranger = (await taxpayer_session(tree.relay, tree.relay.identity(uuid4().hex)))["token"]
    for person, number in PEOPLE.items():
        tree.tokens[person] = await agent_token(tree.relay, number)
    tree.cases["county"] = await _open(tree, "360103", "8001")
    tree.cases["far away"] = await _open(tree, "360702", "8003")
    tree.cases["served from afar"] = await _open(tree, "361129", "8003")
    tree.cases["hall"] = await _open(tree, "36010301", "")
    tree.cases["city"] = await _open(tree, "360100", "")
    tree.cases["nowhere"] = await _open(tree, "", "")


async def _open(tree: Tree, office: str, number: str) -> Case:
    """Open a consultation of an office; `number` serves it, nobody if empty."""
    relay, secret = tree.relay, f"机密{uuid4().hex}"
    signed = relay.identity(uuid4().hex, org=office) if office else None
    session = await taxpayer_session(relay, signed)
    async with link_to(relay, "/ws/taxpayer", session["token"]) as taxpayer:
        one = await open_consultation(taxpayer)
        await taxpayer.done(
            PostMessage(request_id=fresh(), consultation=one, client_id=ClientId(secret), body=Text(text=secret))
        )
        file = await _upload(tree, session["token"], one, secret)
        if number:
            token = await agent_token(relay, number)
            async with link_to(relay, "/ws/agent", token) as agent:
                await agent.done(SetPresence(request_id=fresh(), state=PresenceState.READY))
                await taxpayer.done(AskHuman(request_id=fresh(), consultation=one))
                await agent.done(AcceptOffer(request_id=fresh(), consultation=one, offer=await _offered(agent, one)))
                await agent.done(SetPresence(request_id=fresh(), state=PresenceState.BUSY))
        elif office:
            await taxpayer.done(AskHuman(request_id=fresh(), consultation=one))
    return Case(one, TaxpayerId(session["taxpayer"]["id"]), session["token"], secret, file)


async def _offered(agent: Peer, one: ConsultationId) -> OfferId:
    """Wait until this one is offered."""
    while True:
        for frame in agent.frames(consultation_stream(one)):
            if isinstance(frame.event, Offered):
                return frame.event.offer
        await agent.hear()


async def _upload(tree: Tree, token: str, consultation: str, secret: str) -> str:
    headers = {"X-Consultation": consultation, "X-File-Name": "a.txt", "Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=tree.relay.url, timeout=PATIENCE) as client:
        reply = await client.post("/api/uploads", content=secret.encode(), headers=headers)
    if reply.status_code != 200:
        raise AssertionError(reply.text)
    return str(reply.json()["id"])
