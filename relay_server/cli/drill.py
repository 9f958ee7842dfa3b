"""`banwen-relay drill`: scripted taxpayers and agents play against a running relay, for training and for load."""

import asyncio
import time
from pathlib import Path

import click
import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import Office
from relay_server import app
from relay_server.cli.common import FAILED, Settings, config_option, json_option, print_json, read_settings
from relay_server.drill import play
from relay_server.drill.ledger import Result

LABELS = {
    "consultations": "完成的咨询",
    "sent": "发出的消息",
    "acknowledged": "已确认",
    "delivered": "已送达",
    "lost": "丢失（已确认未送达）",
    "duplicated": "重复送达",
    "misordered": "次序错误",
    "over_cap": "超过座席上限",
    "repeated_numbers": "重复的号码",
    "refused": "被拒绝的请求",
    "unserved": "未等到座席",
    "reconnected": "断线后重连",
    "back_p50": "重连用时 p50（秒）",
    "back_longest": "重连最长（秒）",
    "repeated": "无法保存而重发的请求",
    "ack_p50": "确认用时 p50（秒）",
    "ack_p95": "确认用时 p95（秒）",
    "ack_p99": "确认用时 p99（秒）",
    "wait_p50": "等待 p50（秒）",
    "wait_p95": "等待 p95（秒）",
    "wait_longest": "最长等待（秒）",
}


@click.command()
@click.option("--taxpayers", type=click.IntRange(1, 5000), default=20, show_default=True, help="同时咨询的纳税人")
@click.option("--agents", type=click.IntRange(0, 1000), default=5, show_default=True, help="座席；0 表示由真人应答")
@click.option("--seconds", type=click.FloatRange(1, 86400), default=30.0, show_default=True, help="持续时间")
@click.option("--office", "code", default="", help="在哪个机构演练；默认为配置中的默认机构 · which office")
@click.option("--pause", type=click.FloatRange(0, 60), default=1.0, show_default=True, help="每句话前思考几秒")
@click.option("--server", default="", help="中继地址；默认取运行中的中继写下的地址 · the relay's address")
@click.option("--seed", type=int, default=20260302, show_default=True, help="随机种子 · of chance")
@config_option
@json_option
def drill(
    taxpayers: int,
    agents: int,
    seconds: float,
    code: str,
    pause: float,
    server: str,
    seed: int,
    config_path: Path,
    as_json: bool,
) -> None:
    """演练：脚本扮演的纳税人和座席与运行中的中继对话 · Scripted people against a running relay.

    \b
    例 Examples:
      banwen-relay drill -c ./relay --taxpayers 200 --agents 20 --seconds 60 --json
      banwen-relay drill -c ./relay --taxpayers 5 --agents 0 --seconds 600     培训新座席：由真人接听
    演练的咨询进入真实的队列和统计，请在演练环境或非工作时间进行。
    退出码：0 没有差错；1 有丢失、重复、次序错误、超限、重号，或有人没有等到座席
    """
    settings = read_settings(config_path)
    url = server or _running(settings.folder)
    people = app.at_desk(
        settings.config,
        settings.folder,
        lambda desk: play.cast(desk.store, _office(desk, settings, code), taxpayers, agents, app.new_id, time.time()),
    )
    try:
        result = asyncio.run(play.play(url, people, seconds, _codes(settings), pause, seed))
    finally:
        app.at_desk(settings.config, settings.folder, lambda desk: play.dismiss(desk.store, agents))
    _show(result, as_json)
    if not result.good:
        raise click.exceptions.Exit(FAILED)


def _running(folder: Path) -> str:
    try:
        return (folder / app.URL_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise BanwenError(ErrorCode.UNREACHABLE, "中继没有运行。请先运行 banwen-relay serve。") from None


def _office(desk: app.Desk, settings: Settings, code: str) -> Office:
    wanted = code or settings.config.relay.default_office
    offices = desk.directory.cards
    if wanted and wanted not in offices:
        raise BanwenError(ErrorCode.NOT_FOUND, f"没有机构 {wanted}。用 banwen-relay offices list 查看全部机构。")
    if not offices:
        raise BanwenError(ErrorCode.NOT_FOUND, "还没有机构。用 banwen-relay offices add 添加。")
    return offices[wanted] if wanted else next(iter(offices.values()))


def _codes(settings: Settings) -> tuple[str, str]:
    named = settings.config.catalogue
    if not named.business or not named.question_type:
        raise BanwenError(ErrorCode.BAD_INPUT, "配置的 [catalogue] 没有小结选项，脚本座席无法提交小结。")
    return next(iter(named.business)), next(iter(named.question_type))


def _show(result: Result, as_json: bool) -> None:
    found = msgspec.structs.asdict(result)
    if as_json:
        print_json({**found, "good": result.good})
        return
    for name, label in LABELS.items():
        click.echo(f"{label}\t{found[name]}")
    click.echo("没有差错。" if result.good else "有差错，请查看上面不为 0 的项目和中继日志。")
