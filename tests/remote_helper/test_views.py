"""What the taxpayer sees: who asks and what, refusing by default, and words that help."""

import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from relay_protocol.certificates import CertifiedAgent
from relay_protocol.messages import Privilege
from remote_helper.views.bar import PAUSED, Bar
from remote_helper.views.consent import ConsentDialog
from remote_helper.views.pages import CodePage, EndPage, WaitPage, grouped, plain

LI = CertifiedAgent("8001", "李敏", "国家税务总局南昌市西湖区税务局")
VIEW = frozenset({Privilege.VIEW})
BOTH = frozenset(Privilege)
NOTHING: frozenset[Privilege] = frozenset()


def question(
    qtbot: QtBot, scope: frozenset[Privilege] = VIEW, granted: frozenset[Privilege] = NOTHING
) -> ConsentDialog:
    dialog = ConsentDialog(LI, scope, granted, time.time() + 60, 0)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def named(window: QWidget, name: str) -> QPushButton:
    return next(one for one in window.findChildren(QPushButton) if one.text() == name)


def said(window: QWidget) -> str:
    return "\n".join(one.text() for one in window.findChildren(QLabel) if not one.isHidden())


@pytest.mark.req("A23")
def test_the_question_names_agent_number_office_and_what_is_asked(qtbot: QtBot) -> None:
    text = said(question(qtbot))
    for part in (LI.name, LI.number, LI.office, "看到您屏幕上的全部内容", "不能操作鼠标和键盘", "自动拒绝"):
        assert part in text


def test_a_name_is_never_read_as_markup(qtbot: QtBot) -> None:
    dialog = ConsentDialog(CertifiedAgent("1", "<b>税务局</b>", "局"), VIEW, NOTHING, time.time() + 60, 0)
    qtbot.addWidget(dialog)
    label = next(one for one in dialog.findChildren(QLabel) if "税务局</b>" in one.text())
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_refusing_is_the_default_by_enter_escape_and_closing(qtbot: QtBot) -> None:
    acts: list[Callable[[QWidget], object]] = [
        lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Return),
        lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape),
        lambda dialog: dialog.close(),
    ]
    for act in acts:
        dialog = question(qtbot)
        assert dialog.focusWidget() is named(dialog, "拒绝")
        denied, allowed = QSignalSpy(dialog.denied), QSignalSpy(dialog.allowed)
        act(dialog)
        assert (denied.count(), allowed.count()) == (1, 0)


def test_a_click_meant_for_another_window_allows_nothing(qtbot: QtBot) -> None:
    dialog = question(qtbot)
    allowed = QSignalSpy(dialog.allowed)
    QTest.mouseClick(named(dialog, "同意查看"), Qt.MouseButton.LeftButton)
    assert allowed.count() == 0
    qtbot.waitUntil(named(dialog, "同意查看").isEnabled)
    QTest.mouseClick(named(dialog, "同意查看"), Qt.MouseButton.LeftButton)
    assert allowed.count() == 1
    assert allowed.at(0)[0] == VIEW


@pytest.mark.parametrize(
    ("granted", "choices"),
    [(NOTHING, {"只允许查看": VIEW, "允许查看和操作": BOTH}), (VIEW, {"同意操作": BOTH})],
    ids=["first", "later"],
)
def test_consent_may_be_narrower_than_the_question(
    qtbot: QtBot, granted: frozenset[Privilege], choices: dict[str, frozenset[Privilege]]
) -> None:
    for name, scope in choices.items():
        dialog = question(qtbot, BOTH, granted)
        allowed = QSignalSpy(dialog.allowed)
        qtbot.waitUntil(named(dialog, name).isEnabled)
        named(dialog, name).click()
        assert allowed.at(0)[0] == scope


def test_a_question_taken_away_answers_nothing(qtbot: QtBot) -> None:
    dialog = question(qtbot)
    denied = QSignalSpy(dialog.denied)
    dialog.dismiss()
    assert denied.count() == 0


def test_the_bar_says_who_does_what_and_stays_still_while_it_says_more(qtbot: QtBot) -> None:
    bar = Bar()
    qtbot.addWidget(bar)
    bar.show_for(LI, VIEW, hot_key=False)
    assert "李敏（8001）正在查看您的屏幕" in said(bar)
    assert not named(bar, "收回操作").isVisible()
    bar.show_for(LI, BOTH, hot_key=True)
    assert "正在操作您的电脑" in said(bar)
    stop = named(bar, "停止（按两次 Esc）")
    before = stop.mapToGlobal(stop.rect().center())
    bar.pause(0.1)
    assert PAUSED in said(bar)
    assert stop.mapToGlobal(stop.rect().center()) == before
    stopped = QSignalSpy(bar.stopped)
    QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert stopped.count() == 1


def test_a_bar_that_was_put_away_brings_nothing_back(qtbot: QtBot) -> None:
    bar = Bar()
    qtbot.addWidget(bar)
    bar.show_for(LI, BOTH, hot_key=True)
    bar.pause(0.1)
    bar.put_away()
    passed = QSignalSpy(bar.second_passed)
    qtbot.wait(1200)  # longer than the pause is shown
    assert passed.count() == 0
    assert not bar.isVisible()


@pytest.mark.parametrize("typed", ["7kq2m9xd", "7KQ2-M9XD", "7kq2 m9xd", " 7KQ2—M9XD "])
def test_a_code_is_understood_however_it_is_typed(typed: str) -> None:
    assert plain(typed) == "7KQ2M9XD"
    assert grouped(typed) == "7KQ2-M9XD"


def test_a_code_that_is_too_short_is_explained(qtbot: QtBot) -> None:
    page = CodePage()
    qtbot.addWidget(page)
    given = QSignalSpy(page.given)
    field = page.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, "7kq2m")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert "您输入了 5 位" in said(page)
    QTest.keyClicks(field, "x")  # replaces what was marked
    assert field.text() == "X"
    field.clear()
    QTest.keyClicks(field, "7kq2m9xd")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), given.at(0)[0]) == ("7KQ2-M9XD", "7KQ2M9XD")


def test_every_control_has_a_name_for_a_screen_reader(qtbot: QtBot) -> None:
    for window in (CodePage(), WaitPage(), EndPage(), Bar(), question(qtbot, BOTH)):
        qtbot.addWidget(window)
        for control in window.findChildren(QWidget):
            if isinstance(control, (QPushButton, QLineEdit, QProgressBar)):
                assert control.accessibleName(), control
