"""From a clipboard, a drop or a chosen file to something that can be sent; what is too large is refused."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QMimeDatabase
from PySide6.QtGui import QImage, QImageReader

from relay_protocol.errors import BanwenError, ErrorCode

LIMIT_BYTES = 20 * 1024 * 1024
PICTURES = "*.png *.jpg *.jpeg *.gif *.webp"
FILES = "*.pdf *.docx *.xlsx *.txt *.csv *.zip"


@dataclass(frozen=True)
class Attached:
    """A file to send. `size` in pixels for pictures, (0, 0) otherwise."""

    name: str
    content: bytes
    media_type: str
    size: tuple[int, int]


def from_path(path: Path) -> Attached:
    """Read a file. Raise BanwenError when it cannot be read, is empty, or is too large."""
    try:
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            raise BanwenError(ErrorCode.TOO_LARGE, f"「{path.name}」超过 20 MB，请压缩或分开发送。", size=size)
        content = path.read_bytes()
    except OSError as error:
        raise BanwenError(
            ErrorCode.NOT_FOUND, f"无法读取「{path.name}」，请检查文件后重试。", why=str(error)
        ) from error
    if not content:
        raise BanwenError(ErrorCode.BAD_INPUT, f"「{path.name}」是空文件，请重新选择。")
    media_type = QMimeDatabase().mimeTypeForFileNameAndData(path.name, content[:4096]).name()
    shape = QImageReader(str(path)).size() if media_type.startswith("image/") else None
    size_px = (shape.width(), shape.height()) if shape is not None and shape.isValid() else (0, 0)
    return Attached(path.name, content, media_type, size_px)


def from_image(image: QImage, name: str) -> Attached:
    """Return a picture of the clipboard as PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return Attached(name, bytes(buffer.data().data()), "image/png", (image.width(), image.height()))


def image_of(data: QMimeData) -> QImage | None:
    """Return the picture that was copied, or None."""
    image = data.imageData() if data.hasImage() else None
    return image if isinstance(image, QImage) and not image.isNull() else None


def paths_of(data: QMimeData) -> list[Path]:
    """Return the local files that were copied or dropped."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
