"""The agent's consultations as a list: who, what was said last, how long somebody waits."""

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt

from agent_app.models.lines import words_of
from agent_app.models.transcript import Index
from agent_app.state.consultation import Consultation, Stage
from agent_app.state.timers import Urgency, ago, clock, urgency
from agent_app.state.workbench import Workbench
from relay_protocol.ids import ConsultationId
from relay_protocol.messages import Side

ITEM = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list. `waits` is 「等待 01:23」 or how long ago something happened."""

    id: ConsultationId
    name: str
    number: int
    preview: str
    module: str
    waits: str
    urgency: Urgency
    unread: int
    wrap_up: bool
    online: bool
    typing: bool
    verified: bool

    def spoken(self) -> str:
        """Return the line as a screen reader should say it."""
        parts = [self.name, self.module, self.waits, f"未读 {self.unread} 条" if self.unread else "", self.preview]
        return "，".join(part for part in parts if part)


def item_of(one: Consultation, number: int, now: float) -> Item:
    """Return the list's line for a consultation; `number` counts from 1 and is its shortcut."""
    last = one.last_words
    preview = words_of(last.body).replace("\n", " ") if last else ""
    if last is not None and last.side is Side.AGENT:
        preview = f"我：{preview}"
    waited = now - one.waiting_since if one.waiting_since is not None else 0.0
    return Item(
        id=one.id,
        name=one.name,
        number=number,
        preview=preview,
        module=one.context.page if one.context else "",
        waits=_waits(one, waited, now),
        urgency=Urgency.HURRY if one.stage is Stage.WRAP_UP else urgency(waited),
        unread=one.unread,
        wrap_up=one.stage is Stage.WRAP_UP,
        online=one.online,
        typing=one.typing_until > now,
        verified=one.taxpayer is not None and one.taxpayer.assurance == "verified",
    )


class ConsultationsModel(QAbstractListModel):
    """The agent's own consultations, filtered by what was typed in the search box."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Item] = []
        self._filter = ""

    def items(self) -> list[Item]:
        """Return what is listed."""
        return self._items

    def set_filter(self, text: str) -> None:
        """List only what holds `text` from the next `update` on."""
        self._filter = text.strip().casefold()

    def update(self, state: Workbench, now: float) -> None:
        """List what the state says now."""
        items = [item_of(one, number, now) for number, one in enumerate(state.work, 1)]
        self._replace([item for item in items if self._filter in _haystack(state, item)])

    def row_of(self, id_: ConsultationId | None) -> int:
        """Return where a consultation stands in the list, or -1."""
        return next((row for row, item in enumerate(self._items) if item.id == id_), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self._items[index.row()]
        if role == ITEM:
            return item
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return item.spoken()
        return item.name if role == Qt.ItemDataRole.DisplayRole else None

    def _replace(self, items: list[Item]) -> None:
        if [item.id for item in items] != [item.id for item in self._items]:
            self.beginResetModel()
            self._items = items
            self.endResetModel()
            return
        changed = [row for row, (old, new) in enumerate(zip(self._items, items, strict=True)) if old != new]
        self._items = items
        for row in changed:
            self.dataChanged.emit(self.index(row), self.index(row))


def _waits(one: Consultation, waited: float, now: float) -> str:
    if one.stage is Stage.WRAP_UP:
        return "待写小结"
    if one.stage is Stage.ON_HOLD:
        return "已挂起"
    return f"等待 {clock(waited)}" if one.waiting_since is not None else ago(now - one.changed_at)


def _haystack(state: Workbench, item: Item) -> str:
    taxpayer = state.consultations[item.id].taxpayer
    number = taxpayer.tax_number if taxpayer else ""
    return f"{item.name} {number} {item.module} {item.preview}".casefold()
