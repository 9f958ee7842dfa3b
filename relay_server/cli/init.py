"""`banwen-relay init`: make a new relay. It works once: there is no set-up to come back to afterwards."""

import asyncio
import os
import shutil
import time
from datetime import datetime
from pathlib import Path

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId
from relay_server import app, sample
from relay_server.cli.common import json_option, print_json
from relay_server.config import FILE_NAME, ConfigError, load
from relay_server.domain.identity import read_public_key
from relay_server.domain.tickets import CHINA
from relay_server.sample.organisation import AGENTS, SampleAgent, organisation
from relay_server.services import accounts
from relay_server.services.directory import change


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--admin", default="admin", show_default=True, help="首位管理员的用户名 · the first administrator's name")
@click.option("--sample", "with_sample", is_flag=True, help="加入示例机构、座席和接入网站 · add sample data")
@click.option(
    "--app-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="示例网站的 Ed25519 公钥文件（PEM）；不给则生成一对，私钥存为 etax-demo.key",
)
@click.option("--app-origin", multiple=True, help="示例网站的来源，可多次给出 · the sample site's origin")
@click.option(
    "--sample-password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="把全部密码写入此文件（JSON，仅本人可读），供自动化使用 · write all passwords to this file",
)
@click.option(
    "--database-url",
    default="",
    help="用 PostgreSQL 数据库代替文件：postgresql://用户@主机/库，不含密码 · a PostgreSQL database instead of a file",
)
@json_option
def init(
    folder: Path,
    admin: str,
    with_sample: bool,
    app_key: Path | None,
    app_origin: tuple[str, ...],
    sample_password_file: Path | None,
    database_url: str,
    as_json: bool,
) -> None:
    """在 FOLDER 建立新的中继：配置、数据库和首位管理员。密码只显示这一次 · Make a new relay in FOLDER.

    \b
    例 Examples:
      banwen-relay init /srv/banwen
      banwen-relay init ./relay --sample
      banwen-relay init /srv/banwen --database-url postgresql://banwen@db/banwen
    FOLDER 已存在时拒绝执行，不会改动任何已有内容。
    """
    if folder.exists():
        raise BanwenError(ErrorCode.CONFLICT, f"{folder} 已经存在；请换一个目录，已有的中继不会被改动。")
    public_key = _checked(app_key.read_text(encoding="ascii", errors="replace")) if app_key else None
    folder.mkdir(parents=True, mode=0o700)
    try:
        _write_config(folder, with_sample, public_key, list(app_origin), database_url)
        passwords = _make_accounts(folder, admin, with_sample)
        if sample_password_file is not None:
            write_private(sample_password_file, msgspec.json.encode(passwords))
    except BaseException:  # half a relay could be neither used nor made again
        shutil.rmtree(folder)
        raise
    if sample_password_file is None and as_json:
        print_json(passwords)
    if not as_json:
        _report(folder, passwords, shown=sample_password_file is None)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _write_config(folder: Path, with_sample: bool, public_key: str | None, origins: list[str], url: str) -> None:
    if with_sample:
        key = public_key or _new_site_key(folder)
        text = sample.sample_config(key, origins or list(sample.DEMO_ORIGINS))
    else:
        text = sample.base_config()
    if url:
        text = text.replace("[store]\n", f"[store]\nurl = {msgspec.json.encode(url).decode()}\n", 1)
    (folder / FILE_NAME).write_text(text, encoding="utf-8")


def _checked(public_key: str) -> str:
    try:
        read_public_key(public_key)
    except ValueError as error:
        raise ConfigError(["--app-key 不是 Ed25519 公钥（PEM）。 Not an Ed25519 public key in PEM."]) from error
    return public_key


def _new_site_key(folder: Path) -> str:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(folder / f"{sample.DEMO_APP}.key", private)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _make_accounts(folder: Path, admin: str, with_sample: bool) -> dict[str, str]:
    async def work(desk: app.Desk) -> dict[str, str]:
        now = time.time()
        made = {admin: await accounts.add_administrator(desk.store, desk.passwords, admin, app.new_id, now)}
        return made | (await _make_sample(desk, now) if with_sample else {})

    return app.at_desk(load(folder / FILE_NAME), folder, work, create=True)


async def _make_sample(desk: app.Desk, now: float) -> dict[str, str]:
    """Add the sample organisation and its colleagues; return their passwords."""
    ids = {one.number: AgentId(app.new_id()) for one in AGENTS}
    wishes = organisation(ids, datetime.fromtimestamp(now, CHINA).date())
    known = await desk.store.transact(change(wishes, "init", now))

    async def add(one: SampleAgent) -> str:
        return await accounts.add_agent(
            desk.store, desk.passwords, known, one.number, one.name, one.office, lambda: ids[one.number], now
        )

    passwords = await asyncio.gather(*(add(one) for one in AGENTS))
    return dict(zip(ids, passwords, strict=True))


def _report(folder: Path, passwords: dict[str, str], shown: bool) -> None:
    click.echo(f"已在 {folder} 建立中继。 A new relay is ready.")
    if shown:
        click.echo("下列密码只显示这一次，请立即记下 · These passwords are shown only this once:")
        for username, password in passwords.items():
            click.echo(f"  {username:<10} {password}")
    click.echo(f"下一步 Next:  banwen-relay doctor -c {folder}  &&  banwen-relay serve -c {folder}")
