"""The organisation changes under a running relay: offices go, agents are dismissed, roles and knowledge are swapped."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb_sync import bundle
from kb_sync.suggest import SuggestionRules
from relay_protocol.ids import ClientId, ConsultationId, OfferId, consultation_stream
from relay_protocol.messages import (
    AcceptOffer,
    AskHuman,
    EventFrame,
    KnowledgeFound,
    MessagePosted,
    Offered,
    PostMessage,
    PresenceState,
    Released,
    SearchKnowledge,
    SetPresence,
    Text,
    TicketTaken,
)
from tests.contract.peer import PATIENCE, Peer, agent_token, fresh, link_to, open_consultation, taxpayer_session
from tests.contract.tree import get
from tests.running import RunningRelay, running_relay

PAUSE = 0.5


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[RunningRelay]:
    """A relay whose heart beats fast, so that changes of roles are seen soon."""
    with running_relay(tmp_path / "relay", config="[relay]\nheartbeat = 1.0") as relay:
        yield relay


def command(relay: RunningRelay, *arguments: str, code: int = 0) -> str:
    return relay.command(*arguments, "-c", str(relay.folder), code=code)


async def offered(agent: Peer, one: ConsultationId, number: str) -> OfferId:
    """Wait until this consultation is offered to the agent of this number."""
    while True:
        frame = await agent.hear_until(EventFrame, lambda frame: frame.stream == consultation_stream(one))
        if isinstance(frame.event, Offered) and frame.event.agent.number == number:
            return frame.event.offer


async def be(agent: Peer, state: PresenceState) -> None:
    await agent.done(SetPresence(request_id=fresh(), state=state))


@pytest.mark.req("S1")
async def test_an_office_that_goes_hands_those_who_wait_to_the_one_above(quick: RunningRelay) -> None:
    citizen = (await taxpayer_session(quick, quick.identity("u-far", org="360783")))["token"]
    async with link_to(quick, "/ws/taxpayer", citizen) as taxpayer:
        one = await open_consultation(taxpayer)
        await taxpayer.done(AskHuman(request_id=fresh(), consultation=one))
        first = await taxpayer.event(TicketTaken)
        assert first.office.code == "360783"
        refused = await asyncio.to_thread(command, quick, "offices", "remove", "360783", code=1)
        assert "1 位等待或留言的纳税人转到赣州市税务局，位置保留" in refused
        await asyncio.to_thread(command, quick, "offices", "remove", "360783", "--yes")
        moved = await taxpayer.event(TicketTaken, lambda event: event.office.code == "360700")
        assert moved.queue == "360700"
        assert moved.entered_at is not None
        async with link_to(quick, "/ws/agent", await agent_token(quick, "8003")) as agent:
            await be(agent, PresenceState.READY)
            offer = await offered(agent, one, "8003")
            await agent.done(AcceptOffer(request_id=fresh(), consultation=one, offer=offer))


@pytest.mark.req("S1")
async def test_whom_a_dismissed_agent_serves_goes_on_with_somebody_else_and_all_that_was_said(
    quick: RunningRelay,
) -> None:
    citizen = (await taxpayer_session(quick, quick.identity("u-fired")))["token"]
    first, second = await agent_token(quick, "8001"), await agent_token(quick, "8004")
    async with link_to(quick, "/ws/taxpayer", citizen) as taxpayer, link_to(quick, "/ws/agent", first) as agent:
        one = await open_consultation(taxpayer)
        await be(agent, PresenceState.READY)
        await taxpayer.done(AskHuman(request_id=fresh(), consultation=one))
        await agent.done(AcceptOffer(request_id=fresh(), consultation=one, offer=await offered(agent, one, "8001")))
        said = Text(text="请先看第三栏")
        await agent.done(PostMessage(request_id=fresh(), consultation=one, client_id=ClientId("a"), body=said))
        await asyncio.to_thread(command, quick, "agents", "disable", "8001")
        released = await taxpayer.event(Released)
        assert released.reason == "dismissed"
        assert await agent.closed() == 4401
        async with link_to(quick, "/ws/agent", second) as successor:
            await be(successor, PresenceState.READY)
            await successor.done(
                AcceptOffer(request_id=fresh(), consultation=one, offer=await offered(successor, one, "8004"))
            )
            assert await successor.event(MessagePosted, lambda event: event.body == said)


@pytest.mark.req("S1")
async def test_a_role_holds_within_seconds_and_the_workbench_comes_back_with_it(quick: RunningRelay) -> None:
    citizen = (await taxpayer_session(quick, quick.identity("u-role")))["token"]
    async with link_to(quick, "/ws/taxpayer", citizen) as taxpayer:
        one = await open_consultation(taxpayer)
    token = await agent_token(quick, "8002")
    path = f"/api/consultations/{one}/timeline"
    assert (await get(quick, path, token)).status_code == 404
    async with link_to(quick, "/ws/agent", token) as agent:
        await asyncio.to_thread(command, quick, "grants", "add", "8002", "--role", "lead", "--office", "360100")
        assert await agent.closed() == 1012
    assert (await get(quick, path, token)).status_code == 200
    await asyncio.to_thread(command, quick, "grants", "remove", "8002", "--role", "lead", "--office", "360100")
    for _ in range(int(PATIENCE / PAUSE)):
        if (await get(quick, path, token)).status_code == 404:
            return
        await asyncio.sleep(PAUSE)
    raise AssertionError("the role is still held")


async def test_knowledge_is_swapped_without_a_restart_and_a_bad_bundle_changes_nothing(
    quick: RunningRelay, tmp_path: Path
) -> None:
    sample = bundle.load_sample()
    one = sample.entries[0]
    bundle.save(bundle.assemble([one], (), (), SuggestionRules()), tmp_path / "new.kb")
    (tmp_path / "bad.kb").write_bytes(b"no bundle")
    async with link_to(quick, "/ws/agent", await agent_token(quick, "8001")) as agent:
        before = await found(agent, "发票")
        assert before - {one.id}
        await asyncio.to_thread(command, quick, "kb", "use", str(tmp_path / "bad.kb"), code=5)
        assert await found(agent, "发票") == before
        await asyncio.to_thread(command, quick, "kb", "use", str(tmp_path / "new.kb"))
        for _ in range(int(PATIENCE / PAUSE)):
            if await found(agent, "发票") <= {one.id}:
                return
            await asyncio.sleep(PAUSE)
    raise AssertionError("the old knowledge is still there")


async def found(agent: Peer, query: str) -> set[str]:
    """Return the entries an agent finds."""
    request = SearchKnowledge(request_id=fresh(), query=query, top=10)
    await agent.say(request)
    answer = await agent.hear_until(KnowledgeFound, lambda one: one.request_id == request.request_id)
    return {hit.entry for hit in answer.hits}
