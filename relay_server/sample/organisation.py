"""The sample organisation: all tax bureaus of Jiangxi with halls, queues, skills, hours, seats and a few colleagues."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from importlib.resources import files

import msgspec

from relay_protocol.ids import AgentId
from relay_server.domain.calendars import ALWAYS, Calendar
from relay_server.domain.licences import Licence, LicenceKind
from relay_server.domain.records import AgentSkills, Grant, OfficeRecord, QueueRecord, Role, SkillRecord

PROVINCE = "360000"
SKILLS = {
    "invoice": "发票",
    "vat": "增值税",
    "cit": "企业所得税",
    "iit": "个人所得税",
    "social_insurance": "社会保险费",
    "registration": "登记与认定",
    "export_refund": "出口退税",
    "system": "系统操作",
}
RENTED_DAYS = 365


class SampleAgent(msgspec.Struct, frozen=True):
    """A colleague to try things out with; the password is made when the sample is. `held` is role → office."""

    number: str
    name: str
    office: str
    skills: dict[str, int] = {}
    held: dict[Role, str] = {}


AGENTS = (
    SampleAgent("8001", "王芳", "360103", {"vat": 4, "invoice": 3, "system": 4}),
    SampleAgent("8002", "李强", "360111", {"cit": 4, "vat": 3}),
    SampleAgent("8003", "陈静", "360702", {"iit": 4, "social_insurance": 4}),
    SampleAgent("8004", "刘洋", "360100", {"invoice": 5, "vat": 4, "export_refund": 3}),
    SampleAgent("8006", "胡敏", "36010301", {"registration": 4, "invoice": 3}),
    SampleAgent("8007", "徐磊", "360403", {"export_refund": 4, "vat": 3}),
    SampleAgent("8101", "黄丽", "360103", {"vat": 5}, {Role.LEAD: "360103"}),
    SampleAgent("8102", "吴敏", "360100", {}, {Role.ADMIN: "360100"}),
    SampleAgent("8103", "周涛", "360702", {"iit": 5}, {Role.LEAD: "360702"}),
    SampleAgent("8104", "孙琳", PROVINCE, {}, {Role.MANAGER: PROVINCE}),
    SampleAgent("8105", "郑伟", PROVINCE, {}, {Role.INSPECTOR: PROVINCE}),
    SampleAgent("8106", "何平", PROVINCE, {}, {Role.AUDITOR: ""}),
    SampleAgent("8107", "罗斌", PROVINCE, {}, {Role.SECURITY_ADMIN: ""}),
)

Wishes = Mapping[tuple[str, str], msgspec.Struct]


def organisation(agents: Mapping[str, AgentId], today: date) -> Wishes:
    """Return all settings of the sample by kind and key; `agents` maps badge numbers to ids."""
    offices = list(_offices())
    found: dict[tuple[str, str], msgspec.Struct] = {("calendars", "always"): ALWAYS}
    found["calendars", "office"] = Calendar(name="工作日 9:00–12:00、13:30–17:00")
    found |= {("offices", one.code): one for one in offices}
    found |= {("skills", code): SkillRecord(code=code, name=name) for code, name in SKILLS.items()}
    found |= {("queues", one.code): one for office in offices for one in _queues(office)}
    found |= {("licences", one.code): one for one in _licences(today)}
    for agent in AGENTS:
        known = agents[agent.number]
        if agent.skills:
            found["agents", known] = AgentSkills(agent=known, skills=agent.skills)
        grants = [Grant(agent=known, role=role, office=office) for role, office in agent.held.items()]
        found |= {("grants", one.key): one for one in grants}
    return found


def _offices() -> Iterator[OfficeRecord]:
    read = tomllib.loads(files(__package__).joinpath("jiangxi.toml").read_text(encoding="utf-8"))
    yield OfficeRecord(code=PROVINCE, name="江西省税务局", level="province", calendar="always", numbers=["12366"])
    for code, city in read["cities"].items():
        yield OfficeRecord(code=code, name=f"{city}税务局", level="city", parent=PROVINCE)
        for county, name in read[code].items():
            bureau = f"{city if name.endswith('区') and '开发区' not in name else ''}{name}税务局"
            yield OfficeRecord(code=county, name=bureau, level="county", parent=code)
            hall = f"{bureau}办税服务厅"
            yield OfficeRecord(code=f"{county}01", name=hall, level="hall", parent=county, calendar="office")


def _queues(office: OfficeRecord) -> Iterator[QueueRecord]:
    """Every office has a queue of its own name; cities have one more for what few people know."""
    yield QueueRecord(code=office.code, name=f"{office.name}人工咨询", office=office.code)
    if office.level == "city":
        name = f"{office.name}出口退税专席"
        yield QueueRecord(code=f"{office.code}-export", name=name, office=office.code, skills=["export_refund"])


def _licences(today: date) -> Iterator[Licence]:
    until = today + timedelta(days=RENTED_DAYS)
    for kind, seats in ((LicenceKind.ONLINE, 2000), (LicenceKind.CALL, 200)):
        yield Licence(code=f"{kind}-{PROVINCE}", kind=kind, seats=seats, since=today, until=until, office=PROVINCE)
