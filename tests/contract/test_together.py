"""Working together over real links: transfer, invite, whisper, watch, take over, reassign, hold, block."""

from collections.abc import Iterator

import httpx
import pytest

from relay_protocol.errors import ErrorCode
from relay_protocol.ids import consultation_stream
from relay_protocol.messages import (
    AnswerInvitation,
    AnswerTransfer,
    Assigned,
    BlockTaxpayer,
    CancelTransfer,
    ColleagueInvited,
    ColleagueJoined,
    ConsultationClosed,
    InviteColleague,
    LeaveConsultation,
    LoadHistory,
    MessagePosted,
    Offered,
    OpenConsultation,
    PresenceState,
    PrivateKind,
    PrivatePosted,
    PutOnHold,
    Reassign,
    Redacted,
    Released,
    ServiceHeld,
    ServiceResumed,
    TakeOver,
    TargetKind,
    TicketTaken,
    TransferAccepted,
    TransferAsked,
    TransferReturned,
    WatchBegan,
    WatchConsultation,
)
from tests.contract.desk import at_desk
from tests.contract.peer import fresh, link_to
from tests.running import RunningRelay, running_relay


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    """One relay on whose floor nobody is ever too busy."""
    config = "[limits]\nrequests_burst = 5000\nattempts_burst = 5000\nframes_burst = 5000"
    folder = tmp_path_factory.mktemp("together") / "relay"
    with running_relay(folder, config=config) as relay:
        relay.stop()
        relay.configure("[dispatch]\ncapacity = 50")
        relay.start()
        yield relay


@pytest.mark.req("A16", accepts=True)
async def test_an_agent_hands_on_to_a_colleague_who_sees_everything(floor: RunningRelay) -> None:
    async with at_desk(floor, "8001") as desk:
        taxpayer, wang = await desk.serve("8001")
        await taxpayer.done(desk.say("申报表提示比对不通过"))
        chen = await desk.come("8003")
        await wang.done(desk.transfer(TargetKind.AGENT, desk.ids["8003"]))
        asked = await chen.event(TransferAsked)
        assert (asked.reason, "第 3 栏" in asked.summary) == ("需要专管员处理", True)
        assert any(isinstance(one.event, MessagePosted) for one in chen.frames(consultation_stream(desk.consultation)))
        refuse = AnswerTransfer(
            request_id=fresh(),
            consultation=desk.consultation,
            transfer=asked.transfer,
            accept=False,
            reason="正在开会",
        )
        await chen.done(refuse)
        assert (await wang.event(TransferReturned)).words == "正在开会"
        await wang.done(desk.say("我继续为您服务"))
        await wang.done(desk.transfer(TargetKind.AGENT, desk.ids["8003"]))
        again = await chen.event(TransferAsked, lambda one: one.transfer != asked.transfer)
        await chen.done(
            AnswerTransfer(request_id=fresh(), consultation=desk.consultation, transfer=again.transfer, accept=True)
        )
        await taxpayer.event(TransferAccepted)
        await desk.gone_from(wang)
        refused = await wang.refused(desk.say("还在吗"))
        assert refused.code is ErrorCode.NOT_FOUND
        await chen.done(desk.say("您好，我是陈静"))
        told = taxpayer.frames(consultation_stream(desk.consultation))
        assert [one.seq for one in told] == list(range(1, len(told) + 1)), "the sequence stays whole"
        assert "密语摘要" not in str(taxpayer.heard)


@pytest.mark.req("A16", accepts=True)
@pytest.mark.parametrize(("kind", "code"), [(TargetKind.OFFICE, "360702"), (TargetKind.OFFICE, "360100")])
async def test_a_transfer_to_an_office_is_the_queues_at_once(floor: RunningRelay, kind: TargetKind, code: str) -> None:
    async with at_desk(floor, "8001") as desk:
        taxpayer, wang = await desk.serve("8001")
        await wang.done(desk.transfer(kind, code))
        await taxpayer.event(Released)
        ticket = await taxpayer.event(TicketTaken, lambda one: one.office.code == code)
        assert ticket.priority == "transferred"
        await desk.gone_from(wang)


@pytest.mark.req("A16")
async def test_nobody_is_asked_who_cannot_take_it(floor: RunningRelay) -> None:
    async with at_desk(floor, "8001") as desk:
        _, wang = await desk.serve("8001")
        await desk.come("8003", PresenceState.BUSY)
        refused = await wang.refused(desk.transfer(TargetKind.AGENT, desk.ids["8003"]))
        assert (refused.code, "示忙" in refused.message) == (ErrorCode.CONFLICT, True)
        gone = await wang.refused(desk.transfer(TargetKind.AGENT, "nobody"))
        assert gone.code is ErrorCode.NOT_FOUND
        assert (await wang.refused(desk.transfer(TargetKind.QUEUE, "nowhere"))).code is ErrorCode.NOT_FOUND
        await wang.done(CancelTransfer(request_id=fresh(), consultation=desk.consultation))
        await wang.done(desk.say("仍由我为您服务"))


@pytest.mark.req("A17", accepts=True)
async def test_no_private_word_ever_reaches_a_taxpayer(floor: RunningRelay) -> None:
    secret = "密语"
    async with at_desk(floor, "8001") as desk:
        await desk.come("8101", PresenceState.BUSY)
        taxpayer, wang = await desk.serve("8001")
        chen = await desk.come("8003")
        invite = InviteColleague(
            request_id=fresh(), consultation=desk.consultation, agent=desk.ids["8003"], reason=f"{secret}邀请"
        )
        await wang.done(invite)
        await chen.event(ColleagueInvited)
        await chen.done(AnswerInvitation(request_id=fresh(), consultation=desk.consultation, accept=True))
        await taxpayer.event(ColleagueJoined)
        await chen.done(desk.whisper(f"{secret}：先看第 3 栏"))
        await wang.event(PrivatePosted)
        await wang.done(desk.whisper(f"{secret}备注", PrivateKind.NOTE))
        await desk.agents["8101"].done(
            WatchConsultation(request_id=fresh(), consultation=desk.consultation, reason=f"{secret}旁听")
        )
        await wang.event(WatchBegan)
        await wang.done(desk.transfer(TargetKind.AGENT, desk.ids["8003"]))
        await chen.event(TransferAsked)
        await chen.done(desk.say("您好，我也在"))
        await taxpayer.event(MessagePosted, lambda one: one.sender.name == "陈静")
        assert await taxpayer.event(Redacted)
        stream = consultation_stream(desk.consultation)
        await taxpayer.say(LoadHistory(request_id=fresh(), stream=stream, before=10_000, limit=300))
        await taxpayer.done(desk.say("好的"))
        assert secret not in str(taxpayer.heard)
        async with link_to(floor, "/ws/taxpayer", desk.token) as second:
            await second.done(OpenConsultation(request_id=fresh()))
            await second.done(desk.say("另一个窗口"))
            assert secret not in str(second.heard)
        async with httpx.AsyncClient(base_url=floor.url) as client:
            for path in (
                f"/api/consultations/{desk.consultation}/timeline",
                "/api/consultations",
                "/api/search?q=" + secret,
                "/api/directory",
            ):
                reply = await client.get(path, headers={"Authorization": f"Bearer {desk.token}"})
                assert reply.status_code in (401, 403, 404), path
                assert secret not in reply.text


@pytest.mark.req("A17")
async def test_a_colleague_leaves_or_is_asked_to_leave(floor: RunningRelay) -> None:
    async with at_desk(floor, "8001") as desk:
        _, wang = await desk.serve("8001")
        chen = await desk.come("8003")
        for agent in (None, desk.ids["8003"]):
            invite = InviteColleague(request_id=fresh(), consultation=desk.consultation, agent=desk.ids["8003"])
            await wang.done(invite)
            await chen.done(AnswerInvitation(request_id=fresh(), consultation=desk.consultation, accept=True))
            leave = LeaveConsultation(request_id=fresh(), consultation=desk.consultation, agent=agent)
            await (chen if agent is None else wang).done(leave)
            await desk.gone_from(chen)
            assert (await chen.refused(desk.say("我还在"))).code is ErrorCode.NOT_FOUND


@pytest.mark.req("S1")
async def test_a_lead_watches_takes_over_and_gives_it_back(floor: RunningRelay) -> None:
    async with at_desk(floor, "8001") as desk:
        await desk.come("8101", PresenceState.BUSY)
        taxpayer, wang = await desk.serve("8001")
        lead = desk.agents["8101"]
        await lead.done(WatchConsultation(request_id=fresh(), consultation=desk.consultation, reason="质检"))
        await taxpayer.done(desk.say("在吗"))
        await lead.event(MessagePosted, lambda one: getattr(one.body, "text", "") == "在吗")
        assert (await lead.refused(desk.say("我插一句"))).code is ErrorCode.NOT_FOUND
        await lead.done(TakeOver(request_id=fresh(), consultation=desk.consultation, reason="投诉升级"))
        assert (await taxpayer.event(Assigned)).reason == "taken_over"
        await desk.gone_from(wang)
        await lead.done(desk.say("我是班长"))
        chen = await desk.come("8003")
        give = Reassign(request_id=fresh(), consultation=desk.consultation, agent=desk.ids["8003"], reason="由陈静继续")
        await lead.done(give)
        await chen.event(Assigned, lambda one: one.reason == "reassigned")
        await lead.done(Reassign(request_id=fresh(), consultation=desk.consultation, agent=None, reason="退回队列"))
        await taxpayer.event(Released)
        assert (await wang.event(Offered, lambda one: one.agent.id == desk.ids["8001"])) is not None


@pytest.mark.req("A11", accepts=True)
async def test_what_is_on_hold_frees_a_place_and_a_word_brings_it_back(floor: RunningRelay) -> None:
    async with at_desk(floor, "8001") as desk:
        taxpayer, wang = await desk.serve("8001")
        await wang.done(PutOnHold(request_id=fresh(), consultation=desk.consultation, reason="等您上传资料"))
        await taxpayer.event(ServiceHeld)
        await taxpayer.done(desk.say("已上传"))
        assert (await wang.event(ServiceResumed)).by == "taxpayer"
        await wang.event(MessagePosted, lambda one: getattr(one.body, "text", "") == "已上传")


@pytest.mark.req("A31", accepts=True)
async def test_who_is_blocked_is_told_until_when_and_how_to_appeal(floor: RunningRelay) -> None:
    async with at_desk(floor, "8001") as desk:
        taxpayer, wang = await desk.serve("8001")
        block = BlockTaxpayer(request_id=fresh(), consultation=desk.consultation, days=3, reason="辱骂工作人员")
        await wang.done(block)
        refused = await taxpayer.refused(OpenConsultation(request_id=fresh()))
        assert refused.code is ErrorCode.FORBIDDEN
        assert "申诉" in refused.message
        assert "辱骂" not in str(taxpayer.heard)
        assert not [one for one in taxpayer.heard if isinstance(one, ConsultationClosed)]
