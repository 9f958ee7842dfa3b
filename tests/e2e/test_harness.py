"""The harness itself works: desktops, hand, eyes, browser and camera are real and meet each other."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from Xlib import X
from Xlib.display import Display
from Xlib.ext import xinput, xtest

from tests.e2e.browser import chromium, on_screen
from tests.e2e.desktops import Desktop
from tests.e2e.eyes import Eyes, open_eyes
from tests.e2e.hand import Hand, clipboard, copy
from tests.e2e.report import Steps
from tests.e2e.stage import stage
from tests.e2e.waiting import TooLate, until

SAMPLE = [sys.executable, "-m", "tests.e2e.sample_window"]
PAGE = """<title>样例</title><body style="height:3000px"><input id=a><p style="margin-top:90px">
<button onclick="this.textContent='已提交'; this.dataset.at=`${event.screenX},${event.screenY}`">提交</button>"""


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_a_hand_presses_what_the_eyes_found_and_the_window_obeys(agent: Desktop, scale: float) -> None:
    hand = Hand(agent)
    with open_eyes(agent, scale) as eyes:
        with agent.program(SAMPLE, "sample.log", {"QT_SCALE_FACTOR": str(scale)}):
            hand.click(*eyes.wait("text", "消息").box.center)
            hand.type("VAT 101 ")
            hand.type("增值税申报")
            until(lambda: eyes.wait("text", "消息").text == "VAT 101 增值税申报", "the typed text")
            hand.click(*eyes.wait("push button", "发送", enabled=True).box.center)
            until(lambda: eyes.rows("已发送") == ["VAT 101 增值税申报"], "the row of what was sent")
        eyes.wait_gone(window="样例窗口")


def test_what_is_not_there_is_reported_with_what_is(agent: Desktop, agents_eyes: Eyes) -> None:
    with agent.program(SAMPLE, "sample.log"):
        agents_eyes.wait("push button", "发送")
        with pytest.raises(TooLate, match="发送"):
            agents_eyes.wait("push button", "撤回", seconds=0.2)


def test_the_taxpayers_hand_fills_a_page_and_the_film_of_both_desktops_plays(tmp_path: Path) -> None:
    with (
        stage(tmp_path, filmed=True) as scene,
        scene.agent.program(SAMPLE, "sample.log"),
        chromium(scene.taxpayer) as browser,
    ):
        filming_since, hand, page = time.monotonic(), scene.taxpayers_hand, browser.pages[0]
        with scene.steps.step("打开页面", "page"):
            page.set_content(PAGE)
            field, button = page.locator("#a"), page.locator("button")
        with scene.steps.step("填写并提交", "filled"):
            hand.click(*on_screen(page, field).center)
            hand.paste("江西赣税 ")
            hand.type("2024")
            until(lambda: field.input_value() == "江西赣税 2024", "the field filled by hand")
            where = on_screen(page, button).center
            hand.click(*where)
            until(lambda: button.text_content() == "已提交", "the button pressed by hand")
            assert button.get_attribute("data-at") == "{},{}".format(*where)
        hand.wheel(3)
        until(lambda: page.evaluate("scrollY") > 0, "the page scrolled by the wheel")
        until(lambda: time.monotonic() - filming_since > 2.5, "something worth filming")
    assert frames(tmp_path / "demo.mp4") >= 8
    assert scene.steps.exit_code(at_least=2) == 0
    assert len(list(tmp_path.glob("0[12]-*.png"))) == 2


def test_input_from_outside_has_another_source_than_injected_input(taxpayer: Desktop) -> None:
    connection = Display(taxpayer.display)
    try:
        names = {device.deviceid: device.name for device in connection.xinput_query_device(xinput.AllDevices).devices}
        window = connection.screen().root.create_window(
            0, 0, 300, 300, 0, connection.screen().root_depth, override_redirect=True
        )
        window.xinput_select_events([(xinput.AllMasterDevices, xinput.ButtonPressMask)])
        window.map()
        connection.sync()
        Hand(taxpayer).click(100, 100)
        assert "Xephyr" in names[source_of_next_press(connection)]
        xtest.fake_input(connection, X.ButtonPress, 1)
        xtest.fake_input(connection, X.ButtonRelease, 1)
        connection.sync()
        assert "XTEST" in names[source_of_next_press(connection)]
    finally:
        connection.close()


def test_the_clipboard_belongs_to_its_desktop(agent: Desktop, taxpayer: Desktop) -> None:
    copy(taxpayer, "纳税人的内容")
    assert (clipboard(agent), clipboard(taxpayer)) == ("", "纳税人的内容")


def test_a_failed_step_is_kept_readable_and_fails_the_run(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    with pytest.raises(TooLate), steps.step("等号码"):
        raise TooLate("not within 1 s: A001")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [(step["name"], step["ok"]) for step in report["steps"]] == [("等号码", False)]
    assert "A001" in (tmp_path / "failure.txt").read_text(encoding="utf-8")
    assert steps.exit_code() == 1


def source_of_next_press(connection: Display) -> int:
    until(connection.pending_events, "a button press")
    return int(connection.next_event().data.sourceid)


def frames(path: Path) -> int:
    """How many frames of the film can really be decoded."""
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0"]
    command += ["-show_entries", "stream=nb_read_frames,width", "-of", "json", str(path)]
    stream = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["streams"][0]
    assert stream["width"] == 2 * 1280
    return int(stream["nb_read_frames"])
