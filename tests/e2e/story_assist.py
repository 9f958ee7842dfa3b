"""The story's middle: invitation, a helper bound to its agent, consent, picture, control, and a stop that stops."""

import random
import threading
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from tests.e2e.browser import on_screen
from tests.e2e.desktops import Desktop
from tests.e2e.eyes import Box
from tests.e2e.hand import clipboard, copy
from tests.e2e.story_chat import SECONDS
from tests.e2e.waiting import until
from tests.e2e.world import AGENT_NUMBER, World, agent_of, digits, program

VIEW_QUESTION = "允许税务人员查看您的屏幕吗"
CONTROL_QUESTION = "允许税务人员操作您的电脑吗"
REMOTE_VIEW = "远程桌面"
OWN_CLIPBOARD = "纳税人自己复制的内容"
CHARACTERS = "本季度未开票收入已如实填报请核对"
STOP_SECONDS = 0.3
GRID = 4
CELL = 48
RED = (160, 90)
"""A border pixel is red when red is at least, and green and blue at most, this much."""

PATTERN = """([rows, columns, size]) => {
  const box = document.createElement('div')
  box.id = 'pattern'
  box.style.cssText = 'position:fixed;left:24px;top:420px;z-index:9;display:grid'
  box.style.gridTemplateColumns = `repeat(${columns}, ${size}px)`
  for (const colour of rows) {
    const cell = document.createElement('div')
    cell.style.cssText = `height:${size}px;background:rgb(${colour.join(',')})`
    box.append(cell)
  }
  document.body.append(box)
}"""

WATCH_INPUT = """() => {
  window.seen = []
  for (const name of ['keydown', 'mousemove', 'mousedown', 'input'])
    document.addEventListener(name, () => window.seen.push(Date.now() / 1000), true)
}"""


def the_page_shows_a_code(world: World) -> str:
    """The agent asks to see the screen; the page says who asks and shows a code for ten minutes."""
    world.stage.agents_hand.click(*world.stage.eyes.wait("push button", "远程协助").box.center)
    panel = world.widget.locator(".assist")
    expect(panel.locator(".assist-code")).to_be_visible(timeout=SECONDS * 1000)
    expect(panel).to_contain_text(agent_of(world.relay)[0])
    return digits(panel.locator(".assist-code").inner_text())


def the_helper_asks(world: World, code: str) -> None:
    """The helper, started with the code, asks only once the agent's signature holds; it names agent and office."""
    desktop, eyes = world.stage.taxpayer, world.helper_eyes
    command: list[str | Path] = [program("banwen-helper"), "--server", world.relay.url, "--code", code]
    world.helpers.enter_context(desktop.program(command, "helper.log"))
    eyes.wait("push button", "同意查看", window=VIEW_QUESTION, enabled=True, seconds=SECONDS)
    shown = "\n".join(widget.name for widget in eyes.find(window=VIEW_QUESTION))
    for part in (*agent_of(world.relay), AGENT_NUMBER):
        assert part in shown, f"{part!r} is not in the question:\n{shown}"


def the_agent_sees_the_desktop(world: World, chance: random.Random) -> None:
    """On consent the workbench shows the real desktop: a pattern of this run appears on the agent's display."""
    colours = [tuple(chance.randrange(256) for _ in range(3)) for _ in range(GRID * GRID)]
    world.page.evaluate("banwen.close()")
    world.page.evaluate(PATTERN, [colours, GRID, CELL])
    allow = world.helper_eyes.wait("push button", "同意查看", window=VIEW_QUESTION, enabled=True)
    world.stage.taxpayers_hand.click(*allow.box.center)
    until(lambda: shows_grid(world.stage.agent.grab(), colours), "the pattern on the agent's display", SECONDS)
    until(lambda: framed_in_red(world.stage.taxpayer), "a red border around the taxpayer's screen", SECONDS)


def control_is_asked_and_granted(world: World) -> None:
    """Control is a question of its own, answered on the taxpayer's machine; the bar says who may do what."""
    world.stage.agents_hand.click(*world.stage.eyes.wait("push button", "请求控制", enabled=True).box.center)
    allow = world.helper_eyes.wait("push button", "同意操作", window=CONTROL_QUESTION, enabled=True, seconds=SECONDS)
    world.stage.taxpayers_hand.click(*allow.box.center)
    name, _ = agent_of(world.relay)
    world.helper_eyes.wait(name=f"{name}（{AGENT_NUMBER}）正在操作您的电脑", seconds=SECONDS)
    world.helper_eyes.wait("push button", "停止")
    until(lambda: framed_in_red(world.stage.taxpayer), "the red border", SECONDS)
    world.page.evaluate("document.getElementById('pattern').remove()")


def the_agent_fills_the_form(world: World, chance: random.Random) -> None:
    """Clicks, keys and Chinese in the remote view fill the form in the taxpayer's browser; the clipboard is theirs."""
    hand, page = world.stage.agents_hand, world.page
    amount = f"{chance.randrange(1000, 9999)}.{chance.randrange(10, 99)}"
    words = "".join(chance.sample(CHARACTERS, 8))
    copy(world.stage.taxpayer, OWN_CLIPBOARD)
    field, note = page.locator("#uninvoiced"), page.locator("#note")
    hand.click(*seen_at(world, on_screen(page, field)))
    until(lambda: page.evaluate("document.activeElement.id") == "uninvoiced", "the field has the focus", SECONDS)
    hand.type(amount)
    until(lambda: field.input_value() == amount, "the amount in the field", SECONDS)
    hand.click(*seen_at(world, on_screen(page, note)))
    until(lambda: page.evaluate("document.activeElement.id") == "note", "the note has the focus", SECONDS)
    hand.type(words)
    until(lambda: note.input_value() == words, f"the words {words!r} in the note", SECONDS)
    until(lambda: clipboard(world.stage.taxpayer) == OWN_CLIPBOARD, "the taxpayer's own clipboard again", SECONDS)


def the_taxpayer_stops_it(world: World) -> None:
    """The taxpayer presses stop while the agent types on: nothing more arrives after 300 ms, and the frame goes."""
    page = world.page
    page.evaluate(WATCH_INPUT)
    typing = threading.Thread(target=world.stage.agents_hand.type, args=("0" * 160,))
    typing.start()
    until(lambda: page.evaluate("seen.length") > 3, "the agent's keys in the page", SECONDS)
    stop = world.helper_eyes.wait("push button", "停止").box.center
    world.stage.taxpayers_hand.click(*stop)
    pressed = time.time()
    typing.join()
    until(lambda: time.time() > pressed + 1.5, "a while of keys that go nowhere", 3)
    last = max(page.evaluate("seen"))
    assert last <= pressed + STOP_SECONDS, f"input {last - pressed:.3f} s after the press"
    until(lambda: not framed_in_red(world.stage.taxpayer), "no frame any more", SECONDS)
    world.helpers.close()
    page.get_by_role("button", name="在线咨询").click()
    expect(world.widget.get_by_role("log")).to_contain_text("停止", timeout=SECONDS * 1000)


def seen_at(world: World, there: Box) -> tuple[int, int]:
    """Where the middle of a box on the taxpayer's screen lies in the agent's remote view, which keeps proportions."""
    view = world.stage.eyes.wait(name=REMOTE_VIEW).box
    screen = world.stage.taxpayer.size
    scale = min(view.width / screen.width, view.height / screen.height, 1.0)
    left = view.x + (view.width - screen.width * scale) / 2
    top = view.y + (view.height - screen.height * scale) / 2
    x, y = there.center
    return round(left + x * scale), round(top + y * scale)


def framed_in_red(desktop: Desktop) -> bool:
    """Whether all four edges of the screen are red, looked at in their middles and quarters."""
    picture = desktop.grab()
    width, height = picture.size
    across = [(width * part // 4, y) for part in (1, 3) for y in (1, height - 2)]
    down = [(x, height * part // 4) for part in (1, 2, 3) for x in (1, width - 2)]
    return all(_is_red(picture, place) for place in across + down)


def shows_grid(picture: Image.Image, colours: list[tuple[int, ...]]) -> bool:
    """Whether the picture shows the cells in their places, at whatever scale."""
    found = _find(picture, colours[0])
    if found is None:
        return False
    left, top, width, height = found
    for number, colour in enumerate(colours):
        x = left + width * (number % GRID) + width // 2
        y = top + height * (number // GRID) + height // 2
        if not (x < picture.width and y < picture.height and _near(picture.getpixel((x, y)), colour)):
            return False
    return True


def _find(picture: Image.Image, colour: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """The box of one exact colour: left, top, width, height."""
    channels = [band.point([255 if value == wanted else 0 for value in range(256)]) for band, wanted in
                zip(picture.split(), colour, strict=True)]  # fmt: skip
    box = Image.merge("RGB", channels).convert("L").point([0] * 255 + [255]).getbbox()
    return (box[0], box[1], box[2] - box[0], box[3] - box[1]) if box else None


def _near(shown: object, colour: tuple[int, ...]) -> bool:
    return isinstance(shown, tuple) and all(abs(a - b) <= 2 for a, b in zip(shown, colour, strict=True))


def _is_red(picture: Image.Image, place: tuple[int, int]) -> bool:
    pixel = picture.getpixel(place)
    least, most = RED
    return isinstance(pixel, tuple) and pixel[0] >= least and pixel[1] <= most and pixel[2] <= most
