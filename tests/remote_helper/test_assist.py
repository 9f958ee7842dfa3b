"""A whole assistance with real windows: the helper on a desktop, the workbench's library at the other end."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from installer.helper.pin import development_root, pin
from relay_client.assist import AssistPeer, Ended, PictureChanged
from relay_client.identity import Credentials, enrol
from relay_protocol.binding import fingerprint_of
from relay_protocol.certificates import CertifiedAgent
from relay_protocol.messages import Privilege, SdpAnswer
from relay_protocol.messages.channel import (
    Button,
    InputDropped,
    InputPaused,
    ScopeGranted,
    ScopeRefused,
    ScopeRevoked,
)
from tests.e2e.desktops import Desktop
from tests.e2e.eyes import Eyes, open_eyes
from tests.e2e.hand import Hand
from tests.e2e.processes import end
from tests.remote_helper.conftest import Target
from tests.remote_helper.relay import CODE, ScriptedRelay, scripted_relay
from tests.remote_helper.workbench import Workbench

HELPER = Path(sys.executable).with_name("banwen-helper")
ROOT = Path(__file__).parents[2] / ".dev" / "root"
LI = CertifiedAgent("8001", "李敏", "国家税务总局南昌市西湖区税务局")
FIELD = (300, 350)
BORDER_RED = (0xC2, 0x2A, 0x2A)
VIEW, CONTROL = Privilege.VIEW, Privilege.CONTROL


@dataclass
class Person:
    """The taxpayer: looks at the desktop and uses the mouse, both from outside."""

    desktop: Desktop
    eyes: Eyes

    async def sees(self, role: str | None, name: str) -> None:
        await asyncio.to_thread(self.eyes.wait, role, name)

    async def clicks(self, name: str) -> None:
        button = await asyncio.to_thread(lambda: self.eyes.wait("push button", name, enabled=True))
        await asyncio.to_thread(Hand(self.desktop).click, *button.box.center)

    async def keys(self, *chords: str) -> None:
        await asyncio.to_thread(Hand(self.desktop).key, *chords)


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    pin(development_root(ROOT))
    return enrol(ROOT, LI, time.time())


@pytest.fixture(scope="module")
def eyes(desktop: Desktop) -> Iterator[Eyes]:
    with open_eyes(desktop) as both:
        yield both


@pytest.fixture
def person(desktop: Desktop, eyes: Eyes) -> Person:
    return Person(desktop, eyes)


@pytest.fixture
async def relay() -> AsyncIterator[ScriptedRelay]:
    async with scripted_relay() as one:
        yield one


@pytest.fixture
async def workbench(relay: ScriptedRelay, credentials: Credentials) -> AsyncIterator[Workbench]:
    bench = Workbench(credentials, [VIEW])
    relay.workbench = bench.answer
    yield bench
    await bench.close()


@asynccontextmanager
async def helper(desktop: Desktop, server: str, *more: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """The helper's own process; the relay goes on answering while it ends."""
    process = desktop.run([HELPER, "--server", server, *more], "helper.log")
    try:
        yield process
    finally:
        await asyncio.to_thread(end, process)


@pytest.fixture
async def joined(
    desktop: Desktop, relay: ScriptedRelay, workbench: Workbench
) -> AsyncIterator[subprocess.Popen[bytes]]:
    async with helper(desktop, relay.url, "--code", CODE) as process:
        yield process


async def watching(person: Person, workbench: Workbench) -> AssistPeer:
    await person.clicks("同意查看")
    await workbench.wait_for(PictureChanged)
    assert workbench.peer is not None
    return workbench.peer


async def controlling(person: Person, workbench: Workbench) -> AssistPeer:
    peer = await watching(person, workbench)
    peer.ask([VIEW, CONTROL])
    await person.clicks("同意操作")
    await workbench.wait_for(ScopeGranted, scope=[CONTROL, VIEW])
    await asyncio.sleep(0.6)  # the person's hand was on the mouse just now, and goes first for half a second
    return peer


def is_red(screen: Image.Image) -> bool:
    """Whether there is a red border along the left and the lower edge."""
    pixels = np.asarray(screen)
    return bool((pixels[:, 2] == BORDER_RED).all() and (pixels[-2] == BORDER_RED).all())


@pytest.mark.req("A23")
async def test_the_taxpayer_agrees_and_the_agent_sees_their_desktop_exactly(
    person: Person, relay: ScriptedRelay, workbench: Workbench, target: Target, joined: object
) -> None:
    await person.sees("label", "李敏　工号 8001")
    await person.sees("label", LI.office)
    assert not workbench.events
    await watching(person, workbench)
    await relay.wait_until_told("granted", scope=[VIEW])
    await person.sees("push button", "停止")
    async with asyncio.timeout(15):
        while True:
            truth = np.asarray(await asyncio.to_thread(person.desktop.grab))
            picture = (await workbench.wait_for(PictureChanged)).picture
            if np.array_equal(picture[:, :, 2::-1], truth):
                break
            await asyncio.sleep(0.02)
    assert is_red(await asyncio.to_thread(person.desktop.grab)), "a red border"


@pytest.mark.req("A23")
async def test_control_is_a_second_consent_and_fills_the_form(
    person: Person, workbench: Workbench, target: Target, joined: object
) -> None:
    peer = await watching(person, workbench)
    assert not peer.button(*FIELD, Button.LEFT, down=True)
    peer.ask([VIEW, CONTROL])
    await person.clicks("同意操作")
    await workbench.wait_for(ScopeGranted, scope=[CONTROL, VIEW])
    await asyncio.sleep(0.6)
    for down in (True, False):
        assert peer.button(*FIELD, Button.LEFT, down=down)
    await asyncio.to_thread(target.wait_for, button="LeftButton", down=True, x=FIELD[0], y=FIELD[1])
    for char in "A1":
        peer.key(ord(char), down=True)
        peer.key(ord(char), down=False)
    assert peer.paste("本期应纳税额：一千二百元")
    peer.key(ord("!"), down=True)
    peer.key(ord("!"), down=False)
    await asyncio.to_thread(target.wait_for, written="A1本期应纳税额：一千二百元!")


@pytest.mark.req("A23")
@pytest.mark.parametrize("by", ["button", "hotkey"])
async def test_stop_ends_everything_while_the_agent_keeps_sending(
    person: Person, relay: ScriptedRelay, workbench: Workbench, target: Target, joined: object, by: str
) -> None:
    peer = await controlling(person, workbench)

    async def hammer() -> None:
        while True:
            for down in (True, False):
                peer.button(*FIELD, Button.LEFT, down=down)
            await asyncio.sleep(0.005)

    sending = workbench.start(hammer())
    await asyncio.to_thread(target.wait_for, button="LeftButton", down=True)
    stop = await asyncio.to_thread(lambda: person.eyes.wait("push button", "停止"))
    if by == "button":
        x, y = stop.box.center
        pressed_at = time.time() + 0.2
        # A hand that fights the agent's for the pointer: it arrives, and presses a moment later, as people do.
        way = ("mousemove", x - 9, y, "sleep", "0.1", "mousemove", x, y, "sleep", "0.1", "click", 1)
        await asyncio.to_thread(Hand(person.desktop)._do, *way)
    else:
        pressed_at = time.time()
        await person.keys("Escape", "Escape")
    await workbench.wait_for(ScopeRevoked, scope=[], reason=by)
    await workbench.wait_for(Ended)
    await asyncio.sleep(1.0)  # the agent goes on sending: nothing may arrive any more
    sending.cancel()
    last = max(fact["at"] for fact in target.told() if fact.get("button"))
    assert last - pressed_at <= 0.3
    presses = [fact["down"] for fact in target.told() if fact.get("button")]
    assert not presses[-1], "no button stays down"
    await relay.wait_until_told("revoked", reason=by)
    await relay.wait_until_told("ended", reason="taxpayer")
    await person.sees("label", "远程协助已停止")
    assert not is_red(await asyncio.to_thread(person.desktop.grab)), "no border any more"


async def test_taking_back_control_leaves_the_picture(
    person: Person, relay: ScriptedRelay, workbench: Workbench, target: Target, joined: object
) -> None:
    peer = await controlling(person, workbench)
    await person.clicks("收回操作")
    await workbench.wait_for(ScopeRevoked, scope=[VIEW], reason="button")
    assert not peer.button(*FIELD, Button.LEFT, down=True)
    assert peer.scope == {VIEW}
    await relay.wait_until_told("revoked", scope=[VIEW])


async def test_the_persons_own_hand_makes_the_agents_rest(
    person: Person, workbench: Workbench, target: Target, joined: object
) -> None:
    peer = await controlling(person, workbench)
    await asyncio.to_thread(Hand(person.desktop).move, 50, 600)
    await workbench.wait_for(InputPaused)
    peer.button(*FIELD, Button.LEFT, down=True)
    await workbench.wait_for(InputDropped, reason="hand")


@pytest.mark.req("A23")
async def test_a_workbench_that_vanishes_leaves_no_key_down(
    person: Person, relay: ScriptedRelay, workbench: Workbench, target: Target, joined: object
) -> None:
    peer = await controlling(person, workbench)
    for down in (True, False):
        peer.button(*FIELD, Button.LEFT, down=down)
    peer.key(ord("k"), down=True)
    await asyncio.to_thread(target.wait_for, key=ord("K"), down=True)
    lost_at = time.time()
    for task in workbench._tasks:
        task.cancel()  # no lease any more, as if the program hung
    await asyncio.to_thread(target.wait_for, key=ord("K"), down=False)
    released = next(fact["at"] for fact in target.told() if fact.get("key") == ord("K") and not fact["down"])
    assert released - lost_at <= 1.0 + 0.25 + 0.2  # lease, heartbeat, and 200 ms after the loss


@pytest.mark.req("A23")
async def test_a_broken_path_comes_back_with_the_picture_and_without_control(
    person: Person, relay: ScriptedRelay, workbench: Workbench, joined: object
) -> None:
    peer = await controlling(person, workbench)
    workbench.events.clear()
    await peer._peer.close()
    await relay.wait_until_told("revoked", scope=[VIEW], reason="lost")
    await workbench.wait_for(PictureChanged)
    assert workbench.peer is not peer
    granted = await workbench.wait_for(ScopeGranted)
    assert granted.scope == [VIEW]
    assert not person.eyes.find("push button", "同意查看"), "nobody is asked twice for the same"


async def test_refusing_control_keeps_the_picture_and_refusing_sight_ends_it(
    person: Person, relay: ScriptedRelay, workbench: Workbench, joined: object
) -> None:
    peer = await watching(person, workbench)
    peer.ask([VIEW, CONTROL])
    await person.sees("push button", "同意操作")
    await person.keys("Escape")
    await workbench.wait_for(ScopeRefused, reason="refused")
    assert peer.scope == {VIEW}
    await peer.end()
    await person.sees("label", "座席已结束远程协助")
    await relay.wait_until_told("ended", reason="agent")


async def test_saying_no_shows_nothing_to_anybody(
    person: Person, relay: ScriptedRelay, workbench: Workbench, joined: object
) -> None:
    await person.clicks("拒绝")
    await relay.wait_until_told("refused", reason="refused", scope=[VIEW])
    await relay.wait_until_told("ended", reason="declined")
    await person.sees("label", "您没有同意")
    assert not workbench.events


def without_fingerprint(answer: SdpAnswer) -> SdpAnswer:
    lines = [line for line in answer.sdp.splitlines(keepends=True) if "a=fingerprint" not in line]
    return msgspec.structs.replace(answer, sdp="".join(lines))


def swapped(answer: SdpAnswer) -> SdpAnswer:
    mine = ":".join(["5A"] * 32)
    return msgspec.structs.replace(answer, sdp=answer.sdp.replace(fingerprint_of(answer.sdp), mine))


def unsigned(answer: SdpAnswer) -> SdpAnswer:
    return msgspec.structs.replace(answer, statement="", signature="", certificates=[])


@pytest.mark.req("A23")
@pytest.mark.parametrize("spoil", [without_fingerprint, swapped, unsigned], ids=lambda spoil: spoil.__name__)
async def test_a_relay_in_the_middle_gets_no_question_asked(
    person: Person,
    relay: ScriptedRelay,
    workbench: Workbench,
    desktop: Desktop,
    spoil: Callable[[SdpAnswer], SdpAnswer],
) -> None:
    workbench.spoil = spoil
    async with helper(desktop, relay.url, "--code", CODE):
        await person.sees("label", "为保障您的安全，已拒绝连接")
        await relay.wait_until_told("refused", reason="unbound")
        assert not person.eyes.find("push button", "同意查看")
        assert relay.told("granted") is None
        assert not workbench.events


async def test_a_wrong_code_is_explained_and_can_be_typed_again(
    person: Person, relay: ScriptedRelay, workbench: Workbench, desktop: Desktop
) -> None:
    async with helper(desktop, relay.url):
        await person.sees("text", "协助码")
        await asyncio.to_thread(Hand(desktop).type, "abcd-efgh")
        await person.keys("Return")
        await person.sees("label", "没有这个协助码，请核对后重新输入。")
        await asyncio.to_thread(Hand(desktop).type, CODE.lower())
        await person.keys("Return")
        await person.sees("push button", "同意查看")


async def test_an_unreachable_relay_is_explained_and_can_be_tried_again(
    person: Person, relay: ScriptedRelay, desktop: Desktop
) -> None:
    async with helper(desktop, "http://127.0.0.1:9", "--code", CODE):
        await person.sees("label", "无法连接服务器，请检查网络或服务器地址后重试。")
        await person.sees("push button", "开始")


def test_without_a_display_a_sentence_and_an_exit_code() -> None:
    command = [str(HELPER), "--server", "http://127.0.0.1:9"]
    environments: list[dict[str, str]] = [{}, {"DISPLAY": ":99999"}]
    for environment in environments:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 3
        assert "请在您自己的电脑桌面上打开" in done.stderr
