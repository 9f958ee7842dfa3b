"""The workbench's windows against a real relay: log in, be offered, talk through its death, look up, wrap up."""

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from agent_app.app import Program
from agent_app.state.consultation import Pending
from agent_app.state.workbench import Workbench
from agent_app.views.attach import from_image
from agent_app.views.window import MainWindow
from agent_app.views.wishes import SendFile
from relay_protocol.messages import PresenceState
from tests.agent_app.conftest import Play, spoken_rows, until
from tests.agent_app.taxpayer import Taxpayer, taxpayer_of
from tests.running import RunningRelay, running_relay

NUMBER = "8001"
ENTER = Qt.Key.Key_Return


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RunningRelay]:
    with running_relay(tmp_path / "relay") as relay:
        yield relay


@pytest.fixture
def program(dressed: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setenv("BANWEN_AGENT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return Program("http://127.0.0.1:1", dressed)


@pytest.fixture
def play_out(play_out: Play, program: Program) -> Play:
    """Let a story begin at the log-in, and put everything away at its end."""

    async def whole(story: Coroutine[Any, Any, None]) -> None:
        program.begin()
        try:
            await story
        finally:
            await program.end()
            program.login.hide()

    return lambda story: play_out(whole(story))


async def log_in(program: Program, relay: RunningRelay) -> MainWindow:
    """Type what an agent types."""
    program.login.server.setText(relay.url)
    program.login.username.setText(NUMBER)
    program.login.password.setText(relay.passwords[NUMBER])
    QTest.keyClick(program.login.password, ENTER)
    await until(lambda: program.work is not None or program.login.error.isVisible(), "an answer to the log-in")
    assert program.work is not None, program.login.error.text()
    await until(lambda: program.work is not None and program.work.window.isActiveWindow(), "the window")
    return program.work.window


async def serving(program: Program, relay: RunningRelay, taxpayer: Taxpayer) -> MainWindow:
    """From the log-in to a consultation that was accepted by key."""
    await taxpayer.begin()
    await taxpayer.ask_human()
    window = await log_in(program, relay)
    QTest.keyClick(window, Qt.Key.Key_F9)
    await until(lambda: state_of(program).offers, "an offer")
    QTest.keyClick(window, Qt.Key.Key_F2)
    await until(lambda: state_of(program).owned, "the consultation is mine")
    return window


def state_of(program: Program) -> Workbench:
    assert program.work is not None
    return program.work.desk.state


def pending_of(program: Program) -> tuple[Pending, ...]:
    one = state_of(program).current
    assert one is not None
    return one.pending


@pytest.mark.req("A10", "A13", "A28", "I2")
def test_a_consultation_from_offer_to_reply(play_out: Play, program: Program, relay: RunningRelay) -> None:
    async def story() -> None:
        async with taxpayer_of(relay) as taxpayer:
            await taxpayer.begin()
            await taxpayer.stand(relay.context())
            await taxpayer.ask_human()
            window = await log_in(program, relay)
            assert state_of(program).presence is PresenceState.OFFLINE
            QTest.keyClick(window, Qt.Key.Key_F9)
            await until(lambda: state_of(program).offers, "an offer")
            assert "增值税及附加税费申报表" in window.chat.where.text()
            assert window.chat.badge.text() == "已验证"
            QTest.keyClick(window, Qt.Key.Key_F2)
            await until(lambda: window.chat.composer.isVisible(), "a place to write")
            QTest.keyClicks(window.chat.composer.box, "hello")
            await until(taxpayer.saw_typing, "the taxpayer sees that the agent types")
            QTest.keyClick(window.chat.composer.box, ENTER)
            await until(lambda: "hello" in taxpayer.texts(), "the reply at the taxpayer")
            taxpayer.read_all()
            await until(lambda: spoken_rows(window.chat.transcript)[-1].endswith("：hello（已读）"), "the mark 已读")
            await taxpayer.say("谢谢")
            await until(lambda: spoken_rows(window.chat.transcript)[-1].endswith("：谢谢"), "the taxpayer's words")

    play_out(story())


@pytest.mark.req("A12", "A13")
def test_a_relay_that_dies_costs_nothing(play_out: Play, program: Program, relay: RunningRelay) -> None:
    async def story() -> None:
        async with taxpayer_of(relay) as taxpayer:
            window = await serving(program, relay, taxpayer)
            relay.kill()
            await until(lambda: window.banner.isVisible(), "the banner that says so")
            box = window.chat.composer.box
            QTest.keyClicks(box, "while you were away")
            QTest.keyClick(box, ENTER)
            image = QImage(32, 24, QImage.Format.Format_RGB32)
            image.fill(0x224466)
            file = from_image(image, "核对.png")
            assert program.work is not None
            program.work.carry_out(SendFile(taxpayer.id, file.name, file.content, file.media_type, file.size))
            await until(lambda: len(pending_of(program)) == 2, "both on the screen at once")
            assert all(row.endswith("（发送中）") for row in spoken_rows(window.chat.transcript)[-2:])
            relay.start()
            await until(lambda: taxpayer.pictures(), "the picture at the taxpayer")
            await until(lambda: not pending_of(program), "nothing on its way any more")
            assert taxpayer.texts().count("while you were away") == 1
            assert not window.banner.isVisible()
            [sent] = taxpayer.pictures()
            assert (sent.attachment.width, sent.attachment.height) == (32, 24)

    play_out(story())


@pytest.mark.req("A18")
def test_knowledge_helps_and_a_wrap_up_closes(play_out: Play, program: Program, relay: RunningRelay) -> None:
    async def story() -> None:
        async with taxpayer_of(relay) as taxpayer:
            window = await serving(program, relay, taxpayer)
            QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
            window.knowledge.search.setText("数电票查验")
            window.knowledge.search.textEdited.emit("数电票查验")
            await until(lambda: window.knowledge.list.model().rowCount(), "entries of the knowledge base")
            assert "修订" in window.knowledge.source.text()
            QTest.keyClick(window.knowledge.search, ENTER, Qt.KeyboardModifier.ControlModifier)
            await until(lambda: window.knowledge.text.toPlainText() in taxpayer.texts(), "the entry at the taxpayer")
            QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
            form = window.wrap_up
            await until(form.submit.isEnabled, "the wrap-up is owed")
            form.business.setCurrentIndex(0)
            form.question_type.setCurrentIndex(0)
            form.resolution.buttons()[0].click()
            form.text.setPlainText("已指导查验")
            QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
            await until(lambda: not state_of(program).owned, "the consultation is closed")
            assert window.sidebar.empty.isVisible()
            listed = relay.command("consultations", "show", taxpayer.id, "-c", str(relay.folder))
            assert "已指导查验" in listed

    play_out(story())


def test_what_is_wrong_with_a_log_in_is_said_at_the_form(play_out: Play, program: Program, relay: RunningRelay) -> None:
    async def attempt(server: str, password: str, sentence: str) -> None:
        program.login.error.hide()
        program.login.server.setText(server)
        program.login.username.setText(NUMBER)
        program.login.password.setText(password)
        QTest.keyClick(program.login.password, ENTER)
        await until(program.login.error.isVisible, sentence)
        assert sentence in program.login.error.text()
        assert program.login.enter.isEnabled()

    async def story() -> None:
        await attempt("", "x", "服务器地址不正确")
        await attempt("http://127.0.0.1:1", "x", "无法连接服务器")
        await attempt(relay.url, "", "请输入工号和密码")
        for _ in range(4):
            await attempt(relay.url, "falsch", "工号或密码不正确")
        await attempt(relay.url, "falsch", "分钟")
        await attempt(relay.url, relay.passwords[NUMBER], "分钟")

    play_out(story())


def test_logging_out_leads_back_to_the_form(play_out: Play, program: Program, relay: RunningRelay) -> None:
    async def story() -> None:
        window = await log_in(program, relay)
        actions = {action.text(): action for action in window.bar.presence.menu().actions()}
        actions["退出登录"].trigger()
        await until(lambda: program.login.isVisible() and program.work is None, "the log-in")
        await log_in(program, relay)

    play_out(story())


def test_an_agent_who_is_disabled_is_told_at_the_form(play_out: Play, program: Program, relay: RunningRelay) -> None:
    async def story() -> None:
        await log_in(program, relay)
        await asyncio.to_thread(relay.command, "agents", "disable", NUMBER, "-c", str(relay.folder))
        await until(lambda: program.login.isVisible() and program.work is None, "the log-in")
        assert program.login.error.isVisible()
        assert "登录" in program.login.error.text()

    play_out(story())
