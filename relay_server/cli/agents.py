"""`banwen-relay agents`: add, list, change and disable agents, their skills and roles, and give them new passwords."""

import time
from pathlib import Path
from typing import Any

import click

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server import app
from relay_server.cli.common import config_option, json_option, print_json, read_settings
from relay_server.cli.grants import add, remove
from relay_server.cli.nouns import BY
from relay_server.domain.directory import Directory
from relay_server.domain.records import ROLE_NAMES, AgentSkills
from relay_server.services import accounts
from relay_server.services.directory import change
from relay_server.store.accounts import AgentAccount
from relay_server.store.base import Transaction

SKILL = click.option("--skill", "skills", multiple=True, help="技能=水平 1–5，可多次 · SKILL=LEVEL, e.g. vat=4")
CAPACITY = click.option("--capacity", type=click.IntRange(0, 50), help="同时服务几人；0 按规则 · how many at once")


@click.group()
def agents() -> None:
    """管理座席账号 · Look after agents' accounts.

    \b
    例 Examples:
      banwen-relay agents add 8005 -c ./relay --name 赵敏 --office 360103 --skill vat=4 --capacity 3
      banwen-relay agents list -c ./relay --office 360100
      banwen-relay agents set 8005 -c ./relay --skill vat=5 --skill invoice=3
      banwen-relay agents grant 8005 -c ./relay --role lead --office 360103
      banwen-relay agents disable 8005 -c ./relay
      banwen-relay agents reset-password 8005 -c ./relay
    """


@agents.command("add")
@click.argument("number")
@click.option("--name", required=True, help="姓名 · name")
@click.option("--office", required=True, help="机构代码 · code of the office")
@SKILL
@CAPACITY
@config_option
@json_option
def add_(
    number: str,
    name: str,
    office: str,
    skills: tuple[str, ...],
    capacity: int | None,
    config_path: Path,
    as_json: bool,
) -> None:
    """添加座席；NUMBER 是工号，也用于登录。密码只显示这一次 · Add an agent; the password is shown this once."""
    settings, known = read_settings(config_path), _parsed(skills)

    async def work(desk: app.Desk) -> str:
        _check(desk.directory, known)
        password = await accounts.add_agent(
            desk.store, desk.passwords, desk.directory, number, name, office, app.new_id, time.time()
        )
        await desk.store.transact(_know(desk.directory, number, known, capacity))
        return password

    _show_password(number, app.at_desk(settings.config, settings.folder, work), as_json)


@agents.command("list")
@click.option("--office", default="", help="只列出此机构及其下级 · only those of this office and below")
@config_option
@json_option
def list_(office: str, config_path: Path, as_json: bool) -> None:
    """列出全部座席 · List all agents."""
    settings = read_settings(config_path)

    async def work(desk: app.Desk) -> list[dict[str, Any]]:
        people = await accounts.all_agents(desk.store)
        within = desk.directory.subtrees.get(office, frozenset([office]))
        return [_public(one, desk.directory) for one in people if not office or one.office in within]

    people = app.at_desk(settings.config, settings.folder, work)
    if as_json:
        print_json(people)
        return
    for one in people:
        roles = "、".join(ROLE_NAMES[held["role"]] for held in one["roles"]) or "无角色"
        state = "已停用" if one["disabled"] else "可登录"
        click.echo(f"{one['username']:<10} {one['name']}\t{one['office_name'] or '—'}\t{roles}  {state}")
    if not people:
        click.echo("还没有座席。用 banwen-relay agents add 添加。")


@agents.command()
@click.argument("number")
@config_option
@json_option
def show(number: str, config_path: Path, as_json: bool) -> None:
    """显示一名座席：机构、技能、角色 · Show one agent."""
    settings = read_settings(config_path)

    async def work(desk: app.Desk) -> dict[str, Any]:
        return _public(await desk.store.read(accounts.existing(number)), desk.directory)

    person = app.at_desk(settings.config, settings.folder, work)
    if as_json:
        print_json(person)
        return
    for name, value in person.items():
        click.echo(f"{name:<14} {value if value not in ('', [], {}) else '—'}")


@agents.command("set")
@click.argument("number")
@click.option("--name", default="", help="姓名 · name")
@click.option("--office", default="", help="机构代码 · code of the office")
@SKILL
@CAPACITY
@config_option
def set_(number: str, name: str, office: str, skills: tuple[str, ...], capacity: int | None, config_path: Path) -> None:
    """修改座席，只改给出的项；给出的技能替换原有全部技能 · Change what is given; skills replace those before."""
    settings, known = read_settings(config_path), _parsed(skills)

    async def work(desk: app.Desk) -> None:
        _check(desk.directory, known)
        await accounts.change_agent(desk.store, desk.directory, number, name=name, office=office)
        await desk.store.transact(_know(desk.directory, number, known, capacity))

    app.at_desk(settings.config, settings.folder, work)
    click.echo(f"已修改 {number}，运行中的中继几秒内生效。")


@agents.command()
@click.argument("number")
@config_option
def disable(number: str, config_path: Path) -> None:
    """停用座席：登录立即失效，正在服务的咨询带着记录回到队首 · Disable an agent; others go on."""
    settings = read_settings(config_path)
    app.at_desk(settings.config, settings.folder, lambda desk: accounts.disable(desk.store, number, time.time()))
    click.echo(f"{number} 已停用。")


@agents.command("reset-password")
@click.argument("number")
@config_option
@json_option
def reset_password(number: str, config_path: Path, as_json: bool) -> None:
    """换一个新密码并解除锁定和停用；新密码只显示这一次 · Give a new password, shown this once; unlock and enable."""
    settings = read_settings(config_path)
    password = app.at_desk(
        settings.config,
        settings.folder,
        lambda desk: accounts.reset_password(desk.store, desk.passwords, number, time.time()),
    )
    _show_password(number, password, as_json)


agents.add_command(click.Command("grant", params=add.params, callback=add.callback, help=add.help))
agents.add_command(click.Command("revoke", params=remove.params, callback=remove.callback, help=remove.help))


def _public(person: AgentAccount, directory: Directory) -> dict[str, Any]:
    actor, known = accounts.actor_of(person, directory), directory.agents.get(person.id)
    office = directory.cards.get(person.office)
    explicit = [{"role": one.role, "office": one.office} for one in directory.grants_of(person.id)]
    return {
        "username": person.username,
        "name": person.name,
        "office": person.office,
        "office_name": office.name if office else "",
        "roles": explicit or [{"role": held.role, "office": person.office} for held in actor.grants],
        "skills": dict(known.skills) if known else {},
        "capacity": known.capacity if known else 0,
        "administrator": person.administrator,
        "disabled": person.disabled,
        "created_at": person.created_at,
    }


def _parsed(texts: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for text in texts:
        skill, _, level = text.partition("=")
        if level not in {"1", "2", "3", "4", "5"}:
            raise BanwenError(ErrorCode.BAD_INPUT, f"{text} 应写成 技能=水平，水平为 1–5，如 vat=4。")
        found[skill] = int(level)
    return found


def _check(directory: Directory, skills: dict[str, int]) -> None:
    unknown = [skill for skill in skills if skill not in directory.skills]
    if unknown:
        raise BanwenError(ErrorCode.NOT_FOUND, f"没有技能 {'、'.join(unknown)}。用 banwen-relay skills list 查看全部。")


def _know(directory: Directory, number: str, skills: dict[str, int], capacity: int | None) -> Transaction[None]:
    """Keep what an agent knows and how much they serve, as far as it was given."""
    account = yield from accounts.existing(number)
    before = directory.agents.get(account.id) or AgentSkills(agent=account.id)
    after = AgentSkills(
        agent=account.id,
        skills=skills or before.skills,
        capacity=before.capacity if capacity is None else capacity,
    )
    if after != before:
        yield from change({("agents", account.id): after}, BY, time.time())


def _show_password(number: str, password: str, as_json: bool) -> None:
    if as_json:
        print_json({"username": number, "password": password})
    else:
        click.echo(f"工号 {number}  密码 {password}\n密码只显示这一次，请立即记下。 Shown only this once.")
