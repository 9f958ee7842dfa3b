"""`banwen-relay serve`: run the relay until it is told to stop."""

from pathlib import Path

import click
import msgspec

from relay_server import logs
from relay_server.app import serve as run_relay
from relay_server.cli.common import config_option, read_settings
from relay_server.roles import ROLES


@click.command()
@config_option
@click.option(
    "--port", type=click.IntRange(0, 65535), help="代替配置中的端口；0 为自动选择 · instead of the configured one"
)
@click.option(
    "--role",
    "kinds",
    multiple=True,
    type=click.Choice(ROLES),
    help="只承担这些角色，可重复；默认全部 · only these roles; repeatable",
)
@click.option(
    "--log-level", default="INFO", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), show_default=True
)
def serve(config_path: Path, port: int | None, kinds: tuple[str, ...], log_level: str) -> None:
    """运行中继；地址打印在第一行并写入 relay.url · Run the relay; its address is the first line and in relay.url.

    \b
    例 Examples:
      banwen-relay serve -c ./relay
      banwen-relay serve -c ./relay --port 0
      banwen-relay serve -c ./relay --role dispatch --port 0    几个进程共用 PostgreSQL 和 NATS 时
    角色：edge 网页、工作台和助手的连接；dispatch 派单；bot 智能应答；jobs 定时与批量任务、对外通知。
    日志为 JSON，每行一条，写到标准错误 · Logs are JSON lines on standard error.
    退出码：0 正常停止；3 配置有误；4 端口被占用；5 数据库损坏
    """
    settings = read_settings(config_path)
    config = settings.config
    if port is not None:
        config = msgspec.structs.replace(config, relay=msgspec.structs.replace(config.relay, port=port))
    logs.set_up(log_level)
    run_relay(config, settings.folder, announce=click.echo, kinds=frozenset(kinds or ROLES))
