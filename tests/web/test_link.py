"""The page's link: what is lost comes back by itself, nothing twice, and two tabs show the same."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from relay_protocol.errors import ErrorCode
from relay_protocol.messages import Heartbeat, Hello, OpenConsultation, PostMessage, Resume, Text
from tests.web.conftest import Place, open_page, open_widget
from tests.web.peer import Peer, posted
from tests.web.town import widget


@pytest.mark.req("C1")
def test_a_lost_link_comes_back_without_a_click_and_what_was_written_meanwhile_arrives_once(
    page: Page, place: Place, peer: Peer
) -> None:
    chat = open_page(page, place)
    expect(chat.get_by_text("智能助手为您解答")).to_be_visible()
    peer.deaf = True
    peer.drop_links()
    expect(chat.get_by_text("正在重新连接…您写的内容不会丢失")).to_be_visible()
    box = chat.get_by_role("textbox", name="输入您的问题")
    for words in ("断开时的第一句", "断开时的第二句"):
        box.fill(words)
        box.press("Enter")
    expect(chat.get_by_text("等待网络恢复后自动发送").first).to_be_visible()
    peer.lose_event(posted(Text(text="您不在时的一句")))
    peer.deaf = False
    expect(chat.get_by_text("正在重新连接")).to_be_hidden(timeout=20_000)
    lines = chat.get_by_role("log").get_by_role("article").locator(".text")
    expect(lines).to_have_text(["您不在时的一句", "断开时的第一句", "断开时的第二句"])
    assert len(peer.logs[max(peer.logs)]) == 4


@pytest.mark.req("C1")
def test_a_reload_keeps_what_was_not_sent_yet_and_the_draft(page: Page, place: Place, peer: Peer) -> None:
    chat = open_page(page, place)
    expect(chat.get_by_text("智能助手为您解答")).to_be_visible()
    peer.deaf = True
    peer.drop_links()
    expect(chat.get_by_text("正在重新连接")).to_be_visible()
    box = chat.get_by_role("textbox", name="输入您的问题")
    box.fill("刷新前写的")
    box.press("Enter")
    box.fill("还没写完")
    chat.reload()
    expect(chat.get_by_text("刷新前写的")).to_be_visible()
    expect(box).to_have_value("还没写完")
    peer.deaf = False
    expect(chat.get_by_text("已发送", exact=True)).to_be_visible(timeout=20_000)
    assert [post.body for post in peer.all_of(PostMessage)] == [Text(text="刷新前写的")]
    assert len(peer.owners) == 1


@pytest.mark.req("C1")
def test_a_reload_in_the_middle_keeps_the_whole_conversation_and_the_open_window(
    page: Page, place: Place, peer: Peer
) -> None:
    peer.greeting = lambda _: [Text(text=f"第 {number} 句") for number in range(60)]
    open_widget(page, place)
    expect(widget(page).get_by_text("第 59 句")).to_be_visible()
    page.reload()
    expect(widget(page).get_by_text("第 59 句")).to_be_visible()
    expect(widget(page).get_by_role("article")).to_have_count(60)
    assert len(peer.all_of(OpenConsultation)) == 1
    assert max(peer.all_of(Resume)[-1].cursors.values()) == 0


@pytest.mark.req("C1")
def test_two_tabs_show_the_same_chat(context: BrowserContext, place: Place, peer: Peer) -> None:
    first = open_page(context.new_page(), place)
    expect(first.get_by_text("智能助手为您解答")).to_be_visible()
    second = open_page(context.new_page(), place)
    expect(second.get_by_text("智能助手为您解答")).to_be_visible()
    first.get_by_role("textbox", name="输入您的问题").fill("来自第一个标签页")
    first.get_by_role("button", name="发送").click()
    second.get_by_role("textbox", name="输入您的问题").fill("来自第二个标签页")
    second.get_by_role("button", name="发送").click()
    for tab in (first, second):
        lines = tab.get_by_role("log").locator(".text")
        expect(lines).to_have_text(["来自第一个标签页", "来自第二个标签页"])
    assert len({hello.client for hello in peer.all_of(Hello)}) == 2
    assert len(peer.owners) == 1


@pytest.mark.req("C1")
def test_an_event_whose_hint_was_lost_is_noticed_by_the_heads(page: Page, place: Place, peer: Peer) -> None:
    chat = open_page(page, place)
    expect(chat.get_by_text("智能助手为您解答")).to_be_visible()
    peer.lose_event(posted(Text(text="提示丢失的一句")))
    peer.wait_for(Heartbeat)
    expect(chat.get_by_text("提示丢失的一句")).to_be_visible()


@pytest.mark.req("C1")
def test_an_unreachable_relay_is_told_calmly_and_tried_again(page: Page, place: Place, peer: Peer) -> None:
    peer.refuse_http = 503
    chat = open_page(page, place)
    expect(chat.get_by_role("heading", name="暂时连不上咨询服务")).to_be_visible()
    expect(chat.get_by_text("12366")).to_be_visible()
    peer.refuse_http = 0
    expect(chat.get_by_text("智能助手为您解答")).to_be_visible(timeout=20_000)
    expect(chat.get_by_role("heading", name="暂时连不上咨询服务")).to_be_hidden()


def test_a_page_too_old_for_the_relay_asks_to_be_reloaded(page: Page, place: Place, peer: Peer) -> None:
    peer.refuse_links = ErrorCode.VERSION
    chat = open_page(page, place)
    expect(chat.get_by_role("heading", name="页面需要更新")).to_be_visible()
    peer.refuse_links = None
    chat.get_by_role("button", name="刷新页面").click()
    expect(chat.get_by_text("智能助手为您解答")).to_be_visible()


def test_an_expired_session_says_so_and_offers_a_new_beginning(page: Page, place: Place, peer: Peer) -> None:
    peer.refuse_links = ErrorCode.UNAUTHENTICATED
    chat = open_page(page, place)
    expect(chat.get_by_role("heading", name="登录已失效")).to_be_visible()
    peer.refuse_links = None
    chat.get_by_role("button", name="开始新的咨询").click()
    expect(chat.get_by_text("智能助手为您解答")).to_be_visible()


@pytest.mark.req("C1")
def test_a_shared_computer_can_end_and_forget(page: Page, place: Place, peer: Peer) -> None:
    chat = open_page(page, place)
    expect(chat.get_by_text("智能助手为您解答")).to_be_visible()
    chat.locator("summary[aria-label=更多操作]").click()
    chat.get_by_role("button", name="结束并清除本机记录").click()
    chat.get_by_role("button", name="确定结束").click()
    expect(chat.get_by_role("heading", name="已清除")).to_be_visible()
    kept = chat.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))")
    assert [key for key in kept if not key.endswith(":large")] == []
    assert page.context.cookies() == []
