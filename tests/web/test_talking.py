"""Talking with an agent on the page against the real relay: quotes, taking back, pictures, voices, and calm lines."""

import io
import time
from urllib.parse import quote

import msgspec
import pytest
from PIL import Image as Picture
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from relay_protocol.ids import ClientId
from relay_protocol.messages import (
    Attachment,
    EventFrame,
    Image,
    MessagePosted,
    MessageRecalled,
    PostMessage,
    PutOnHold,
    RecallMessage,
    ServiceFinished,
    ServiceResumed,
    Side,
    Text,
    Voice,
)
from tests.web.agent import Agent, new_id, request_id, said_by_taxpayer, signed_in
from tests.web.town import OFFICE_AGENT, Town, begin, say


@pytest.fixture
def chat(page: Page, town: Town, agent: Agent) -> FrameLocator:
    """A conversation with the agent that has just begun."""
    return joined(page, town, agent)


def joined(page: Page, town: Town, agent: Agent) -> FrameLocator:
    """Ask for the agent and be accepted."""
    chat = begin(page, town)
    say(chat, "转人工")
    agent.accept()
    expect(chat.get_by_text("座席 王芳 为您服务").first).to_be_visible()
    return chat


def message(chat: FrameLocator, words: str) -> Locator:
    """The message with these words."""
    return chat.get_by_role("article").filter(has_text=words)


def act(row: Locator, name: str) -> None:
    """Choose something from a message's menu, with the keyboard alone."""
    summary = row.locator(".acts summary")
    summary.focus()
    summary.press("Enter")
    row.get_by_role("button", name=name, exact=True).press("Enter")


def heard_from_taxpayer(agent: Agent, words: str) -> MessagePosted:
    """The taxpayer's message with these words."""

    def wanted(heard: object) -> MessagePosted | None:
        said = said_by_taxpayer(heard) if isinstance(heard, EventFrame) else None
        return said if said and said.body == Text(text=words) else None

    return agent.hear(wanted)


@pytest.mark.req("A12")
def test_a_message_is_quoted_and_the_choice_and_the_draft_last_through_a_reload(
    page: Page, chat: FrameLocator, agent: Agent
) -> None:
    agent.say(Text(text="请问是哪一个属期的申报表？"))
    act(message(chat, "请问是哪一个属期的申报表？"), "引用")
    box = chat.get_by_role("textbox", name="输入您的问题")
    expect(box).to_be_focused()
    box.press_sequentially("十月的")
    page.reload()
    expect(chat.get_by_text("引用 座席 王芳：")).to_be_visible()
    expect(box).to_have_value("十月的")
    box.press("Enter")
    said = heard_from_taxpayer(agent, "十月的")
    assert said.quote is not None
    assert said.quote.excerpt == "请问是哪一个属期的申报表？"
    expect(message(chat, "十月的").get_by_role("button", name="请问是哪一个属期的申报表？")).to_be_visible()
    expect(chat.get_by_text("引用 座席 王芳：")).to_have_count(0)


@pytest.mark.req("A12")
def test_what_is_taken_back_is_gone_on_both_sides_and_from_what_quotes_it(
    page: Page, chat: FrameLocator, agent: Agent
) -> None:
    say(chat, "我的密码是一二三")
    heard_from_taxpayer(agent, "我的密码是一二三")
    act(message(chat, "我的密码是一二三"), "撤回")
    assert agent.event(MessageRecalled).sender.side is Side.TAXPAYER
    expect(chat.get_by_text("您撤回了一条消息")).to_be_visible()
    asked = PostMessage(
        request_id=request_id(),
        consultation=agent.consultation,
        client_id=ClientId(new_id()),
        body=Text(text="请到一号窗口"),
    )
    agent.ask(asked)
    expect(chat.get_by_text("请到一号窗口")).to_be_visible()
    act(message(chat, "请到一号窗口"), "引用")
    say(chat, "好的")
    said = heard_from_taxpayer(agent, "好的")
    assert said.quote is not None
    agent.ask(RecallMessage(request_id=request_id(), consultation=agent.consultation, seq=said.quote.seq))
    expect(chat.get_by_text("座席 王芳撤回了一条消息")).to_be_visible()
    expect(message(chat, "好的").get_by_text("引用的消息已撤回")).to_be_visible()
    page.reload()
    expect(message(chat, "好的").get_by_text("引用的消息已撤回")).to_be_visible()
    expect(chat.get_by_text("我的密码是一二三")).to_have_count(0)


def big_png() -> bytes:
    """A picture larger than its thumbnail."""
    file = io.BytesIO()
    Picture.effect_noise((1200, 900), 40).convert("RGB").save(file, "PNG")
    return file.getvalue()


def upload(agent: Agent, name: str, content: bytes) -> Attachment:
    """Upload as the agent."""
    headers = {
        "Authorization": f"Bearer {agent.token}",
        "X-Consultation": agent.consultation,
        "X-File-Name": quote(name),
    }
    reply = agent.http.post("/api/uploads", content=content, headers=headers)
    reply.raise_for_status()
    return msgspec.json.decode(reply.content, type=Attachment)


@pytest.mark.req("A12")
def test_a_picture_is_small_in_the_conversation_and_whole_on_a_click(
    page: Page, chat: FrameLocator, agent: Agent
) -> None:
    attachment = upload(agent, "截图.png", big_png())
    assert attachment.thumbnail
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    agent.say(Image(attachment=attachment))
    small = chat.get_by_role("img", name="座席 王芳发来的图片：截图.png")
    expect(small).to_have_js_property("naturalWidth", 320)
    assert not [address for address in fetched if address.endswith(attachment.id)]
    small.click()
    expect(chat.get_by_role("dialog").get_by_role("img")).to_have_js_property("naturalWidth", 1200)


@pytest.mark.req("A12")
def test_a_voice_is_recorded_heard_and_sent_and_plays_on_the_page_as_the_relay_made_it(
    context: BrowserContext, page: Page, town: Town, agent: Agent
) -> None:
    context.grant_permissions(["microphone"])
    chat = joined(page, town, agent)
    chat.get_by_role("button", name="语音", exact=True).click()
    bar = chat.get_by_role("region", name="语音", exact=True)
    expect(bar.get_by_text("正在录音 0:02")).to_be_visible()
    bar.get_by_role("button", name="录好了").click()
    expect(bar.get_by_text("已录 0:0")).to_be_visible()
    bar.get_by_role("button", name="发送语音").click()
    body = agent.hear(lambda heard: b if (s := said_by_taxpayer(heard)) and isinstance(b := s.body, Voice) else None)
    assert body.attachment.media_type == "audio/mp4"
    assert 1.5 < body.seconds < 10
    again(chat)
    chat.get_by_role("button", name="语音", exact=True).click()
    bar.get_by_role("button", name="取消录音").click()
    expect(bar).to_be_hidden()


def again(chat: FrameLocator) -> None:
    """Play the only voice there is to its end."""
    voice = chat.get_by_role("button", name="播放我的语音")
    voice.click()
    expect(chat.get_by_role("button", name="暂停")).to_be_visible()
    expect(voice).to_be_visible(timeout=15_000)
    assert chat.locator("bw-transcript audio").evaluate("audio => audio.ended")


@pytest.mark.req("A12")
def test_a_refused_microphone_is_explained_and_typing_goes_on(chat: FrameLocator, agent: Agent) -> None:
    chat.get_by_role("button", name="语音", exact=True).click()
    expect(chat.get_by_role("alert").get_by_text("没有麦克风权限")).to_be_visible()
    chat.locator("bw-recorder").get_by_role("button", name="关闭").click()
    say(chat, "那我打字吧")
    heard_from_taxpayer(agent, "那我打字吧")


def test_on_hold_the_page_says_who_is_waited_for_and_a_word_goes_on(chat: FrameLocator, agent: Agent) -> None:
    agent.ask(PutOnHold(request_id=request_id(), consultation=agent.consultation, reason="等待上传"))
    line = chat.locator("bw-service")
    expect(line.get_by_text("等待您操作")).to_be_visible()
    say(chat, "已经上传了")
    assert agent.event(ServiceResumed).by == "taxpayer"
    expect(line).to_be_hidden()


def test_before_the_automatic_end_a_large_button_says_that_one_is_there(page: Page, town: Town) -> None:
    town.relay.configure("[service]\nidle_reminder = 2.0\nidle_close = 8.0")
    town.relay.restart_after_kill()
    with signed_in(town.relay.url, OFFICE_AGENT, town.relay.passwords[OFFICE_AGENT]) as agent:
        chat = joined(page, town, agent)
        agent.say(Text(text="请问还有什么问题？"))
        chat.get_by_role("button", name="我还在").click(timeout=15_000)
        heard_from_taxpayer(agent, "我还在")
        expect(chat.locator("bw-service")).to_be_hidden()
        agent.say(Text(text="好的"))
        said = time.monotonic()
        assert agent.event(ServiceFinished).by == "idle"
        assert time.monotonic() - said > 5
        expect(chat.get_by_text("长时间没有收到您的消息，本次咨询已自动结束")).to_be_visible()
