"""The one place where asyncio and Qt meet (qasync): coroutines and windows share a thread."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from agent_app.spawn import end_all


def run(application: QApplication, begin: Callable[[], None], end: Callable[[], Awaitable[None]]) -> None:
    """Run from `begin` until the last window is closed or a signal asks to stop; then `end`, and end every task."""
    loop = QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        loop.run_until_complete(_until_quit(application, begin, end))


async def _until_quit(application: QApplication, begin: Callable[[], None], end: Callable[[], Awaitable[None]]) -> None:
    quitting = asyncio.Event()
    application.setQuitOnLastWindowClosed(False)
    application.lastWindowClosed.connect(quitting.set)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: quitting.set())
    begin()
    # Python sees a signal only between bytecodes, and an idle Qt loop runs none: look from time to time.
    while not quitting.is_set():
        try:
            await asyncio.wait_for(quitting.wait(), 0.5)
        except TimeoutError:
            continue
    await end()
    await end_all()
