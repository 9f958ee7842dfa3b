"""The main window: bar, sidebar, chat, side panel. It only puts them together and passes wishes on."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QFrame, QMessageBox, QSplitter, QTabWidget, QWidget

from agent_app.state.consultation import Consultation, Stage
from agent_app.state.directory import Directory
from agent_app.state.workbench import Changes, Kind, Workbench
from agent_app.state.wrap_up import Catalogue
from agent_app.views.banner import Banner, Toast
from agent_app.views.chat import ChatView
from agent_app.views.icons import icon
from agent_app.views.knowledge import KnowledgePanel
from agent_app.views.pictures import Pictures
from agent_app.views.shortcuts import ShortcutSheet, install
from agent_app.views.sidebar import Sidebar
from agent_app.views.taxpayer import TaxpayerPanel
from agent_app.views.theme import Wear, colors
from agent_app.views.top_bar import TopBar
from agent_app.views.widgets import column, fit_screen, frame, retint, room_for
from agent_app.views.wishes import (
    Accept,
    ChoosePresence,
    Decline,
    FetchPicture,
    Invite,
    Look,
    SaveFile,
    Select,
    SendText,
    Transfer,
)
from agent_app.views.wrap_up import WrapUpPanel
from relay_protocol.messages import Attachment, PresenceState, PrivateKind, Side, Text

PANELS = ("person", "book", "note")


class MainWindow(QWidget):
    """`wished` carries every wish; `watched` asks for the remote screen's window."""

    wished = Signal(object)
    watched = Signal()

    def __init__(self, state: Workbench) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("办问协同 · 座席工作台"))
        self._state = state
        self._now = 0.0
        self.pictures = Pictures()
        self.bar, self.sidebar, self.banner = TopBar(), Sidebar(), Banner()
        self.chat = ChatView(self.pictures)
        self.taxpayer, self.knowledge, self.wrap_up = TaxpayerPanel(), KnowledgePanel(), WrapUpPanel()
        self.tabs = self._tabs()
        self.toast = Toast(self)
        self._split = self._splitter()
        whole = column(self.bar, self.banner, self._split, gap=0)
        whole.setStretchFactor(self._split, 1)
        self.setLayout(whole)
        fit_screen(self, 1440, 860)
        self.setMinimumSize(QSize(848, 480).boundedTo(room_for(self)))
        self._connect()
        install(self, self._actions())

    def show_state(self, state: Workbench, changes: Changes, now: float) -> None:
        """Draw what changed."""
        before, self._state, self._now = self._state, state, now
        kinds = {change.kind for change in changes}
        if Kind.SESSION in kinds or Kind.LINK in kinds:
            self.bar.show_state(state, now)
            self.banner.show_link(state)
        if kinds & {Kind.LIST, Kind.STAGE, Kind.SESSION, Kind.TRANSCRIPT, Kind.TEAM}:
            self.sidebar.show_state(state, now)
        if before.selected != state.selected or _about(changes, state) or Kind.ASSIST in kinds:
            self._show_current(state, now)
        self._lead(before, state)
        self.look()

    def show_all(self, state: Workbench, now: float) -> None:
        """Draw everything."""
        self._state, self._now = state, now
        self.bar.show_state(state, now)
        self.banner.show_link(state)
        self.sidebar.show_state(state, now)
        self._show_current(state, now)

    def wear(self, look: Wear) -> None:
        """Show the look in use: the style sheet has changed already, pictures follow here."""
        retint(self)
        for at, picture in enumerate(PANELS):
            self.tabs.setTabIcon(at, icon(picture, colors().quiet, 16))
        self.bar.show_look(look)
        self.chat.transcript.forget()
        self.show_all(self._state, self._now)

    def tick(self, state: Workbench, now: float) -> None:
        """Draw what time alone changes; called every second."""
        self._now = now
        self.bar.tick(state, now)
        self.sidebar.show_state(state, now)
        self.chat.tick(state, now)

    def offer_catalogue(self, catalogue: Catalogue) -> None:
        """Take the choices of the wrap-up."""
        self.wrap_up.offer(catalogue)
        self.wrap_up.show_state(self._state)

    def look(self) -> None:
        """Say that the consultation on the screen is being looked at, when a person really can see it."""
        one = self._state.current
        if one is not None and self.isActiveWindow() and self._state.is_owned(one) and one.looked < one.last_seq:
            self.wished.emit(Look(one.id))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange:
            self.look()
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.sidebar.list.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Work that is still owed is named before the window goes."""
        owed = len(self._state.owned)
        if owed and not self._confirmed(owed):
            event.ignore()
            return
        super().closeEvent(event)

    def _confirmed(self, owed: int) -> bool:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("还有未完成的咨询"))
        box.setText(self.tr("您还有 {0} 个咨询没有完成小结。离开后纳税人会等不到回复。").format(owed))
        stay = box.addButton(self.tr("继续工作"), QMessageBox.ButtonRole.RejectRole)
        leave = box.addButton(self.tr("仍要退出"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(stay)
        box.exec()
        return box.clickedButton() is leave

    def _tabs(self) -> QTabWidget:
        tabs = QTabWidget()
        tabs.setObjectName("side")
        tabs.setDocumentMode(True)
        tabs.setUsesScrollButtons(False)
        names = (self.tr("纳税人"), self.tr("知识库"), self.tr("小结"))
        hints = ("Alt+1", "Ctrl+K", "Alt+3")
        panels: tuple[QWidget, ...] = (self.taxpayer, self.knowledge, self.wrap_up)
        for at, (panel, name, picture, hint) in enumerate(zip(panels, names, PANELS, hints, strict=True)):
            tabs.addTab(panel, name)
            tabs.setTabIcon(at, icon(picture, colors().quiet, 16))
            tabs.setTabToolTip(at, f"{name}（{hint}）")
        return tabs

    def _splitter(self) -> QSplitter:
        split = QSplitter(Qt.Orientation.Horizontal)
        side: QFrame = frame("side")
        side.setLayout(column(self.tabs, gap=0))
        self.sidebar.setMinimumWidth(190)
        side.setMinimumWidth(266)
        for part in (self.sidebar, self.chat, side):
            split.addWidget(part)
        split.setStretchFactor(1, 1)
        split.setSizes([300, 760, 380])
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        return split

    def _connect(self) -> None:
        for part in (self.bar, self.sidebar, self.chat, self.knowledge, self.wrap_up):
            part.wished.connect(self.wished)
        self.chat.watched.connect(self.watched)
        self.chat.saved.connect(self._save)
        self.bar.helped.connect(self._help)
        self.sidebar.filtered.connect(lambda: self.sidebar.show_state(self._state, self._now))
        self.pictures.wanted.connect(lambda attachment: self.wished.emit(FetchPicture(attachment)))
        self.knowledge.inserted.connect(self._insert)
        self.knowledge.sent.connect(self._send)

    def _actions(self) -> dict[str, Callable[[], object]]:
        actions: dict[str, Callable[[], object]] = {
            "accept": lambda: self._answer(Accept),
            "decline": lambda: self._answer(Decline),
            "ready": lambda: self.wished.emit(ChoosePresence(PresenceState.READY)),
            "busy": lambda: self.wished.emit(ChoosePresence(PresenceState.BUSY)),
            "next": self._next,
            "filter": self.sidebar.search.setFocus,
            "reply": self.chat.composer.box.setFocus,
            "quote": self.chat.transcript.quote_chosen,
            "recall": self.chat.transcript.recall_last,
            "whisper": lambda: self.chat.composer.turn(PrivateKind.WHISPER),
            "note_down": lambda: self.chat.composer.turn(PrivateKind.NOTE),
            "transfer": lambda: self.chat.hand_on(False),
            "invite": lambda: self.chat.hand_on(True),
            "hold": self.chat.hold,
            "team": self.chat.more.showMenu,
            "yes": lambda: self._reply_to_colleague(True),
            "no": lambda: self._reply_to_colleague(False),
            "image": self.chat.composer.image.click,
            "file": self.chat.composer.file.click,
            "taxpayer": lambda: self.tabs.setCurrentIndex(0),
            "knowledge": self._search,
            "wrap_up": self._wrap_up,
            "assist": self.chat.invite,
            "finish": self.chat.end,
            "submit": self.wrap_up.send,
            "help": self._help,
        }
        return actions | {f"open{number}": partial(self._open, number - 1) for number in range(1, 10)}

    def _show_current(self, state: Workbench, now: float) -> None:
        self.chat.show_state(state, now)
        self.taxpayer.show_consultation(state.current)
        self.wrap_up.show_state(state)
        self.knowledge.follow(state.selected, _last_question(state.current))

    def _lead(self, before: Workbench, state: Workbench) -> None:
        """Bring the eye to where something is to be done."""
        known = {one.id for one in before.offers}
        fresh = [one for one in state.offers if one.id not in known]
        if fresh:
            QApplication.alert(self)
            self.toast.say(self.tr("新咨询：{0}（F2 接听）").format(fresh[0].name))
        elif known and not state.offers:
            self.toast.hide()
        old, one = before.current, state.current
        if one is None or old is None or old.id != one.id or old.stage is one.stage:
            return
        if one.stage is Stage.WRAP_UP:
            self._wrap_up()
        elif one.stage is Stage.ACTIVE:
            self.chat.composer.box.setFocus()

    def offer_directory(self, directory: Directory) -> None:
        """Take to whom something can be handed on."""
        if self.chat.dialog is not None:
            self.chat.dialog.offer(directory)

    def settle(self, wish: object, refusal: str) -> bool:
        """The relay has answered a wish; tell whether a dialog waited for that and shows it."""
        dialog = self.chat.dialog
        if dialog is None or not isinstance(wish, Transfer | Invite):
            return False
        dialog.settle(refusal)
        return True

    def _reply_to_colleague(self, accept: bool) -> None:
        if self.sidebar.asked.cards:
            self.sidebar.asked.cards[0].answer(accept)

    def _answer(self, kind: type[Accept] | type[Decline]) -> None:
        offers = self._state.offers
        if offers:
            self.wished.emit(kind(offers[0].id))

    def _open(self, number: int) -> None:
        work = self._state.work
        if number < len(work):
            self.wished.emit(Select(work[number].id))
            QTimer.singleShot(0, self.chat.composer.box.setFocus)

    def _next(self) -> None:
        owned = [one.id for one in self._state.work]
        if owned:
            at = owned.index(self._state.selected) if self._state.selected in owned else -1
            self.wished.emit(Select(owned[(at + 1) % len(owned)]))

    def _search(self) -> None:
        self.tabs.setCurrentIndex(1)
        self.knowledge.search.setFocus()
        self.knowledge.search.selectAll()

    def _wrap_up(self) -> None:
        self.tabs.setCurrentIndex(2)
        self.wrap_up.start()

    def _insert(self, text: str) -> None:
        if self.chat.composer.isVisible():
            self.chat.composer.insert(text)

    def _send(self, text: str) -> None:
        one = self._state.current
        if one is not None and self._state.is_owned(one) and one.stage is Stage.ACTIVE:
            self.wished.emit(SendText(one.id, text))

    def _save(self, attachment: Attachment) -> None:
        dialog = QFileDialog(self, self.tr("另存为"), attachment.name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.wished.emit(SaveFile(attachment, path)))
        dialog.open()

    def _help(self) -> None:
        ShortcutSheet(self).open()


def _about(changes: Changes, state: Workbench) -> bool:
    return any(change.consultation == state.selected for change in changes if change.consultation)


def _last_question(one: Consultation | None) -> str:
    rows = reversed(one.rows) if one else ()
    said = (row.body for row in rows if row.side is Side.TAXPAYER)
    return next((body.text for body in said if isinstance(body, Text)), "")
