"""What is shown where there is nothing: a picture, what that means, what to do."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from agent_app.views.icons import pixmap
from agent_app.views.theme import colors
from agent_app.views.widgets import column, label, row


class EmptyState(QWidget):
    """Two sentences below a quiet picture, and perhaps a button for what to do."""

    def __init__(self, picture: str, title: str = "", hint: str = "") -> None:
        super().__init__()
        image = QLabel()
        image.setPixmap(pixmap(picture, colors().line_strong, 48, 2.0))
        image.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = label(title, "title", wrap=True)
        self._hint = label(hint, "quiet", wrap=True)
        for one in (self._title, self._hint):
            one.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = column(0, image, self._title, self._hint, 0, 0, pad=24)
        self.setLayout(self._column)

    def add_action(self, action: QWidget) -> None:
        """Put a button below the sentences."""
        self._column.insertLayout(self._column.count() - 2, row(0, action, 0))

    def say(self, title: str, hint: str) -> None:
        """Say something else."""
        self._title.setText(title)
        self._hint.setText(hint)
