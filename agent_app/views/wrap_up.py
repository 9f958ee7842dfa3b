"""小结: what it was about and how it ended. All four are required; nothing closes a consultation but this."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QPlainTextEdit,
    QRadioButton,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from agent_app.state.consultation import Consultation, Stage
from agent_app.state.workbench import Workbench
from agent_app.state.wrap_up import RESOLUTIONS, TEXT_LIMIT, Catalogue, Draft, missing
from agent_app.views.empty import EmptyState
from agent_app.views.theme import SIZE, mark
from agent_app.views.widgets import button, column, label, row
from agent_app.views.wishes import Finish, Submit, WriteDraft
from relay_protocol.ids import ConsultationId


class WrapUpPanel(QWidget):
    """Emits `wished` with WriteDraft while the agent writes, and with Submit."""

    wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("小结"))
        self._id: ConsultationId | None = None
        self._filling = False
        self.business = _choice(self.tr("业务类别"))
        self.question_type = _choice(self.tr("问题类型"))
        self.resolution = QButtonGroup(self)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(self.tr("处理情况"))
        self.text.setPlaceholderText(self.tr("纳税人问了什么，如何答复或处理"))
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(96)
        self.text.setMaximumHeight(180)
        self._errors = {name: label(tone="wrong") for name in ("business", "question_type", "resolution", "text")}
        self.failure = label(tone="wrong", wrap=True)
        self.failure.setAccessibleName(self.tr("小结提示"))
        self.submit = button(
            self.tr("提交小结"), "primary", picture="check", hint=self.tr("提交（Ctrl+S）"), then=self.send
        )
        self.finish = button(self.tr("结束对话"), hint=self.tr("结束对话（Ctrl+E）"), then=self._finish)
        self._lead = label(wrap=True, tone="quiet")
        self._stack = QStackedWidget()
        hint = self.tr("接入咨询后在这里填写；可以边聊边写，会自动保存")
        self._stack.addWidget(EmptyState("note", self.tr("小结"), hint))
        self._stack.addWidget(self._scrolling(self._form()))
        self.setLayout(column(self._stack, gap=0))
        self._connect()

    def offer(self, catalogue: Catalogue) -> None:
        """Take the choices of the relay's catalogue."""
        self._filling = True
        for box, choices in ((self.business, catalogue.business), (self.question_type, catalogue.question_type)):
            box.clear()
            for choice in choices:
                box.addItem(choice.name, choice.code)
            box.setCurrentIndex(-1)
        self._id = None
        self._filling = False

    def show_state(self, state: Workbench) -> None:
        """Draw the form of the selected consultation, when it is this agent's."""
        one = state.current
        mine = one is not None and state.is_owned(one)
        self._stack.setCurrentIndex(1 if mine else 0)
        if one is None or not mine:
            self._id = None
            return
        if one.id != self._id:
            self._fill(one, state.drafts.get(one.id, Draft()))
        over = one.stage is Stage.WRAP_UP
        self.submit.setEnabled(over)
        self.finish.setVisible(not over)
        self._lead.setText(
            self.tr("对话已结束。提交小结后咨询关闭。") if over else self.tr("可以边聊边写；对话结束后才能提交。")
        )

    def draft(self) -> Draft:
        """Return what is written now."""
        chosen = self.resolution.checkedButton()
        return Draft(
            business=self.business.currentData() or "",
            question_type=self.question_type.currentData() or "",
            resolution=str(chosen.property("code")) if chosen else "",
            text=self.text.toPlainText(),
        )

    def send(self) -> None:
        """Submit, or show what is missing and go there."""
        if self._id is None or not self.submit.isEnabled():
            return
        owed = missing(self.draft())
        for name, error in self._errors.items():
            error.setText(next((one.sentence for one in owed if one.field == name), ""))
            error.setVisible(bool(error.text()))
        self._mark_wrong({one.field for one in owed})
        if owed:
            self._field(owed[0].field).setFocus()
            return
        self.failure.hide()
        self.submit.setEnabled(False)
        self.wished.emit(Submit(self._id, self.draft()))

    def fail(self, sentence: str) -> None:
        """Say why it was not taken."""
        self.submit.setEnabled(True)
        self.failure.setText(sentence)
        self.failure.show()

    def start(self) -> None:
        """Put the cursor where the first thing is missing."""
        owed = missing(self.draft())
        self._field(owed[0].field if owed else "text").setFocus()

    def _scrolling(self, form: QWidget) -> QScrollArea:
        """A low screen scrolls to the field that has the cursor."""
        area = QScrollArea()
        area.setWidget(form)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        form.setMinimumWidth(0)
        return area

    def _form(self) -> QWidget:
        page = QWidget()
        radios = QGridLayout()
        radios.setVerticalSpacing(0)
        for number, (code, name) in enumerate(RESOLUTIONS.items()):
            radios.addWidget(self._resolution(code, name), number // 2, number % 2)
        fields = column(self._lead, pad=SIZE.pad, gap=4)
        for name, caption, field in (
            ("business", self.tr("业务类别"), self.business),
            ("question_type", self.tr("问题类型"), self.question_type),
            ("resolution", self.tr("处理结果"), radios),
            ("text", self.tr("处理情况"), self.text),
        ):
            fields.addSpacing(6)
            fields.addWidget(label(caption + " *", "quiet"))
            fields.addLayout(field) if isinstance(field, QGridLayout) else fields.addWidget(field)
            fields.addWidget(self._errors[name])
            self._errors[name].hide()
        fields.addWidget(self.failure)
        fields.addLayout(row(self.finish, 0, self.submit))
        fields.addStretch(1)
        self.failure.hide()
        page.setLayout(fields)
        return page

    def _resolution(self, code: str, name: str) -> QRadioButton:
        made = QRadioButton(name)
        made.setProperty("code", code)
        made.setAccessibleName(name)
        self.resolution.addButton(made)
        return made

    def _connect(self) -> None:
        self.business.currentIndexChanged.connect(lambda _: self._changed())
        self.question_type.currentIndexChanged.connect(lambda _: self._changed())
        self.resolution.buttonToggled.connect(lambda *_: self._changed())
        self.text.textChanged.connect(self._changed)

    def _fill(self, one: Consultation, draft: Draft) -> None:
        self._filling = True
        self._id = one.id
        self.business.setCurrentIndex(self.business.findData(draft.business))
        self.question_type.setCurrentIndex(self.question_type.findData(draft.question_type))
        self.resolution.setExclusive(False)
        for radio in self.resolution.buttons():
            radio.setChecked(radio.property("code") == draft.resolution)
        self.resolution.setExclusive(True)
        self.text.setPlainText(draft.text)
        self._mark_wrong(set())
        for error in (*self._errors.values(), self.failure):
            error.hide()
        self._filling = False

    def _changed(self) -> None:
        if self._filling or self._id is None:
            return
        over = len(self.text.toPlainText()) > TEXT_LIMIT
        self._errors["text"].setText(self.tr("最多 {0} 字").format(TEXT_LIMIT) if over else "")
        self._errors["text"].setVisible(over)
        self.wished.emit(WriteDraft(self._id, self.draft()))

    def _finish(self) -> None:
        if self._id is not None:
            self.wished.emit(Finish(self._id))

    def _field(self, name: str) -> QWidget:
        fields: dict[str, QWidget] = {
            "business": self.business,
            "question_type": self.question_type,
            "resolution": self.resolution.buttons()[0],
            "text": self.text,
        }
        return fields[name]

    def _mark_wrong(self, names: set[str]) -> None:
        for name in ("business", "question_type", "text"):
            mark(self._field(name), "wrong", name in names)


def _choice(name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setPlaceholderText("请选择")
    made.setCurrentIndex(-1)
    return made
