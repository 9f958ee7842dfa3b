"""Files to upload, made anew for every run."""

import io
import os

from PIL import Image
from playwright.sync_api import FilePayload

SIDE = 32


def random_png() -> bytes:
    """Return a PNG of chance colours."""
    picture = Image.frombytes("RGB", (SIDE, SIDE), os.urandom(SIDE * SIDE * 3))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def payload(name: str, kind: str, content: bytes) -> FilePayload:
    """Return a file as a person would choose it."""
    return {"name": name, "mimeType": kind, "buffer": content}
