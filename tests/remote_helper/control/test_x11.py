"""On a real X server: what is admitted reaches a real program, the person's hand is known, the clipboard survives."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from Xlib.display import Display

from relay_protocol.messages.channel import (
    Button,
    InputEvent,
    MovePointer,
    PasteText,
    PressButton,
    PressKey,
    TurnWheel,
)
from remote_helper.control.hand import UNKNOWN_KEY, AgentsHand
from remote_helper.control.x11 import X11Injector, X11Surroundings
from remote_helper.control.x11_paste import X11Paste
from remote_helper.control.x11_person import X11Person
from remote_helper.guard import Guard, Refusal
from tests.e2e.desktops import Desktop
from tests.e2e.hand import Hand, clipboard, copy
from tests.e2e.waiting import until
from tests.remote_helper.conftest import Target

FIELD = (300, 350)
CONTROL, SHIFT, RETURN, ESCAPE = 0xFFE3, 0xFFE1, 0xFF0D, 0xFF1B


@dataclass
class Agent:
    """The agent's end of one grant, with everything that happens on this machine."""

    hand: AgentsHand
    guard: Guard
    ours: set[int]
    injected: list[InputEvent]

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self.hand.grant(1, 60.0)

    async def do(self, kind: type[InputEvent], **fields: object) -> str:
        self.hand.renew(1)
        return await self.hand.do(kind(epoch=1, sequence=next(self._numbers), **fields))  # type: ignore[arg-type]

    async def click(self, x: int, y: int, button: Button = Button.LEFT) -> None:
        for down in (True, False):
            assert await self.do(PressButton, x=x, y=y, button=button, down=down) == ""

    async def tap(self, *keysyms: int) -> None:
        for down, keys in ((True, keysyms), (False, keysyms[::-1])):
            for keysym in keys:
                assert await self.do(PressKey, keysym=keysym, down=down) == ""


@pytest.fixture
async def agent(desktop: Desktop) -> AsyncIterator[Agent]:
    ours: set[int] = set()
    injected: list[InputEvent] = []

    def windows() -> Collection[int]:
        return ours

    looking, moving = Display(desktop.display), Display(desktop.display)
    guard = Guard(X11Surroundings(looking, windows), lambda event, now: injected.append(event))
    paste = X11Paste([sys.executable, "-m", "remote_helper.control.x11_keeper"], {**os.environ, **desktop.env})
    hand = AgentsHand(guard, X11Injector(guard, moving), paste, time.monotonic)
    yield Agent(hand, guard, ours, injected)
    hand.revoke()
    await paste.close()
    looking.close()
    moving.close()


async def focus(agent: Agent, target: Target) -> None:
    await agent.click(*FIELD)
    await asyncio.to_thread(target.wait_for, button="LeftButton", down=False)


@pytest.mark.req("A23")
async def test_a_click_lands_where_it_was_meant(agent: Agent, target: Target) -> None:
    await agent.click(*FIELD)
    await asyncio.to_thread(target.wait_for, button="LeftButton", down=True, x=300, y=350)


async def test_wheel_and_drag_arrive(agent: Agent, target: Target) -> None:
    assert await agent.do(TurnWheel, x=300, y=350, down=2) == ""
    assert await agent.do(PressButton, x=120, y=220, button=Button.LEFT, down=True) == ""
    for x in range(120, 400, 20):
        assert await agent.do(MovePointer, x=x, y=220) == ""
    assert await agent.do(PressButton, x=400, y=220, button=Button.LEFT, down=False) == ""
    await asyncio.to_thread(target.wait_for, wheel=-120)
    await asyncio.to_thread(target.wait_for, button="LeftButton", down=False, x=380, y=220)


async def test_keys_write_what_they_mean(agent: Agent, target: Target) -> None:
    await focus(agent, target)
    for char in "aZ9(@~":
        await agent.tap(ord(char))
    await agent.tap(SHIFT, ord("Q"))
    await asyncio.to_thread(target.wait_for, written="aZ9(@~Q")


async def test_a_shortcut_stays_a_shortcut(agent: Agent, target: Target) -> None:
    await focus(agent, target)
    await agent.tap(ord("x"))
    await agent.tap(CONTROL, ord("a"))
    await agent.tap(ord("y"))
    await asyncio.to_thread(target.wait_for, written="y")


async def test_a_key_this_keyboard_lacks_is_not_invented(agent: Agent, target: Target) -> None:
    assert await agent.do(PressKey, keysym=0x01000000 + ord("税"), down=True) == UNKNOWN_KEY
    assert agent.injected == []


@pytest.mark.req("A23")
@pytest.mark.parametrize("before", ["我的银行卡尾号 6222", ""])
async def test_chinese_is_pasted_and_the_clipboard_comes_back(
    agent: Agent, target: Target, desktop: Desktop, before: str
) -> None:
    await asyncio.to_thread(copy, desktop, before)
    await focus(agent, target)
    text = "增值税一般纳税人，本期销项税额（元）：１２３"
    assert await agent.do(PasteText, text=text) == ""
    await asyncio.to_thread(target.wait_for, written=text)
    await asyncio.to_thread(until, lambda: clipboard(desktop) == before, "the person's clipboard")
    target.mark()
    assert await agent.do(PasteText, text="再来") == ""
    await asyncio.to_thread(target.wait_for, written=text + "再来")
    await asyncio.to_thread(until, lambda: clipboard(desktop) == before, "the person's clipboard")


async def test_texts_right_behind_each_other_arrive_each_once(agent: Agent, target: Target, desktop: Desktop) -> None:
    await focus(agent, target)
    for char in "收填实对入开度核":
        assert await agent.do(PasteText, text=char) == ""
    await asyncio.to_thread(target.wait_for, written="收填实对入开度核")


async def test_a_big_picture_on_the_clipboard_comes_back_whole(agent: Agent, target: Target, desktop: Desktop) -> None:
    picture = os.urandom(900_000)
    await asyncio.to_thread(_copy_as, desktop, "image/png", picture)
    await focus(agent, target)
    assert await agent.do(PasteText, text="税") == ""
    await asyncio.to_thread(target.wait_for, written="税")
    await asyncio.to_thread(until, lambda: _paste_as(desktop, "image/png") == picture, "the picture", 20)


async def test_a_password_is_never_taken_from_the_clipboard(agent: Agent, target: Target, desktop: Desktop) -> None:
    await asyncio.to_thread(_copy_as, desktop, "x-kde-passwordManagerHint", b"secret")
    await focus(agent, target)
    assert await agent.do(PasteText, text="税") == "clipboard_secret"
    assert await asyncio.to_thread(_paste_as, desktop, "x-kde-passwordManagerHint") == b"secret"


async def test_what_the_person_copies_meanwhile_stays(agent: Agent, target: Target, desktop: Desktop) -> None:
    await asyncio.to_thread(copy, desktop, "旧")
    await focus(agent, target)
    assert await agent.do(PasteText, text="税") == ""
    await asyncio.to_thread(copy, desktop, "新")
    await asyncio.sleep(0.5)  # longer than the time after which the old content would come back
    assert await asyncio.to_thread(clipboard, desktop) == "新"


async def test_the_clipboard_outlives_the_helper(agent: Agent, target: Target, desktop: Desktop) -> None:
    await asyncio.to_thread(copy, desktop, "报税密码提示")
    await focus(agent, target)
    assert await agent.do(PasteText, text="税") == ""
    await agent.hand._clipboard.close()
    await asyncio.to_thread(until, lambda: clipboard(desktop) == "报税密码提示", "the clipboard after the end")
    await asyncio.to_thread(copy, desktop, "别的")


async def test_nothing_reaches_our_own_windows(agent: Agent, target: Target, desktop: Desktop) -> None:
    display = Display(desktop.display)
    found = [window for window in _all_windows(display) if "target.py" in (window.get_wm_class() or ())]
    agent.ours |= {window.id for window in found}
    assert await agent.do(MovePointer, x=300, y=350) == Refusal.OURS
    assert await agent.do(MovePointer, x=50, y=50) == ""
    display.close()


@pytest.mark.req("A23")
async def test_keys_go_up_and_nothing_follows_a_revoke(agent: Agent, target: Target) -> None:
    await focus(agent, target)
    assert await agent.do(PressKey, keysym=ord("k"), down=True) == ""
    agent.hand.revoke()
    count_then = len(agent.injected)
    for _ in range(50):
        assert await agent.do(PressKey, keysym=ord("n"), down=True) == Refusal.NOT_GRANTED
    await asyncio.to_thread(target.wait_for, key=ord("K"), down=False)
    assert len(agent.injected) == count_then
    assert "n" not in target.written()


@pytest.mark.req("A23")
async def test_the_persons_hand_is_told_from_the_agents(agent: Agent, target: Target, desktop: Desktop) -> None:
    touches: list[float] = []
    stopped = asyncio.Event()
    person = X11Person(desktop.display, asyncio.get_running_loop())
    person.listen(lambda: touches.append(time.monotonic()), stopped.set)
    try:
        assert person.can_tell
        await focus(agent, target)
        await agent.tap(ESCAPE)
        await agent.tap(ESCAPE)
        await asyncio.sleep(0.2)
        assert not touches
        assert not stopped.is_set()
        await asyncio.to_thread(Hand(desktop).key, "Escape", "Escape")
        async with asyncio.timeout(10):
            await stopped.wait()
        assert touches
    finally:
        person.close()


def _all_windows(display: Display) -> list[Any]:
    found, waiting = [], [display.screen().root]
    while waiting:
        window = waiting.pop()
        found.append(window)
        waiting += window.query_tree().children
    return found


def _copy_as(desktop: Desktop, form: str, data: bytes) -> None:
    subprocess.run(
        ["xclip", "-selection", "clipboard", "-t", form],
        input=data,
        env=dict(desktop.env),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=10,
    )


def _paste_as(desktop: Desktop, form: str) -> bytes:
    command = ["xclip", "-selection", "clipboard", "-o", "-t", form]
    return subprocess.run(command, env=dict(desktop.env), capture_output=True, timeout=20, check=False).stdout
