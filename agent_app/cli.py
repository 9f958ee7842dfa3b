"""`banwen-agent`: opens the workbench; `enrol` makes the agent's key and certificate on this workstation."""

import time
from pathlib import Path

import click

from relay_protocol.errors import BanwenError

EPILOG = """\b
示例 Examples:
  banwen-agent                                   打开工作台，服务器用上次的 · opens the workbench
  banwen-agent --server https://relay.example    打开工作台，连接这台服务器
  banwen-agent enrol --root .dev/root --number 8001 --name 李敏 --office 赣州市税务局
"""


@click.group(invoke_without_command=True, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--server", default="", metavar="URL", help="服务器地址，http 或 https · the relay's address")
@click.option("--debug", is_flag=True, help="向标准错误输出调试日志 · debug log on standard error")
@click.pass_context
def main(context: click.Context, server: str, debug: bool) -> None:
    """办问协同座席工作台 · the agent's workbench.

    不带子命令时打开工作台窗口；快捷键见窗口内 F1。Without a command it opens the window; F1 there lists the keys.

    退出码 Exit codes: 0 正常 done, 1 失败 failed, 2 用法错误 usage.
    """
    if context.invoked_subcommand is not None:
        return
    from agent_app.app import open_workbench
    from agent_app.logs import configure

    configure(debug)
    context.exit(open_workbench(server))


@main.command()
@click.option("--root", required=True, type=click.Path(path_type=Path), help="根证书所在文件夹 · folder of the root")
@click.option("--number", required=True, help="工号 · badge number")
@click.option("--name", required=True, help="姓名 · name")
@click.option("--office", required=True, help="机构名称 · office")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 30), help="有效天数 · days of validity")
def enrol(root: Path, number: str, name: str, office: str, days: int) -> None:
    """在本机生成座席的密钥并签发证书 · make this agent's key here and certify it.

    私钥不离开本机：有钥匙串时存入钥匙串，否则存为仅本人可读的文件。The key never leaves this machine.
    """
    from agent_app.app import enrol_here
    from relay_protocol.certificates import CertifiedAgent

    try:
        expires_at = enrol_here(root, CertifiedAgent(number, name, office), days)
    except BanwenError as error:
        raise click.ClickException(error.message) from error
    until = time.strftime("%Y-%m-%d %H:%M", time.localtime(expires_at))
    click.echo(f"已为 {name}（工号 {number}，{office}）签发证书，有效期至 {until}。")
