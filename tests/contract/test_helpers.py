"""A helper's way in: a code that works once, a link that speaks for one assistance, and signalling passed on unread."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from uuid import uuid4

import pytest

from relay_protocol.errors import ErrorCode
from relay_protocol.ids import AssistId, ConsultationId
from relay_protocol.messages import (
    AcceptOffer,
    AskAssist,
    AskHuman,
    AssistBriefing,
    AssistEnded,
    AssistGranted,
    AssistInvitation,
    AssistJoined,
    DeclineAssist,
    ErrorReply,
    FinishService,
    Heartbeat,
    Offered,
    PresenceState,
    Privilege,
    Pulse,
    RenewInvitation,
    ReportAssist,
    SdpAnswer,
    SdpOffer,
    SetPresence,
)
from tests.contract.peer import Peer, agent_token, fresh, link_to, open_consultation, post, taxpayer_session
from tests.running import RunningRelay


@dataclass
class Meeting:
    """A taxpayer and an agent in a consultation, and the invitation to a remote assistance."""

    relay: RunningRelay
    taxpayer: Peer
    agent: Peer
    consultation: ConsultationId
    invitation: AssistInvitation

    async def redeem(self, code: str) -> str:
        token: str = (await post(self.relay, "/api/helper/redeem", {"code": code}))["token"]
        return token

    async def ask(self) -> AssistInvitation:
        wish = AskAssist(request_id=fresh(), consultation=self.consultation, scope=[Privilege.VIEW])
        await self.agent.done(wish)
        return await self.taxpayer.hear_until(AssistInvitation)


@asynccontextmanager
async def meeting(relay: RunningRelay) -> AsyncIterator[Meeting]:
    token = (await taxpayer_session(relay))["token"]
    number = await agent_token(relay, "8001")
    async with link_to(relay, "/ws/taxpayer", token) as taxpayer, link_to(relay, "/ws/agent", number) as agent:
        consultation = await open_consultation(taxpayer)
        await agent.done(SetPresence(request_id=fresh(), state=PresenceState.READY))
        await taxpayer.done(AskHuman(request_id=fresh(), consultation=consultation))
        offer = await agent.event(Offered)
        await agent.done(AcceptOffer(request_id=fresh(), consultation=consultation, offer=offer.offer))
        await agent.done(AskAssist(request_id=fresh(), consultation=consultation, scope=[Privilege.VIEW]))
        invitation = await taxpayer.hear_until(AssistInvitation)
        yield Meeting(relay, taxpayer, agent, consultation, invitation)


@pytest.mark.req("A23")
async def test_a_code_opens_one_link_once_however_it_is_typed(own_relay: RunningRelay) -> None:
    async with meeting(own_relay) as met:
        code = met.invitation.code
        assert len(code) == 8
        assert not set(code) & set("01OIL")
        typed = f" {code[:4].lower()} - {code[4:]} "
        token = await met.redeem(typed)
        used = await post(own_relay, "/api/helper/redeem", {"code": code}, status=410)
        assert used["code"] == "gone"
        assert "换一个新的协助码" in used["message"]
        async with link_to(own_relay, "/ws/helper", token) as helper:
            briefing = await helper.hear_until(AssistBriefing)
            assert briefing.assist == met.invitation.assist
            assert briefing.agent.name == "王芳"
            await helper.say(Heartbeat())
            await helper.hear_until(Pulse)


@pytest.mark.req("A23")
async def test_an_expired_code_is_refused_with_the_way_out(own_relay: RunningRelay) -> None:
    async with meeting(own_relay) as met:
        code = met.invitation.code
        with closing(sqlite3.connect(own_relay.folder / "relay.db", timeout=10)) as database, database:
            database.execute("UPDATE invitation SET expires_at = 1")
        reply = await post(own_relay, "/api/helper/redeem", {"code": code}, status=410)
        assert "失效" in reply["message"]


@pytest.mark.req("A23")
async def test_a_new_code_kills_the_old_one(own_relay: RunningRelay) -> None:
    async with meeting(own_relay) as met:
        old, assist = met.invitation.code, met.invitation.assist
        await met.taxpayer.done(RenewInvitation(request_id=fresh(), assist=assist))
        new = [one for one in met.taxpayer.heard if isinstance(one, AssistInvitation)][-1].code
        assert new != old
        await post(own_relay, "/api/helper/redeem", {"code": old}, status=404)
        await met.redeem(new)


async def test_a_code_is_nowhere_in_the_relays_files(own_relay: RunningRelay) -> None:
    async with meeting(own_relay) as met:
        files = [path for path in own_relay.folder.rglob("*") if path.is_file()]
        content = b"".join(path.read_bytes() for path in files) + own_relay.log.read_bytes()
        assert met.invitation.code.encode() not in content


@pytest.mark.req("A23")
async def test_both_halves_of_the_connection_pass_unread_and_what_was_decided_is_on_the_timeline(
    own_relay: RunningRelay,
) -> None:
    async with meeting(own_relay) as met:
        token = await met.redeem(met.invitation.code)
        assist = met.invitation.assist
        async with link_to(own_relay, "/ws/helper", token) as helper:
            await helper.done(ReportAssist(request_id=fresh(), assist=assist, change="joined"))
            await met.agent.event(AssistJoined)
            offer = SdpOffer(assist=assist, nonce="bm9uY2U=", sdp=f"v=0 {uuid4().hex}")
            await helper.say(offer)
            assert await met.agent.hear_until(SdpOffer) == offer
            answer = SdpAnswer(assist=assist, sdp="v=0", statement="e30=", signature="c2ln", certificates=["PEM"])
            await met.agent.say(answer)
            assert await helper.hear_until(SdpAnswer) == answer
            granted = ReportAssist(request_id=fresh(), assist=assist, change="granted", scope=[Privilege.VIEW])
            await helper.done(granted)
            assert (await met.taxpayer.event(AssistGranted)).scope == [Privilege.VIEW]


async def test_a_helper_speaks_for_its_own_assistance_only(own_relay: RunningRelay) -> None:
    async with meeting(own_relay) as met:
        token = await met.redeem(met.invitation.code)
        other = AssistId("01JD0000000000000000000000")
        async with link_to(own_relay, "/ws/helper", token) as helper:
            report = ReportAssist(request_id=fresh(), assist=other, change="granted", scope=[Privilege.CONTROL])
            assert (await helper.refused(report)).code in (ErrorCode.NOT_FOUND, ErrorCode.GONE)
            await helper.say(SdpOffer(assist=other, nonce="bm9uY2U=", sdp="v=0"))
            await helper.say(SdpOffer(assist=met.invitation.assist, nonce="bm9uY2U=", sdp="x" * 70_000))
            fine = SdpOffer(assist=met.invitation.assist, nonce="bm9uY2U=", sdp="v=0")
            await helper.say(fine)
            assert await met.agent.hear_until(SdpOffer) == fine, "neither the foreign nor the huge one came through"


@pytest.mark.req("A23")
@pytest.mark.parametrize("how", ["agent", "declined", "finished"])
async def test_a_helper_hears_at_once_that_it_is_over(own_relay: RunningRelay, how: str) -> None:
    async with meeting(own_relay) as met:
        token = await met.redeem(met.invitation.code)
        async with link_to(own_relay, "/ws/helper", token) as helper:
            await helper.hear_until(AssistBriefing)
            if how == "declined":
                await met.taxpayer.done(DeclineAssist(request_id=fresh(), assist=met.invitation.assist))
            elif how == "agent":
                await met.ask()
            else:
                await met.agent.done(FinishService(request_id=fresh(), consultation=met.consultation))
            assert (await helper.hear_until(AssistEnded)).assist == met.invitation.assist
        async with _refused(own_relay, token) as reply:
            assert reply.code is ErrorCode.GONE


async def test_a_stranger_cannot_renew_or_decline(own_relay: RunningRelay) -> None:
    async with meeting(own_relay) as met:
        stranger = (await taxpayer_session(own_relay))["token"]
        async with link_to(own_relay, "/ws/taxpayer", stranger) as other:
            renewal = RenewInvitation(request_id=fresh(), assist=met.invitation.assist)
            assert (await other.refused(renewal)).code is ErrorCode.NOT_FOUND
            decline = DeclineAssist(request_id=fresh(), assist=met.invitation.assist)
            assert (await other.refused(decline)).code is ErrorCode.NOT_FOUND


@asynccontextmanager
async def _refused(relay: RunningRelay, token: str) -> AsyncIterator[ErrorReply]:
    async with link_to(relay, "/ws/helper", token) as helper:
        yield await helper.hear_until(ErrorReply)
