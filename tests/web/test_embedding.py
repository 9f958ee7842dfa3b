"""Who may talk to the widget: the embedding site and nobody else; nothing anybody writes becomes markup."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from relay_protocol.ids import EntryId
from relay_protocol.messages import Answer, AskHuman, Choices, NoAnswer, Option, SendContext, Text
from tests.web.conftest import Place, open_widget
from tests.web.peer import Peer
from tests.web.servers import serving
from tests.web.town import widget

ATTACK = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

HOSTILE_FRAME = """<!doctype html><script>
for (let n = 0; n < parent.frames.length; n++) {
  const send = (type, more) => parent.frames[n].postMessage({banwen: 1, type, ...more}, '*')
  setInterval(() => { send('hello'); send('open', {intent: 'human'}); send('context', {token: 'forged'}) }, 50)
}
setInterval(() => parent.postMessage({banwen: 1, type: 'unread', count: 66}, '*'), 50)
</script>"""


@pytest.fixture
def stranger() -> Iterator[str]:
    """Another origin, with a page that talks to every frame it finds."""

    async def hostile(request: Request) -> Response:
        return HTMLResponse(HOSTILE_FRAME)

    with serving(Starlette(routes=[Route("/", hostile)])) as origin:
        yield origin


@pytest.mark.req("G7")
def test_messages_of_another_frame_are_not_heard_by_the_widget_nor_by_the_loader(
    page: Page, place: Place, peer: Peer, stranger: str
) -> None:
    open_widget(page, place)
    expect(widget(page).get_by_text("智能助手为您解答")).to_be_visible()
    page.evaluate(
        """(address) => new Promise((done) => {
          const frame = document.createElement('iframe')
          frame.src = address
          frame.onload = () => setTimeout(done, 1000)
          document.body.append(frame)
        })""",
        stranger,
    )
    assert peer.all_of(AskHuman) == []
    assert peer.all_of(SendContext) == []
    expect(page.locator(".count")).to_be_hidden()


@pytest.mark.req("G7")
def test_a_site_that_is_not_allowed_cannot_frame_the_widget(page: Page, place: Place, peer: Peer) -> None:
    peer.origins.clear()
    page.goto(place.site)
    page.get_by_role("button", name="在线咨询").click()
    expect(page.get_by_text("暂时连不上咨询服务")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("12366")).to_be_visible()
    page.get_by_role("button", name="收起").click()
    expect(page.get_by_role("button", name="在线咨询")).to_be_focused()


def test_nothing_anybody_writes_becomes_markup(page: Page, place: Place, peer: Peer) -> None:
    peer.greeting = lambda _: [
        Text(text=ATTACK),
        NoAnswer(text=ATTACK),
        Choices(purpose="suggest", text=ATTACK, options=[Option(title=ATTACK)]),
        Answer(entry=EntryId(ATTACK), revision=ATTACK, title=ATTACK, text=ATTACK, source=ATTACK),
    ]
    chat = open_widget(page, place)
    box = chat.get_by_role("textbox", name="输入您的问题")
    box.fill(ATTACK)
    box.press("Enter")
    expect(chat.get_by_text(ATTACK, exact=True)).to_have_count(7)
    frame = page.frames[-1]
    assert frame.evaluate("window.hacked") is None
    assert frame.locator("img, script[src='x']").count() == 0


def test_links_are_only_http_and_give_nothing_away(page: Page, place: Place, peer: Peer) -> None:
    peer.greeting = lambda _: [Text(text="见 https://example.test/a?b=1，勿点 javascript:alert(1) 或 data:text/html,x")]
    chat = open_widget(page, place)
    link = chat.get_by_role("log").get_by_role("link")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://example.test/a?b=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_the_policy_is_kept_and_no_token_is_ever_part_of_an_address(page: Page, place: Place, peer: Peer) -> None:
    addresses: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("websocket", lambda socket: addresses.append(socket.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => console.error('policy ' + event.violatedDirective))"
    )
    peer.greeting = lambda _: [Text(text="您好")]
    chat = open_widget(page, place)
    expect(chat.get_by_text("您好")).to_be_visible()
    chat.get_by_role("button", name="大字").click()
    chat.get_by_role("button", name="转人工").click()
    expect(chat.get_by_text("前面还有 2 人")).to_be_visible()
    secrets = {*peer.sessions, *peer.owners}
    assert [address for address in addresses if any(secret in address for secret in secrets)] == []
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []


@pytest.mark.req("G6", "G7")
def test_calls_made_before_the_script_is_loaded_are_carried_out(page: Page, place: Place, peer: Peer) -> None:
    page.add_init_script("(window.banwen ||= []).push(['on', 'need-token', () => {}], ['open', {intent: 'human'}])")
    page.goto(place.site)
    expect(widget(page).get_by_text("前面还有 2 人")).to_be_visible()
    assert len(peer.all_of(AskHuman)) == 1


@pytest.mark.req("C1")
def test_signing_out_forgets_everything_on_this_computer(page: Page, place: Place, peer: Peer) -> None:
    peer.greeting = lambda _: [Text(text="只给第一个人看的话")]
    open_widget(page, place)
    expect(widget(page).get_by_text("只给第一个人看的话")).to_be_visible()
    page.evaluate("banwen.shutdown()")
    expect(page.get_by_role("button", name="在线咨询")).to_be_visible()
    peer.greeting = lambda _: [Text(text="您好")]
    page.get_by_role("button", name="在线咨询").click()
    expect(widget(page).get_by_text("您好", exact=True)).to_be_visible()
    expect(widget(page).get_by_text("只给第一个人看的话")).to_have_count(0)
    assert len(peer.owners) == 2


@pytest.mark.req("C1")
def test_the_full_page_continues_the_widgets_conversation(page: Page, place: Place, peer: Peer) -> None:
    peer.greeting = lambda _: [Text(text="同一段对话")]
    open_widget(page, place)
    expect(widget(page).get_by_text("同一段对话")).to_be_visible()
    with page.context.expect_page() as opened:
        widget(page).get_by_role("button", name="在整页中打开").click()
    expect(opened.value.get_by_text("同一段对话")).to_be_visible()
    assert len(peer.owners) == 1
    assert json.dumps(opened.value.url).count("app=etax-demo") == 1
