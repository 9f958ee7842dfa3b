"""`banwen-relay rules` and `why`: the rules of dispatch, what another rule would have done, and why somebody waits."""

import time
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import click
import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import RequestId
from relay_protocol.messages import Explanation
from relay_server import app
from relay_server.cli.common import Settings, config_option, json_option, print_json, read_settings
from relay_server.cli.nouns import directory_of, save
from relay_server.domain.directory import Directory
from relay_server.domain.rulebook import Rulebook
from relay_server.domain.rules import DEFAULT, RuleSet, parse, sentence
from relay_server.domain.simulate import Summary
from relay_server.domain.tickets import CHINA
from relay_server.services import dispatch_replay, dispatch_story
from relay_server.services.dispatch_replay import Comparison
from relay_server.store.base import Transaction

SHOWN = 50


@click.group()
def rules() -> None:
    """派单规则 · The rules of dispatch.

    \b
    例 Examples:
      banwen-relay rules list -c ./relay
      banwen-relay rules show default -c ./relay
      banwen-relay rules set 夜间.toml -c ./relay
      banwen-relay rules simulate --log yesterday --rules 夜间.toml -c ./relay
    """


@rules.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """列出全部规则 · List all rule sets."""
    known = _known(read_settings(config_path))
    if as_json:
        print_json(list(known.values()))
        return
    for one in known.values():
        click.echo(f"{one.name:<14} 第 {one.version} 版  {len(one.steps)} 步：{'；'.join(map(sentence, one.steps))}")


@rules.command()
@click.argument("name", metavar="NAME")
@config_option
@json_option
def show(name: str, config_path: Path, as_json: bool) -> None:
    """显示一套规则 · Show one rule set."""
    found = _known(read_settings(config_path)).get(name)
    if found is None:
        raise BanwenError(ErrorCode.NOT_FOUND, f"没有规则 {name}。用 banwen-relay rules list 查看全部。")
    if as_json:
        print_json(found)
        return
    click.echo(f"{found.name}  第 {found.version} 版")
    for number, step in enumerate(found.steps, 1):
        click.echo(f"  第 {number} 步  {sentence(step)}")
    for name_, value in msgspec.to_builtins(found).items():
        if name_ not in ("name", "version", "steps"):
            click.echo(f"  {name_:<18} {value}")


@rules.command("set")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
def set_(file: Path, config_path: Path) -> None:
    """写入一套规则（TOML 或 JSON），版本号自动加一 · Store a rule set; a running relay follows it within seconds."""
    settings = read_settings(config_path)
    wanted = read_file(file)
    stored = directory_of(settings).rules.get(wanted.name)
    version = max(wanted.version, stored.version + 1 if stored else 1)
    save(settings, {("rules", wanted.name): msgspec.structs.replace(wanted, version=version)})
    click.echo(f"已写入规则 {wanted.name} 第 {version} 版，运行中的中继几秒内生效。")


@rules.command()
@click.option("--log", "day", default="yesterday", show_default=True, help="哪一天：yesterday、today 或 2026-11-24")
@click.option("--rules", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="要试的规则文件")
@config_option
@json_option
def simulate(day: str, file: Path | None, config_path: Path, as_json: bool) -> None:
    """用另一套规则重放一天的记录 · Replay a day's log with a changed rule."""
    settings = read_settings(config_path)
    since = _begin(day)
    tried = read_file(file) if file else None
    found = app.at_desk(
        settings.config,
        settings.folder,
        lambda desk: dispatch_replay.compare(
            desk.store, _rulebook(settings, desk.directory), tried, since, since + 86_400
        ),
    )
    print_json(found) if as_json else _print(found)


@click.command()
@click.argument("named", metavar="TICKET_OR_CONSULTATION")
@config_option
@json_option
def why(named: str, config_path: Path, as_json: bool) -> None:
    """说明某个排队号或咨询为什么在等、为什么派给了谁 · Why somebody waits, or went where they went.

    \b
    例 Examples:
      banwen-relay why A023 -c ./relay
      banwen-relay why 01JD3V… -c ./relay --json
    """
    settings = read_settings(config_path)

    def script(directory: Directory) -> Transaction[Explanation]:
        found = yield from dispatch_story.find(named)
        return (yield from dispatch_story.tell(found, _rulebook(settings, directory), RequestId("cli")))

    told = app.at_desk(settings.config, settings.folder, lambda desk: desk.store.read(script(desk.directory)))
    if as_json:
        print_json(told)
        return
    click.echo(told.summary)
    for line in told.decisions:
        click.echo(f"{_clock(line.at)}  {line.step}  规则 {line.rules}\n    {line.sentence}")
        for one in line.candidates:
            click.echo(f"      {one.number} {one.name}（{one.office}）：{one.why or '选中'}")


def read_file(file: Path) -> RuleSet:
    """Read a rule set from a TOML or JSON file. Raise `BanwenError(BAD_INPUT)` with every mistake, in Chinese."""
    data = file.read_bytes()
    if file.suffix.lower() != ".toml":
        return parse(data)
    try:
        return parse(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BanwenError(ErrorCode.BAD_INPUT, f"{file.name} 不是正确的 TOML 文件：{error}。") from error


def _known(settings: Settings) -> dict[str, RuleSet]:
    stored = directory_of(settings).rules
    return {DEFAULT.name: app.rules_of(settings.config), **dict(sorted(stored.items()))}


def _rulebook(settings: Settings, directory: Directory) -> Rulebook:
    return Rulebook(directory, app.rules_of(settings.config), settings.config.relay.default_office)


def _begin(day: str) -> float:
    """Return when a day begins in China. Raise BAD_INPUT for what is none."""
    today = datetime.now(CHINA).date()
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        found = named.get(day.lower()) or date.fromisoformat(day)
    except ValueError:
        raise BanwenError(ErrorCode.BAD_INPUT, f"{day} 不是日期；可写 yesterday、today 或 2026-11-24。") from None
    return datetime(found.year, found.month, found.day, tzinfo=CHINA).timestamp()


def _print(found: Comparison) -> None:
    click.echo(f"共 {found.tickets} 个排队号。")
    for name, one in (("实际记录", found.logged), ("现行规则", found.current), ("试用规则", found.tried)):
        click.echo(f"  {name}  {_figures(one)}")
    for line in found.changed[:SHOWN]:
        now, then = _fate(line.before, line.waited), _fate(line.after, line.would_wait)
        click.echo(f"  {line.number}（{line.office}）  {now} → {then}")
    if len(found.changed) > SHOWN:
        click.echo(f"  另有 {len(found.changed) - SHOWN} 个号也有变化，用 --json 查看全部。")
    if not found.changed:
        click.echo("  换用这套规则，没有任何人的去向或等待时间改变。")


def _figures(one: Summary) -> str:
    return f"接入 {one.served}，离开 {one.left}，等待 平均 {one.mean} 秒、中位 {one.median} 秒、95% 在 {one.p95} 秒内"


def _fate(agent: str, waited: float | None) -> str:
    if waited is None:
        return "始终无人接待"
    return f"{agent} 接待，等待 {waited:g} 秒" if agent else f"等待 {waited:g} 秒后离开"


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
