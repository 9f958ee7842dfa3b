"""`banwen-relay grants`: who holds which role on which part of the tree."""

import time
from collections.abc import Iterable
from pathlib import Path

import click

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server import app
from relay_server.cli.common import Settings, config_option, json_option, print_json, read_settings
from relay_server.cli.nouns import BY
from relay_server.domain.directory import Directory
from relay_server.domain.records import ROLE_NAMES, Grant, Role
from relay_server.services.accounts import existing
from relay_server.services.directory import change
from relay_server.store.accounts import AgentAccount, list_agents
from relay_server.store.base import Transaction

ROLE = click.option("--role", required=True, type=click.Choice([str(one) for one in Role]), help="角色 · role")
OFFICE = click.option("--office", default="", help="机构代码，包括其下级；不填为全部 · office and all below it")


@click.group()
def grants() -> None:
    """管理授权：谁在哪些机构是什么角色 · Look after who holds which role where.

    \b
    角色 Roles:
      agent 座席  lead 班长  admin 分中心管理员  manager 省级管理员  inspector 质检员
      system_admin 系统管理员  security_admin 安全管理员  auditor 审计员（三者不能兼任）

    \b
    例 Examples:
      banwen-relay grants list -c ./relay
      banwen-relay grants add 8101 -c ./relay --role lead --office 360103
      banwen-relay grants set 8101 -c ./relay --role lead=360103 --role agent=360103
      banwen-relay grants remove 8101 -c ./relay --role lead --office 360103
    """


@grants.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """列出全部授权 · List all grants."""
    _show(*_read(read_settings(config_path)), as_json)


@grants.command()
@click.argument("number")
@config_option
@json_option
def show(number: str, config_path: Path, as_json: bool) -> None:
    """显示一个人的角色；NUMBER 是工号 · Show the roles of one person."""
    directory, people = _read(read_settings(config_path))
    person = _person(people, number)
    _show(directory, [person], as_json)
    if not directory.grants_of(person.id) and person.office and not as_json:
        click.echo(f"{number} 没有专门授权，是 {person.office} 的座席。")


@grants.command()
@click.argument("number")
@ROLE
@OFFICE
@config_option
def add(number: str, role: str, office: str, config_path: Path) -> None:
    """授予角色；登录状态下几秒内生效 · Grant a role; it holds within seconds."""
    _change(read_settings(config_path), number, added=[(Role(role), office)])
    click.echo(f"{number} 现在是{ROLE_NAMES[Role(role)]}（{office or '全部机构'}）。")


@grants.command("set")
@click.argument("number")
@click.option("--role", "roles", multiple=True, required=True, help="角色=机构，可多次 · ROLE=OFFICE, all that hold")
@config_option
def set_(number: str, roles: tuple[str, ...], config_path: Path) -> None:
    """恰好授予这些角色，其余收回 · Grant exactly these roles."""
    wanted = [_parsed(text) for text in roles]
    _change(read_settings(config_path), number, added=wanted, only=True)
    click.echo(f"{number} 的角色：{'、'.join(ROLE_NAMES[role] for role, _ in wanted)}。")


@grants.command()
@click.argument("number")
@ROLE
@OFFICE
@config_option
def remove(number: str, role: str, office: str, config_path: Path) -> None:
    """收回角色；已打开的工作台随即重新连接 · Take a role back; an open workbench reconnects at once."""
    _change(read_settings(config_path), number, removed=[(Role(role), office)])
    click.echo(f"{number} 不再是{ROLE_NAMES[Role(role)]}（{office or '全部机构'}）。")


def _read(settings: Settings) -> tuple[Directory, list[AgentAccount]]:
    async def work(desk: app.Desk) -> tuple[Directory, list[AgentAccount]]:
        return desk.directory, await desk.store.read(list_agents())

    return app.at_desk(settings.config, settings.folder, work)


def _show(directory: Directory, people: Iterable[AgentAccount], as_json: bool) -> None:
    held = [(one, grant) for one in people for grant in directory.grants_of(one.id)]
    if as_json:
        print_json([{"username": one.username, "role": grant.role, "office": grant.office} for one, grant in held])
        return
    for one, grant in held:
        where = directory.offices[grant.office].name if grant.office else "全部机构"
        click.echo(f"{one.username:<10} {one.name}\t{ROLE_NAMES[grant.role]}  {where}")


def _person(people: Iterable[AgentAccount], number: str) -> AgentAccount:
    found = next((one for one in people if one.username == number), None)
    if found is None:
        raise BanwenError(ErrorCode.NOT_FOUND, f"没有工号 {number}。用 banwen-relay agents list 查看全部座席。")
    return found


def _parsed(text: str) -> tuple[Role, str]:
    name, _, office = text.partition("=")
    try:
        return Role(name), office
    except ValueError as error:
        raise BanwenError(ErrorCode.BAD_INPUT, f"没有角色 {name}；可用的有 {'、'.join(Role)}。") from error


def _change(
    settings: Settings,
    number: str,
    *,
    added: Iterable[tuple[Role, str]] = (),
    removed: Iterable[tuple[Role, str]] = (),
    only: bool = False,
) -> None:
    """Grant and take back in one step. Raise NOT_FOUND for a grant that is not held."""

    def script(directory: Directory) -> Transaction[None]:
        account = yield from existing(number)
        wishes: dict[tuple[str, str], Grant | None] = {}
        for grant in directory.grants_of(account.id) if only else ():
            wishes["grants", grant.key] = None
        for role, office in removed:
            key = Grant(agent=account.id, role=role, office=office).key
            if key not in directory.grants:
                raise BanwenError(ErrorCode.NOT_FOUND, f"{number} 没有这项授权。用 grants show {number} 查看。")
            wishes["grants", key] = None
        for role, office in added:
            grant = Grant(agent=account.id, role=role, office=office)
            wishes["grants", grant.key] = grant
        yield from change(wishes, BY, time.time())

    async def work(desk: app.Desk) -> None:
        await desk.store.transact(script(desk.directory))

    app.at_desk(settings.config, settings.folder, work)
