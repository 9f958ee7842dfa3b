"""Pictures of the transcript: small ones to draw, and their content to open; asked for once, kept within bounds."""

from collections import OrderedDict

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from agent_app.views.bubble import PICTURE
from relay_protocol.ids import AttachmentId, ClientId
from relay_protocol.messages import Attachment

KEPT_BYTES = 64 * 1024 * 1024
SHARPNESS = 2
"""Thumbnails are kept twice as large as they are drawn, for screens at 150 % and 200 %."""


class Pictures(QObject):
    """`wanted` asks for the content of an attachment; `arrived` says that it can be drawn."""

    wanted = Signal(object)
    arrived = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._small: dict[AttachmentId, QPixmap] = {}
        self._content: OrderedDict[AttachmentId, bytes] = OrderedDict()
        self._asked: set[AttachmentId] = set()
        self._failed: set[AttachmentId] = set()

    def small(self, attachment: Attachment) -> QPixmap | None:
        """Return the picture to draw, or None while it is on its way."""
        found = self._small.get(attachment.id)
        if found is None and attachment.id not in self._asked:
            self._asked.add(attachment.id)
            self.wanted.emit(attachment)
        return found

    def content(self, id_: AttachmentId) -> bytes | None:
        """Return the whole file, when it is still kept."""
        return self._content.get(id_)

    def put(self, id_: AttachmentId, content: bytes) -> None:
        """Take the content of a picture."""
        image = QImage.fromData(content)
        self._asked.add(id_)
        self._content[id_] = content
        while sum(map(len, self._content.values())) > KEPT_BYTES and len(self._content) > 1:
            self._content.popitem(last=False)
        if not image.isNull():
            self._small[id_] = QPixmap.fromImage(_shrunk(image))
        self.arrived.emit()

    def put_local(self, client_id: ClientId, content: bytes) -> None:
        """Take a picture of ours that the relay has not named yet."""
        self.put(AttachmentId(client_id), content)

    def fail(self, id_: AttachmentId) -> None:
        """It could not be had for now."""
        self._failed.add(id_)

    def ask_again(self) -> None:
        """Ask once more for what could not be had, when it is drawn next."""
        self._asked -= self._failed
        self._failed.clear()
        self.arrived.emit()

    def alias(self, client_id: ClientId, same: AttachmentId) -> None:
        """The relay has given a picture of ours its own name."""
        id_ = AttachmentId(client_id)
        if id_ in self._small:
            self._small[same] = self._small[id_]
        if id_ in self._content:
            self._content[same] = self._content[id_]
            self._asked.add(same)


def _shrunk(image: QImage) -> QImage:
    most = QSize(round(PICTURE[0] * SHARPNESS), round(PICTURE[1] * SHARPNESS))
    if image.width() <= most.width() and image.height() <= most.height():
        return image
    return image.scaled(most, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
