"""Invitations to remote assistance: a code works once, within ten minutes, for one of them, and is never stored."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AssistId, ConsultationId
from relay_protocol.messages import (
    AcceptOffer,
    AskAssist,
    AssistAsked,
    AssistEnded,
    AssistInvitation,
    Privilege,
    ReportAssist,
    SdpAnswer,
    SdpOffer,
)
from relay_server.bus.base import agent_topic, assist_topic, taxpayer_topic
from relay_server.domain.access import AgentActor, HelperActor
from relay_server.services import assist, consultations, dispatch
from tests.flows.office import CHEN, STRANGER, WANG, ZHANG, NoKnowledge, TestOffice

LIFETIME, SESSION = 600.0, 3600.0


class Assisted:
    """A consultation in service whose agent may ask for assistance. `shown` are the invitations the page got."""

    def __init__(self, office: TestOffice, consultation: ConsultationId) -> None:
        self.office, self.id = office, consultation
        self.shown: list[AssistInvitation] = []
        self.told_helper: list[object] = []
        office.bus.listen(taxpayer_topic(ZHANG.id), self._hear)

    def _hear(self, hint: object) -> None:
        if isinstance(hint, AssistInvitation):
            self.shown.append(hint)
            self.office.bus.listen(assist_topic(hint.assist), self.told_helper.append)

    @property
    def code(self) -> str:
        return self.shown[-1].code

    @property
    def running(self) -> AssistId:
        return self.shown[-1].assist

    async def ask(self, agent: AgentActor = WANG, *scope: Privilege) -> None:
        office = self.office
        request = AskAssist(request_id=office.request_id(), consultation=self.id, scope=list(scope) or [Privilege.VIEW])
        await assist.ask(office.store, office.bus, agent, request, LIFETIME, office.new_id, office.now)

    async def redeem(self, code: str) -> assist.Redeemed:
        return await assist.redeem(self.office.store, code, SESSION, self.office.now)

    async def helper(self) -> HelperActor:
        return await assist.helper_of(self.office.store, (await self.redeem(self.code)).token, self.office.now)

    async def report(self, helper: HelperActor, change: str, assist_id: AssistId | None = None) -> None:
        request = ReportAssist(request_id=self.office.request_id(), assist=assist_id or self.running, change=change)
        await assist.report(self.office.store, helper, request, self.office.now)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Assisted]:
    office = TestOffice(tmp_path, NoKnowledge())
    await office.employ(WANG)
    consultation = await office.open(ZHANG)
    await office.ask_human(ZHANG, consultation)
    await office.react()
    offer = (await office.state(consultation)).offer
    assert offer is not None
    request = AcceptOffer(request_id=office.request_id(), consultation=consultation, offer=offer.id)
    await dispatch.accept(office.store, WANG, request, office.now)
    yield Assisted(office, consultation)
    await office.close()


def refused(caught: pytest.ExceptionInfo[BanwenError], code: ErrorCode) -> None:
    assert caught.value.code is code
    assert caught.value.message.endswith("。")


@pytest.mark.req("A23")
async def test_the_page_gets_an_invitation_with_a_code_people_can_read_and_type(here: Assisted) -> None:
    await here.ask()
    (invitation,) = here.shown
    assert (invitation.agent, invitation.scope) == (WANG.card, [Privilege.VIEW])
    assert invitation.expires_at == here.office.now + 600
    assert len(invitation.code) == 8
    assert not set("01OIL") & set(invitation.code)
    helper = await here.helper()
    briefing = await assist.brief(here.office.store, helper)
    assert (briefing.assist, briefing.consultation, briefing.agent) == (invitation.assist, here.id, WANG.card)


@pytest.mark.req("A23")
async def test_a_code_works_once(here: Assisted) -> None:
    await here.ask()
    tries = await asyncio.gather(*(here.redeem(here.code) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, assist.Redeemed) for one in tries) == 1
    assert {one.code for one in tries if isinstance(one, BanwenError)} == {ErrorCode.GONE}


async def test_a_code_may_be_typed_in_any_way(here: Assisted) -> None:
    await here.ask()
    typed = f" {here.code[:4].lower()} - {here.code[4:].lower()} "
    assert (await here.redeem(typed)).assist == here.running


@pytest.mark.req("A23")
async def test_a_code_dies_after_ten_minutes(here: Assisted) -> None:
    await here.ask()
    here.office.now += 600.0
    with pytest.raises(BanwenError) as caught:
        await here.redeem(here.code)
    refused(caught, ErrorCode.GONE)


async def test_a_wrong_code_opens_nothing(here: Assisted) -> None:
    await here.ask()
    for wrong in ("AAAAAAAA", "", "0" * 10_000, here.code[:-1]):
        with pytest.raises(BanwenError) as caught:
            await here.redeem(wrong)
        refused(caught, ErrorCode.NOT_FOUND)


async def test_a_new_code_kills_the_old_one(here: Assisted) -> None:
    await here.ask()
    old, office = here.code, here.office
    await assist.renew(office.store, office.bus, ZHANG, here.running, LIFETIME, office.now)
    assert here.code != old
    with pytest.raises(BanwenError) as caught:
        await here.redeem(old)
    refused(caught, ErrorCode.NOT_FOUND)
    assert (await here.redeem(here.code)).assist == here.running


async def test_nobody_else_makes_a_new_code_and_not_once_a_helper_has_joined(here: Assisted) -> None:
    await here.ask()
    office = here.office
    with pytest.raises(BanwenError) as caught:
        await assist.renew(office.store, office.bus, STRANGER, here.running, LIFETIME, office.now)
    refused(caught, ErrorCode.NOT_FOUND)
    await here.report(await here.helper(), "joined")
    with pytest.raises(BanwenError) as caught:
        await assist.renew(office.store, office.bus, ZHANG, here.running, LIFETIME, office.now)
    refused(caught, ErrorCode.CONFLICT)


async def test_neither_code_nor_token_is_on_disk(here: Assisted) -> None:
    await here.ask()
    token = (await here.redeem(here.code)).token
    written = b"".join(file.read_bytes() for file in here.office.folder.rglob("relay.db*"))
    assert here.id.encode() in written
    assert here.code.encode() not in written
    assert token.encode() not in written


async def test_asking_anew_ends_what_ran_and_tells_its_helper(here: Assisted) -> None:
    await here.ask()
    first, helper = here.running, await here.helper()
    await here.ask(WANG, Privilege.VIEW, Privilege.CONTROL)
    told = await here.office.log(here.id)
    assert [type(event) for event in told[-3:]] == [AssistAsked, AssistEnded, AssistAsked]
    assert AssistEnded(assist=first, reason="agent") in here.told_helper
    with pytest.raises(BanwenError) as caught:
        await assist.brief(here.office.store, helper)
    refused(caught, ErrorCode.GONE)


async def test_a_code_for_an_assistance_that_is_over_opens_nothing(here: Assisted) -> None:
    await here.ask()
    office, code = here.office, here.code
    await assist.end(office.store, ZHANG, here.running, office.now)
    with pytest.raises(BanwenError) as caught:
        await here.redeem(code)
    refused(caught, ErrorCode.GONE)
    assert (await office.log(here.id))[-1] == AssistEnded(assist=here.running, reason="declined")


async def test_when_the_service_ends_so_does_the_assistance(here: Assisted) -> None:
    await here.ask()
    helper, office = await here.helper(), here.office
    await consultations.finish(office.store, WANG, here.id, office.now)
    assert AssistEnded(assist=here.running, reason="closed") in here.told_helper
    with pytest.raises(BanwenError) as caught:
        await here.report(helper, "granted")
    refused(caught, ErrorCode.GONE)


async def test_only_the_agent_who_serves_may_ask_and_must_ask_to_see(here: Assisted) -> None:
    with pytest.raises(BanwenError) as caught:
        await here.ask(CHEN)
    refused(caught, ErrorCode.NOT_FOUND)
    with pytest.raises(BanwenError) as caught:
        await here.ask(WANG, Privilege.CONTROL)
    refused(caught, ErrorCode.BAD_INPUT)
    await consultations.finish(here.office.store, WANG, here.id, here.office.now)
    with pytest.raises(BanwenError) as caught:
        await here.ask()
    refused(caught, ErrorCode.CONFLICT)


async def test_a_helper_speaks_for_its_own_assistance_only(here: Assisted) -> None:
    await here.ask()
    helper = await here.helper()
    with pytest.raises(BanwenError) as caught:
        await here.report(helper, "granted", AssistId("another"))
    refused(caught, ErrorCode.NOT_FOUND)
    with pytest.raises(BanwenError) as caught:
        await here.report(helper, "dancing")
    refused(caught, ErrorCode.BAD_INPUT)


async def test_a_helpers_token_ends_with_its_time(here: Assisted) -> None:
    await here.ask()
    token = (await here.redeem(here.code)).token
    for wrong, later in ((token, SESSION), ("x" * 43, 0.0), ("", 0.0)):
        with pytest.raises(BanwenError) as caught:
            await assist.helper_of(here.office.store, wrong, here.office.now + later)
        refused(caught, ErrorCode.UNAUTHENTICATED)


@pytest.mark.req("A23")
async def test_the_two_halves_of_the_connection_are_passed_on_unread(here: Assisted) -> None:
    await here.ask()
    office, helper = here.office, await here.helper()
    heard: list[object] = []
    office.bus.listen(agent_topic(WANG.id), heard.append)
    offer = SdpOffer(assist=here.running, nonce="bm9uY2U=", sdp="v=0 …")
    await assist.pass_offer(office.store, office.bus, helper, offer)
    answer = SdpAnswer(assist=here.running, sdp="v=0 …", statement="", signature="", certificates=[])
    await assist.pass_answer(office.store, office.bus, WANG, answer)
    assert heard == [offer]
    assert here.told_helper[-1:] == [answer]
    with pytest.raises(BanwenError) as caught:
        await assist.pass_answer(office.store, office.bus, CHEN, answer)
    refused(caught, ErrorCode.NOT_FOUND)
    with pytest.raises(BanwenError) as caught:
        await assist.pass_offer(
            office.store, office.bus, helper, SdpOffer(assist=here.running, nonce="", sdp="x" * 100_000)
        )
    refused(caught, ErrorCode.TOO_LARGE)
