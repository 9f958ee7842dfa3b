"""Chooses the hand for the machine we run on. X11 is the only one written; other systems are told so honestly."""

import asyncio
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages.channel import InputEvent
from remote_helper.control.base import Clipboard, PersonsHand
from remote_helper.control.hand import AgentsHand
from remote_helper.guard import Guard
from remote_helper.parts import command

Clock = Callable[[], float]


@dataclass(frozen=True)
class Control:
    """Everything that controls, for one grant of a screen."""

    hand: AgentsHand
    guard: Guard
    person: PersonsHand
    clipboard: Clipboard


def open_control(
    ours: Callable[[], Collection[int]], audit: Callable[[InputEvent, float], None], clock: Clock
) -> Control:
    """Return what controls this machine; `ours` lists our own windows. Raise UNSUPPORTED where there is no way."""
    if not sys.platform.startswith("linux"):
        raise BanwenError(ErrorCode.UNSUPPORTED, "这台电脑的系统暂不支持远程操作，座席仍可以看着屏幕为您讲解。")
    return _open_x11(ours, audit, clock)


def _open_x11(ours: Callable[[], Collection[int]], audit: Callable[[InputEvent, float], None], clock: Clock) -> Control:
    from Xlib.display import Display  # only where there is an X server
    from Xlib.error import DisplayError

    from remote_helper.control.x11 import X11Injector, X11Surroundings
    from remote_helper.control.x11_paste import X11Paste
    from remote_helper.control.x11_person import X11Person

    try:
        guard = Guard(X11Surroundings(Display(), ours), audit)
        injector = X11Injector(guard, Display())
        person = X11Person(None, asyncio.get_running_loop())
    except DisplayError as error:
        raise BanwenError(ErrorCode.UNSUPPORTED, "连接不到桌面，无法进行远程操作。", why=str(error)) from error
    clipboard = X11Paste(command("remote_helper.control.x11_keeper"))
    return Control(AgentsHand(guard, injector, clipboard, clock), guard, person, clipboard)
