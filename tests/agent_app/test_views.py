"""Every view by itself: what it shows of a state, what it wishes, and what a screen reader finds."""

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QListView, QPlainTextEdit, QWidget

from agent_app.models.lines import Mark, lines_of
from agent_app.models.transcript import LINE, WINDOW, TranscriptModel
from agent_app.state import acts
from agent_app.state.consultation import Pending
from agent_app.state.workbench import Workbench, diff
from agent_app.state.wrap_up import Draft
from agent_app.views.attach import LIMIT_BYTES, from_path
from agent_app.views.composer import Composer, PictureCheck
from agent_app.views.login import LoginWindow
from agent_app.views.pictures import Pictures
from agent_app.views.remote import RemoteWindow
from agent_app.views.shortcuts import SHORTCUTS
from agent_app.views.transcript import TranscriptView
from agent_app.views.window import MainWindow
from agent_app.views.wishes import (
    Accept,
    AskControl,
    Decline,
    Finish,
    InviteAssist,
    LogIn,
    Select,
    SendFile,
    SendText,
    Submit,
    TellTyping,
    WriteDraft,
)
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ClientId
from relay_protocol.link import LinkState
from relay_protocol.messages import BusinessContext, PresenceState, Receipt, ServiceFinished, Side, Text
from tests.agent_app.conftest import spoken_rows
from tests.agent_app.gallery import CATALOGUE, assisting, busy, chat_story, hits, online, shown, troubled
from tests.agent_app.stories import ME, NOON, Story, play, start

OTHER_PAGE = BusinessContext(module="发票业务", page="发票开具", at=NOON + 400)
ENTER = Qt.Key.Key_Return
CTRL = Qt.KeyboardModifier.ControlModifier


class Watched:
    """The main window on a state, with what it wished."""

    def __init__(self, state: Workbench, now: float = NOON + 262) -> None:
        self.state, self.now = state, now
        self.window = MainWindow(state)
        self.wishes: list[object] = []
        self.window.wished.connect(self.wishes.append)
        self.window.offer_catalogue(CATALOGUE)
        self.window.show_all(state, now)
        self.window.show()
        self.window.activateWindow()
        if not QTest.qWaitForWindowActive(self.window):
            raise AssertionError("the window did not become active")

    def move(self, state: Workbench) -> None:
        old, self.state = self.state, state
        self.window.show_state(state, diff(old, state), self.now)

    def button(self, name: str) -> QAbstractButton:
        found = [one for one in self.window.findChildren(QAbstractButton) if one.accessibleName() == name]
        [one] = [one for one in found if one.isVisible()]
        return one

    def wished(self, kind: type) -> list[object]:
        return [wish for wish in self.wishes if type(wish) is kind]


@pytest.fixture
def watch(dressed: QApplication) -> Iterator[type[Watched]]:
    made: list[Watched] = []

    class Kept(Watched):
        def __init__(self, state: Workbench, now: float = NOON + 262) -> None:
            super().__init__(state, now)
            made.append(self)

    yield Kept
    for one in made:
        one.window.hide()
        one.window.deleteLater()


def test_the_log_in_wishes_once_and_shows_what_went_wrong(dressed: QApplication) -> None:
    login = LoginWindow("http://127.0.0.1:1", "8023")
    wishes: list[object] = []
    login.wished.connect(wishes.append)
    login.show()
    login.focus_first_empty()
    QTest.keyClicks(login.password, "geheim")
    QTest.keyClick(login.password, ENTER)
    assert wishes == [LogIn("http://127.0.0.1:1", "8023", "geheim")]
    login.busy(True)
    QTest.keyClick(login.password, ENTER)
    assert len(wishes) == 1
    login.fail("工号或密码不正确。")
    assert login.error.isVisible()
    QTest.keyClicks(login.password, "x")
    assert not login.error.isVisible()
    login.deleteLater()


@pytest.mark.req("A10")
def test_an_offer_shows_the_question_and_is_answered_by_button_or_key(watch: type[Watched]) -> None:
    watched = watch(acts.settled(play(online(), Story().waiting().frames)), NOON + 62)
    card = watched.window.sidebar.offers.findChildren(QWidget, "offerCard")[0]
    assert "赣州宏达" in card.accessibleName()
    QTest.mouseClick(watched.button("接听"), Qt.MouseButton.LeftButton)
    QTest.keyClick(watched.window, Qt.Key.Key_F4)
    assert [type(wish) for wish in watched.wishes if isinstance(wish, Accept | Decline)] == [Accept, Decline]
    rows = spoken_rows(watched.window.chat.transcript)
    assert any("填了还是提示" in row for row in rows)
    assert not watched.window.chat.composer.isVisible()


@pytest.mark.req("A13")
def test_a_row_says_who_when_what_and_how_far(watch: type[Watched]) -> None:
    rows = spoken_rows(watch(shown(chat_story())).window.chat.transcript)
    assert rows[-1].startswith("赣州宏达商贸有限公司 ")
    assert rows[-1].endswith("：好的，我试试")
    assert rows[-2].endswith("（已送达）")
    assert any(row.startswith("我 ") and row.endswith("（已读）") for row in rows)


def test_trouble_is_told_where_it_is(watch: type[Watched]) -> None:
    watched = watch(troubled())
    assert watched.window.banner.isVisible()
    rows = spoken_rows(watched.window.chat.transcript)
    assert [row.rpartition("（")[2] for row in rows[-3:]] == [
        "发送中）",
        "发送中）",
        "发送失败：发送太快，请稍后重试。）",
    ]
    watched.move(acts.linked(watched.state, LinkState.LIVE))
    assert not watched.window.banner.isVisible()


@pytest.mark.req("A10")
def test_eight_at_once_show_waits_and_unread_and_open_by_number(watch: type[Watched]) -> None:
    watched = watch(busy(), NOON + 196)
    rows = [item.spoken() for item in watched.window.sidebar.model.items()]
    assert len(rows) == 8
    assert "等待 03:45" in rows[1]
    assert "未读 3 条" in rows[1]
    QTest.keyClick(watched.window, Qt.Key.Key_3, CTRL)
    assert watched.wished(Select) == [Select(watched.state.owned[2].id)]
    watched.window.sidebar.search.setText("小吃")
    assert [item.name for item in watched.window.sidebar.model.items()] == ["章贡区老街小吃店"]


def test_enter_sends_and_ctrl_enter_breaks_the_line(watch: type[Watched]) -> None:
    watched = watch(shown(chat_story()))
    box = watched.window.chat.composer.box
    QTest.keyClicks(box, "one")
    QTest.keyClick(box, ENTER, CTRL)
    QTest.keyClicks(box, "two")
    QTest.keyClick(box, ENTER)
    assert watched.wished(SendText) == [SendText(Story().id, "one\ntwo")]
    assert box.toPlainText() == ""
    assert len(watched.wished(TellTyping)) == 1
    QTest.keyClick(box, ENTER)
    assert len(watched.wished(SendText)) == 1


def test_what_was_begun_is_there_again_after_looking_elsewhere(watch: type[Watched]) -> None:
    watched = watch(busy(), NOON + 196)
    first, second = (one.id for one in watched.state.owned[:2])
    box = watched.window.chat.composer.box
    box.setPlainText("没写完")
    watched.move(acts.selected(watched.state, second))
    assert box.toPlainText() == ""
    watched.move(acts.selected(watched.state, first))
    assert box.toPlainText() == "没写完"


@pytest.mark.req("A12")
def test_a_pasted_picture_is_looked_at_before_it_goes(watch: type[Watched]) -> None:
    watched = watch(shown(chat_story()))
    composer = watched.window.chat.composer
    data = QMimeData()
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    data.setImageData(image)
    assert composer.box.canInsertFromMimeData(data)
    composer.box.insertFromMimeData(data)
    assert watched.wished(SendFile) == []
    [check] = composer.findChildren(PictureCheck)
    check.accept()
    [sent] = watched.wished(SendFile)
    assert isinstance(sent, SendFile)
    assert (sent.media_type, sent.size) == ("image/png", (40, 30))
    assert QImage.fromData(sent.content).pixelColor(5, 5).name() == "#336699"


@pytest.mark.req("A12")
def test_dropped_files_go_and_what_cannot_go_is_said(watch: type[Watched], tmp_path: Path) -> None:
    watched = watch(shown(chat_story()))
    composer: Composer = watched.window.chat.composer
    good, empty = tmp_path / "清单.txt", tmp_path / "空.txt"
    good.write_text("清单", encoding="utf-8")
    empty.touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (good, empty)])
    composer.box.insertFromMimeData(data)
    [sent] = watched.wished(SendFile)
    assert isinstance(sent, SendFile)
    assert (sent.name, sent.content.decode()) == ("清单.txt", "清单")
    assert composer.error.text() == "「空.txt」是空文件，请重新选择。"
    large = tmp_path / "大.zip"
    with large.open("wb") as file:
        file.truncate(LIMIT_BYTES + 1)
    with pytest.raises(BanwenError, match="超过 20 MB"):
        from_path(large)


@pytest.mark.req("I2")
def test_the_card_follows_the_taxpayer_from_page_to_page(watch: type[Watched]) -> None:
    story = chat_story()
    watched = watch(shown(story))
    moved = play(watched.state, story.context(OTHER_PAGE).frames)
    watched.move(moved)
    texts = {one.accessibleName() for one in watched.window.taxpayer.findChildren(QWidget)}
    assert "页面：发票开具" in texts
    assert "来源：页面自述，未经网站签名" in texts
    assert any("增值税及附加税费申报" in text for text in texts)


def test_knowledge_is_inserted_by_enter_and_sent_by_ctrl_enter(watch: type[Watched]) -> None:
    watched = watch(shown(chat_story()))
    QTest.keyClick(watched.window, Qt.Key.Key_K, CTRL)
    panel = watched.window.knowledge
    assert panel.isVisible()
    panel.show_hits(hits())
    assert "vat-0000 · 修订 9f3c1a7e" in panel.source.text()
    QTest.keyClick(panel.search, Qt.Key.Key_Down)
    QTest.keyClick(panel.search, ENTER)
    assert watched.window.chat.composer.box.toPlainText() == hits()[1].text
    QTest.keyClick(panel.search, ENTER, CTRL)
    assert watched.wished(SendText) == [SendText(Story().id, hits()[1].text)]


@pytest.mark.req("A18")
def test_nothing_closes_before_the_four_fields_are_full(watch: type[Watched]) -> None:
    story = chat_story()
    watched = watch(shown(story))
    assert not watched.window.wrap_up.submit.isEnabled()
    QTest.keyClick(watched.window, Qt.Key.Key_E, CTRL)
    assert watched.wished(Finish) == [Finish(story.id)]
    watched.move(play(watched.state, story.tell(ServiceFinished(by="agent")).frames))
    form = watched.window.wrap_up
    assert watched.window.tabs.currentWidget() is form
    QTest.mouseClick(watched.button("提交小结"), Qt.MouseButton.LeftButton)
    assert watched.wished(Submit) == []
    for field in form.findChildren(QComboBox):
        field.setCurrentIndex(0)
    watched.button("已解决").click()
    form.text.setPlainText("已指导填报")
    assert isinstance(watched.wished(WriteDraft)[-1], WriteDraft)
    QTest.keyClick(watched.window, Qt.Key.Key_S, CTRL)
    assert watched.wished(Submit) == [Submit(story.id, Draft("vat", "filing", "resolved", "已指导填报"))]
    form.fail("请稍后重试。")
    assert form.failure.isVisible()
    assert form.submit.isEnabled()


@pytest.mark.req("A23")
def test_the_remote_window_is_unmistakable_under_control(dressed: QApplication) -> None:
    window = RemoteWindow()
    wishes: list[object] = []
    window.wished.connect(wishes.append)
    window.show()
    window.show_state(assisting(2), assisting(2).current, NOON)
    assert window.line.text() == "正在查看屏幕"
    window.ask.click()
    assert wishes == [AskControl()]
    window.show_state(assisting(3), assisting(3).current, NOON)
    assert window.line.text() == "您正在控制纳税人的电脑，操作立即生效"
    assert not window.ask.isVisible()
    window.close()
    assert not window.isVisible()
    window.deleteLater()


def test_assistance_is_invited_by_key(watch: type[Watched]) -> None:
    watched = watch(shown(chat_story()))
    QTest.keyClick(watched.window, Qt.Key.Key_F7)
    assert watched.wished(InviteAssist) == [InviteAssist(Story().id)]


def test_every_control_has_a_name_and_every_shortcut_its_own_key(watch: type[Watched]) -> None:
    kinds = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox, QListView)
    for state in (busy(), shown(chat_story()), start(presence=PresenceState.OFFLINE)):
        for widget in watch(state).window.findChildren(QWidget):
            inner = widget.objectName().startswith("qt_") or isinstance(widget.parentWidget(), QComboBox | QLineEdit)
            popup = isinstance(widget, QListView) and widget.window() is not widget and "Combo" in _parents(widget)
            if isinstance(widget, kinds) and not inner and not popup and "QTabBar" not in _parents(widget):
                spoken = QAccessible.queryAccessibleInterface(widget)
                assert spoken.text(QAccessible.Text.Name), f"{type(widget).__name__} {widget.objectName()}"
    keys = [one.key for one in SHORTCUTS]
    assert len(set(keys)) == len(keys)


def test_ten_thousand_lines_stay_quick_and_grow_upwards(dressed: QApplication) -> None:
    story = Story().served()
    for number in range(10_000):
        story.says(Side.TAXPAYER if number % 2 else Side.AGENT, f"第 {number} 句，" + "内容" * (number % 40), 1)
    state = play(start(), story.frames)
    one = state.consultations[story.id]
    view = TranscriptView(Pictures())
    view.resize(760, 600)
    view.show()
    view.show_consultation(one, ME.id)
    dressed.processEvents()
    model = view.model()
    assert model.rowCount() == WINDOW
    begun = perf_counter()
    more = play(state, story.says(Side.TAXPAYER, "又一句").frames[-1:]).consultations[story.id]
    view.show_consultation(more, ME.id)
    dressed.processEvents()
    assert perf_counter() - begun < 0.5
    assert model.index(model.rowCount() - 1, 0).data(LINE).row.body == Text(text="又一句")
    view.verticalScrollBar().setValue(0)
    dressed.processEvents()
    assert model.rowCount() > WINDOW
    view.deleteLater()


@pytest.mark.req("A13")
def test_the_transcript_changes_only_the_rows_that_differ(dressed: QApplication) -> None:
    story = Story().served().says(Side.AGENT, "一")
    state = play(start(), story.frames)
    model = TranscriptModel()
    model.open(state.consultations[story.id], ME.id)
    resets: list[bool] = []
    changed: list[int] = []
    model.modelReset.connect(lambda: resets.append(True))
    model.dataChanged.connect(lambda first, _: changed.append(first.row()))
    state = acts.echo(state, story.id, Pending(ClientId("x"), NOON, Text(text="二")))
    model.update(state.consultations[story.id], ME.id)
    assert model.lines()[-1].mark is Mark.SENDING
    state = play(state, story.says(Side.AGENT, "二", client_id="x").frames)
    receipt = Receipt(consultation=story.id, side=Side.TAXPAYER, delivered=len(story.frames), read=0)
    state = play(state, iter([receipt]))
    model.update(state.consultations[story.id], ME.id)
    assert model.lines() == lines_of(state.consultations[story.id], ME.id)
    assert [line.mark for line in model.lines()[-2:]] == [Mark.DELIVERED, Mark.DELIVERED]
    assert resets == []
    assert changed == [len(model.lines()) - 2]


def test_a_failed_message_is_tried_again_by_a_double_click(dressed: QApplication) -> None:
    view = TranscriptView(Pictures())
    retried: list[object] = []
    view.retried.connect(retried.append)
    view.resize(760, 600)
    view.show()
    view.show_consultation(troubled().current, ME.id)
    dressed.processEvents()
    place = view.visualRect(view.model().index(view.model().rowCount() - 1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(place))
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(place))
    assert retried == ["pending-2"]
    view.deleteLater()


def _parents(widget: QWidget) -> str:
    names, parent = [], widget.parentWidget()
    while parent is not None:
        names.append(type(parent).__name__ + parent.metaObject().className())
        parent = parent.parentWidget()
    return " ".join(names)
