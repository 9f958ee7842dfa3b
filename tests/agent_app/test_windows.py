"""Windows as wholes: they fit the screen they open on, stay readable after an end, and let the program go."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QLabel, QWidget

import relay_server
from agent_app.models.terms import element_name, module_name, place_text
from agent_app.state.workbench import Workbench
from agent_app.views.banner import Toast
from agent_app.views.login import LoginWindow
from agent_app.views.remote import RemoteWindow
from agent_app.views.top_bar import TopBar
from agent_app.views.widgets import Elided, room_for
from agent_app.views.window import MainWindow
from agent_app.views.wishes import ChoosePresence, InviteAssist
from relay_protocol.messages import AssistAsked, AssistEnded, BusinessContext, PresenceState, Privilege, ServiceFinished
from tests.agent_app.conftest import Play, until
from tests.agent_app.gallery import NAMES, assisting, busy, chat_story, online, shown
from tests.agent_app.stories import ASSIST, ME, NOON, Story
from tests.agent_app.stories import start as at_work

W = TypeVar("W", bound=QWidget)
Keep = Callable[[W], W]


@pytest.fixture
def keep(dressed: QApplication) -> Iterator[Callable[[QWidget], QWidget]]:
    """Show a window, and put it away in the end."""
    kept: list[QWidget] = []

    def show(window: QWidget) -> QWidget:
        kept.append(window)
        window.show()
        dressed.processEvents()
        return window

    yield show
    for window in kept:
        window.hide()
        window.deleteLater()


def ended() -> Workbench:
    """The taxpayer has ended the assistance."""
    return assisting(4)


def test_no_window_is_larger_than_what_its_screen_has_left(keep: Keep[QWidget]) -> None:
    for window in (MainWindow(busy()), RemoteWindow(), LoginWindow("https://relay.example", "8023")):
        room = room_for(keep(window))
        assert window.width() <= room.width()
        assert window.height() <= room.height()
        assert window.minimumHeight() <= 480


def test_at_150_percent_of_a_small_screen_nothing_is_pushed_out(keep: Keep[MainWindow]) -> None:
    window = MainWindow(busy())
    window.show_all(busy(), NOON + 110)
    keep(window).resize(853, 493)  # 1280 × 800 at 150 %, less a title bar
    QApplication.processEvents()
    assert (window.width(), window.height()) == (853, 493)
    for part in (window.sidebar, window.chat, window.tabs, window.chat.finish, window.chat.composer.send):
        right = part.mapTo(window, QPoint(part.width(), part.height()))
        assert right.x() <= 853
        assert right.y() <= 493
        assert part.width() >= part.minimumSizeHint().width()
    [card] = window.sidebar.offers.findChildren(QWidget, "offerCard")
    for words in card.findChildren(QLabel):
        assert words.height() >= words.heightForWidth(words.width())


def test_a_name_too_long_gives_way_and_is_told_in_full(keep: Keep[Elided]) -> None:
    words = Elided()
    words.setText(NAMES[2])
    keep(words).resize(80, 24)
    assert words.toolTip() == words.text() == NAMES[2]
    assert words.minimumSizeHint().width() < 80


@pytest.mark.req("A23")
def test_an_assistance_that_is_over_reads_well_and_leads_on(keep: Keep[RemoteWindow]) -> None:
    window = RemoteWindow()
    wishes: list[object] = []
    window.wished.connect(wishes.append)
    window.show_state(ended(), ended().current, NOON)
    keep(window)
    [title] = [one for one in window.findChildren(QLabel) if one.text() == "协助已结束"]
    drawn = title.grab().toImage()
    brightest = max(drawn.pixelColor(x, y).lightness() for x in range(drawn.width()) for y in range(drawn.height()))
    assert brightest > 230  # on the dark ground of the picture
    assert not window.stop.isVisible()
    window.again.click()
    assert wishes == [InviteAssist(Story().id)]
    window.away.click()
    assert not window.isVisible()


def test_nobody_is_invited_again_once_the_conversation_is_over(keep: Keep[RemoteWindow]) -> None:
    story = chat_story().tell(AssistAsked(assist=ASSIST, agent=ME, scope=[Privilege.VIEW]))
    state = shown(story.tell(AssistEnded(assist=ASSIST, reason="closed")).tell(ServiceFinished(by="taxpayer")))
    window = RemoteWindow()
    window.show_state(state, state.current, NOON)
    keep(window)
    assert not window.again.isVisible()
    assert window.away.isVisible()


def test_a_watched_screen_does_not_keep_the_program_from_ending(
    keep: Keep[QWidget], dressed: QApplication, play_out: Play
) -> None:
    main, remote = MainWindow(at_work()), RemoteWindow()
    keep(main)
    keep(remote)
    dressed.setQuitOnLastWindowClosed(False)
    closed = QSignalSpy(dressed.lastWindowClosed)

    async def story() -> None:
        main.close()
        await until(closed.count, "the word that the last window is closed")
        assert remote.isVisible()

    play_out(story())


def test_long_news_wraps_inside_its_window(keep: Keep[QWidget]) -> None:
    window = QWidget()
    keep(window).resize(400, 300)
    toast = Toast(window)
    toast.say("无法发起远程协助：本机没有您的协助证书，请联系管理员签发后重试，期间可以继续用文字和图片解答。")
    assert toast.isVisible()
    assert toast.geometry().left() >= 0
    assert toast.geometry().right() <= 400
    assert toast.height() > 60


@pytest.mark.req("A10")
def test_the_bar_says_who_works_who_waits_and_for_how_long(keep: Keep[TopBar]) -> None:
    bar = TopBar()
    bar.show_state(online(), NOON)
    keep(bar)
    assert bar.queue.text() == "排队 12 人 · 最长等待 00:20"
    assert bar.link.accessibleName() == "连接状态：已连接"
    assert bar.presence.accessibleName() == "状态：空闲"
    assert bar.person.text() == "李敏 · 工号 8023 · 赣州市税务局"
    bar.tick(online(), NOON + 240)
    assert bar.queue.text() == "排队 12 人 · 最长等待 04:20"
    wishes: list[object] = []
    bar.wished.connect(wishes.append)
    actions = {action.text(): action for action in bar.presence.menu().actions()}
    actions["小休 · 用餐"].trigger()
    assert wishes == [ChoosePresence(PresenceState.BREAK, "用餐")]


@pytest.mark.req("A12")
def test_codes_of_the_sample_site_are_shown_in_words_and_unknown_modules_not_at_all() -> None:
    sample = tomllib.loads((Path(relay_server.__path__[0]) / "sample" / "sample.toml").read_text(encoding="utf-8"))
    for code, module in sample["modules"].items():
        assert not module_name(code).isascii()
        for element in (*module["elements"], *module.get("masked", [])):
            assert not element_name(element).isascii(), element
    page = BusinessContext(module="vat_filing", function="", page="附加税费申报")
    assert place_text(page) == "增值税申报 › 附加税费申报"
    assert place_text(BusinessContext(module="x_17", function="", page="附加税费申报")) == "附加税费申报"
    assert element_name("unheard_of") == "unheard_of"
