"""A taxpayer talks: with the bot, in the queue, with a person, about a picture, and says how it was."""

import os
import re
import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from relay_protocol.ids import AssistId, EntryId, OfferId
from relay_protocol.messages import (
    Answer,
    AskHuman,
    AssistAsked,
    AssistGranted,
    AssistInvitation,
    AssistJoined,
    Choices,
    DeclineAssist,
    Evaluate,
    Image,
    LeaveQueue,
    MarkSeen,
    NoAnswer,
    OfferAccepted,
    Offered,
    Option,
    PeerLink,
    PostMessage,
    Privilege,
    QueuePosition,
    Receipt,
    RenewInvitation,
    ServiceFinished,
    Side,
    Text,
    Typing,
)
from tests.e2e.waiting import until
from tests.web.conftest import Place, open_page, open_widget
from tests.web.peer import AGENT, Peer
from tests.web.pictures import payload, random_png

GREETING = Text(text="您好，我是智能助手。")
SUGGESTIONS = Choices(
    purpose="suggest",
    text="您可能想问：",
    options=[Option(title="比对不通过怎么办", entry=EntryId("etax-0114"), why="error"), Option(title="何时申报")],
)
ANSWER = Answer(
    entry=EntryId("etax-0114"), revision="r3", title="比对不通过", text="1. 先核对；2. 再提交。", source="操作指引"
)


def connect_agent(peer: Peer) -> None:
    """A person takes the consultation."""
    peer.tell(Offered(offer=OfferId("offer"), agent=AGENT, expires_at=time.time() + 30))
    peer.tell(OfferAccepted(offer=OfferId("offer"), agent=AGENT))


@pytest.mark.req("G7", "C1")
def test_one_line_in_a_blank_page_opens_a_conversation(page: Page, place: Place, peer: Peer) -> None:
    peer.greeting = lambda _: [GREETING, SUGGESTIONS]
    widget = open_widget(page, place)
    expect(widget.get_by_text("您好，我是智能助手。")).to_be_visible()
    expect(widget.get_by_role("textbox", name="输入您的问题")).to_be_focused()


@pytest.mark.req("A2")
def test_a_suggested_question_is_answered_with_its_entry_and_revision(page: Page, place: Place, peer: Peer) -> None:
    peer.greeting = lambda _: [SUGGESTIONS]
    peer.on_message = lambda post: (
        [ANSWER] if post.body == Text(text="比对不通过怎么办", entry=EntryId("etax-0114")) else []
    )
    widget = open_widget(page, place)
    widget.get_by_role("button", name="比对不通过怎么办").click()
    expect(widget.get_by_text("知识条目 etax-0114 · 版本 r3")).to_be_visible()
    expect(widget.get_by_text("来源：操作指引")).to_be_visible()


@pytest.mark.req("A1", "A8")
def test_turning_to_a_person_works_from_every_button_and_shows_the_place_in_the_queue(
    page: Page, place: Place, peer: Peer
) -> None:
    peer.greeting = lambda _: [NoAnswer(text="这个问题我不知道。")]
    widget = open_widget(page, place)
    expect(widget.get_by_role("button", name="转人工")).to_have_count(2)
    widget.get_by_role("log").get_by_role("button", name="转人工").click()
    expect(widget.get_by_text("前面还有 2 人")).to_be_visible()
    expect(widget.get_by_label("正在排队等待人工").get_by_text("A001")).to_be_visible()
    peer.pass_on(QueuePosition(consultation=peer.consultation, number="A001", ahead=0, office="南昌市西湖区税务局"))
    expect(widget.get_by_text("马上就到您了")).to_be_visible()
    assert len(peer.all_of(AskHuman)) == 1
    expect(widget.locator("bw-composer").get_by_role("button", name="转人工")).to_be_hidden()


@pytest.mark.req("A8")
def test_leaving_the_queue_brings_the_bot_back(page: Page, place: Place, peer: Peer) -> None:
    widget = open_widget(page, place)
    widget.get_by_role("button", name="转人工").click()
    widget.get_by_role("button", name="不再等待").click()
    peer.wait_for(LeaveQueue)
    expect(widget.get_by_role("button", name="转人工")).to_be_visible()
    expect(widget.get_by_text("您已离开排队")).to_be_visible()


@pytest.mark.req("A13")
def test_own_words_are_shown_at_once_and_then_as_delivered_and_read(page: Page, place: Place, peer: Peer) -> None:
    widget = open_widget(page, place)
    box = widget.get_by_role("textbox", name="输入您的问题")
    box.fill("你好")
    box.press("Shift+Enter")
    box.press_sequentially("第二行")
    box.press("Enter")
    assert peer.wait_for(PostMessage).body == Text(text="你好\n第二行")
    expect(widget.get_by_text("已发送", exact=True)).to_be_visible()
    expect(box).to_have_value("")
    connect_agent(peer)
    seen = len(peer.logs[max(peer.logs)])
    peer.pass_on(Receipt(consultation=peer.consultation, side=Side.AGENT, delivered=seen, read=0))
    expect(widget.get_by_text("已送达", exact=True)).to_be_visible()
    peer.pass_on(Receipt(consultation=peer.consultation, side=Side.AGENT, delivered=seen, read=seen))
    expect(widget.get_by_text("对方已读", exact=True)).to_be_visible()


@pytest.mark.req("A13")
def test_typing_travels_both_ways_and_absence_is_told(page: Page, place: Place, peer: Peer) -> None:
    widget = open_widget(page, place)
    widget.get_by_role("button", name="转人工").click()
    connect_agent(peer)
    expect(widget.get_by_text("南昌市西湖区税务局 王芳（工号 8001）为您服务")).to_be_visible()
    widget.get_by_role("textbox", name="输入您的问题").press_sequentially("我想")
    peer.wait_for(Typing)
    peer.pass_on(Typing(consultation=peer.consultation, side=Side.AGENT))
    expect(widget.get_by_text("对方正在输入…")).to_be_visible()
    peer.say(Text(text="您好"), Side.AGENT)
    expect(widget.get_by_text("对方正在输入…")).to_be_hidden()
    peer.pass_on(PeerLink(consultation=peer.consultation, side=Side.AGENT, online=False))
    expect(widget.get_by_text("座席暂时离线")).to_be_visible()


@pytest.mark.req("A13")
def test_read_is_only_told_when_the_window_is_open_and_the_button_counts_what_is_not(
    page: Page, place: Place, peer: Peer
) -> None:
    widget = open_widget(page, place)
    expect(widget.get_by_text("智能助手为您解答")).to_be_visible()
    peer.wait_for(MarkSeen)
    widget.get_by_role("button", name="收起咨询窗口").click()
    expect(page.get_by_role("button", name="在线咨询")).to_be_focused()
    peer.say(Text(text="在吗"))
    expect(page.get_by_role("button", name="在线咨询，1 条未读消息")).to_be_visible()
    peer.wait_until(lambda: (peer.all_of(MarkSeen)[-1].delivered, peer.all_of(MarkSeen)[-1].read) == (2, 1))
    page.get_by_role("button", name="在线咨询，1 条未读消息").click()
    expect(page.locator(".count")).to_be_hidden()
    peer.wait_until(lambda: peer.all_of(MarkSeen)[-1].read == 2)


@pytest.mark.req("A12")
def test_a_picture_and_a_file_are_uploaded_shown_and_come_back_the_same(page: Page, place: Place, peer: Peer) -> None:
    picture, words = random_png(), os.urandom(24).hex()
    widget = open_widget(page, place)
    expect(widget.get_by_text("智能助手为您解答")).to_be_visible()
    widget.locator("input[type=file]").set_input_files(
        [
            payload("截图 一.png", "image/png", picture),
            payload("说明.txt", "text/plain", words.encode()),
        ]
    )
    expect(widget.get_by_role("list", name="待发送的文件").get_by_role("listitem")).to_have_count(2)
    widget.get_by_role("button", name="发送").click()
    expect(widget.get_by_role("img", name="我发来的图片：截图 一.png")).to_be_visible()
    assert {content for _, content in peer.files.values()} == {picture, words.encode()}
    with page.expect_download() as download:
        widget.get_by_role("button", name=re.compile("下载文件 说明.txt")).click()
    assert download.value.path().read_text() == words


@pytest.mark.req("A12")
def test_a_pasted_picture_of_the_agent_is_fetched_with_the_session_and_can_be_enlarged(
    page: Page, place: Place, peer: Peer
) -> None:
    chat = open_page(page, place)
    expect(chat.get_by_text("智能助手为您解答")).to_be_visible()
    chat.locator("#composer").evaluate(
        """(box, bytes) => {
          const data = new DataTransfer()
          data.items.add(new File([new Uint8Array(bytes)], 'paste.png', {type: 'image/png'}))
          box.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))
        }""",
        list(random_png()),
    )
    chat.get_by_role("textbox", name="输入您的问题").press("Enter")
    chat.get_by_role("img", name="paste.png").wait_for()
    body = until(lambda: peer.all_of(PostMessage), "the picture at the relay")[-1].body
    assert isinstance(body, Image)
    peer.say(Image(attachment=body.attachment), Side.AGENT)
    chat.get_by_role("button", name="座席 王芳发来的图片").click()
    expect(chat.get_by_role("dialog")).to_be_visible()
    chat.keyboard.press("Escape")
    expect(chat.get_by_role("dialog")).to_be_hidden()


@pytest.mark.req("A12")
def test_a_refused_upload_says_why_and_a_wrong_kind_is_not_even_taken(page: Page, place: Place, peer: Peer) -> None:
    chat = open_page(page, place)
    expect(chat.get_by_text("智能助手为您解答")).to_be_visible()
    choose = chat.locator("input[type=file]")
    choose.set_input_files([payload("程序.exe", "application/octet-stream", b"MZ")])
    expect(chat.get_by_role("alert").get_by_text("“程序.exe”的类型不支持")).to_be_visible()
    peer.refuse_http = 415
    choose.set_input_files([payload("其实不是.png", "image/png", b"MZ")])
    chat.get_by_role("button", name="发送").click()
    expect(chat.get_by_role("alert").get_by_text("没有收下，原因 415。")).to_be_visible()
    expect(chat.get_by_role("button", name="重试")).to_have_count(0)
    chat.get_by_role("button", name="删除").click()
    peer.refuse_http = 503
    choose.set_input_files([payload("其实不是.png", "image/png", b"MZ")])
    chat.get_by_role("button", name="发送").click()
    expect(chat.get_by_role("alert").get_by_text("没有收下，原因 503。")).to_be_visible()
    peer.refuse_http = 0
    chat.get_by_role("button", name="重试").click()
    expect(chat.get_by_role("button", name=re.compile("下载文件 其实不是.png"))).to_be_visible()


@pytest.mark.req("A23")
def test_an_invitation_shows_who_asks_and_the_code_once_and_what_is_watched_afterwards(
    page: Page, place: Place, peer: Peer, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat = open_page(page, place)
    chat.get_by_role("button", name="转人工").click()
    connect_agent(peer)
    peer.tell(AssistAsked(assist=AssistId("assist"), agent=AGENT, scope=[Privilege.VIEW]))
    invite(peer, "K7QM4XPW", 600)
    card = chat.get_by_role("region", name="座席请求查看您的屏幕")
    expect(card.get_by_text("王芳（工号 8001）")).to_be_visible()
    expect(card.get_by_role("group", name="协助码 K 7 Q M 4 X P W")).to_be_visible()
    expect(card.get_by_text(re.compile("^(10:00|9:5\\d) 后失效"))).to_be_visible()
    card.get_by_role("button", name="复制协助码").click()
    expect(card.get_by_text("已复制")).to_be_visible()
    assert chat.evaluate("navigator.clipboard.readText()") == "K7QM 4XPW"
    chat.reload()
    chat.get_by_role("button", name="换一个新的协助码").click()
    assert peer.wait_for(RenewInvitation).assist == "assist"
    invite(peer, "AAAA2222", 1)
    expect(chat.get_by_text("协助码已失效")).to_be_visible()
    peer.tell(AssistJoined(assist=AssistId("assist")))
    expect(chat.get_by_text("协助程序已连接")).to_be_visible()
    peer.tell(AssistGranted(assist=AssistId("assist"), scope=[Privilege.VIEW]))
    expect(chat.get_by_text("座席正在查看您的屏幕")).to_be_visible()
    peer.tell(AssistGranted(assist=AssistId("assist"), scope=[Privilege.VIEW, Privilege.CONTROL]))
    expect(chat.get_by_text("座席正在操作您的电脑")).to_be_visible()
    expect(chat.get_by_text("要停止，请点屏幕边上红色提示条中的“停止”。")).to_be_visible()


@pytest.mark.req("A23")
def test_an_invitation_can_be_declined_on_the_page(page: Page, place: Place, peer: Peer) -> None:
    chat = open_page(page, place)
    chat.get_by_role("button", name="转人工").click()
    connect_agent(peer)
    peer.tell(AssistAsked(assist=AssistId("assist"), agent=AGENT, scope=[Privilege.VIEW]))
    chat.get_by_role("button", name="暂不需要").click()
    assert peer.wait_for(DeclineAssist).assist == "assist"


def invite(peer: Peer, code: str, seconds: float) -> None:
    """Show a one-time code that lives so long."""
    peer.pass_on(
        AssistInvitation(
            consultation=peer.consultation,
            assist=AssistId("assist"),
            code=code,
            expires_at=time.time() + seconds,
            agent=AGENT,
            scope=[Privilege.VIEW],
        )
    )


@pytest.mark.req("S6")
def test_the_service_is_rated_by_keyboard_with_reasons_that_fit_the_level(page: Page, place: Place, peer: Peer) -> None:
    chat = open_page(page, place)
    chat.get_by_role("button", name="转人工").click()
    connect_agent(peer)
    expect(chat.get_by_text("座席 王芳 为您服务")).to_be_visible()
    chat.get_by_role("textbox", name="输入您的问题").focus()
    peer.tell(ServiceFinished(by="agent"))
    expect(chat.get_by_role("heading", name="请为本次服务评价")).to_be_focused()
    chat.get_by_role("button", name="提交评价").click()
    expect(chat.get_by_text("请先选择满意程度。")).to_be_visible()
    chat.get_by_role("radio", name="非常满意", exact=True).focus()
    chat.keyboard.press("ArrowRight")
    chat.keyboard.press("ArrowRight")
    chat.keyboard.press("ArrowRight")
    chat.get_by_role("checkbox", name="没有解决问题").check()
    chat.get_by_role("button", name="提交评价").click()
    evaluation = peer.wait_for(Evaluate)
    assert (evaluation.level, evaluation.reasons) == (2, ["没有解决问题"])
    expect(chat.get_by_text("您选择了“不满意”")).to_be_visible()
    chat.get_by_role("button", name="再次咨询").click()
    expect(chat.get_by_role("textbox", name="输入您的问题")).to_be_visible()
    assert len(peer.owners) == 2
