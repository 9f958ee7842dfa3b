"""The capture process hands over exactly what a real display shows, when asked and not before."""

import asyncio
import sys
from collections.abc import AsyncIterator

import numpy as np
import pytest

from relay_client.screen.decoder import Decoder
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.screen import Point, unpack
from remote_helper.capture.process import CaptureProcess
from tests.e2e.desktops import Desktop
from tests.e2e.hand import Hand
from tests.remote_helper.conftest import Target

FIELD = (300, 350)


@pytest.fixture
async def capture(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CaptureProcess]:
    monkeypatch.setenv("DISPLAY", desktop.display)
    process = await CaptureProcess.start([sys.executable, "-m", "remote_helper.capture.worker"])
    yield process
    await process.close()


async def shown_as(capture: CaptureProcess, decoder: Decoder, desktop: Desktop) -> None:
    """Apply updates until the picture equals what another camera sees."""
    async with asyncio.timeout(20):
        while True:
            truth = np.asarray(await asyncio.to_thread(desktop.grab))
            if decoder.picture.size and np.array_equal(decoder.picture[:, :, 2::-1], truth):
                return
            decoder.apply(await capture.next(key=False))


async def test_the_picture_is_exact_before_and_after_a_change(
    capture: CaptureProcess, desktop: Desktop, target: Target
) -> None:
    decoder = Decoder()
    decoder.apply(await capture.next(key=True))
    hand = Hand(desktop)
    await asyncio.to_thread(hand.click, *FIELD)
    await asyncio.to_thread(hand.type, "12345")
    await asyncio.to_thread(target.wait_for, written="12345")
    await shown_as(capture, decoder, desktop)


async def test_the_pointer_is_told_as_data(capture: CaptureProcess, desktop: Desktop) -> None:
    await capture.next(key=True)
    hand = Hand(desktop)
    await asyncio.to_thread(hand.move, 40, 50)
    async with asyncio.timeout(10):
        while unpack(await capture.next(key=False)).pointer != Point(40, 50):
            pass


async def test_a_capture_that_died_is_told_with_a_typed_error(capture: CaptureProcess) -> None:
    await capture.next(key=True)
    capture._process.kill()
    with pytest.raises(BanwenError) as caught:
        await capture.next(key=True)
    assert caught.value.code is ErrorCode.INTERNAL
