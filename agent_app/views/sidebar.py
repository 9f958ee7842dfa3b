"""The left side: offers on top, then the agent's own consultations with a search box."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QVBoxLayout

from agent_app.models.consultations import ITEM, ConsultationsModel
from agent_app.state.workbench import Workbench
from agent_app.views.asked import Asked
from agent_app.views.consultation_delegate import ConsultationDelegate
from agent_app.views.empty import EmptyState
from agent_app.views.offers import Offers
from agent_app.views.widgets import button, column, label, row
from agent_app.views.wishes import ChoosePresence, Select
from relay_protocol.messages import PresenceState


class Sidebar(QFrame):
    """Emits `wished` with Select, Accept and Decline."""

    wished = Signal(object)
    filtered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self.model = ConsultationsModel()
        self.offers, self.asked = Offers(), Asked()
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("搜索姓名、税号、页面"))
        self.search.setAccessibleName(self.tr("搜索咨询"))
        self.search.setToolTip(self.tr("搜索我的咨询（Ctrl+F）"))
        self.search.setClearButtonEnabled(True)
        self.list = _list(self.model, self.tr("我的咨询"))
        self.empty = EmptyState("chat")
        self.begin = button(
            self.tr("开始工作"),
            "primary",
            hint=self.tr("切换为空闲，开始接新咨询（F9）"),
            then=lambda: self.wished.emit(ChoosePresence(PresenceState.READY)),
        )
        self.empty.add_action(self.begin)
        self._count = label(tone="section")
        head = column(self.search, row(self._count, 0), pad=10)
        whole: QVBoxLayout = column(self.offers, self.asked, head, self.list, self.empty, gap=0)
        whole.setStretchFactor(self.list, 1)
        whole.setStretchFactor(self.empty, 1)
        self.setLayout(whole)
        self.offers.wished.connect(self.wished)
        self.asked.wished.connect(self.wished)
        self.search.textChanged.connect(self._filter)
        self.list.clicked.connect(self._select)
        self.list.activated.connect(self._select)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._select(now))

    def show_state(self, state: Workbench, now: float) -> None:
        """Draw what the state says."""
        self.offers.show_offers(state.offers, now, state.selected)
        self.asked.show_asked(state.asked)
        self.model.update(state, now)
        self._mark_selected(state)
        self._count.setText(self.tr("我的咨询 {0}/{1}").format(len(state.owned), state.capacity or "—"))
        self.list.setVisible(self.model.rowCount() > 0)
        self.empty.setVisible(self.model.rowCount() == 0)
        self.begin.setVisible(state.presence is not PresenceState.READY and not state.owned)
        if self.search.text() and state.owned:
            self.empty.say(self.tr("没有匹配的咨询"), self.tr("清空搜索框可看到全部"))
        elif state.presence is PresenceState.READY:
            self.empty.say(self.tr("暂时没有咨询"), self.tr("有纳税人排到您时，会在这里提醒"))
        else:
            self.empty.say(self.tr("您当前不接新咨询"), self.tr("把状态切换为「空闲」后，排队的纳税人会分配给您"))

    def _mark_selected(self, state: Workbench) -> None:
        row_ = self.model.row_of(state.selected)
        chosen = self.list.selectionModel()
        if row_ == self.list.currentIndex().row():
            return
        chosen.blockSignals(True)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        chosen.setCurrentIndex(self.model.index(row_) if row_ >= 0 else QModelIndex(), flags)
        chosen.blockSignals(False)
        self.list.viewport().update()

    def _select(self, index: QModelIndex) -> None:
        if index.isValid():
            self.wished.emit(Select(index.data(ITEM).id))

    def _filter(self, text: str) -> None:
        self.model.set_filter(text)
        self.filtered.emit()


def _list(model: ConsultationsModel, name: str) -> QListView:
    made = QListView()
    made.setModel(model)
    made.setItemDelegate(ConsultationDelegate(made))
    made.setAccessibleName(name)
    made.setMouseTracking(True)
    made.setUniformItemSizes(True)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return made
