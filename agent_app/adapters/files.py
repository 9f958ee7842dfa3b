"""What the workbench keeps on this machine: the last server and user name, drafts of wrap-ups. Never a password.

Everything lies in the user's own data folder, readable by that user only; a draft is deleted when it was submitted.
"""

import os
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from PySide6.QtCore import QStandardPaths

from agent_app.state.wrap_up import Draft
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, is_ulid

T = TypeVar("T")

FOLDER_VARIABLE = "BANWEN_AGENT_HOME"


class Remembered(msgspec.Struct, frozen=True):
    """What the log-in window starts with."""

    server: str = ""
    username: str = ""
    look: str = "system"


class Reply(msgspec.Struct, frozen=True):
    """What was begun to be said."""

    text: str


def data_folder() -> Path:
    """Return where the workbench keeps its files: $BANWEN_AGENT_HOME, or the platform's place for user data."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return Path(chosen) if chosen else Path(place) / "banwen-agent"


def keys_folder() -> Path:
    """Return where private keys lie on a machine without a keyring."""
    return data_folder() / "keys"


def server_address(typed: str) -> str:
    """Return the address of a relay as it was typed, made whole. Raise BanwenError when it can be none."""
    text = typed.strip()
    address = text if "://" in text else f"https://{text}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BanwenError(ErrorCode.BAD_INPUT, "服务器地址不正确，例如 https://banwen.example.cn。")
    return address.rstrip("/")


class Files:
    """Fulfils `ports.Drafts`, and remembers the log-in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def remembered(self) -> Remembered:
        """Return the last log-in, or nothing."""
        return _read(self._folder / "login.json", Remembered) or Remembered()

    def remember(self, remembered: Remembered) -> None:
        """Keep the log-in for next time."""
        self._write("login.json", remembered)

    def load(self, consultation: ConsultationId) -> Draft | None:
        return _read(self._folder / _draft_name(consultation), Draft)

    def save(self, consultation: ConsultationId, draft: Draft) -> None:
        self._write(_draft_name(consultation), draft)

    def forget(self, consultation: ConsultationId) -> None:
        (self._folder / _draft_name(consultation)).unlink(missing_ok=True)

    def reply(self, consultation: ConsultationId) -> str:
        kept = _read(self._folder / _reply_name(consultation), Reply)
        return kept.text if kept else ""

    def keep_reply(self, consultation: ConsultationId, text: str) -> None:
        if text.strip():
            self._write(_reply_name(consultation), Reply(text))
        else:
            (self._folder / _reply_name(consultation)).unlink(missing_ok=True)

    def _write(self, name: str, value: msgspec.Struct) -> None:
        """Write beside and rename, so that a crash leaves the old file or the new one."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self._folder / name
        beside = target.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(value))
        beside.replace(target)


def _reply_name(consultation: ConsultationId) -> str:
    return f"reply-{_draft_name(consultation)}"


def _draft_name(consultation: ConsultationId) -> str:
    """A consultation id comes from the network: only its own shape may become a file name."""
    if not is_ulid(consultation):
        raise ValueError("not an identifier")
    return f"draft-{consultation}.json"


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None
