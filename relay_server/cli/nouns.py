"""What the nouns of the organisation share: list, show, add, set and remove settings, checked against the others."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server import app
from relay_server.cli.common import Settings, config_option, json_option, print_json, read_settings
from relay_server.domain.directory import Directory
from relay_server.services.directory import change
from relay_server.services.offices import Removal

BY = "cli"
Option = Callable[[Any], Any]
Wishes = Mapping[tuple[str, str], msgspec.Struct | None]


@dataclass(frozen=True)
class Noun:
    """A kind of setting as a command. `options` fill its fields; `line` is how a list shows one; `more` follows `show`.

    `fields` turns what was typed (only that) into fields, given those before. `examples` are commands.
    """

    kind: str
    chinese: str
    english: str
    record: type[msgspec.Struct]
    key: str
    options: Sequence[Option]
    line: Callable[[Any, Directory], str]
    examples: Sequence[str]
    fields: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]] = lambda typed, before: typed
    more: Callable[[Any, Directory], Sequence[str]] = lambda record, directory: ()
    empty: str = ""
    remove: Callable[[app.Desk, str, float], Awaitable[Removal]] | None = None
    codes: bool = True


def group(noun: Noun) -> click.Group:
    """Return the commands of a noun."""
    text = f"管理{noun.chinese} · Look after {noun.english}.\n\n\b\n例 Examples:\n"
    made = click.Group(noun.kind, help=text + "\n".join(f"  banwen-relay {one}" for one in noun.examples))
    for build in (_list, _show, _add, _set, _remove):
        made.add_command(build(noun))
    return made


def records(noun: Noun, directory: Directory) -> dict[str, msgspec.Struct]:
    """Return what there is, by key."""
    return dict(sorted(getattr(directory, noun.kind).items()))


def existing(noun: Noun, directory: Directory, key: str) -> msgspec.Struct:
    """Return one record. Raise `BanwenError(NOT_FOUND)`."""
    found = records(noun, directory).get(key)
    if found is None:
        raise missing(noun, key)
    return found


def missing(noun: Noun, key: str) -> BanwenError:
    """Return the refusal of a key nobody has heard of."""
    sentence = f"没有{noun.chinese} {key}。用 banwen-relay {noun.kind} list 查看全部。"
    return BanwenError(ErrorCode.NOT_FOUND, sentence)


def save(settings: Settings, wishes: Wishes) -> None:
    """Make a change, all of it or nothing. A running relay takes it up within seconds."""
    app.at_desk(settings.config, settings.folder, lambda desk: desk.store.transact(change(wishes, BY, time.time())))


def directory_of(settings: Settings) -> Directory:
    """Return the directory as it is."""

    async def work(desk: app.Desk) -> Directory:
        return desk.directory

    return app.at_desk(settings.config, settings.folder, work)


def _list(noun: Noun) -> click.Command:
    @click.command("list", help=f"列出全部{noun.chinese} · List all {noun.english}.")
    @config_option
    @json_option
    def command(config_path: Path, as_json: bool) -> None:
        directory = directory_of(read_settings(config_path))
        found = records(noun, directory)
        if as_json:
            print_json(list(found.values()))
            return
        for key, record in found.items():
            click.echo(f"{key:<14} {noun.line(record, directory)}")
        if not found:
            click.echo(noun.empty or f"还没有{noun.chinese}。用 banwen-relay {noun.kind} add 添加。")
        for problem in (one for one in directory.problems if one.kind == noun.kind):
            click.echo(problem.sentence, err=True)

    return command


def _show(noun: Noun) -> click.Command:
    @click.command("show", help=f"显示一个{noun.chinese} · Show one of the {noun.english}.")
    @click.argument("key", metavar=noun.key)
    @config_option
    @json_option
    def command(key: str, config_path: Path, as_json: bool) -> None:
        directory = directory_of(read_settings(config_path))
        record = existing(noun, directory, key)
        if as_json:
            print_json(record)
            return
        for name, value in msgspec.to_builtins(record).items():
            click.echo(f"{name:<12} {_shown(value)}")
        for line in noun.more(record, directory):
            click.echo(line)

    return command


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(_shown, value)) or "—"
    return "—" if value in ("", {}) else str(value)


def _add(noun: Noun) -> click.Command:
    def command(key: str, config_path: Path, **given: Any) -> None:
        settings = read_settings(config_path)
        if key in records(noun, directory_of(settings)):
            raise BanwenError(ErrorCode.CONFLICT, f"{noun.chinese} {key} 已经存在；要修改请用 set。")
        save(settings, {(noun.kind, key): _record(noun, key, {}, given)})
        click.echo(f"已添加{noun.chinese} {key}。")

    return _with_options(noun, "add", f"添加{noun.chinese} · Add one of the {noun.english}.", command)


def _set(noun: Noun) -> click.Command:
    def command(key: str, config_path: Path, **given: Any) -> None:
        settings = read_settings(config_path)
        before = msgspec.to_builtins(existing(noun, directory_of(settings), key))
        save(settings, {(noun.kind, key): _record(noun, key, before, given)})
        click.echo(f"已修改{noun.chinese} {key}，运行中的中继几秒内生效。")

    return _with_options(noun, "set", f"修改{noun.chinese}，只改给出的项 · Change what is given.", command)


def _remove(noun: Noun) -> click.Command:
    @click.command("remove", help=f"删除{noun.chinese} · Remove one of the {noun.english}.")
    @click.argument("key", metavar=noun.key)
    @click.option("--yes", is_flag=True, help="确认后果 · do it although it has consequences")
    @config_option
    def command(key: str, yes: bool, config_path: Path) -> None:
        settings = read_settings(config_path)
        existing(noun, directory_of(settings), key)
        if noun.remove is None:
            save(settings, {(noun.kind, key): None})
        else:
            _carefully(settings, noun.remove, key, yes)
        click.echo(f"已删除{noun.chinese} {key}。")

    return command


def _carefully(
    settings: Settings, remove: Callable[[app.Desk, str, float], Awaitable[Removal]], key: str, yes: bool
) -> None:
    """Say what would happen, and do it only with --yes."""

    async def work(desk: app.Desk) -> Removal:
        plan = await remove(desk, key, time.time())
        if yes or not plan.consequences:
            await plan.carry_out()
        return plan

    plan = app.at_desk(settings.config, settings.folder, work)
    for sentence in plan.consequences:
        click.echo(sentence)
    if plan.consequences and not yes:
        raise BanwenError(ErrorCode.CONFLICT, "没有改动任何内容。确认上述后果后加 --yes 再执行。")


def _record(noun: Noun, key: str, before: dict[str, Any], given: dict[str, Any]) -> msgspec.Struct:
    typed = {name: value for name, value in given.items() if value is not None and value != ()}
    code = {"code": key} if noun.codes else {}
    try:
        return msgspec.convert({**before, **noun.fields(typed, before), **code}, noun.record, strict=False)
    except msgspec.ValidationError as error:
        raise BanwenError(ErrorCode.BAD_INPUT, f"内容不完整或不正确：{error}。用 --help 查看各项。") from error


def _with_options(noun: Noun, name: str, text: str, callback: Callable[..., None]) -> click.Command:
    made: Any = config_option(callback)
    for option in reversed(noun.options):
        made = option(made)
    return click.command(name, help=text)(click.argument("key", metavar=noun.key)(made))
