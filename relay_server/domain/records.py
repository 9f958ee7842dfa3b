"""The settings an organisation is made of: offices, skills, queues, roles; each is one small JSON document."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from relay_protocol.ids import AgentId
from relay_server.domain import calendars, rules
from relay_server.domain.licences import Licence

LEVELS = ("province", "city", "county", "hall")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Level = Annotated[int, msgspec.Meta(ge=1, le=5)]


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One setting."""


class OfficeRecord(Record, frozen=True, kw_only=True):
    """机构. `code` begins with its GB/T 2260 division; `parent` is empty at the top.

    `divisions` are the division codes it is competent for beside its own, `numbers` the telephone numbers that lead
    to it, `segments` the first digits of mobile numbers that are at home there. `calendar` holds for everything below
    that names none.
    """

    code: str
    name: Name
    level: str
    parent: str = ""
    divisions: list[str] = []
    numbers: list[str] = []
    segments: list[str] = []
    calendar: str = ""


class SkillRecord(Record, frozen=True, kw_only=True):
    """技能: something an agent knows and a queue may need."""

    code: str
    name: Name


class QueueRecord(Record, frozen=True, kw_only=True):
    """队列 of an office. Empty `skills` need none; empty `rules` and `calendar` are those of the office."""

    code: str
    name: Name
    office: str
    skills: list[str] = []
    rules: str = ""
    calendar: str = ""


class AgentSkills(Record, frozen=True, kw_only=True):
    """What an agent knows, each from 1 to 5, and how much they serve at once; 0 leaves it to the rules."""

    agent: AgentId
    skills: dict[str, Level] = {}
    capacity: Annotated[int, msgspec.Meta(ge=0, le=50)] = 0


class Role(StrEnum):
    """What somebody is within a part of the tree."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"
    MANAGER = "manager"
    INSPECTOR = "inspector"
    AUDITOR = "auditor"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    CLIENT = "client"


ROLE_NAMES: Mapping[Role, str] = {
    Role.AGENT: "座席",
    Role.LEAD: "班长",
    Role.ADMIN: "分中心管理员",
    Role.MANAGER: "省级管理员",
    Role.INSPECTOR: "质检员",
    Role.AUDITOR: "审计员",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.CLIENT: "接口程序",
}

SEPARATED = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
"""三员分立: nobody holds two of these."""

SEPARATION = "系统管理员、安全管理员和审计员须由不同的人担任（三员分立）。"


class Grant(Record, frozen=True, kw_only=True):
    """Somebody holds a role on an office and everything below it; an empty office is the whole tree."""

    agent: AgentId
    role: Role
    office: str = ""

    @property
    def key(self) -> str:
        """Return the name of this setting."""
        return f"{self.agent}:{self.role}:{self.office}"


def _reader(kind: type[Any]) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(kind).decode


READERS: Mapping[str, Callable[[bytes], Any]] = {
    "offices": _reader(OfficeRecord),
    "skills": _reader(SkillRecord),
    "calendars": calendars.parse,
    "rules": rules.parse,
    "queues": _reader(QueueRecord),
    "agents": _reader(AgentSkills),
    "licences": _reader(Licence),
    "grants": _reader(Grant),
}
"""What reads each kind of setting that makes up a directory."""
