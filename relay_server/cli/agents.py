"""`banwen-relay agents`: add, list, disable agents and give them new passwords."""

import time
from pathlib import Path

import click

from relay_server import app
from relay_server.cli.common import config_option, json_option, print_json, read_settings
from relay_server.services import accounts
from relay_server.store.accounts import AgentAccount


@click.group()
def agents() -> None:
    """管理座席账号 · Look after agents' accounts.

    \b
    例 Examples:
      banwen-relay agents add 8005 -c ./relay --name 赵敏 --office 360103
      banwen-relay agents list -c ./relay
      banwen-relay agents disable 8005 -c ./relay
      banwen-relay agents reset-password 8005 -c ./relay
    """


@agents.command()
@click.argument("number")
@click.option("--name", required=True, help="姓名 · name")
@click.option("--office", required=True, help="机构的行政区划代码 · administrative code of the office")
@config_option
@json_option
def add(number: str, name: str, office: str, config_path: Path, as_json: bool) -> None:
    """添加座席；NUMBER 是工号，也用于登录。密码只显示这一次 · Add an agent; the password is shown this once."""
    settings = read_settings(config_path)
    password = app.at_desk(
        settings.config,
        settings.folder,
        lambda desk: accounts.add_agent(
            desk.store, desk.passwords, desk.directory, number, name, office, app.new_id, time.time()
        ),
    )
    _show_password(number, password, as_json)


@agents.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """列出全部座席 · List all agents."""
    settings = read_settings(config_path)
    people = app.at_desk(settings.config, settings.folder, lambda desk: accounts.all_agents(desk.store))
    if as_json:
        print_json([_public(person) for person in people])
        return
    for person in people:
        state = "已停用" if person.disabled else "可登录"
        kind = "管理员" if person.administrator else "座席"
        click.echo(f"{person.username:<10} {person.name}\t{person.office or '—':<8} {kind}  {state}")
    if not people:
        click.echo("还没有座席。用 banwen-relay agents add 添加。")


@agents.command()
@click.argument("number")
@config_option
def disable(number: str, config_path: Path) -> None:
    """停用座席：登录立即失效，已打开的工作台随后断开 · Disable an agent; an open workbench is cut off soon."""
    settings = read_settings(config_path)
    app.at_desk(settings.config, settings.folder, lambda desk: accounts.disable(desk.store, number))
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


def _public(person: AgentAccount) -> dict[str, object]:
    return {
        "username": person.username,
        "name": person.name,
        "office": person.office,
        "administrator": person.administrator,
        "disabled": person.disabled,
        "created_at": person.created_at,
    }


def _show_password(number: str, password: str, as_json: bool) -> None:
    if as_json:
        print_json({"username": number, "password": password})
    else:
        click.echo(f"工号 {number}  密码 {password}\n密码只显示这一次，请立即记下。 Shown only this once.")
