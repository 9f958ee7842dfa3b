"""`banwen-relay taxpayers`: what is known of a person, and erasing it."""

import getpass
import time
from pathlib import Path

import click

from relay_protocol.ids import TaxpayerId
from relay_server import app
from relay_server.cli.common import config_option, json_option, print_json, read_settings
from relay_server.services import erasure


@click.group()
def taxpayers() -> None:
    """查看和清除纳税人的个人信息 · Look at a person, or erase them.

    \b
    例 Examples:
      banwen-relay taxpayers show 01JD3V… -c ./relay
      banwen-relay taxpayers erase 01JD3V… --reason "申请书 2026-017" -c ./relay
    """


@taxpayers.command()
@click.argument("taxpayer")
@config_option
@json_option
def show(taxpayer: str, config_path: Path, as_json: bool) -> None:
    """显示一名纳税人：身份、历次咨询、屏蔽和清除记录 · Show what is known of a person."""
    settings = read_settings(config_path)
    found = app.at_desk(settings.config, settings.folder, lambda desk: erasure.show(desk.store, TaxpayerId(taxpayer)))
    if as_json:
        print_json(found)
        return
    click.echo(f"{found.id}  {found.name}  {found.app}  {found.assurance}")
    for one in found.consultations:
        opened = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.opened_at))
        click.echo(f"  {one.id}  {opened}  {one.state}")
    for decision in found.decided:
        click.echo(f"  {bytes(decision).decode()}")


@taxpayers.command()
@click.argument("taxpayer")
@click.option("--reason", required=True, help="清除的依据，会永久记录；不要写个人信息 · why; kept for ever")
@click.option("--yes", is_flag=True, help="不再询问 · do not ask")
@config_option
@json_option
def erase(taxpayer: str, reason: str, yes: bool, config_path: Path, as_json: bool) -> None:
    """清除一名纳税人说过的话、身份和文件，不能恢复；记录的序号、时间和摘要保留 · Erase a person for good."""
    settings = read_settings(config_path)
    if not yes:
        click.confirm("清除后任何人都不能恢复，继续吗？", abort=True)
    by = f"cli:{getpass.getuser()}"
    done = app.at_desk(
        settings.config,
        settings.folder,
        lambda desk: erasure.erase(desk.store, settings.files, TaxpayerId(taxpayer), reason, by, time.time()),
    )
    if as_json:
        print_json(done)
    else:
        click.echo(f"已清除：{done.consultations} 次咨询，{done.files} 个文件。")
