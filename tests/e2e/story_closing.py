"""The story's last part: the wrap-up that closing needs, the taxpayer's rating, and the whole timeline by command."""

import re

from playwright.sync_api import expect

from tests.e2e.eyes import Widget
from tests.e2e.story_chat import SECONDS
from tests.e2e.waiting import until
from tests.e2e.world import World

WRAP_UP = "小结"
NOTE = "指导纳税人完成增值税申报表填写并提交"
COMMENT = "讲得很清楚"


def the_wrap_up_is_required(world: World) -> None:
    """The agent ends the conversation; an empty wrap-up does not close it, a complete one does."""
    eyes, hand = world.stage.eyes, world.stage.agents_hand
    hand.click(*eyes.wait("push button", "结束并小结").box.center)
    _confirm(world)
    submit = eyes.wait("push button", "提交小结", seconds=SECONDS)
    hand.click(*submit.box.center)
    eyes.wait("push button", "提交小结")
    assert "小结" not in _timeline(world), "an empty wrap-up was taken"
    _choose(world, "业务类别")
    _choose(world, "问题类型")
    hand.click(*eyes.wait("radio button", "已解决").box.center)
    hand.click(*eyes.wait("text", "处理情况").box.center)
    hand.paste(NOTE)
    hand.click(*eyes.wait("push button", "提交小结", enabled=True).box.center)
    until(lambda: NOTE in _timeline(world), "the wrap-up in the log", SECONDS)


def the_taxpayer_rates(world: World) -> None:
    """Five levels, reasons that fit, a word, and thanks."""
    form = world.widget.locator("form.evaluation")
    expect(form).to_be_visible(timeout=SECONDS * 1000)
    assert form.get_by_role("radio").count() == 5
    form.get_by_role("radio", name="非常满意").check()
    form.get_by_role("checkbox", name="解答清楚").check()
    form.get_by_role("textbox").fill(COMMENT)
    form.get_by_role("button", name="提交评价").click()
    expect(world.widget.get_by_text("感谢您的评价")).to_be_visible(timeout=SECONDS * 1000)


def the_timeline_tells_everything(world: World) -> None:
    """`banwen-relay consultations show` prints bot, text, assistance, grants, wrap-up and evaluation."""
    story = _timeline(world)
    for part in (
        "智能助手",
        "知识 ",
        "转人工",
        "取号 A001",
        "接入",
        "图片",
        "请求查看屏幕",
        "授权查看屏幕",
        "控制鼠标键盘",
        "收回授权",
        NOTE,
        "评价：非常满意",
        COMMENT,
    ):
        assert part in story, f"{part!r} is not in the timeline:\n{story}"


def _timeline(world: World) -> str:
    folder = str(world.relay.folder)
    listed = world.relay.command("consultations", "list", "-c", folder)
    found = re.search(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", listed)
    assert found is not None, listed
    return world.relay.command("consultations", "show", found[0], "-c", folder)


def _choose(world: World, name: str) -> None:
    """Open a list of choices by its name and take the first entry, by keyboard."""
    hand = world.stage.agents_hand
    box: Widget = world.stage.eyes.wait("combo box", name)
    hand.click(*box.box.center)
    hand.key("Down", "Return")


def _confirm(world: World) -> None:
    """Say yes if the workbench asks whether the conversation shall end."""
    eyes, hand = world.stage.eyes, world.stage.agents_hand

    def answered() -> bool:
        if eyes.find("push button", "提交小结"):
            return True
        for button in eyes.find("push button", re.compile("^(结束对话|结束|确定)$"), window="结束"):
            hand.click(*button.box.center)
        return False

    until(answered, "the wrap-up", SECONDS, every=0.3)
