"""Entries that a search of the knowledge base found."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt

from agent_app.models.lines import short_revision
from agent_app.models.transcript import Index
from relay_protocol.messages import KnowledgeHit

HIT = Qt.ItemDataRole.UserRole


def provenance(hit: KnowledgeHit) -> str:
    """Return where an entry comes from: its number, its revision, its source."""
    parts = [hit.entry, f"修订 {short_revision(hit.revision)}", hit.source]
    return " · ".join(part for part in parts if part)


class KnowledgeModel(QAbstractListModel):
    """Hits, best first."""

    def __init__(self) -> None:
        super().__init__()
        self._hits: list[KnowledgeHit] = []

    def hits(self) -> list[KnowledgeHit]:
        """Return what is listed."""
        return self._hits

    def show(self, hits: list[KnowledgeHit]) -> None:
        """List other hits."""
        if hits == self._hits:
            return
        self.beginResetModel()
        self._hits = hits
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        hit = self._hits[index.row()]
        if role == HIT:
            return hit
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{hit.title}，匹配度 {hit.confidence:.0%}，{provenance(hit)}"
        return hit.title if role == Qt.ItemDataRole.DisplayRole else None
