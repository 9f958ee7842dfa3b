"""An administrator reads a consultation on the command line, from the first event to the last, while the relay runs."""

import json

import pytest

from relay_protocol.ids import ClientId
from relay_protocol.messages import (
    AcceptOffer,
    AskHuman,
    ConsultationClosed,
    Evaluate,
    Evaluated,
    FinishService,
    Offered,
    PostMessage,
    PresenceState,
    Redacted,
    Resolution,
    SetPresence,
    SubmitWrapUp,
    Text,
)
from tests.contract.peer import agent_token, fresh, link_to, open_consultation, taxpayer_session
from tests.running import RunningRelay

NOTE = "小结（王芳）：增值税 / 操作咨询 / 已解决 — 已指导填写"


@pytest.mark.req("A18")
@pytest.mark.req("S6")
async def test_the_whole_story_is_told(own_relay: RunningRelay) -> None:
    citizen, clerk = (await taxpayer_session(own_relay))["token"], await agent_token(own_relay, "8001")
    async with link_to(own_relay, "/ws/taxpayer", citizen) as taxpayer, link_to(own_relay, "/ws/agent", clerk) as agent:
        one = await open_consultation(taxpayer)
        await agent.done(SetPresence(request_id=fresh(), state=PresenceState.READY))
        await taxpayer.done(AskHuman(request_id=fresh(), consultation=one))
        offer = await agent.event(Offered)
        await agent.done(AcceptOffer(request_id=fresh(), consultation=one, offer=offer.offer))
        answer = Text(text="请在申报表第 3 栏填写")
        await agent.done(PostMessage(request_id=fresh(), consultation=one, client_id=ClientId("a"), body=answer))
        finish = FinishService(request_id=fresh(), consultation=one)
        await agent.done(finish)
        await agent.done(finish)  # its answer was lost: the second time changes nothing
        note = SubmitWrapUp(
            request_id=fresh(),
            consultation=one,
            business="vat",
            question_type="operation",
            resolution=Resolution.RESOLVED,
            text="已指导填写",
        )
        await agent.done(note)
        await taxpayer.event(ConsultationClosed)
        assert await taxpayer.event(Redacted), "the wrap-up is for agents"
        await taxpayer.done(Evaluate(request_id=fresh(), consultation=one, level=5))
        again = await taxpayer.refused(Evaluate(request_id=fresh(), consultation=one, level=1))
        assert "已经评价过" in again.message
        await taxpayer.event(Evaluated)
    place = ("-c", str(own_relay.folder))
    text = own_relay.command("consultations", "show", one, *place)
    for expected in ("咨询开始", "取号 A001", "8001 王芳 接入", "请在申报表第 3 栏填写", NOTE, "非常满意"):
        assert expected in text
    story = json.loads(own_relay.command("consultations", "show", one, "--json", *place))
    assert [line["seq"] for line in story["lines"]] == list(range(1, len(story["lines"]) + 1))
    listed = own_relay.command("consultations", "list", "--state", "evaluated", *place)
    assert one in listed
    assert "已评价" in listed
