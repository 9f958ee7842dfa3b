"""Services over stand-ins: local echo, uploads that wait for the relay, wrap-ups, assistance."""

import asyncio
from collections.abc import Callable

import pytest

from agent_app.ports import Connected, Ended, Path, PathEvent
from agent_app.services import assist, chat, knowledge, service, session
from agent_app.state import acts
from agent_app.state.assist import Live
from agent_app.state.workbench import Workbench
from agent_app.state.wrap_up import Catalogue, Choice, Draft
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ClientId
from relay_protocol.link import Answer
from relay_protocol.messages import (
    AcceptOffer,
    AskAssist,
    AssistAsked,
    DeclineOffer,
    EndAssist,
    FinishService,
    Image,
    KnowledgeFound,
    MarkSeen,
    PostMessage,
    PresenceState,
    Privilege,
    Request,
    SdpAnswer,
    SdpOffer,
    SearchKnowledge,
    SetPresence,
    Side,
    SubmitWrapUp,
    Text,
)
from relay_protocol.messages.channel import Button, InputDropped, InputPaused, ScopeGranted, ScopeRefused, ScopeRevoked
from tests.agent_app.conftest import DeskAtNoon, FakeDrafts, FakeHttp, FakeRelay
from tests.agent_app.stories import ASSIST, ME, NOON, Story, play, start

ID = Story().id
PICTURE = chat.Upload("截图.png", b"png", "image/png", (4, 3))
BUSY = BanwenError(ErrorCode.RATE_LIMITED, "发送太快，请稍后重试。")
AWAY = BanwenError(ErrorCode.UNREACHABLE, "无法连接服务器，请检查网络或服务器地址后重试。")
TOO_LARGE = BanwenError(ErrorCode.TOO_LARGE, "文件超过 20 MB，请压缩后重试。")


def serving() -> Workbench:
    return play(start(), Story().served().frames)


def offered() -> Workbench:
    return play(start(), Story().waiting().frames)


async def test_words_are_on_the_screen_before_the_relay_knows_them() -> None:
    desk, relay = DeskAtNoon(serving()), FakeRelay()
    await chat.post_text(desk, relay, ID, "您好")
    [pending] = desk.state.consultations[ID].pending
    [request] = relay.asked
    assert isinstance(request, PostMessage)
    assert (pending.body, pending.client_id, pending.error) == (Text(text="您好"), request.client_id, "")


async def test_refused_words_say_why_and_are_tried_again_as_the_same_message() -> None:
    desk, relay = DeskAtNoon(serving()), FakeRelay(refusal=BUSY)
    await chat.post_text(desk, relay, ID, "您好")
    [pending] = desk.state.consultations[ID].pending
    assert pending.error == BUSY.message
    relay.refusal = None
    await chat.retry_text(desk, relay, ID, pending.client_id)
    assert desk.state.consultations[ID].pending[0].error == ""
    first, second = relay.asked
    assert isinstance(first, PostMessage)
    assert isinstance(second, PostMessage)
    assert first.client_id == second.client_id
    assert first.request_id != second.request_id


@pytest.mark.req("A12")
async def test_a_picture_waits_for_a_relay_that_is_gone() -> None:
    desk, relay, http = DeskAtNoon(serving()), FakeRelay(), FakeHttp(failures=[AWAY, AWAY])
    named: list[tuple[str, str]] = []
    sending = asyncio.ensure_future(  # noqa: TID251 - a test is its own composition root
        chat.post_file(desk, relay, http, ID, PICTURE, ClientId("mine"), lambda *both: named.append(both))
    )
    await relay.waiting.wait()
    assert desk.state.consultations[ID].pending[0].error == ""
    relay.live.set()
    assert await sending == "file-0"
    assert relay.waits == [0.5, 1.0]
    assert named == [("mine", "file-0")]
    [request] = relay.asked
    assert isinstance(request, PostMessage)
    assert isinstance(request.body, Image)
    assert request.body.attachment.id == "file-0"


@pytest.mark.req("A12")
async def test_a_refused_file_says_why_at_the_message() -> None:
    desk, relay = DeskAtNoon(serving()), FakeRelay()
    http = FakeHttp(failures=[TOO_LARGE])
    assert await chat.post_file(desk, relay, http, ID, PICTURE, ClientId("mine"), lambda *_: None) is None
    assert desk.state.consultations[ID].pending[0].error == TOO_LARGE.message
    assert relay.asked == []


@pytest.mark.req("A13")
async def test_looking_tells_how_far_and_only_once() -> None:
    desk, relay = DeskAtNoon(play(serving(), Story().served().says(Side.TAXPAYER, "在吗").frames)), FakeRelay()
    last = desk.state.consultations[ID].last_seq
    chat.look(desk, relay, ID)
    chat.look(desk, relay, ID)
    assert relay.said == [MarkSeen(consultation=ID, delivered=last, read=last)]


async def test_an_offer_is_accepted_or_declined_by_its_number() -> None:
    desk, relay = DeskAtNoon(offered()), FakeRelay()
    await service.accept(desk, relay, ID)
    await service.decline(desk, relay, ID, "正在会议")
    accept, decline = relay.asked
    offer = desk.state.consultations[ID].offer
    assert offer is not None
    assert isinstance(accept, AcceptOffer)
    assert isinstance(decline, DeclineOffer)
    assert accept.offer == decline.offer == offer.id


async def test_an_offer_that_is_gone_is_told() -> None:
    desk, relay = DeskAtNoon(serving()), FakeRelay()
    await service.accept(desk, relay, ID)
    assert relay.asked == []
    assert desk.told == ["这个咨询已分配给其他座席。"]


@pytest.mark.req("A18")
async def test_a_wrap_up_is_kept_until_the_relay_has_it() -> None:
    desk, relay, drafts = DeskAtNoon(serving()), FakeRelay(), FakeDrafts()
    await service.finish(desk, relay, ID)
    assert isinstance(relay.asked[-1], FinishService)
    begun, done = Draft("vat"), Draft("vat", "filing", "resolved", "已指导填报")
    assert await service.submit(desk, relay, drafts, ID, begun) == "请选择问题类型"
    assert drafts.kept == {ID: begun}
    relay.refusal = BUSY
    assert await service.submit(desk, relay, drafts, ID, done) == BUSY.message
    assert drafts.kept == {ID: done}
    relay.refusal = None
    assert await service.submit(desk, relay, drafts, ID, done) == ""
    assert drafts.kept == {}
    assert isinstance(relay.asked[-1], SubmitWrapUp)


@pytest.mark.req("A28")
async def test_presence_is_shown_when_the_relay_has_it() -> None:
    desk, relay = DeskAtNoon(start(presence=PresenceState.OFFLINE)), FakeRelay(refusal=BUSY)
    await session.set_presence(desk, relay, PresenceState.BREAK, "用餐")
    assert (desk.state.presence, desk.told) == (PresenceState.OFFLINE, [BUSY.message])
    relay.refusal = None
    await session.set_presence(desk, relay, PresenceState.BREAK, "用餐")
    assert (desk.state.presence, desk.state.reason) == (PresenceState.BREAK, "用餐")
    assert isinstance(relay.asked[-1], SetPresence)


async def test_an_empty_log_in_never_leaves_the_machine() -> None:
    with pytest.raises(BanwenError, match="请输入工号和密码"):
        await session.login(FakeHttp(), " ", "x")


async def test_the_catalogue_is_read_or_refused_in_words() -> None:
    assert await session.catalogue(FakeHttp()) == Catalogue(business=[Choice("vat", "增值税")])
    with pytest.raises(BanwenError, match="小结分类无法读取"):
        await session.catalogue(FakeHttp(catalogue=b"<html>"))


async def test_knowledge_is_asked_with_the_consultation_and_within_bounds() -> None:
    def found(request: Request) -> Answer:
        return KnowledgeFound(request_id=request.request_id, hits=[])

    desk, relay = DeskAtNoon(serving()), FakeRelay(answers={SearchKnowledge: found})
    assert await knowledge.search(desk, relay, "长" * 500, ID) == []
    [request] = relay.asked
    assert isinstance(request, SearchKnowledge)
    assert (len(request.query), request.consultation) == (knowledge.QUERY_LIMIT, ID)


class FakePath:
    """A path that keeps what was asked of it."""

    def __init__(self) -> None:
        self.done: list[object] = []

    async def run(self) -> None:
        return

    def ask(self, scope: list[Privilege]) -> None:
        self.done.append(scope)

    def move(self, x: int, y: int) -> bool:
        return True

    def button(self, x: int, y: int, button: Button, *, down: bool) -> bool:
        return True

    def wheel(self, x: int, y: int, *, right: int = 0, down: int = 0) -> bool:
        return True

    def key(self, keysym: int, *, down: bool) -> bool:
        return True

    def paste(self, text: str) -> bool:
        return True

    async def end(self) -> None:
        self.done.append("end")


class FakePaths:
    """Makes fake paths, unless this workstation has no certificate."""

    def __init__(self, refusal: BanwenError | None = None) -> None:
        self._refusal = refusal
        self.path = FakePath()

    async def prepare(self) -> None:
        if self._refusal is not None:
            raise self._refusal

    async def answer(self, offer: SdpOffer, on_event: Callable[[PathEvent], None]) -> tuple[Path, SdpAnswer]:
        await self.prepare()
        return self.path, SdpAnswer(assist=offer.assist, sdp="v=0", statement="", signature="", certificates=[])


OFFER = SdpOffer(assist=ASSIST, nonce="bm9uY2U=", sdp="v=0")


def inviting() -> Workbench:
    return play(start(), Story().served().tell(AssistAsked(assist=ASSIST, agent=ME, scope=assist.SEE)).frames)


@pytest.mark.req("A23")
async def test_without_a_certificate_nobody_is_invited() -> None:
    desk, relay = DeskAtNoon(serving()), FakeRelay()
    missing = BanwenError(ErrorCode.UNAUTHENTICATED, "本机没有您的协助证书。")
    await assist.invite(desk, relay, FakePaths(missing), ID)
    assert relay.asked == []
    assert desk.told == [missing.message]
    await assist.invite(desk, relay, FakePaths(), ID)
    [asked] = relay.asked
    assert isinstance(asked, AskAssist)
    assert asked.scope == [Privilege.VIEW]


async def test_only_one_screen_is_watched_at_a_time() -> None:
    desk, relay = DeskAtNoon(inviting()), FakeRelay()
    await assist.invite(desk, relay, FakePaths(), ID)
    assert relay.asked == []
    assert desk.told == ["请先结束正在进行的远程协助。"]


@pytest.mark.req("A23")
async def test_only_the_assistance_i_asked_for_is_answered() -> None:
    desk, relay = DeskAtNoon(serving()), FakeRelay()
    assert await assist.answer(desk, relay, FakePaths(), OFFER, lambda _: None) is None
    desk.move(inviting())
    paths = FakePaths()
    assert await assist.answer(desk, relay, paths, OFFER, lambda _: None) is paths.path
    assert [type(message) for message in relay.said] == [SdpAnswer]
    assert desk.state.live is not None


@pytest.mark.req("A23")
async def test_control_comes_and_goes_as_the_helper_says() -> None:
    desk, path = DeskAtNoon(acts.live_began(inviting(), ASSIST)), FakePath()

    def live() -> Live:
        assert desk.state.live is not None
        return desk.state.live

    assist.hear(desk, Connected())
    assist.hear(desk, ScopeGranted(scope=assist.SEE, epoch=1, expires_at=NOON + 60))
    assist.ask_control(desk, path)
    assert path.done == [assist.SEE_AND_CONTROL]
    assert live().asking
    assist.hear(desk, ScopeRefused(scope=assist.SEE_AND_CONTROL, reason="refused"))
    assert not live().controls
    assert "纳税人不同意" in live().note
    assist.hear(desk, ScopeGranted(scope=assist.SEE_AND_CONTROL, epoch=2, expires_at=NOON + 60))
    assert live().controls
    assist.hear(desk, InputPaused(seconds=2.0))
    assert live().paused_until == NOON + 2.0
    assist.hear(desk, ScopeRevoked(scope=assist.SEE, epoch=3, reason="hotkey"))
    assert not live().controls
    assist.hear(desk, Ended("taxpayer"))
    assert desk.state.live is None
    assert desk.told == ["远程协助已结束：纳税人结束"]


@pytest.mark.req("A23")
def test_the_agent_is_told_what_had_no_effect_and_what_to_do_about_it() -> None:
    desk = DeskAtNoon(inviting())
    assist.hear(desk, InputDropped(sequence=7, reason="clipboard_secret"))
    assist.hear(desk, InputDropped(sequence=8, reason="not_granted"))
    assert desk.told == ["纳税人的剪贴板里是密码，中文暂时不能代为输入，请让纳税人自己输入"]


@pytest.mark.req("A23")
async def test_the_agent_ends_it_on_the_path_first_and_then_for_the_record() -> None:
    desk, relay, path = DeskAtNoon(inviting()), FakeRelay(), FakePath()
    await assist.end(desk, relay, path, ID)
    assert path.done == ["end"]
    [request] = relay.asked
    assert isinstance(request, EndAssist)
    assert request.assist == ASSIST
