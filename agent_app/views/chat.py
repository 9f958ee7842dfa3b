"""The centre: who this is, what stands in the way, the transcript, and where to write."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QInputDialog, QLabel, QMenu, QStackedWidget, QToolButton, QWidget

from agent_app.models.terms import place_text
from agent_app.state.assist import state_line
from agent_app.state.consultation import Consultation, Stage
from agent_app.state.workbench import Workbench
from agent_app.views.composer import Composer
from agent_app.views.empty import EmptyState
from agent_app.views.hand_on import HandOn
from agent_app.views.picture_window import PictureWindow
from agent_app.views.pictures import Pictures
from agent_app.views.theme import mark
from agent_app.views.transcript import TranscriptView
from agent_app.views.widgets import Elided, badge, button, column, frame, label, row, tool
from agent_app.views.wishes import (
    Block,
    Drop,
    Finish,
    Hold,
    InviteAssist,
    KeepIt,
    Leave,
    Recall,
    Resume,
    Retry,
    StopAssist,
)
from relay_protocol.ids import ClientId
from relay_protocol.messages import Assurance, Attachment

BADGES = {
    Assurance.VERIFIED: ("已验证", "good"),
    Assurance.ASSERTED: ("自述身份", "warn"),
    Assurance.ANONYMOUS: ("未验证", "warn"),
}


class ChatView(QFrame):
    """Emits `wished`; `watched` asks for the remote screen's window, `saved` for a place to save an attachment."""

    wished = Signal(object)
    watched = Signal()
    saved = Signal(object)

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self.setObjectName("chat")
        self._pictures = pictures
        self._one: Consultation | None = None
        self._state: Workbench | None = None
        self.dialog: HandOn | None = None
        self.name, self.badge, self.where = Elided("title"), badge(), Elided("quiet")
        self.assist = button(
            self.tr("远程协助"), picture="screen", hint=self.tr("邀请纳税人远程协助（F7）"), then=self.invite
        )
        self.finish = button(
            self.tr("结束并小结"), picture="note", hint=self.tr("结束对话并填写小结（Ctrl+E）"), then=self.end
        )
        self.more = tool(self.tr("协同"), "people", hint=self.tr("转接、邀请、挂起（F6）"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.transcript = TranscriptView(pictures)
        self.composer = Composer()
        self.newer = button(self.tr("有新消息"), picture="chevron-down", then=self.transcript.to_newest)
        self.typing = label(tone="small")
        self._before = _Notice("calm")
        self._gone = _Notice("")
        self._assist = _AssistStrip(self)
        self._over = _Notice("calm")
        self._team = _Notice("calm")
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyState("chat", self.tr("请选择一个咨询"), self.tr("F2 接听最先到的咨询，F1 查看全部快捷键"))
        )
        self._stack.addWidget(self._page())
        self.setLayout(column(self._stack, gap=0))
        self._connect()

    def show_state(self, state: Workbench, now: float) -> None:
        """Draw the selected consultation."""
        one = state.current
        self._one, self._state = one, state
        self._stack.setCurrentIndex(1 if one else 0)
        self.transcript.show_consultation(one, state.me.id)
        writes = one is not None and state.may_whisper(one)
        self.composer.open(one.id if one and writes else None, one is not None and state.may_speak(one))
        if one is not None:
            self._show_head(state, one)
            self._show_notices(state, one, now)
            self.tick(state, now)

    def tick(self, state: Workbench, now: float) -> None:
        """Draw what time alone changes."""
        one = state.current
        if one is not None:
            typing = one.typing_until > now
            self.typing.setText(_typing_text(one, typing))
            if one.assist.running:
                self._assist.say(state_line(one.assist, state.live, now))

    def invite(self) -> None:
        """Ask for remote assistance, or show the one that runs."""
        if self._one is None or not self.assist.isEnabled():
            return
        if self._one.assist.running:
            self.watched.emit()
        else:
            self.wished.emit(InviteAssist(self._one.id))

    def end(self) -> None:
        """Finish the conversation."""
        if self._one is not None and self.finish.isEnabled():
            self.wished.emit(Finish(self._one.id))

    def stop_assist(self) -> None:
        """End the assistance of this consultation."""
        if self._one is not None:
            self.wished.emit(StopAssist(self._one.id))

    def open_picture(self, attachment: Attachment) -> None:
        """Show a picture as large as the window allows."""
        content = self._pictures.content(attachment.id)
        if content is None:
            self._pictures.wanted.emit(attachment)
        else:
            PictureWindow(attachment.name, content, self).open()

    def _page(self) -> QWidget:
        head = frame("chatHead")
        top = row(self.name, self.more)
        top.setStretchFactor(self.name, 1)
        names = column(top, row(self.badge, self.where), gap=2)
        line = row(names, self.assist, self.finish, pad=12)
        line.setStretchFactor(names, 1)
        head.setLayout(line)
        page = QWidget()
        below = row(self.typing, 0, self.newer)
        below.setContentsMargins(16, 2, 16, 4)
        self.newer.hide()
        above = (head, self._before, self._gone, self._team, self._assist)
        whole = column(*above, self.transcript, below, self._over, self.composer, gap=0)
        whole.setStretchFactor(self.transcript, 1)
        page.setLayout(whole)
        return page

    def _connect(self) -> None:
        self.composer.wished.connect(self.wished)
        self.transcript.retried.connect(lambda client_id: self._about(Retry, client_id))
        self.transcript.dropped.connect(lambda client_id: self._about(Drop, client_id))
        self.transcript.opened.connect(self.open_picture)
        self.transcript.saved.connect(self.saved)
        self.transcript.behind.connect(self._behind)
        self.transcript.quoted.connect(self.composer.quote)
        self.transcript.recalled.connect(self._recall)

    def _about(self, kind: type[Retry] | type[Drop], client_id: ClientId) -> None:
        if self._one is not None:
            self.wished.emit(kind(self._one.id, client_id))

    def _recall(self, seq: int) -> None:
        if self._one is not None:
            self.wished.emit(Recall(self._one.id, seq))

    def hold(self) -> None:
        """Wait for the taxpayer, or go on."""
        if self._one is not None and self._state is not None and self._state.is_served(self._one):
            held = self._one.stage is Stage.ON_HOLD
            self.wished.emit(Resume(self._one.id) if held else Hold(self._one.id))

    def hand_on(self, inviting: bool) -> None:
        """Transfer it, or ask a colleague to join."""
        state, one = self._state, self._one
        if state is None or one is None or not state.is_served(one):
            return
        self.dialog = HandOn(one.id, state.me.id, inviting, self)
        self.dialog.wished.connect(self.wished)
        self.dialog.finished.connect(lambda _: setattr(self, "dialog", None))
        self.dialog.begin()

    def leave(self) -> None:
        """Take part no longer."""
        if self._one is not None:
            self.wished.emit(Leave(self._one.id))

    def block(self) -> None:
        """Refuse this person for some days, with a reason."""
        if self._one is None:
            return
        days, sure = QInputDialog.getInt(self, self.tr("限制咨询"), self.tr("限制几天（1–365）："), 1, 1, 365)
        words = (
            QInputDialog.getText(self, self.tr("限制咨询"), self.tr("原因（必填，会留存备查）："))
            if sure
            else ("", False)
        )
        if words[1] and words[0].strip():
            self.wished.emit(Block(self._one.id, float(days), words[0].strip()))

    def _menu(self, state: Workbench, one: Consultation) -> QMenu:
        menu = QMenu(self)
        served = state.is_served(one)
        if served and one.transfer is not None:
            menu.addAction(self.tr("取消转接"), lambda: self.wished.emit(KeepIt(one.id)))
        elif served:
            menu.addAction(self.tr("转接……（Ctrl+T）"), lambda: self.hand_on(False))
        if served:
            menu.addAction(self.tr("邀请同事……（Ctrl+I）"), lambda: self.hand_on(True))
            held = one.stage is Stage.ON_HOLD
            menu.addAction(self.tr("继续服务（Ctrl+H）") if held else self.tr("挂起（Ctrl+H）"), self.hold)
            for card in one.colleagues:
                action = menu.addAction(self.tr("请 {0} 离开").format(card.name))
                action.triggered.connect(partial(self.wished.emit, Leave(one.id, card.id)))
            menu.addSeparator()
            menu.addAction(self.tr("限制该纳税人咨询……"), self.block)
        elif state.is_colleague(one) or state.is_watching(one):
            menu.addAction(self.tr("离开会话"), self.leave)
        return menu

    def _behind(self, count: int) -> None:
        self.newer.setVisible(count > 0)

    def _show_head(self, state: Workbench, one: Consultation) -> None:
        self.name.setText(one.name)
        words, tone = BADGES[one.taxpayer.assurance] if one.taxpayer else ("", "calm")
        self.badge.setText(words)
        mark(self.badge, "badge", tone)
        context = one.context
        self.where.setText(place_text(context) if context else self.tr("尚未收到页面信息"))
        owned = state.is_owned(one)
        active = owned and one.stage is Stage.ACTIVE
        menu = self._menu(state, one)
        self.more.setMenu(menu)
        self.more.setVisible(not menu.isEmpty())
        self.assist.setVisible(owned)
        self.finish.setVisible(owned)
        self.assist.setEnabled(active)
        self.finish.setEnabled(state.is_served(one))
        running = one.assist.running
        self.assist.setText(self.tr("查看远程画面") if running else self.tr("远程协助"))
        self.assist.setAccessibleName(self.assist.text())

    def _show_notices(self, state: Workbench, one: Consultation, now: float) -> None:
        owned = state.is_owned(one)
        offered = state.is_offered(one)
        self._before.tell(
            self.tr("接入前请看：纳税人与智能客服的对话和所在页面（F2 接听，F4 婉拒）") if offered else ""
        )
        away = owned and one.stage is Stage.ACTIVE and not one.online
        self._gone.tell(self.tr("纳税人暂时不在线，您的回复会在其返回后送达") if away else "")
        self._team.tell(team_text(state, one))
        wrap_up = owned and one.stage is Stage.WRAP_UP
        self._over.tell(self.tr("对话已结束，请在右侧填写小结（Alt+3）") if wrap_up else "")
        self.composer.setVisible(state.may_speak(one) or (state.may_whisper(one) and not owned))
        self._assist.setVisible(owned and one.assist.running)
        self._assist.say(state_line(one.assist, state.live, now))
        self._assist.alarm(state.live is not None and state.live.id == one.assist.id and state.live.controls)


def team_text(state: Workbench, one: Consultation) -> str:
    """Return who else is here and what is pending, in one line; empty when there is nothing to know."""
    told = []
    if one.stage is Stage.ON_HOLD:
        told.append("已挂起，等待纳税人操作；纳税人有消息时自动恢复（Ctrl+H 继续服务）")
    if one.transfer is not None and state.is_owned(one):
        told.append(f"正在转接给{one.transfer.target.name}，对方答复前仍由您服务")
    if state.is_watching(one):
        told.append("您正在旁观，只能写悄悄话")
    elif state.is_colleague(one) and one.owner is not None:
        told.append(f"您在协助{one.owner.name}")
    if one.colleagues:
        told.append("一起服务：" + "、".join(card.name for card in one.colleagues))
    here = [f"{card.name} {'正在输入' if card.id in one.typists else '也在查看'}" for card in one.viewers]
    return "　".join([*told, *here])


def _typing_text(one: Consultation, typing: bool) -> str:
    if not typing:
        return ""
    return f"{one.name} 正在输入：{one.preview}" if one.preview else f"{one.name} 正在输入……"


class _Notice(QFrame):
    """One sentence between head and transcript; takes no room without words."""

    def __init__(self, tone: str) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setProperty("tone", tone)
        self._words = label(wrap=True)
        inner = row(self._words)
        inner.setContentsMargins(16, 8, 16, 8)
        self.setLayout(inner)
        self.hide()

    def tell(self, sentence: str) -> None:
        self._words.setText(sentence)
        self.setVisible(bool(sentence))


class _AssistStrip(QFrame):
    """Where the assistance stands, with what can be done; red while the agent controls the other machine."""

    def __init__(self, chat: ChatView) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setProperty("tone", "calm")
        self._words: QLabel = label()
        self._words.setAccessibleName(self.tr("远程协助状态"))
        inner = row(
            self._words,
            0,
            button(self.tr("打开画面"), picture="screen", then=chat.watched.emit),
            button(self.tr("结束协助"), "danger", picture="stop", then=chat.stop_assist),
        )
        inner.setContentsMargins(16, 6, 16, 6)
        self.setLayout(inner)
        self.hide()

    def say(self, sentence: str) -> None:
        self._words.setText(sentence)

    def alarm(self, on: bool) -> None:
        mark(self, "tone", "bad" if on else "calm")
