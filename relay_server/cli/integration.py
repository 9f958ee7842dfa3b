"""`banwen-relay clients` and `webhooks`: programs that read, and programs that are told. All are off until approved."""

import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, consultation_stream, webhook_stream
from relay_protocol.messages import WebhookTried
from relay_server import app
from relay_server.cli.common import Settings, config_option, json_option, print_json, read_settings
from relay_server.cli.nouns import BY
from relay_server.domain.webhooks import TYPES, ApiClient, Webhook, shown
from relay_server.services import clients as api_clients
from relay_server.services import tokens, webhooks
from relay_server.store import events, keyfile
from relay_server.store.base import Transaction
from relay_server.store.settings import find_setting, put_setting

Kind = TypeVar("Kind", bound=msgspec.Struct)
OFFICE = click.option("--office", default="", help="只限此机构及下级；不填为全部 · this office and all below it")
SHOWN = 50


@click.group()
def clients() -> None:
    """管理接口程序（只读 API）· Look after programs that read through the API.

    \b
    例 Examples:
      banwen-relay clients add report -c ./relay --about 报表平台 --office 360000
      banwen-relay clients approve report -c ./relay
      banwen-relay clients list -c ./relay
    批准之前一律拒绝。令牌只显示一次，用 Authorization: Bearer 发送。
    """


@clients.command("add")
@click.argument("name")
@click.option("--about", required=True, help="谁的什么程序 · whose program")
@OFFICE
@config_option
@json_option
def add_client(name: str, about: str, office: str, config_path: Path, as_json: bool) -> None:
    """登记一个接口程序；令牌只显示这一次 · Register a program; its token is shown this once."""
    settings = read_settings(config_path)
    token = api_clients.new_token()
    client = _checked(ApiClient, name=name, about=about, office=office, digest=tokens.digest_of(token).hex())
    _put(settings, api_clients.KIND, name, client, fresh=True)
    if as_json:
        print_json({"name": name, "token": token, "approved": False})
        return
    click.echo(f"接口程序 {name}  令牌 {token}\n令牌只显示这一次。批准后才能使用：banwen-relay clients approve {name}")


@clients.command("list")
@config_option
@json_option
def list_clients(config_path: Path, as_json: bool) -> None:
    """列出全部接口程序 · List all programs."""
    settings = read_settings(config_path)
    found = app.at_desk(settings.config, settings.folder, lambda desk: desk.store.read(api_clients.all_clients()))
    if as_json:
        print_json(
            [{"name": one.name, "about": one.about, "office": one.office, "approved": one.approved} for one in found]
        )
        return
    for one in found:
        click.echo(f"{one.name}\t{one.about}\t{one.office or '全部机构'}\t{'已批准' if one.approved else '待批准'}")
    if not found:
        click.echo("没有接口程序。用 banwen-relay clients add 登记。")


@click.group("webhooks")
def webhook_commands() -> None:
    """管理事件通知（Standard Webhooks）· Look after outgoing webhooks.

    \b
    例 Examples:
      banwen-relay webhooks add desk -c ./relay --url https://desk.example/hook --event session.closed
      banwen-relay webhooks approve desk -c ./relay
      banwen-relay webhooks deliveries desk -c ./relay
      banwen-relay webhooks replay desk -c ./relay --consultation 01JD… --seq 12
    批准之前不发送。内网地址须加 --private。
    """


@webhook_commands.command("add")
@click.argument("name")
@click.option("--url", required=True, help="接收地址 · where to")
@click.option(
    "--event", "names", multiple=True, required=True, type=click.Choice(TYPES), help="事件，可多次 · repeatable"
)
@click.option("--private", is_flag=True, help="允许内网地址 · allow an address of the own network")
@OFFICE
@config_option
@json_option
def add_webhook(
    name: str, url: str, names: tuple[str, ...], private: bool, office: str, config_path: Path, as_json: bool
) -> None:
    """登记一个接收方，显示签名密钥 · Register a receiver and show the secret that signs."""
    settings = read_settings(config_path)
    hook = _checked(Webhook, name=name, url=url, events=list(names), office=office, private=private)
    _put(settings, webhooks.KIND, name, hook, fresh=True)
    secret = _secret(settings, hook)
    if as_json:
        print_json({"name": name, "secret": secret, "approved": False})
        return
    click.echo(f"接收方 {name}  签名密钥 {secret}\n批准后才会发送：banwen-relay webhooks approve {name}")


@webhook_commands.command("rotate")
@click.argument("name")
@config_option
def rotate(name: str, config_path: Path) -> None:
    """换一个签名密钥 · Change the secret."""
    settings = read_settings(config_path)
    found = _find(settings, webhooks.KIND, name, Webhook)
    changed = msgspec.structs.replace(found, generation=found.generation + 1)
    _put(settings, webhooks.KIND, name, changed)
    click.echo(f"接收方 {name}  新的签名密钥 {_secret(settings, changed)}")


@webhook_commands.command("list")
@config_option
@json_option
def list_webhooks(config_path: Path, as_json: bool) -> None:
    """列出全部接收方 · List all receivers."""
    settings = read_settings(config_path)
    found = app.at_desk(settings.config, settings.folder, lambda desk: desk.store.read(webhooks.all_hooks()))
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one.name}\t{one.url}\t{'、'.join(one.events)}\t{'已批准' if one.approved else '待批准'}")
    if not found:
        click.echo("没有接收方。用 banwen-relay webhooks add 登记。")


@webhook_commands.command("deliveries")
@click.argument("name")
@config_option
@json_option
def deliveries(name: str, config_path: Path, as_json: bool) -> None:
    """最近的发送记录 · The last tries."""
    settings = read_settings(config_path)

    def script() -> Transaction[list[tuple[float, WebhookTried]]]:
        head = yield from events.stream_head(webhook_stream(name))
        found = yield from events.events_after(webhook_stream(name), max(0, head - SHOWN), SHOWN)
        return [(one.frame.at, one.frame.event) for one in found if isinstance(one.frame.event, WebhookTried)]

    tried = app.at_desk(settings.config, settings.folder, lambda desk: desk.store.read(script()))
    if as_json:
        print_json([{"at": at, **msgspec.to_builtins(one)} for at, one in tried])
        return
    for at, one in tried:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
        click.echo(f"{when}  {one.delivery}  第 {one.attempt} 次  {one.status or '—'}  {one.outcome}")


@webhook_commands.command("replay")
@click.argument("name")
@click.option("--consultation", required=True, help="咨询编号 · consultation")
@click.option("--seq", required=True, type=click.IntRange(1), help="事件序号 · the event's number")
@config_option
def replay(name: str, consultation: str, seq: int, config_path: Path) -> None:
    """再发送一次 · Send once more."""
    settings = read_settings(config_path)
    _find(settings, webhooks.KIND, name, Webhook)
    stream = consultation_stream(ConsultationId(consultation))
    app.at_desk(
        settings.config, settings.folder, lambda desk: webhooks.replay(desk.store, name, stream, seq, time.time())
    )
    click.echo("已排入发送。")


def _approve(desk: app.Desk, kind: str, found: ApiClient | Webhook, now: float) -> Awaitable[object]:
    if isinstance(found, Webhook):
        return webhooks.approve(desk.store, found, BY, now)
    body = msgspec.json.encode(msgspec.structs.replace(found, approved=True))
    return desk.store.transact(put_setting(kind, found.name, body, BY, now))


def _approve_and_remove(
    group: click.Group, kind: str, struct: type[ApiClient] | type[Webhook], approving: str, removing: str
) -> None:
    """Add the two commands that both kinds have, each with its own help."""

    @group.command("approve", help=approving)
    @click.argument("name")
    @config_option
    def approve(name: str, config_path: Path) -> None:
        settings = read_settings(config_path)
        found = _find(settings, kind, name, struct)
        app.at_desk(settings.config, settings.folder, lambda desk: _approve(desk, kind, found, time.time()))
        click.echo(f"{name} 已批准。")

    @group.command("remove", help=removing)
    @click.argument("name")
    @config_option
    def remove(name: str, config_path: Path) -> None:
        settings = read_settings(config_path)
        _find(settings, kind, name, struct)
        _put(settings, kind, name, None)
        click.echo(f"{name} 已删除。")


def _checked(kind: type[Kind], **fields: object) -> Kind:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        sentence = f"内容不正确：{error}。名称用小写字母、数字和短横线，地址以 http:// 或 https:// 开头。"
        raise BanwenError(ErrorCode.BAD_INPUT, sentence) from error


def _find(settings: Settings, kind: str, name: str, struct: type[Kind]) -> Kind:
    found = app.at_desk(settings.config, settings.folder, lambda desk: desk.store.read(find_setting(kind, name)))
    if found is None or found.body is None:
        raise BanwenError(ErrorCode.NOT_FOUND, f"没有 {name}。用 banwen-relay {kind} list 查看全部。")
    return msgspec.json.decode(found.body, type=struct)


def _put(settings: Settings, kind: str, name: str, value: msgspec.Struct | None, *, fresh: bool = False) -> None:
    body = msgspec.json.encode(value) if value is not None else None

    def script() -> Transaction[int]:
        known = yield from find_setting(kind, name)
        if fresh and known is not None and known.body is not None:
            raise BanwenError(ErrorCode.CONFLICT, f"{name} 已经存在，请换一个名称。")
        return (yield from put_setting(kind, name, body, BY, time.time()))

    app.at_desk(settings.config, settings.folder, lambda desk: desk.store.transact(script()))


def _secret(settings: Settings, hook: Webhook) -> str:
    keyring = keyfile.read(settings.folder / settings.config.store.master_key)
    return shown(webhooks.secret(keyring.derive, hook))


_approve_and_remove(
    clients,
    api_clients.KIND,
    ApiClient,
    "批准一个接口程序 · Approve a program.",
    "删除一个接口程序，令牌立即失效 · Remove a program; its token is worthless at once.",
)
_approve_and_remove(
    webhook_commands,
    webhooks.KIND,
    Webhook,
    "批准；从此刻起的事件会发送 · Approve; what happens from now on is sent.",
    "删除；还没送到的不再发送 · Remove; what has not been delivered will not be.",
)
