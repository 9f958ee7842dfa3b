"""The transcript of the consultation on the screen, as a window of at most 300 lines that grows on fetchMore.

A list view lays out every row at once and 10 000 take 431 ms per insert (measured); 300 take a few.
"""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from agent_app.models.lines import Line, lines_of, spoken, words_of
from agent_app.state.consultation import Consultation
from relay_protocol.ids import AgentId

WINDOW = 300
LINE = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex


class TranscriptModel(QAbstractListModel):
    """Lines of one consultation, the oldest first. `earlier` tells how many older ones are not shown."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Line] = []
        self._lines: list[Line] = []
        self._shown = WINDOW

    @property
    def earlier(self) -> int:
        """How many older lines are not shown."""
        return len(self._all) - len(self._lines)

    def lines(self) -> list[Line]:
        """Return the lines shown."""
        return self._lines

    def open(self, one: Consultation | None, me: AgentId) -> None:
        """Show another consultation, or none."""
        self.beginResetModel()
        self._shown = WINDOW
        self._all = lines_of(one, me) if one else []
        self._lines = self._all[-self._shown :]
        self.endResetModel()

    def update(self, one: Consultation, me: AgentId) -> None:
        """Show what is new of the same consultation with as few changes as possible."""
        self._all = lines_of(one, me)
        self._replace(self._all[-self._shown :])

    def show_earlier(self) -> None:
        """Show the next older lines above."""
        more = self._all[: len(self._all) - len(self._lines)][-WINDOW:]
        if not more:
            return
        self._shown += len(more)
        self.beginInsertRows(QModelIndex(), 0, len(more) - 1)
        self._lines = more + self._lines
        self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self._lines[index.row()]
        if role == LINE:
            return line
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(line)
        return words_of(line.row.body) if role == Qt.ItemDataRole.DisplayRole else None

    def canFetchMore(self, parent: Index) -> bool:
        return False  # a view fetches at its end; ours grows at the top, when the agent scrolls there

    def _replace(self, lines: list[Line]) -> None:
        """Keep what both have in common at the start, then change, insert and remove only what differs."""
        old = self._lines
        if old and lines and old[0].key != lines[0].key and any(line.key == lines[0].key for line in old):
            self._drop_first(next(number for number, line in enumerate(old) if line.key == lines[0].key))
            old = self._lines
        common = 0
        while common < min(len(old), len(lines)) and old[common].key == lines[common].key:
            common += 1
        if common < len(old):
            self.beginRemoveRows(QModelIndex(), common, len(old) - 1)
            del old[common:]
            self.endRemoveRows()
        changed = [number for number in range(common) if old[number] != lines[number]]
        old[:common] = lines[:common]
        for number in changed:
            self.dataChanged.emit(self.index(number), self.index(number))
        if common < len(lines):
            self.beginInsertRows(QModelIndex(), common, len(lines) - 1)
            old.extend(lines[common:])
            self.endInsertRows()

    def _drop_first(self, count: int) -> None:
        self.beginRemoveRows(QModelIndex(), 0, count - 1)
        del self._lines[:count]
        self.endRemoveRows()
