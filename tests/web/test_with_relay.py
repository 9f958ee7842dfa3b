"""The page, the sample site and the real relay: what a taxpayer sees of one consultation from greeting to rating."""

import os
import re
from urllib.parse import quote

import msgspec
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from relay_protocol.messages import (
    AskAssist,
    AssistJoined,
    Attachment,
    ContextReceived,
    Evaluated,
    FinishService,
    Image,
    MarkSeen,
    Privilege,
    Resolution,
    Side,
    SubmitWrapUp,
    Text,
    Typing,
)
from tests.web.agent import Agent, request_id, said_by_taxpayer, signed_in
from tests.web.pictures import payload, random_png
from tests.web.town import OFFICE_AGENT, Town, begin, say


@pytest.mark.req("G6", accepts=True)
@pytest.mark.req("A2", "I2")
def test_a_click_brings_a_greeting_with_name_page_and_questions_and_the_bot_knows_its_limits(
    page: Page, town: Town
) -> None:
    chat = begin(page, town)
    expect(chat.get_by_text("增值税及附加税费申报（小规模纳税人适用）").first).to_be_visible()
    questions = chat.locator("[data-kind=Choices]").first.get_by_role("listitem")
    assert 3 <= questions.count() <= 6
    questions.first.get_by_role("button").click()
    expect(chat.get_by_text(re.compile(r"知识条目 \S+ · 版本 \S+")).first).to_be_visible()
    say(chat, "南昌哪家拌粉最好吃")
    expect(chat.locator("[data-kind=NoAnswer]").get_by_role("button", name="转人工")).to_be_visible()


@pytest.mark.req("A1", "A8", "A12", "A13", "S6", "G1")
def test_from_the_queue_to_the_rating_with_an_agent_at_the_other_end(page: Page, town: Town, agent: Agent) -> None:
    chat = begin(page, town)
    say(chat, "转人工")
    expect(chat.get_by_text("A001").first).to_be_visible()
    agent.accept()
    expect(chat.get_by_text("座席 王芳 为您服务")).to_be_visible()
    expect(chat.locator("bw-composer").get_by_role("button", name="转人工")).to_be_hidden()
    typed = os.urandom(6).hex()
    say(chat, typed)
    assert agent.taxpayers_next() == Text(text=typed)
    expect(chat.get_by_text("已发送", exact=True)).to_be_visible()
    agent.send(MarkSeen(consultation=agent.consultation, delivered=agent_seq(agent), read=0))
    expect(chat.get_by_text("已送达", exact=True)).to_be_visible()
    agent.send(MarkSeen(consultation=agent.consultation, delivered=agent_seq(agent), read=agent_seq(agent)))
    expect(chat.get_by_text("对方已读", exact=True)).to_be_visible()
    chat.get_by_role("textbox", name="输入您的问题").press_sequentially("嗯")
    assert agent.message(Typing).side is Side.TAXPAYER
    agent.send(Typing(consultation=agent.consultation))
    expect(chat.get_by_text("对方正在输入…")).to_be_visible()
    exchange_pictures(chat, agent)
    finish(chat, agent)


def agent_seq(agent: Agent) -> int:
    """The newest event the agent has."""
    return max(getattr(message, "seq", 0) or 0 for message in agent.heard)


def exchange_pictures(chat: FrameLocator, agent: Agent) -> None:
    """A picture goes to the agent, and another comes back."""
    picture = random_png()
    chat.locator("input[type=file]").set_input_files([payload("我的截图.png", "image/png", picture)])
    chat.get_by_role("button", name="发送").click()
    body = agent.taxpayers_next()
    while isinstance(body, Text):
        body = agent.taxpayers_next()
    assert isinstance(body, Image)
    assert (body.attachment.name, body.attachment.width) == ("我的截图.png", 32)
    headers = {
        "Authorization": f"Bearer {agent.token}",
        "X-Consultation": agent.consultation,
        "X-File-Name": quote("回复.png"),
    }
    reply = agent.http.post("/api/uploads", content=random_png(), headers=headers)
    reply.raise_for_status()
    agent.say(Image(attachment=msgspec.json.decode(reply.content, type=Attachment)))
    expect(chat.get_by_role("img", name="座席 王芳发来的图片：回复.png")).to_be_visible()


def finish(chat: FrameLocator, agent: Agent) -> None:
    """The agent finishes and wraps up; the taxpayer rates."""
    agent.ask(FinishService(request_id=request_id(), consultation=agent.consultation))
    expect(chat.get_by_role("heading", name="请为本次服务评价")).to_be_visible()
    chat.get_by_role("radio", name="非常满意", exact=True).check()
    chat.get_by_role("checkbox", name="解答清楚").check()
    chat.get_by_role("button", name="提交评价").click()
    expect(chat.get_by_text("感谢您的评价")).to_be_visible()
    evaluated = agent.event(Evaluated)
    assert (evaluated.level, evaluated.reasons) == (5, ["解答清楚"])
    agent.ask(
        SubmitWrapUp(
            request_id=request_id(),
            consultation=agent.consultation,
            business="vat",
            question_type="operation",
            resolution=Resolution.RESOLVED,
            text="指导填写申报表。",
        )
    )
    chat.get_by_role("button", name="再次咨询").click()
    expect(chat.get_by_role("button", name="转人工").first).to_be_visible()


@pytest.mark.req("C1", "A8")
def test_a_relay_killed_in_the_middle_loses_nothing_and_nobody_clicks_anything(page: Page, town: Town) -> None:
    chat = begin(page, town)
    say(chat, "转人工")
    expect(chat.get_by_text("A001").first).to_be_visible()
    before = os.urandom(6).hex()
    say(chat, before)
    expect(chat.get_by_text("已发送", exact=True)).to_be_visible()
    town.relay.kill()
    expect(chat.get_by_text("正在重新连接")).to_be_visible()
    meanwhile = [os.urandom(6).hex() for _ in range(3)]
    for words in meanwhile:
        say(chat, words)
    town.relay.start()
    expect(chat.get_by_text("正在重新连接")).to_be_hidden(timeout=30_000)
    expect(chat.get_by_text("已发送", exact=True)).to_be_visible()
    mine = chat.locator("[data-side=taxpayer] .text")
    expect(mine).to_have_text(["转人工", before, *meanwhile])
    with signed_in(town.relay.url, OFFICE_AGENT, town.relay.passwords[OFFICE_AGENT]) as agent:
        agent.accept()
        expect(chat.get_by_text("座席 王芳 为您服务")).to_be_visible()
        said = [event.body for message in agent.heard if (event := said_by_taxpayer(message))]
        assert said == [Text(text=words) for words in ("转人工", before, *meanwhile)]
    page.reload()
    expect(mine).to_have_text(["转人工", before, *meanwhile])


@pytest.mark.req("A23")
def test_an_invitation_is_redeemed_by_its_code_or_declined_on_the_page(page: Page, town: Town, agent: Agent) -> None:
    chat = begin(page, town)
    say(chat, "转人工")
    agent.accept()
    ask = AskAssist(request_id=request_id(), consultation=agent.consultation, scope=[Privilege.VIEW])
    agent.ask(ask)
    card = chat.get_by_role("region", name="座席请求查看您的屏幕")
    expect(card.get_by_text("王芳（工号 8001）")).to_be_visible()
    shown = card.get_by_role("group", name=re.compile("协助码")).get_attribute("aria-label") or ""
    first = shown.removeprefix("协助码").replace(" ", "")
    page.reload()
    chat.get_by_role("button", name="换一个新的协助码").click()
    shown = card.get_by_role("group", name=re.compile("协助码")).get_attribute("aria-label") or ""
    second = shown.removeprefix("协助码").replace(" ", "")
    assert agent.http.post("/api/helper/redeem", json={"code": first}).status_code in (404, 410)
    assert agent.http.post("/api/helper/redeem", json={"code": second}).status_code == 200
    assert agent.http.post("/api/helper/redeem", json={"code": second}).status_code == 410
    assert not [m for m in agent.heard if isinstance(getattr(m, "event", None), AssistJoined)]


@pytest.mark.req("I2")
def test_the_agent_sees_where_the_taxpayer_is_as_it_changes(page: Page, town: Town, agent: Agent) -> None:
    chat = begin(page, town)
    say(chat, "转人工")
    agent.accept()
    page.get_by_label("增值税专用发票不含税销售额").fill("81000")
    page.get_by_role("button", name="提交申报").click()
    context = agent.event(ContextReceived).context
    while "SB2031" not in context.error:
        context = agent.event(ContextReceived).context
    assert context.verified
    assert (context.module, context.error) == ("vat_filing", "SB2031 申报比对不通过")
    page.goto(f"{town.site}/invoice")
    expect(chat.get_by_text("蓝字发票开具").first).to_be_visible()
    context = agent.event(ContextReceived).context
    while context.module != "invoice_issue":
        context = agent.event(ContextReceived).context
    while not context.elements:
        context = agent.event(ContextReceived).context
    assert context.elements["buyer_name"] == "赣州示例科技有限公司"
    assert context.elements["buyer_tax_number"] == "9136**********PLE3"


@pytest.mark.req("A12")
def test_a_forbidden_file_is_refused_by_its_content_with_a_way_out(page: Page, town: Town) -> None:
    chat = begin(page, town)
    program = b"\x7fELF\x02\x01\x01" + os.urandom(200)
    chat.locator("input[type=file]").set_input_files([payload("图片.png", "image/png", program)])
    chat.get_by_role("button", name="发送").click()
    expect(chat.get_by_role("alert").get_by_text("不支持这种文件。可以发送图片")).to_be_visible()
    expect(chat.get_by_role("button", name="重试")).to_have_count(0)
    chat.get_by_role("button", name="删除").click()
    expect(chat.locator(".failed")).to_have_count(0)
