"""The directory: offices, queues, skills, who may do what and which seats are rented, as one frozen value.

Settings are many small JSON documents; `build` reads them all, leaves out what does not fit and says why, so that one
wrong record never keeps a relay from working.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import msgspec

from relay_protocol.errors import BanwenError
from relay_protocol.ids import AgentId
from relay_protocol.messages import Office
from relay_server.domain import rules
from relay_server.domain.calendars import Calendar
from relay_server.domain.licences import Licence
from relay_server.domain.records import (
    LEVELS,
    READERS,
    SEPARATED,
    SEPARATION,
    AgentSkills,
    Grant,
    OfficeRecord,
    QueueRecord,
    SkillRecord,
)
from relay_server.domain.rules import RuleSet

ADVICE = "请用 banwen-relay 对应的 set 或 remove 命令更正。"

Settings = Mapping[str, Mapping[str, bytes]]
"""Kind → key → JSON."""


@dataclass(frozen=True)
class Problem:
    """A setting that was left out, and why, in Chinese."""

    kind: str
    key: str
    sentence: str


@dataclass(frozen=True)
class Directory:
    """Everything that is known of the organisation at one moment."""

    offices: Mapping[str, OfficeRecord] = field(default_factory=dict)
    skills: Mapping[str, SkillRecord] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    rules: Mapping[str, RuleSet] = field(default_factory=dict)
    queues: Mapping[str, QueueRecord] = field(default_factory=dict)
    agents: Mapping[AgentId, AgentSkills] = field(default_factory=dict)
    licences: Mapping[str, Licence] = field(default_factory=dict)
    grants: Mapping[str, Grant] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @cached_property
    def cards(self) -> Mapping[str, Office]:
        """Return the offices as messages speak of them, by code."""
        return {code: Office(code=code, name=one.name, level=one.level) for code, one in self.offices.items()}

    @cached_property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """Return every office's way up, nearest first, itself included."""
        return {code: self._way_up(code) for code in self.offices}

    @cached_property
    def subtrees(self) -> Mapping[str, frozenset[str]]:
        """Return every office with all below it; the empty code has the whole tree."""
        below: dict[str, set[str]] = {"": set(self.offices)}
        for code, path in self.paths.items():
            for above in path:
                below.setdefault(above, set()).add(code)
        return {code: frozenset(codes) for code, codes in below.items()}

    @cached_property
    def divisions(self) -> Mapping[str, str]:
        """Return which office is competent for a division code; halls serve, they are not competent."""
        named = {division: code for code, one in self.offices.items() for division in one.divisions}
        own = {code: code for code, one in self.offices.items() if one.level != "hall"}
        return {**own, **named}

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """Return which office each dialled number leads to."""
        return {number: code for code, one in self.offices.items() for number in one.numbers}

    @cached_property
    def segments(self) -> Mapping[str, str]:
        """Return where the first digits of mobile numbers are at home."""
        return {segment: code for code, one in self.offices.items() for segment in one.segments}

    def queues_of(self, office: str) -> list[QueueRecord]:
        """Return the queues of an office, by code."""
        return self._queues_by_office.get(office, [])

    def skills_of(self, agent: AgentId) -> Mapping[str, int]:
        """Return what an agent knows, and how well."""
        found = self.agents.get(agent)
        return found.skills if found else {}

    def capacity_of(self, agent: AgentId, usual: int) -> int:
        """Return how many consultations an agent serves at once."""
        found = self.agents.get(agent)
        return (found.capacity if found else 0) or usual

    def grants_of(self, agent: AgentId) -> list[Grant]:
        """Return the roles somebody holds."""
        return self._grants_by_agent.get(agent, [])

    def calendar_of(self, queue: str, office: str) -> Calendar | None:
        """Return the hours of a queue: its own, or those of the nearest office above that has some."""
        record = self.queues.get(queue)
        named = [record.calendar if record else ""]
        named += [self.offices[code].calendar for code in self.paths.get(office, ())]
        return next((self.calendars[name] for name in named if name in self.calendars), None)

    def rules_of(self, queue: str) -> RuleSet:
        """Return the rules of a queue: its own, the stored `default`, or those that are built in."""
        record = self.queues.get(queue)
        return self.rules.get(record.rules if record else "") or self.rules.get("default") or rules.DEFAULT

    @cached_property
    def _queues_by_office(self) -> Mapping[str, list[QueueRecord]]:
        found: dict[str, list[QueueRecord]] = {}
        for _, one in sorted(self.queues.items()):
            found.setdefault(one.office, []).append(one)
        return found

    @cached_property
    def _grants_by_agent(self) -> Mapping[AgentId, list[Grant]]:
        found: dict[AgentId, list[Grant]] = {}
        for one in self.grants.values():
            found.setdefault(one.agent, []).append(one)
        return found

    def _way_up(self, code: str) -> tuple[str, ...]:
        path: list[str] = []
        while code in self.offices and code not in path:
            path.append(code)
            code = self.offices[code].parent
        return tuple(path)


Check = Callable[[Directory, str], str]
"""Return in Chinese why the record with this key does not fit, empty if it does."""


def build(settings: Settings) -> Directory:
    """Return the directory these settings describe; `problems` says what was left out."""
    problems: list[Problem] = []
    read: dict[str, Any] = {kind: _decoded(kind, settings.get(kind, {}), problems) for kind in READERS}
    whole = Directory(**read)
    for kind, check in _CHECKS.items():
        whole = _kept(whole, kind, check, problems)
    return replace(whole, problems=tuple(problems))


def _decoded(kind: str, bodies: Mapping[str, bytes], problems: list[Problem]) -> dict[str, Any]:
    found = {}
    for key, body in bodies.items():
        try:
            found[key] = READERS[kind](body)
        except (msgspec.DecodeError, UnicodeDecodeError, BanwenError) as error:
            why = error.message if isinstance(error, BanwenError) else str(error)
            problems.append(Problem(kind, key, f"{kind} 中的 {key} 无法识别（{why}），已忽略。{ADVICE}"))
    return found


def _kept(whole: Directory, kind: str, check: Check, problems: list[Problem]) -> Directory:
    """Leave out the records of a kind that do not fit, again and again, until what is left fits."""
    while True:
        records = getattr(whole, kind)
        wrong = [Problem(kind, key, why + ADVICE) for key in records if (why := check(whole, key))]
        if not wrong:
            return whole
        problems.extend(wrong)
        bad = {one.key for one in wrong}
        kept: dict[str, Any] = {kind: {key: one for key, one in records.items() if key not in bad}}
        whole = replace(whole, **kept)


def _wrong_office(whole: Directory, key: str) -> str:
    one = whole.offices[key]
    if one.code != key or not key.isascii() or not key.isalnum():
        return f"机构代码 {key} 与内容不符或不是字母数字。"
    if one.level not in LEVELS:
        return f"机构 {key} 的级别 {one.level} 不是 {'、'.join(LEVELS)} 之一。"
    if one.calendar and one.calendar not in whole.calendars:
        return f"机构 {key} 的日历 {one.calendar} 不存在。"
    if not one.parent:
        return ""
    above = whole.offices.get(one.parent)
    if above is None:
        return f"机构 {key} 的上级 {one.parent} 不存在。"
    if LEVELS.index(above.level) >= LEVELS.index(one.level):
        return f"机构 {key}（{one.level}）的上级 {one.parent}（{above.level}）不比它高。"
    return ""


def _wrong_queue(whole: Directory, key: str) -> str:
    one = whole.queues[key]
    if one.code != key:
        return f"队列代码 {key} 与内容不符。"
    if one.office not in whole.offices:
        return f"队列 {key} 的机构 {one.office} 不存在。"
    missing = [skill for skill in one.skills if skill not in whole.skills]
    if one.rules and one.rules not in whole.rules:
        return f"队列 {key} 的派单规则 {one.rules} 不存在。"
    if one.calendar and one.calendar not in whole.calendars:
        return f"队列 {key} 的日历 {one.calendar} 不存在。"
    if missing:
        return f"队列 {key} 需要的技能 {'、'.join(missing)} 不存在。"
    return ""


def _wrong_agent(whole: Directory, key: str) -> str:
    missing = [skill for skill in whole.agents[AgentId(key)].skills if skill not in whole.skills]
    return f"座席 {key} 的技能 {'、'.join(missing)} 不存在。" if missing else ""


def _wrong_licence(whole: Directory, key: str) -> str:
    one = whole.licences[key]
    if one.office and one.office not in whole.offices:
        return f"许可 {key} 的机构 {one.office} 不存在。"
    return f"许可 {key} 的到期日早于起始日。" if one.until < one.since else ""


def _wrong_grant(whole: Directory, key: str) -> str:
    one = whole.grants[key]
    if one.key != key:
        return f"授权 {key} 与内容不符。"
    if one.office and one.office not in whole.offices:
        return f"授权 {key} 的机构 {one.office} 不存在。"
    held = {grant.role for grant in whole.grants_of(one.agent)} & SEPARATED
    return SEPARATION if one.role in SEPARATED and len(held) > 1 else ""


_CHECKS: Mapping[str, Check] = {
    "offices": _wrong_office,
    "queues": _wrong_queue,
    "agents": _wrong_agent,
    "licences": _wrong_licence,
    "grants": _wrong_grant,
}
