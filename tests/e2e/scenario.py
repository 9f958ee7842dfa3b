"""The main job as one story: a taxpayer is stuck, asks, waits, is helped on their own screen, and says how it was."""

import random
from pathlib import Path

from tests.e2e import story_assist, story_chat, story_closing
from tests.e2e.world import World


def play(world: World, chance: random.Random, folder: Path) -> None:
    """Play every step in order; each is recorded and pictured, the first that fails ends the story."""
    step = world.stage.steps.step
    with step("打开申报页，助手说出所在页面并猜出问题", "greeting"):
        story_chat.the_page_greets(world)
    with step("知识内的问题得到注明条目和版本的答案", "answer"):
        story_chat.the_bot_answers_what_it_knows(world)
    with step("知识外的问题如实说明并提供人工", "no-answer"):
        story_chat.the_bot_says_what_it_does_not_know(world)
    with step("转人工，取号 A001", "number"):
        story_chat.a_number_is_taken(world)
    with step("座席登录，看到对话和所在页面", "offer"):
        story_chat.the_agent_is_offered_it(world)
    with step("座席接入", "accepted"):
        story_chat.the_agent_accepts(world)
    with step("双方文字往来，正在输入、已送达", "chat"):
        story_chat.they_talk(world, chance)
    with step("纳税人发送图片", "picture"):
        story_chat.a_picture_is_sent(world, chance, folder)
    with step("中继被强行终止后恢复，一句不丢", "killed-relay"):
        story_chat.the_relay_dies_and_returns(world, chance)
    with step("座席请求查看屏幕，页面出示协助码", "invitation"):
        code = story_assist.the_page_shows_a_code(world)
    with step("协助程序核验座席身份后询问纳税人", "consent"):
        story_assist.the_helper_asks(world, code)
    with step("纳税人同意，座席看到真实桌面", "view"):
        story_assist.the_agent_sees_the_desktop(world, chance)
    with step("请求控制，纳税人再次同意", "control-consent"):
        story_assist.control_is_asked_and_granted(world)
    with step("座席点击、按键、输入中文，填好表单", "control"):
        story_assist.the_agent_fills_the_form(world, chance)
    with step("纳税人按下停止，300 毫秒后再无操作", "stopped"):
        story_assist.the_taxpayer_stops_it(world)
    with step("填写小结后结束咨询", "wrap-up"):
        story_closing.the_wrap_up_is_required(world)
    with step("纳税人评价", "evaluation"):
        story_closing.the_taxpayer_rates(world)
    with step("命令行显示全过程", "timeline"):
        story_closing.the_timeline_tells_everything(world)
