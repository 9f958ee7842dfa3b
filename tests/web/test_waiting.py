"""Waiting, and what one can do instead, on the page against the real relay: nothing of it is lost."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from relay_protocol.messages import MessageLeft, TakeUp, Text
from tests.web.agent import Agent, request_id, signed_in
from tests.web.town import OFFICE_AGENT, Town, begin, say

CHINA = timezone(timedelta(hours=8))
RULES = """
name = "default"
skip_empty = false
overflow_after = 3.0
steps = [
  { after = 0.0, level = "county" },
  { after = 1.0, level = "city", skilled = false },
]
"""


@pytest.fixture
def hurried(town: Town, tmp_path: Path) -> Town:
    """The town, where the search widens after a second and word is offered after three."""
    file = tmp_path / "rules.toml"
    file.write_text(RULES, encoding="utf-8")
    town.relay.command("rules", "set", str(file), "-c", str(town.relay.folder))
    town.relay.restart_after_kill()
    return town


@pytest.fixture
def closed(town: Town) -> Town:
    """The town when all offices of the province are closed today and tomorrow."""
    folder = ("-c", str(town.relay.folder))
    today = datetime.now(CHINA).date()
    days = [part for ahead in (0, 1) for part in ("--closed", (today + timedelta(days=ahead)).isoformat())]
    hours = ("--hours", "08:30-12:00,14:30-17:30")
    town.relay.command("calendars", "add", "resting", *folder, "--name", "休息", *hours, *days)
    town.relay.command("offices", "set", "360000", *folder, "--calendar", "resting")
    town.relay.restart_after_kill()
    return town


@pytest.fixture
def stranger(page: Page, town: Town) -> Page:
    """The full page of somebody nobody knows, at a relay that has to ask which office is theirs."""
    town.relay.configure('[relay]\ndefault_office = ""')
    town.relay.restart_after_kill()
    page.goto(f"{town.relay.url}/chat?app=etax-demo")
    return page


@pytest.mark.req("A8", "A27")
def test_who_waits_sees_the_reach_widen_and_keeps_the_number_when_away_reloaded_or_the_relay_dies(
    page: Page, hurried: Town
) -> None:
    chat = begin(page, hurried)
    say(chat, "转人工")
    panel = chat.locator("bw-queue")
    expect(panel.get_by_text("A001")).to_be_visible()
    expect(panel.get_by_text("马上就到您了")).to_be_visible()
    expect(panel.get_by_text("预计等待")).to_have_count(0)
    expect(panel.get_by_text(re.compile("已为您扩大到 .*南昌市"))).to_be_visible()
    panel.get_by_role("button", name="稍后回来").click()
    expect(panel.get_by_text("已为您保留号码")).to_be_visible()
    expect(panel.get_by_text(re.compile(r"(9:5\d|10:00) 后自动取消排队"))).to_be_visible()
    page.reload()
    expect(panel.get_by_text("已为您保留号码")).to_be_visible()
    say(chat, "我回来了，请问怎么更正申报？")
    expect(panel.get_by_text("马上就到您了")).to_be_visible()
    hurried.relay.kill()
    expect(panel.get_by_text("网络已断开，您的号码还在，恢复后接着排队。")).to_be_visible()
    hurried.relay.start()
    expect(chat.get_by_text("正在重新连接")).to_be_hidden(timeout=30_000)
    expect(panel.get_by_text("A001")).to_be_visible()
    with signed_in(hurried.relay.url, OFFICE_AGENT, hurried.relay.passwords[OFFICE_AGENT]) as agent:
        agent.accept()
        expect(chat.get_by_text("座席 王芳 为您服务").first).to_be_visible()
    expect(panel).to_be_hidden()


@pytest.mark.req("A9")
def test_who_does_not_want_to_wait_is_with_the_bot_again(page: Page, hurried: Town) -> None:
    chat = begin(page, hurried)
    say(chat, "转人工")
    chat.locator("bw-queue").get_by_role("button", name="不再等待").click()
    expect(chat.get_by_text("您已离开排队，可以继续向智能助手提问")).to_be_visible()
    expect(chat.locator("bw-composer").get_by_role("button", name="转人工")).to_be_visible()


@pytest.mark.req("A8", "A30")
def test_when_nobody_comes_the_place_is_kept_and_a_message_can_be_left_that_an_agent_answers(
    page: Page, hurried: Town
) -> None:
    chat = begin(page, hurried)
    say(chat, "转人工")
    panel = chat.locator("bw-queue")
    expect(panel.get_by_text("您的号码保留，可以继续等待；也可以留言或预约回电。")).to_be_visible()
    expect(panel.get_by_text("A001")).to_be_visible()
    panel.get_by_role("button", name="留言").click()
    form = chat.get_by_role("form", name="留言")
    form.get_by_role("button", name="提交留言").click()
    expect(form.get_by_role("alert")).to_have_text("请填写留言内容。")
    form.get_by_label("留言内容").fill("更正申报提示比对不通过")
    form.get_by_label("联系电话").fill("12")
    form.get_by_role("button", name="提交留言").click()
    expect(form.get_by_role("alert")).to_have_text("请填写正确的电话号码，如 13912345678 或 0791-12345678。")
    form.get_by_label("联系电话").fill("0791-1234 5678")
    form.get_by_role("button", name="提交留言").click()
    expect(chat.get_by_role("status", name="留言已登记")).to_contain_text("前答复您")
    page.reload()
    expect(chat.get_by_role("status", name="留言已登记")).to_contain_text("前答复您")
    with signed_in(hurried.relay.url, OFFICE_AGENT, hurried.relay.passwords[OFFICE_AGENT]) as agent:
        take_up(agent, hurried)
        left = agent.event(MessageLeft)
        assert (left.text, left.phone) == ("更正申报提示比对不通过", "079112345678")
        expect(chat.get_by_text("座席 王芳 为您服务").first).to_be_visible()
        agent.say(Text(text="请先作废原申报表。"))
        expect(chat.get_by_text("请先作废原申报表。")).to_be_visible()


def take_up(agent: Agent, town: Town) -> None:
    """Take up the only consultation there is."""
    listed = town.relay.command("consultations", "list", "-c", str(town.relay.folder), "--json")
    found = re.search(r"[0-9A-HJKMNP-TV-Z]{26}", listed)
    assert found is not None
    agent.consultation = type(agent.consultation)(found[0])
    agent.ask(TakeUp(request_id=request_id(), consultation=agent.consultation))


@pytest.mark.req("A29", "A30")
def test_outside_office_hours_the_next_opening_is_named_and_a_call_back_is_booked_and_cancelled(
    page: Page, closed: Town
) -> None:
    chat = begin(page, closed)
    say(chat, "转人工")
    choices = chat.locator("bw-word")
    expect(choices.get_by_text("现在不在服务时间")).to_be_visible()
    expect(choices.get_by_text(re.compile(r"下次服务时间：\d+月\d+日.*08:30"))).to_be_visible()
    choices.get_by_role("button", name="预约回电").click()
    form = chat.get_by_role("form", name="预约回电")
    form.get_by_role("button", name="提交预约").click()
    expect(form.get_by_role("alert")).to_contain_text("请填写正确的电话号码")
    form.get_by_label("联系电话").fill("13912345678")
    form.get_by_label("指定时间之后").check()
    form.get_by_label("日期和时间").fill("2020-01-01T10:00")
    form.get_by_role("button", name="提交预约").click()
    expect(form.get_by_role("alert")).to_have_text("请选择现在以后、两周以内的时间。")
    form.get_by_label("尽快").check()
    form.get_by_role("button", name="提交预约").click()
    booked = chat.get_by_role("status", name="回电已预约")
    expect(booked).to_contain_text(re.compile(r"将从 \d+月\d+日.*08:30 起"))
    booked.get_by_role("button", name="取消预约").click()
    expect(chat.get_by_text("已取消，可以继续向智能助手提问")).to_be_visible()
    say(chat, "发票怎么开")
    expect(chat.locator("[data-side=bot]").last).to_be_visible()


@pytest.mark.req("A27")
def test_somebody_without_an_office_finds_theirs_by_typing_and_waits_for_it(stranger: Page) -> None:
    stranger.get_by_role("button", name="转人工").first.click()
    panel = stranger.get_by_role("region", name="请选择您的主管税务机关")
    search = panel.get_by_role("searchbox")
    expect(search).to_be_focused()
    search.fill("没有这个地方")
    expect(panel.get_by_text("没有找到“没有这个地方”，请换一个地名。")).to_be_visible()
    search.fill("西湖")
    expect(panel.get_by_text("共 1 个机关")).to_be_visible()
    search.press("Enter")
    queued = stranger.locator("bw-queue")
    expect(queued.get_by_text("A001")).to_be_visible()
    expect(queued.get_by_text(re.compile("西湖区"))).to_be_visible()
