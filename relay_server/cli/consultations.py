"""`banwen-relay consultations`: list consultations and show one from its first event to its last."""

import time
from pathlib import Path

import click

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, is_ulid
from relay_server import app
from relay_server.cli.common import config_option, json_option, print_json, read_settings
from relay_server.domain.consultation import State
from relay_server.services import timeline
from relay_server.store import events

STATES = {
    State.NEW: "新咨询",
    State.BOT: "机器人服务",
    State.QUEUED: "排队",
    State.OFFERED: "派单中",
    State.ACTIVE: "人工服务",
    State.ON_HOLD: "挂起",
    State.MESSAGE_LEFT: "已留言",
    State.CALLBACK_BOOKED: "待回电",
    State.WRAP_UP: "待小结",
    State.CLOSED: "已关闭",
    State.EVALUATED: "已评价",
}


@click.group()
def consultations() -> None:
    """查看咨询 · Look at consultations.

    \b
    例 Examples:
      banwen-relay consultations list -c ./relay
      banwen-relay consultations list -c ./relay --state queued --json
      banwen-relay consultations show 01JD3V… -c ./relay
    """


@consultations.command("list")
@click.option(
    "--state", type=click.Choice([str(one) for one in STATES]), help="只列出此状态 · only those in this state"
)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="最多几条 · at most")
@config_option
@json_option
def list_(state: str | None, limit: int, config_path: Path, as_json: bool) -> None:
    """列出咨询，最近的在前 · List consultations, newest first."""
    settings = read_settings(config_path)
    states = (State(state),) if state else tuple(State)
    found = app.at_desk(
        settings.config, settings.folder, lambda desk: desk.store.read(events.consultations(states, limit=limit))
    )
    if as_json:
        print_json(found)
        return
    for one in found:
        changed = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.changed_at))
        click.echo(f"{one.id}  {changed}  {STATES[one.state]}\t{one.taxpayer.name}\t{one.last_seq} 条记录")
    if not found:
        click.echo("没有符合条件的咨询。")


@consultations.command()
@click.argument("consultation")
@config_option
@json_option
def show(consultation: str, config_path: Path, as_json: bool) -> None:
    """显示一次咨询的完整时间线：机器人、文字、协助、授权、小结、评价 · Show the whole timeline of one consultation."""
    if not is_ulid(consultation):
        raise BanwenError(ErrorCode.NOT_FOUND, f"{consultation} 不是咨询编号；用 consultations list 查看编号。")
    settings = read_settings(config_path)
    named = settings.config.catalogue
    found = app.at_desk(
        settings.config,
        settings.folder,
        lambda desk: timeline.story(desk.store, ConsultationId(consultation), named.business | named.question_type),
    )
    if as_json:
        print_json(found)
        return
    for line in found.lines:
        click.echo(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(line.at))}  {line.seq:>4}  {line.text}")
