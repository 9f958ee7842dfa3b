"""`banwen-relay doctor`: look at everything a relay needs; every line says how it is and how to mend it."""

import random
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click
import msgspec

from relay_protocol.errors import BanwenError
from relay_server import app
from relay_server.cli.common import DAMAGED, FAILED, OK, Settings, config_option, json_option, print_json, read_settings
from relay_server.domain.directory import Directory
from relay_server.store.sampling import examine_log

SAMPLE = 1000
LEAST_FREE_BYTES = 1024**3
EARLIEST_CLOCK = 1_760_000_000.0  # autumn 2025: a clock before this was never set
WEB_FILES = ("w.js", "widget.html", "chat.html", "assets")


class Line(msgspec.Struct, frozen=True):
    """One thing that was looked at. `mend` is empty when all is well."""

    name: str
    ok: bool
    says: str
    mend: str = ""


@click.command()
@config_option
@json_option
def doctor(config_path: Path, as_json: bool) -> None:
    """检查配置、数据库、磁盘、时钟、端口、知识和网页，并说明如何修复 · Look at everything and say how to mend it.

    \b
    例 Examples:
      banwen-relay doctor -c ./relay
      banwen-relay doctor -c ./relay --json
    退出码：0 一切正常；1 有问题；3 配置有误；5 数据库损坏
    """
    settings = read_settings(config_path)
    lines = [line for look in LOOKS for line in look(settings)]
    if as_json:
        print_json(lines)
    else:
        for line in lines:
            _print(line)
    raise click.exceptions.Exit(_exit_code(lines))


def _print(line: Line) -> None:
    mark = click.style("✓", fg="green") if line.ok else click.style("✗", fg="red")
    click.echo(f"{mark} {line.name}：{line.says}")
    if line.mend:
        click.echo(f"  → {line.mend}")


def _exit_code(lines: list[Line]) -> int:
    if any(line.name == "数据库" and not line.ok for line in lines):
        return DAMAGED
    return OK if all(line.ok for line in lines) else FAILED


def _config(settings: Settings) -> Iterator[Line]:
    config = settings.config
    yield Line("配置", True, f"{len(config.apps)} 个接入网站")


def _database(settings: Settings) -> Iterator[Line]:
    try:
        says = app.examine_database(settings.config, settings.folder)
    except BanwenError as error:
        mend = "停止中继，从最近的备份恢复数据库文件；没有备份时先复制该文件再求助"
        yield Line("数据库", False, error.message, mend)
    else:
        yield Line("数据库", True, says)


def _log(settings: Settings) -> Iterator[Line]:
    """Read some events anew and compare their digests; a database that cannot be read has its own line."""
    places = [random.random() for _ in range(SAMPLE)]
    try:
        found = app.at_desk(settings.config, settings.folder, lambda desk: desk.store.read(examine_log(places)))
    except (BanwenError, OSError) as error:
        if settings.database.exists() or settings.config.store.url:
            says = error.message if isinstance(error, BanwenError) else str(error)
            yield Line("记录", False, says, "按提示处理后再运行一次 doctor")
        return
    if found.damaged:
        says = f"抽查 {found.checked} 条，{len(found.damaged)} 处与摘要不符：{'、'.join(found.damaged[:5])}"
        yield Line("记录", False, says, "停止中继并保留现场，从最近的备份恢复到新目录：banwen-relay restore")
    else:
        yield Line("记录", True, f"抽查 {found.checked} 条，摘要全部相符（其中已清除 {found.erased} 条）")


def _organisation(settings: Settings) -> Iterator[Line]:
    """Say what the settings of the organisation lack; a database that cannot be read has its own line."""
    try:
        known = app.at_desk(settings.config, settings.folder, _directory)
    except (BanwenError, OSError):
        return
    default = settings.config.relay.default_office
    if not known.offices:
        mend = "banwen-relay offices add 行政区划代码 --name 名称 --level province；或用 init --sample 参考"
        yield Line("机构", False, "没有任何机构，无法添加座席", mend)
        return
    yield Line("机构", True, f"{len(known.offices)} 个机构，{len(known.queues)} 个队列")
    if default and default not in known.offices:
        yield Line("默认机构", False, f"relay.default_office {default} 不存在", "改为已有的机构，或先添加它")
    for one in known.problems:
        yield Line("设置", False, one.sentence, f"banwen-relay {one.kind} list")


async def _directory(desk: app.Desk) -> Directory:
    return desk.directory


def _disk(settings: Settings) -> Iterator[Line]:
    free = shutil.disk_usage(settings.folder).free
    says = f"可用 {free / 1024**3:.1f} GiB"
    ok = free >= LEAST_FREE_BYTES
    yield Line("磁盘", ok, says, "" if ok else f"清理 {settings.folder} 所在的磁盘，至少留出 1 GiB")


def _clock(settings: Settings) -> Iterator[Line]:
    now = time.time()
    newest = settings.database.stat().st_mtime if settings.database.exists() else 0.0
    ok = max(EARLIEST_CLOCK, newest - 60) <= now
    says = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(now))
    yield Line(
        "时钟", ok, says, "" if ok else "系统时间比数据库最后写入还早；请启用时间同步（timedatectl set-ntp true）"
    )


def _port(settings: Settings) -> Iterator[Line]:
    relay = settings.config.relay
    with socket.socket(socket.AF_INET6 if ":" in relay.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((relay.host, relay.port))
        except OSError as error:
            if _is_ours(relay.host, relay.port):
                yield Line("端口", True, f"中继正在 {relay.host}:{relay.port} 运行")
            else:
                mend = "停止占用端口的程序，或修改 relay.port"
                yield Line("端口", False, f"{relay.host}:{relay.port} 不能监听（{error.strerror}）", mend)
            return
    yield Line("端口", True, f"{relay.host}:{relay.port or '自动选择'} 可用")


def _is_ours(host: str, port: int) -> bool:
    """Whether the port is taken by a relay."""
    connection = HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return b"banwen-relay" in connection.getresponse().read(200)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _knowledge(settings: Settings) -> Iterator[Line]:
    try:
        knowledge = app.load_knowledge(settings.config, settings.folder)
    except BanwenError as error:
        yield Line("知识", False, error.message, "检查 knowledge.bundle，或留空使用示例知识")
    else:
        yield Line("知识", True, f"{len(knowledge.entries)} 条知识，{len(knowledge.dialogues)} 个办理引导")


def _web(settings: Settings) -> Iterator[Line]:
    missing = [name for name in WEB_FILES if not (app.WEB / name).exists()]
    if missing:
        yield Line("网页", False, f"缺少 {'、'.join(missing)}", "重新安装本软件")
    else:
        yield Line("网页", True, "齐全")


LOOKS: tuple[Callable[[Settings], Iterator[Line]], ...] = (
    _config,
    _database,
    _log,
    _organisation,
    _disk,
    _clock,
    _port,
    _knowledge,
    _web,
)
