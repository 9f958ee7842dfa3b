"""What tests of the workbench share: a dressed application, a loop that joins Qt and asyncio, and honest stand-ins."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QListView
from qasync import QEventLoop

from agent_app.desk import StateDesk
from agent_app.ports import Session
from agent_app.spawn import end_all
from agent_app.state.workbench import Changes, Workbench
from agent_app.state.wrap_up import Draft
from agent_app.views.theme import dress
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AttachmentId, ConsultationId
from relay_protocol.link import Answer
from relay_protocol.messages import Attachment, Done, Message, Request
from tests.agent_app.stories import NOON

PATIENCE = 20.0

Play = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture
def dressed(qapp: QApplication) -> QApplication:
    """The application with our look."""
    dress(qapp)
    return qapp


@pytest.fixture
def play_out(dressed: QApplication) -> Iterator[Play]:
    """Run a coroutine while windows live."""
    loop = QEventLoop(dressed, already_running=False)
    asyncio.set_event_loop(loop)

    async def whole(coro: Coroutine[Any, Any, None]) -> None:
        try:
            await asyncio.wait_for(coro, 60)
        finally:
            await end_all()

    yield lambda coro: loop.run_until_complete(whole(coro))
    loop.close()
    asyncio.set_event_loop(None)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition while the loop runs."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {PATIENCE:g} s: {what}")
        await asyncio.sleep(0.01)


def spoken_rows(view: QListView) -> list[str]:
    """What a screen reader says of every row."""
    model = view.model()
    return [str(model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)) for row in range(model.rowCount())]


@dataclass
class FakeRelay:
    """Keeps what was asked; answers `Done`, or what the test wants, at once or when the test lets it."""

    asked: list[Request] = field(default_factory=list)
    said: list[Message] = field(default_factory=list)
    refusal: BanwenError | None = None
    answers: dict[type[Request], Callable[[Request], Answer]] = field(default_factory=dict)
    live: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    waits: list[float] = field(default_factory=list)
    ahead: float = 0.0

    async def request(self, request: Request) -> Answer:
        self.asked.append(request)
        if self.refusal is not None:
            raise self.refusal
        answer = self.answers.get(type(request))
        return answer(request) if answer else Done(request_id=request.request_id)

    def say(self, message: Message) -> None:
        self.said.append(message)

    async def until_live(self, after: float) -> None:
        self.waits.append(after)
        self.waiting.set()
        await self.live.wait()


@dataclass
class FakeHttp:
    """A relay's HTTP side with a few files; `failures` are raised by the next uploads, one each."""

    failures: list[BanwenError] = field(default_factory=list)
    files: dict[AttachmentId, bytes] = field(default_factory=dict)
    catalogue: bytes = b'{"business":[{"code":"vat","name":"\xe5\xa2\x9e\xe5\x80\xbc\xe7\xa8\x8e"}]}'

    async def login(self, username: str, password: str) -> Session:
        raise BanwenError(ErrorCode.UNAUTHENTICATED, "工号或密码不正确。")

    async def logout(self) -> None:
        return

    async def upload(
        self,
        consultation: ConsultationId,
        name: str,
        content: bytes,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Attachment:
        if self.failures:
            raise self.failures.pop(0)
        if on_progress is not None:
            on_progress(len(content), len(content))
        kind = "image/png" if name.endswith(".png") else "application/pdf"
        id_ = AttachmentId(f"file-{len(self.files)}")
        self.files[id_] = content
        return Attachment(id=id_, name=name, media_type=kind, size=len(content))

    async def download(self, attachment: AttachmentId) -> bytes:
        return self.files[attachment]

    async def get(self, path: str) -> bytes:
        return self.catalogue


@dataclass
class FakeDrafts:
    """Drafts in memory."""

    kept: dict[ConsultationId, Draft] = field(default_factory=dict)
    replies: dict[ConsultationId, str] = field(default_factory=dict)

    def load(self, consultation: ConsultationId) -> Draft | None:
        return self.kept.get(consultation)

    def save(self, consultation: ConsultationId, draft: Draft) -> None:
        self.kept[consultation] = draft

    def forget(self, consultation: ConsultationId) -> None:
        self.kept.pop(consultation, None)

    def reply(self, consultation: ConsultationId) -> str:
        return self.replies.get(consultation, "")

    def keep_reply(self, consultation: ConsultationId, text: str) -> None:
        self.replies[consultation] = text


class DeskAtNoon(StateDesk):
    """The real desk with a clock that stands still; remembers what it told and every change."""

    def __init__(self, state: Workbench) -> None:
        self.told: list[str] = []
        self.changes: list[Changes] = []
        super().__init__(state, lambda _, changes: self.changes.append(changes), self.told.append, lambda: NOON)
