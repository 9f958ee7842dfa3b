"""Events reach the hand in order; texts behind each other become one; a desktop that fails ends control."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import Message
from relay_protocol.messages.channel import (
    PASTE_LIMIT,
    InputDropped,
    InputEvent,
    InputPaused,
    PasteText,
    PressKey,
)
from remote_helper.control.platform import Control
from remote_helper.guard import Guard, Refusal
from remote_helper.inputs import MAX_WAITING, Inputs


@dataclass
class Desktop:
    """A hand, a person and a clipboard that only take notes. `answer` is what every event gets."""

    answer: Callable[[InputEvent], str] = lambda event: ""
    done: list[InputEvent] = field(default_factory=list)
    touched: Callable[[], None] = lambda: None
    revokes: int = 0
    can_tell: bool = True

    async def do(self, event: InputEvent) -> str:
        self.done.append(event)
        return self.answer(event)

    def grant(self, epoch: int, seconds: float) -> None: ...

    def revoke(self) -> None:
        self.revokes += 1

    def person_touched(self) -> None: ...

    def listen(self, on_touch: Callable[[], None], on_stop: Callable[[], None]) -> None:
        self.touched = on_touch

    def close(self) -> None: ...


@dataclass
class World:
    desktop: Desktop = field(default_factory=Desktop)
    told: list[Message] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)
    failures: int = 0

    def inputs(self) -> Inputs:
        made = Inputs(self.open, tell=self.told.append, paused=self.paused.append, failed=self.fail)
        made.open(lambda: None)
        made.grant(1, 60.0)
        return made

    def open(self) -> Control:
        desktop = cast(Any, self.desktop)
        return Control(desktop, cast(Guard, None), desktop, desktop)

    def fail(self) -> None:
        self.failures += 1

    async def run(self, inputs: Inputs, events: list[InputEvent]) -> None:
        for event in events:
            inputs.add(event)
        task = asyncio.get_running_loop().create_task(inputs.run())
        await asyncio.sleep(0.01)
        task.cancel()


def key(sequence: int) -> PressKey:
    return PressKey(epoch=1, sequence=sequence, keysym=0x61, down=True)


def text(sequence: int, words: str, epoch: int = 1) -> PasteText:
    return PasteText(epoch=epoch, sequence=sequence, text=words)


async def test_texts_that_wait_behind_each_other_are_pasted_once() -> None:
    world = World()
    await world.run(world.inputs(), [text(1, "增"), text(2, "值"), text(3, "税"), key(4), text(5, "额")])
    assert world.desktop.done == [text(3, "增值税"), key(4), text(5, "额")]


async def test_texts_of_two_grants_or_beyond_the_limit_stay_apart() -> None:
    world = World()
    await world.run(world.inputs(), [text(1, "增"), text(1, "值", epoch=2)])
    assert len(world.desktop.done) == 2
    world = World()
    await world.run(world.inputs(), [text(1, "字" * PASTE_LIMIT), text(2, "字")])
    assert len(world.desktop.done) == 2


async def test_what_was_not_done_is_told_and_too_many_are_dropped() -> None:
    world = World(Desktop(answer=lambda event: Refusal.HAND.value))
    inputs = world.inputs()
    for sequence in range(MAX_WAITING + 1):
        inputs.add(key(sequence))
    assert world.told == [InputDropped(sequence=MAX_WAITING, reason="too_much")]
    await world.run(inputs, [])
    assert world.told[1] == InputDropped(sequence=0, reason="hand")


async def test_a_desktop_that_fails_ends_control() -> None:
    def broken(event: InputEvent) -> str:
        raise ConnectionError("the X server is gone")

    world = World(Desktop(answer=broken))
    await world.run(world.inputs(), [key(1)])
    assert world.failures == 1


async def test_the_persons_hand_is_told_once_per_pause_and_only_under_a_grant() -> None:
    world = World()
    inputs = world.inputs()
    for _ in range(5):
        world.desktop.touched()
    assert world.told == [InputPaused(seconds=0.5)]
    assert world.paused == [0.5]
    inputs.revoke()
    world.desktop.touched()
    assert len(world.told) == 1


async def test_a_machine_that_cannot_be_controlled_refuses_politely() -> None:
    def nowhere() -> Control:
        raise BanwenError(ErrorCode.UNSUPPORTED, "暂不支持远程操作。")

    world = World()
    inputs = Inputs(nowhere, tell=world.told.append, paused=world.paused.append, failed=world.fail)
    inputs.open(lambda: None)
    inputs.grant(1, 60.0)
    await world.run(inputs, [key(1)])
    assert world.told == [InputDropped(sequence=1, reason="not_granted")]
    assert not inputs.hears_hot_key
    inputs.revoke()
