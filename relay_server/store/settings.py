"""Operations on settings: offices, queues, rules, calendars, licences, grants and whatever else people administer.

A setting is one JSON document under (kind, key). Every change is an event of the stream `settings/<kind>`; the version
of a setting is the seq of the event that made it so. Each function is a step of a transaction script:
`rows = yield from list_settings("office")`.
"""

from dataclasses import dataclass

from relay_protocol.ids import settings_stream
from relay_protocol.messages import SettingChanged
from relay_server.store.base import Operation, Transaction
from relay_server.store.events import record


@dataclass(frozen=True)
class Setting:
    """One setting as it is. `body` is JSON, None once it was removed; `at` in Unix seconds."""

    kind: str
    key: str
    body: bytes | None
    version: int
    by: str
    at: float


@dataclass(frozen=True)
class PutSetting(Operation):
    """Write a setting; one that was removed leaves its version behind."""

    setting: Setting


@dataclass(frozen=True)
class ListSettings(Operation):
    """All settings of a kind that are not removed, by key."""

    kind: str


@dataclass(frozen=True)
class FindSetting(Operation):
    """One setting, None if there is none or it was removed."""

    kind: str
    key: str


@dataclass(frozen=True)
class ReadVersions(Operation):
    """The newest version of each kind that ever had a setting."""


def put_setting(kind: str, key: str, body: bytes | None, by: str, now: float) -> Transaction[int]:
    """Set or, with None, remove; return the version. What is so already changes nothing and leaves no event."""
    before = yield from find_setting(kind, key)
    if (before.body if before else None) == body:
        return before.version if before else 0
    changed = SettingChanged(kind=kind, key=key, body=(body or b"").decode(), by=by)
    version = yield from record(settings_stream(kind), [changed], now)
    yield PutSetting(Setting(kind, key, body, version, by, now))
    return version


def list_settings(kind: str) -> Transaction[list[Setting]]:
    """Return all settings of a kind, by key."""
    found: list[Setting] = yield ListSettings(kind)
    return found


def find_setting(kind: str, key: str) -> Transaction[Setting | None]:
    """Return one setting."""
    found: Setting | None = yield FindSetting(kind, key)
    return found


def settings_versions() -> Transaction[dict[str, int]]:
    """Return the newest version of each kind: what differs from an earlier answer has changed since."""
    found: dict[str, int] = yield ReadVersions()
    return found
