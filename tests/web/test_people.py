"""For everybody: by keyboard alone, at 320 pixels, in large type, and with names a screen reader can say."""

import pytest
from playwright.sync_api import Browser, Page, expect

from relay_protocol.ids import EntryId, OfferId
from relay_protocol.messages import Choices, OfferAccepted, Option, PostMessage, ServiceFinished, Text
from tests.web.conftest import Place, open_page, open_widget
from tests.web.peer import AGENT, Peer
from tests.web.town import widget

NAMELESS = """() => [...document.querySelectorAll('button, a, input, textarea, select, summary, [role=button], img')]
  .filter((element) => element.checkVisibility())
  .filter((element) => !(element.getAttribute('aria-label') || element.alt || element.textContent.trim()
    || element.labels?.length || element.title))
  .map((element) => element.outerHTML)"""

LOW_CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    return .2126 * x + .7152 * y + .0722 * z
  }
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at)
      if (style.backgroundImage.startsWith('linear')) return parse(style.backgroundImage.match(/rgb[^)]*/)[0])
      const colour = parse(style.backgroundColor)
      if ((colour[3] ?? 1) === 1) return colour
    }
    return [255, 255, 255]
  }
  const bad = []
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
    if (!own || !element.checkVisibility() || element.closest(':disabled, noscript, script')) continue
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))]
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05)
    if (ratio < 4.5) bad.push(`${ratio.toFixed(1)} ${element.textContent.slice(0, 30)}`)
  }
  return bad
}"""

SMALL_TARGETS = """() => [...document.querySelectorAll('button, summary, textarea')]
  .filter((element) => element.checkVisibility() && !element.classList.contains('link-button'))
  .map((element) => [element.getBoundingClientRect(), element.textContent])
  .filter(([box]) => box.width < 36 || box.height < 36).map(([, text]) => text)"""


def suggestions(peer: Peer) -> None:
    """Greet with something to choose."""
    peer.greeting = lambda _: [
        Choices(purpose="suggest", text="您可能想问：", options=[Option(title="何时申报", entry=EntryId("tax-0025"))])
    ]


def walk_through(chat: Page, peer: Peer) -> None:
    """Bring the page through its states, and look at the names, colours and sizes of each."""
    expect(chat.get_by_text("您可能想问")).to_be_visible()
    look(chat)
    chat.get_by_role("button", name="转人工").click()
    expect(chat.get_by_text("前面还有 2 人")).to_be_visible()
    look(chat)
    peer.tell(OfferAccepted(offer=OfferId("offer"), agent=AGENT))
    peer.say(Text(text="您好 https://example.test/很长很长的地址" + "a" * 80))
    expect(chat.get_by_text("座席 王芳 为您服务")).to_be_visible()
    look(chat)
    peer.tell(ServiceFinished(by="agent"))
    chat.get_by_role("radio", name="不满意", exact=True).check()
    look(chat)


def look(chat: Page) -> None:
    """Nothing without a name, nothing pale, nothing too small to hit, nothing wider than the window."""
    assert chat.evaluate(NAMELESS) == []
    assert chat.evaluate(LOW_CONTRAST) == []
    assert chat.evaluate(SMALL_TARGETS) == []
    assert chat.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert (
        chat.evaluate(
            "document.querySelector('.scroller').scrollWidth - document.querySelector('.scroller').clientWidth"
        )
        <= 0
    )


@pytest.mark.req("C1", "N8")
@pytest.mark.parametrize(
    ("width", "height", "large"),
    [(1280, 800, False), (320, 568, False), (380, 640, True), (683, 384, False)],
    ids=["desktop", "320px", "large type", "zoom 200 %"],
)
def test_every_state_has_names_contrast_and_room(
    browser: Browser, place: Place, peer: Peer, width: int, height: int, large: bool
) -> None:
    suggestions(peer)
    context = browser.new_context(locale="zh-CN", viewport={"width": width, "height": height}, reduced_motion="reduce")
    chat = open_page(context.new_page(), place)
    if large:
        chat.get_by_role("button", name="大字").click()
        chat.reload()
        expect(chat.get_by_role("button", name="大字", pressed=True)).to_be_visible()
    walk_through(chat, peer)
    context.close()


@pytest.mark.req("C1", "N8")
def test_a_whole_conversation_by_keyboard_alone(page: Page, place: Place, peer: Peer) -> None:
    suggestions(peer)
    page.goto(place.site)
    expect(page.get_by_role("button", name="在线咨询")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="在线咨询")).to_be_focused()
    page.keyboard.press("Enter")
    chat = widget(page)
    box = chat.get_by_role("textbox", name="输入您的问题")
    expect(box).to_be_focused()
    expect(chat.get_by_text("您可能想问")).to_be_visible()
    press_until(page, "Shift+Tab", "何时申报")
    page.keyboard.press("Enter")
    assert peer.wait_for(PostMessage).body == Text(text="何时申报", entry=EntryId("tax-0025"))
    expect(box).to_be_focused()
    page.keyboard.type("请问")
    page.keyboard.press("Enter")
    assert peer.wait_for(PostMessage, 2).body == Text(text="请问")
    press_until(page, "Shift+Tab", "转人工")
    page.keyboard.press("Space")
    expect(chat.get_by_text("前面还有 2 人")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="在线咨询")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box).to_be_focused()


def press_until(page: Page, key: str, words: str) -> None:
    """Move the focus with a key until it stands on the control with these words."""
    for _ in range(20):
        page.keyboard.press(key)
        if words in page.frames[-1].evaluate("document.activeElement.textContent"):
            return
    raise AssertionError(f"the focus never reached {words}")


@pytest.mark.req("N8")
def test_a_screen_reader_hears_new_lines_politely_and_old_ones_not_at_all(page: Page, place: Place, peer: Peer) -> None:
    suggestions(peer)
    chat = open_widget(page, place)
    log = chat.get_by_role("log", name="对话记录")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_have_attribute("aria-busy", "false")
    peer.deaf = True
    peer.drop_links()
    expect(log).to_have_attribute("aria-busy", "true")
    peer.deaf = False
    expect(log).to_have_attribute("aria-busy", "false", timeout=20_000)
    expect(page.locator("iframe")).to_have_attribute("title", "在线咨询")
