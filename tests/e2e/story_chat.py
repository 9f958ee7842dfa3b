"""The story's first part: page, bot, number, agent, text and picture, and a relay that is killed and comes back."""

import random
import re
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.e2e.waiting import until
from tests.e2e.world import AGENT_NUMBER, World

COMPOSER = "回复输入框"
TRANSCRIPT = "对话记录"
PAGE_NAME = "增值税"
KNOWN_QUESTION = "如何查验数电票真伪"
UNKNOWN_QUESTION = "公积金怎么提取"
SECONDS = 20.0
RETURN_SECONDS = 20.0


def the_page_greets(world: World) -> None:
    """The taxpayer opens the filing page and the window: it knows the page and guesses what might be asked."""
    world.page.goto(world.site + "/vat")
    world.page.get_by_role("button", name="在线咨询").click()
    greeting = world.widget.get_by_role("log").locator(".choices").first
    expect(greeting).to_contain_text(PAGE_NAME, timeout=SECONDS * 1000)
    offered = greeting.locator(".option").count()
    assert 3 <= offered <= 6, f"{offered} suggested questions"


def the_bot_answers_what_it_knows(world: World) -> None:
    """A question inside the knowledge is answered by one entry, which is named with its revision."""
    ask(world, KNOWN_QUESTION)
    answer = world.widget.locator(".answer").last
    expect(answer).to_contain_text(re.compile(r"知识条目 \S+ · 版本 \S+"), timeout=SECONDS * 1000)


def the_bot_says_what_it_does_not_know(world: World) -> None:
    """A question outside is not answered with an invention: the bot says so and offers a person."""
    ask(world, UNKNOWN_QUESTION)
    said = world.widget.locator(".card", has_text="不在我的知识范围").last
    expect(said).to_be_visible(timeout=SECONDS * 1000)
    expect(said.get_by_role("button", name="转人工")).to_be_visible()


def a_number_is_taken(world: World) -> None:
    """「转人工」: the first number of the day, and how many are before it."""
    world.widget.get_by_role("button", name="转人工").last.click()
    queue = world.widget.locator(".queue")
    expect(queue).to_contain_text("A001", timeout=SECONDS * 1000)
    expect(queue).to_contain_text(re.compile("前面还有 0 人|马上就到您了"))


def the_agent_is_offered_it(world: World) -> None:
    """An agent logs in, is ready, and sees what was said and where the taxpayer is before accepting."""
    eyes, hand = world.stage.eyes, world.stage.agents_hand
    hand.click(*eyes.wait("text", "工号", seconds=SECONDS).box.center)
    hand.key("ctrl+a")
    hand.type(AGENT_NUMBER)
    hand.key("Tab")
    hand.type(world.password)
    hand.key("Return")
    eyes.wait("push button", "状态：离线", seconds=SECONDS)
    hand.key("F9")
    eyes.wait("push button", "接听", seconds=SECONDS)
    until(lambda: any(UNKNOWN_QUESTION in row for row in transcript(world)), "the transcript before accepting", SECONDS)
    assert eyes.find(name=re.compile(PAGE_NAME)), "the page the taxpayer is on"


def the_agent_accepts(world: World) -> None:
    """The agent takes it; the page says who is there."""
    world.stage.agents_hand.click(*world.stage.eyes.wait("push button", "接听").box.center)
    expect(world.widget.locator("bw-header")).to_contain_text("为您服务", timeout=SECONDS * 1000)


def they_talk(world: World, chance: random.Random) -> None:
    """Text both ways; the page shows that the agent types, the workbench that it was delivered."""
    asked, answered = sentence(chance, "申报表第"), sentence(chance, "请填第")
    ask(world, asked)
    until(lambda: any(asked in row for row in transcript(world)), "the question on the workbench", SECONDS)
    write(world, answered)
    expect(world.widget.get_by_text("对方正在输入")).to_be_visible(timeout=SECONDS * 1000)
    world.stage.agents_hand.key("Return")
    expect(world.widget.get_by_role("log")).to_contain_text(answered, timeout=SECONDS * 1000)
    until(
        lambda: any(answered in row and re.search("已送达|已读", row) for row in transcript(world)),
        "the delivery mark on the workbench",
        SECONDS,
    )


def a_picture_is_sent(world: World, chance: random.Random, folder: Path) -> None:
    """The taxpayer sends a picture with colours of this run; the agent's display shows them."""
    colour = tuple(chance.randrange(40, 216) for _ in range(3))
    picture = folder / "screenshot.png"
    image = Image.new("RGB", (480, 300), colour)
    ImageDraw.Draw(image).rectangle((20, 20, 120, 80), fill="white")
    image.save(picture)
    world.widget.locator("input[type=file]").set_input_files(picture)
    world.widget.get_by_role("button", name="发送").click()
    expect(world.widget.locator(".picture img").last).to_be_visible(timeout=SECONDS * 1000)
    until(lambda: shows(world, colour), "the picture on the agent's display", SECONDS)


def the_relay_dies_and_returns(world: World, chance: random.Random) -> None:
    """kill -9 between two sentences: both sides come back by themselves; nothing lost, doubled or out of order."""
    mine, theirs = sentence(chance, "断网时我说"), sentence(chance, "断网时座席说")
    world.relay.kill()
    ask(world, mine)
    write(world, theirs)
    world.stage.agents_hand.key("Return")
    world.relay.start()
    log = world.widget.get_by_role("log")
    expect(log).to_contain_text(theirs, timeout=RETURN_SECONDS * 1000)
    until(lambda: any(mine in row for row in transcript(world)), "what the taxpayer said meanwhile", RETURN_SECONDS)
    until(lambda: not any("发送中" in row for row in transcript(world)), "nothing on its way any more", RETURN_SECONDS)
    shown = log.inner_text()
    assert shown.count(mine) == 1, "the taxpayer's sentence on the page, once"
    assert shown.count(theirs) == 1, "the agent's sentence on the page, once"
    rows = transcript(world)
    assert sum(mine in row for row in rows) == 1, "the taxpayer's sentence on the workbench, once"
    assert sum(theirs in row for row in rows) == 1, "the agent's sentence on the workbench, once"


def ask(world: World, text: str) -> None:
    """The taxpayer writes and sends."""
    world.widget.get_by_role("textbox").fill(text)
    world.widget.get_by_role("textbox").press("Enter")


def write(world: World, text: str) -> None:
    """The agent writes, and does not send yet."""
    hand, eyes = world.stage.agents_hand, world.stage.eyes
    hand.click(*eyes.wait(name=COMPOSER).box.center)
    hand.paste(text)


def transcript(world: World) -> list[str]:
    """What the workbench's transcript says, row by row."""
    return world.stage.eyes.rows(TRANSCRIPT)


def sentence(chance: random.Random, start: str) -> str:
    """A sentence nobody has said before."""
    return f"{start}{chance.randrange(10**6, 10**7)}栏"


def shows(world: World, colour: tuple[int, ...], least: int = 2000) -> bool:
    """Whether at least so many pixels of the agent's display have this colour."""
    counted = world.stage.agent.grab().getcolors(maxcolors=1 << 24) or []
    return sum(count for count, shown in counted if _near(shown, colour)) >= least


def _near(shown: object, colour: tuple[int, ...]) -> bool:
    return isinstance(shown, tuple) and all(abs(a - b) <= 3 for a, b in zip(shown, colour, strict=True))
