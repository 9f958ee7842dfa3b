"""The taxpayer's screen in the workbench: where things lie, and what mouse and keyboard become."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from agent_app.views.keys import keysym_of
from agent_app.views.screen import RemoteScreen
from agent_app.views.wishes import ButtonTurned, KeyTurned, PointerMoved, TextTyped, WheelTurned
from relay_protocol.messages.channel import Button
from relay_protocol.screen import Point, Rect

pytestmark = pytest.mark.req("A23")

WIDTH, HEIGHT = 800, 400
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Watched:
    """A screen under control, and what it wished."""

    def __init__(self) -> None:
        self.screen = RemoteScreen()
        self.screen.resize(400, 300)
        self.wishes: list[object] = []
        self.screen.wished.connect(self.wishes.append)
        self.pixels = bytearray(WIDTH * HEIGHT * 4)
        self.show(Rect(0, 0, WIDTH, HEIGHT))
        self.screen.show()
        self.screen.set_control(True)

    def show(self, rect: Rect, pointer: Point | None = None) -> None:
        self.screen.show_picture(memoryview(self.pixels), WIDTH, HEIGHT, (rect,), pointer)

    def without_moves(self) -> list[object]:
        return [wish for wish in self.wishes if not isinstance(wish, PointerMoved)]

    def press(self, key: Qt.Key, text: str = "", modifiers: Qt.KeyboardModifier = NONE, repeat: bool = False) -> None:
        self._key(QEvent.Type.KeyPress, key, text, modifiers, repeat)

    def release(self, key: Qt.Key, text: str = "", modifiers: Qt.KeyboardModifier = NONE) -> None:
        self._key(QEvent.Type.KeyRelease, key, text, modifiers, False)

    def _key(self, kind: QEvent.Type, key: Qt.Key, text: str, modifiers: Qt.KeyboardModifier, repeat: bool) -> None:
        QApplication.sendEvent(self.screen, QKeyEvent(kind, key, modifiers, text, repeat))


@pytest.fixture
def watched(dressed: QApplication) -> Iterator[Watched]:
    made = Watched()
    yield made
    made.screen.hide()
    made.screen.deleteLater()


def test_the_picture_keeps_its_proportions_in_the_middle(watched: Watched) -> None:
    assert watched.screen.place().getRect() == (0.0, 50.0, 400.0, 200.0)


def test_pixel_by_pixel_the_widget_is_as_large_as_the_picture(watched: Watched) -> None:
    watched.screen.set_fit(False)
    assert (watched.screen.maximumWidth(), watched.screen.maximumHeight()) == (WIDTH, HEIGHT)


def test_a_click_lands_on_the_pixel_under_it(watched: Watched) -> None:
    QTest.mouseClick(watched.screen, LEFT, NONE, QPoint(100, 100))
    assert watched.without_moves() == [
        ButtonTurned(200, 100, Button.LEFT, True),
        ButtonTurned(200, 100, Button.LEFT, False),
    ]


def test_a_place_outside_the_picture_is_its_nearest_pixel(watched: Watched) -> None:
    assert watched.screen.at_picture(QPointF(399, 10)) == (798, 0)
    assert watched.screen.at_picture(QPointF(-5, 299)) == (0, HEIGHT - 1)


def test_the_wheel_counts_notches_and_keeps_the_rest(watched: Watched) -> None:
    for _ in range(3):
        turn = QWheelEvent(
            QPointF(200, 150), QPointF(200, 150), QPoint(), QPoint(0, -80),
            Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(watched.screen, turn)
    assert watched.without_moves() == [WheelTurned(400, 200, 0, 1), WheelTurned(400, 200, 0, 1)]


@pytest.mark.parametrize(
    ("key", "text", "modifiers", "keysym"),
    [
        (Qt.Key.Key_A, "a", NONE, 0x61),
        (Qt.Key.Key_A, "A", SHIFT, 0x41),
        (Qt.Key.Key_A, "\x01", CONTROL, 0x61),
        (Qt.Key.Key_Return, "\r", NONE, 0xFF0D),
        (Qt.Key.Key_Escape, "\x1b", NONE, 0xFF1B),
        (Qt.Key.Key_F5, "", NONE, 0xFFC2),
        (Qt.Key.Key_Space, " ", NONE, 0x20),
        (Qt.Key.Key_Percent, "%", SHIFT, 0x25),
        (Qt.Key.Key_CapsLock, "", NONE, None),
        (Qt.Key.Key_NumLock, "", NONE, None),
        (Qt.Key.Key_unknown, "，", NONE, None),
    ],
)
def test_a_key_is_what_it_means(key: Qt.Key, text: str, modifiers: Qt.KeyboardModifier, keysym: int | None) -> None:
    assert keysym_of(QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text)) == keysym


def test_a_held_key_goes_down_once_and_up_as_what_it_was(watched: Watched) -> None:
    watched.press(Qt.Key.Key_A, "a")
    watched.press(Qt.Key.Key_A, "a", repeat=True)
    watched.release(Qt.Key.Key_A, "A", SHIFT)
    assert watched.wishes == [KeyTurned(0x61, True), KeyTurned(0x61, False)]


def test_chinese_from_an_input_method_goes_as_text_at_once(watched: Watched) -> None:
    commit = QInputMethodEvent()
    commit.setCommitString("本期销售额")
    QApplication.sendEvent(watched.screen, commit)
    assert watched.wishes == [TextTyped("本期销售额")]


def test_characters_without_a_key_go_together_and_before_the_next_key(watched: Watched) -> None:
    for character in "已核对，":
        watched.press(Qt.Key.Key_unknown, character)
    assert watched.wishes == []
    watched.press(Qt.Key.Key_Return, "\r")
    assert watched.wishes == [TextTyped("已核对，"), KeyTurned(0xFF0D, True)]


def test_losing_the_focus_lets_everything_go(watched: Watched) -> None:
    watched.screen.setFocus()
    watched.press(Qt.Key.Key_Control, "", CONTROL)
    QTest.mousePress(watched.screen, LEFT, NONE, QPoint(100, 100))
    watched.wishes.clear()
    watched.screen.clearFocus()
    QApplication.sendEvent(watched.screen, _focus_out())
    assert KeyTurned(0xFFE3, False) in watched.wishes
    assert any(isinstance(wish, ButtonTurned) and not wish.down for wish in watched.wishes)


def test_without_control_nothing_is_passed_on(watched: Watched) -> None:
    watched.press(Qt.Key.Key_A, "a")
    watched.wishes.clear()
    watched.screen.set_control(False)
    assert watched.wishes == [KeyTurned(0x61, False)]
    watched.wishes.clear()
    QTest.mouseClick(watched.screen, LEFT, NONE, QPoint(100, 100))
    watched.press(Qt.Key.Key_B, "b")
    watched.release(Qt.Key.Key_B, "b")
    assert watched.wishes == []


def test_under_control_shortcuts_belong_to_the_other_machine(watched: Watched) -> None:
    asked = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_F2, NONE)
    asked.ignore()
    QApplication.sendEvent(watched.screen, asked)
    assert asked.isAccepted()
    watched.screen.set_control(False)
    asked.ignore()
    QApplication.sendEvent(watched.screen, asked)
    assert not asked.isAccepted()


def test_what_changes_in_the_pixels_changes_on_the_widget(watched: Watched) -> None:
    watched.pixels[:] = bytes((10, 20, 200, 255)) * (WIDTH * HEIGHT)
    watched.show(Rect(0, 0, WIDTH, HEIGHT), Point(10, 10))
    shown = watched.screen.grab().toImage().pixelColor(200, 150)
    assert (shown.red(), shown.green(), shown.blue()) == (200, 20, 10)
    watched.screen.clear()
    assert watched.screen.picture_size.isEmpty()


def _focus_out() -> QEvent:
    from PySide6.QtGui import QFocusEvent

    return QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason)
