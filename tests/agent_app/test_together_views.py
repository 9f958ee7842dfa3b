"""Working together in windows: what goes to whom, what is owed, and what a refusal says."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from agent_app.state import acts
from agent_app.state.consultation import Pending
from agent_app.views import wishes
from agent_app.views.hand_on import HandOn
from agent_app.views.window import MainWindow
from relay_protocol.ids import ClientId
from relay_protocol.messages import ColleagueInvited, PrivateKind, Recalled, Side, TargetKind, Text, WatchBegan
from tests.agent_app.gallery import DIRECTORY, _window, teamed
from tests.agent_app.stories import COLLEAGUE, ME, NOON, Story, play, start

pytestmark = pytest.mark.usefixtures("dressed")


@pytest.fixture(autouse=True)
def _leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of tests are closed with work still owed; nobody is there to answer whether they may."""
    monkeypatch.setattr(MainWindow, "_confirmed", lambda self, owed: True)


@pytest.mark.req("A17")
def test_a_whisper_needs_a_deliberate_act_and_never_becomes_a_reply(qtbot: QtBot) -> None:
    window = _window(teamed(), NOON + 332)
    qtbot.addWidget(window)
    window.show()
    said: list[object] = []
    window.chat.composer.wished.connect(said.append)
    box, composer = window.chat.composer.box, window.chat.composer
    QTest.keyClicks(box, "to the taxpayer")
    composer.turn(PrivateKind.WHISPER)
    assert (box.toPlainText(), composer.send.text()) == ("", "发送给同事")
    assert composer.band.isVisible()
    QTest.keyClicks(box, "to colleagues")
    QTest.keyClick(box, Qt.Key.Key_Return)
    whispers = [one for one in said if isinstance(one, wishes.Whisper)]
    assert [(one.kind, one.text) for one in whispers] == [(PrivateKind.WHISPER, "to colleagues")]
    assert not any(isinstance(one, wishes.SendText) for one in said)
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert (box.toPlainText(), composer.send.text()) == ("to the taxpayer", "发送")
    assert not composer.band.isVisible()


@pytest.mark.req("A17")
def test_turning_to_another_consultation_always_begins_as_a_reply(qtbot: QtBot) -> None:
    window = _window(teamed(), NOON + 332)
    qtbot.addWidget(window)
    composer = window.chat.composer
    composer.turn(PrivateKind.NOTE)
    other = Story(2).served()
    state = acts.selected(play(teamed(), other.frames), other.id)
    window.show_all(state, NOON)
    assert composer.send.text() == "发送"


@pytest.mark.req("A17")
def test_who_only_watches_can_write_nothing_but_whispers(qtbot: QtBot) -> None:
    story = Story().waiting().accepted(COLLEAGUE).tell(WatchBegan(agent=ME, reason="抽查"))
    window = _window(acts.selected(play(start(), story.frames), story.id), NOON)
    qtbot.addWidget(window)
    said: list[object] = []
    window.chat.composer.wished.connect(said.append)
    window.chat.composer.turn(None)
    QTest.keyClicks(window.chat.composer.box, "hint")
    QTest.keyClick(window.chat.composer.box, Qt.Key.Key_Return)
    assert [type(one) for one in said if not isinstance(one, wishes.KeepReply)] == [wishes.Whisper]


@pytest.mark.req("A12")
def test_a_reply_quotes_the_newest_question_until_the_agent_lets_go_of_it(qtbot: QtBot) -> None:
    window = _window(teamed(), NOON + 332)
    qtbot.addWidget(window)
    said: list[object] = []
    window.chat.composer.wished.connect(said.append)
    window.chat.transcript.quote_chosen()
    QTest.keyClicks(window.chat.composer.box, "a")
    QTest.keyClick(window.chat.composer.box, Qt.Key.Key_Return)
    QTest.keyClicks(window.chat.composer.box, "b")
    QTest.keyClick(window.chat.composer.box, Qt.Key.Key_Return)
    one = teamed().current
    assert one is not None
    asked = next(row.seq for row in reversed(one.rows) if row.side is Side.TAXPAYER)
    assert [wish.quote for wish in said if isinstance(wish, wishes.SendText)] == [asked, None]


@pytest.mark.req("A14")
def test_the_newest_own_message_that_is_left_is_the_one_taken_back(qtbot: QtBot) -> None:
    window = _window(teamed(), NOON + 332)
    qtbot.addWidget(window)
    said: list[object] = []
    window.chat.wished.connect(said.append)
    window.chat.transcript.recall_last()
    one = teamed().current
    assert one is not None
    mine = [row.seq for row in one.rows if row.agent == ME.id and not isinstance(row.body, Recalled)]
    assert said == [wishes.Recall(one.id, mine[-1])]


def test_a_reply_begun_before_the_program_ended_is_there_again(qtbot: QtBot) -> None:
    window = _window(teamed(), NOON + 332)
    qtbot.addWidget(window)
    window.chat.composer.remember(Story().id, "没写完的话")
    assert window.chat.composer.box.toPlainText() == "没写完的话"
    window.chat.composer.remember(Story().id, "旧的")
    assert window.chat.composer.box.toPlainText() == "没写完的话"


@pytest.mark.req("A16")
def test_a_transfer_owes_a_reason_and_a_summary_and_shows_why_it_was_refused(qtbot: QtBot) -> None:
    window = _window(teamed(), NOON)
    qtbot.addWidget(window)
    dialog = HandOn(Story().id, ME.id, False, window)
    said: list[object] = []
    dialog.wished.connect(said.append)
    dialog.begin()
    dialog.send()
    assert dialog.error.text() == "请选择对象。"
    dialog.offer(DIRECTORY)
    dialog.search.setText("陈志远")
    dialog.send()
    assert dialog.error.text() == "请填写原因。"
    dialog.reason.setText("需要发票专席")
    dialog.send()
    assert "摘要" in dialog.error.text()
    dialog.summary.setPlainText("已核对抬头")
    dialog.send()
    wish = said[-1]
    assert isinstance(wish, wishes.Transfer)
    assert (wish.target.kind, wish.target.code, wish.reason) == (TargetKind.AGENT, COLLEAGUE.id, "需要发票专席")
    dialog.settle("对方已达上限，请另选。")
    assert (dialog.error.text(), dialog.go.isEnabled(), dialog.isVisible()) == ("对方已达上限，请另选。", True, True)
    dialog.settle("")
    assert not dialog.isVisible()


@pytest.mark.req("A16")
def test_what_a_colleague_asks_stands_beside_the_offers_with_reason_and_summary(qtbot: QtBot) -> None:
    window = _window(teamed(), NOON + 332)
    qtbot.addWidget(window)
    said: list[object] = []
    window.sidebar.wished.connect(said.append)
    cards = window.sidebar.asked.cards
    assert [card.accessibleName() for card in cards] == ["陈志远转接给您：江西省瑞金市红都农业发展专业合作社"]
    cards[0].answer(True)
    assert said == [wishes.AnswerAsk(Story(7).id, True)]


@pytest.mark.req("A17")
def test_an_invitation_says_who_asks_and_why(qtbot: QtBot) -> None:
    story = Story().waiting().accepted(COLLEAGUE).tell(ColleagueInvited(by=COLLEAGUE, agent=ME, reason="请看红冲"))
    window = _window(play(start(), story.frames), NOON)
    qtbot.addWidget(window)
    assert [card.accessibleName() for card in window.sidebar.asked.cards] == ["陈志远请您协助：赣州宏达商贸有限公司"]


def test_a_failed_whisper_stays_marked_as_one() -> None:
    said = Pending(ClientId("w"), NOON, Text(text="内部"), private=PrivateKind.WHISPER)
    state = acts.failed(acts.echo(teamed(), Story().id, said), Story().id, ClientId("w"), "请稍后重试。")
    assert state.consultations[Story().id].pending[-1].private is PrivateKind.WHISPER


def test_the_look_changes_while_windows_are_open(qtbot: QtBot, qapp: QApplication) -> None:
    from agent_app.views.theme import DARK, LIGHT, Wear, dress

    window = _window(teamed(), NOON)
    qtbot.addWidget(window)
    light = window.chat.more.icon().pixmap(18, 18).toImage()
    dress(qapp, DARK)
    window.wear(Wear.DARK)
    assert window.chat.more.icon().pixmap(18, 18).toImage() != light
    dress(qapp, LIGHT)
    window.wear(Wear.LIGHT)
    assert window.chat.more.icon().pixmap(18, 18).toImage() == light
