"""`banwen-relay offices`, `queues`, `skills`, `calendars`, `licences`: the organisation, while the relay runs."""

import time
import tomllib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server import app
from relay_server.cli.nouns import BY, Noun, group
from relay_server.domain.calendars import Calendar, describe
from relay_server.domain.directory import Directory
from relay_server.domain.licences import KIND_NAMES, Licence, LicenceKind
from relay_server.domain.records import LEVELS, OfficeRecord, QueueRecord, SkillRecord
from relay_server.domain.tickets import CHINA
from relay_server.services import offices as services
from relay_server.services.offices import Removal

LEVEL_NAMES = dict(zip(LEVELS, ("省", "市", "县区", "办税服务厅"), strict=True))
NAME = click.option("--name", help="名称 · name")


def _office_line(one: OfficeRecord, directory: Directory) -> str:
    depth = len(directory.paths.get(one.code, ())) - 1
    return f"{'  ' * depth}{one.name}\t{LEVEL_NAMES[one.level]}"


def _office_more(one: OfficeRecord, directory: Directory) -> Sequence[str]:
    below, queues = len(directory.subtrees[one.code]) - 1, directory.queues_of(one.code)
    path = " < ".join(directory.offices[code].name for code in directory.paths[one.code])
    return [
        f"路径 path    {path}",
        f"下级 below   {below} 个机构",
        f"队列 queues  {'、'.join(q.code for q in queues) or '—'}",
    ]


def _office_fields(typed: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    return {
        {"division": "divisions", "number": "numbers", "segment": "segments"}.get(k, k): v for k, v in typed.items()
    }


async def _remove_office(desk: app.Desk, office: str, now: float) -> Removal:
    return await services.removal(desk.store, desk.directory, office, BY, now)


OFFICES = Noun(
    kind="offices",
    chinese="机构",
    english="offices",
    record=OfficeRecord,
    key="CODE",
    options=(
        NAME,
        click.option("--level", type=click.Choice(LEVELS), help="级别 · province, city, county or hall"),
        click.option("--parent", help="上级机构代码；最上级不填 · the office above"),
        click.option("--division", multiple=True, help="兼管的行政区划代码，可多次 · divisions beside its own"),
        click.option("--number", multiple=True, help="拨打的电话号码，可多次 · numbers that lead here"),
        click.option("--segment", multiple=True, help="归属本地的手机号段，可多次 · first digits of mobile numbers"),
        click.option("--calendar", help="日历代码；不填随上级 · hours; those of the office above if not given"),
    ),
    line=_office_line,
    more=_office_more,
    fields=_office_fields,
    remove=_remove_office,
    examples=(
        "offices list -c ./relay",
        "offices show 360103 -c ./relay",
        "offices add 36010302 -c ./relay --name 西湖区第二办税服务厅 --level hall --parent 360103",
        "offices set 360103 -c ./relay --calendar office",
        "offices remove 36010302 -c ./relay --yes      等待的人转到上级，位置保留",
    ),
)


def _queue_line(one: QueueRecord, directory: Directory) -> str:
    needs = "、".join(directory.skills[skill].name for skill in one.skills)
    return f"{one.name}\t{directory.offices[one.office].name}{f'  需要 {needs}' if needs else ''}"


QUEUES = Noun(
    kind="queues",
    chinese="队列",
    english="queues",
    record=QueueRecord,
    key="CODE",
    options=(
        NAME,
        click.option("--office", help="机构代码 · whose queue it is"),
        click.option("--skill", "skills", multiple=True, help="需要的技能，可多次 · skills it needs"),
        click.option("--rules", help="派单规则；不填用 default · rules of dispatch"),
        click.option("--calendar", help="日历；不填随机构 · hours; those of the office if not given"),
    ),
    line=_queue_line,
    examples=(
        "queues list -c ./relay",
        "queues add 360100-sb -c ./relay --name 社保费专席 --office 360100 --skill social_insurance",
        "queues set 360100-sb -c ./relay --calendar office",
        "queues remove 360100-sb -c ./relay",
    ),
)

SKILLS = Noun(
    kind="skills",
    chinese="技能",
    english="skills",
    record=SkillRecord,
    key="CODE",
    options=(NAME,),
    line=lambda one, directory: f"{one.name}\t{sum(one.code in a.skills for a in directory.agents.values())} 名座席",
    examples=(
        "skills list -c ./relay",
        "skills add stamp_duty -c ./relay --name 印花税",
        "agents set 8001 -c ./relay --skill stamp_duty=3      给座席这项技能",
    ),
)


def _calendar_fields(typed: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Turn hours into the week they make, and days into exceptions beside those before; a file goes first."""
    found = {**before, **(_from_file(typed.pop("file")) if "file" in typed else {})}
    week = list(found.get("weekly") or msgspec.to_builtins(Calendar(name=""))["weekly"])
    for name, days in (("hours", range(5)), ("saturday", (5,)), ("sunday", (6,))):
        if name in typed:
            spans = _spans(typed.pop(name))
            week = [spans if day in days else hours for day, hours in enumerate(week)]
    special = {day: _spans(spans) for day, _, spans in (one.partition("=") for one in typed.pop("special", ()))}
    special |= {day: [] for day in typed.pop("closed", ())}
    made = {"make_up": _spans(typed.pop("make_up"))} if "make_up" in typed else {}
    return {**found, **made, "weekly": week, "exceptions": {**found.get("exceptions", {}), **special}, **typed}


def _spans(text: str) -> list[str]:
    return [span.strip() for span in text.split(",") if span.strip()]


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BanwenError(ErrorCode.BAD_INPUT, f"{path} 不是正确的 TOML 文件：{error}。") from error


CALENDARS = Noun(
    kind="calendars",
    chinese="日历",
    english="calendars",
    record=Calendar,
    key="CODE",
    codes=False,
    options=(
        NAME,
        click.option("--hours", help="周一至周五，如 09:00-12:00,13:30-17:00 · Monday to Friday"),
        click.option("--saturday", help='周六；"" 为不办公 · Saturday'),
        click.option("--sunday", help="周日 · Sunday"),
        click.option("--make-up", help="调休上班日的时间 · hours of make-up workdays"),
        click.option("--holidays/--no-holidays", default=None, help="是否随法定节假日放假、调休 · public holidays"),
        click.option("--closed", multiple=True, help="某日不办公，如 2026-10-09，可多次 · closed on this day"),
        click.option("--special", multiple=True, help="某日另定时间，如 2026-10-10=09:00-12:00 · other hours on a day"),
        click.option("--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="从 TOML 文件读取"),
    ),
    line=lambda one, directory: f"{one.name}\t今天 {describe(one, time.time())}",
    more=lambda one, directory: [f"今天 today   {describe(one, time.time())}"],
    fields=_calendar_fields,
    examples=(
        "calendars list -c ./relay",
        "calendars add summer -c ./relay --name 夏令时 --hours 08:30-12:00,14:30-17:30",
        "calendars set office -c ./relay --closed 2026-10-09",
        "offices set 360103 -c ./relay --calendar summer      让机构使用它",
    ),
)


def _licence_line(one: Licence, directory: Directory) -> str:
    where = directory.offices[one.office].name if one.office else "全部机构"
    return f"{KIND_NAMES[one.kind]} {one.seats} 席\t{where}  {one.since} 至 {one.until}  {_licence_state(one)}"


def _licence_state(one: Licence) -> str:
    today = datetime.now(CHINA).date()
    if one.holds(today):
        left = (one.until - today).days
        return f"有效，还有 {left} 天" if left else "有效，今天到期"
    return "已到期" if one.until < today else "尚未生效"


def _day(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError as error:
        raise click.BadParameter("应写成 2026-01-01 · write a date as 2026-01-01") from error


LICENCES = Noun(
    kind="licences",
    chinese="许可",
    english="licences",
    record=Licence,
    key="CODE",
    options=(
        click.option(
            "--kind", type=click.Choice([str(one) for one in LicenceKind]), help="online 在线账号，call 云呼账号"
        ),
        click.option("--seats", type=click.IntRange(1), help="同时登录的席位数 · seats at once"),
        click.option("--office", help="机构代码，包括其下级；不填为全部 · office and all below it"),
        click.option("--since", callback=_day, help="起始日 · first day"),
        click.option("--until", callback=_day, help="到期日（含） · last day"),
    ),
    line=_licence_line,
    more=lambda one, directory: [f"状态 state   {_licence_state(one)}"],
    empty="没有任何许可：席位不限，本软件可自由使用。 No licences: seats are unlimited, this is free software.",
    examples=(
        "licences list -c ./relay",
        "licences add nc -c ./relay --kind online --seats 40 --office 360100 --since 2026-01-01 --until 2026-12-31",
        "licences set nc -c ./relay --seats 60      运行中的中继几秒内生效，不必重启",
        "licences remove nc -c ./relay",
    ),
)

COMMANDS = tuple(group(noun) for noun in (OFFICES, QUEUES, SKILLS, CALENDARS, LICENCES))
