"""One picture of the transcript, as large as it fits."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QDialog, QLabel, QWidget

from agent_app.views.widgets import column

SHARE = 0.85


class PictureWindow(QDialog):
    """Esc closes it."""

    def __init__(self, name: str, content: bytes, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._whole = QPixmap()
        self._whole.loadFromData(content)
        self._shown = QLabel()
        self._shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._shown.setAccessibleName(name)
        self._shown.setMinimumSize(240, 180)
        self.setLayout(column(self._shown, pad=8))
        room = parent.window().size() * SHARE
        self.resize(self._whole.size().boundedTo(room).expandedTo(self.minimumSizeHint()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._whole.isNull():
            self._shown.setText(self.tr("图片无法显示"))
            return
        scale = self.devicePixelRatioF()
        room = self._shown.size() * scale
        mode = Qt.AspectRatioMode.KeepAspectRatio
        fitted = self._whole.scaled(
            room.boundedTo(self._whole.size()), mode, Qt.TransformationMode.SmoothTransformation
        )
        fitted.setDevicePixelRatio(scale)
        self._shown.setPixmap(fitted)
