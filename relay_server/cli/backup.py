"""`banwen-relay backup` and `restore`: a whole relay in one file, and back again as a log of its own."""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

import click

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server import app
from relay_server.cli.common import Settings, config_option, read_settings
from relay_server.config import FILE_NAME

DATABASE, FILES, KEY = "database", "files", "master.key"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--with-key", is_flag=True, help="连同主密钥（则备份须当作密钥保管）· include the master key")
@config_option
def backup(file: Path, with_key: bool, config_path: Path) -> None:
    """把数据库、文件和配置备份到 FILE（tar），运行中也可执行 · Back a relay up, running or not.

    \b
    例 Example:
      banwen-relay backup /backup/relay-20261124.tar -c ./relay
    没有主密钥的备份不能读出任何人说过的话：请另行、分开保管 master.key。
    """
    settings = read_settings(config_path)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target, tempfile.TemporaryDirectory(dir=file.parent) as scratch:
            copied = Path(scratch) / DATABASE
            app.copy_database(settings.config, settings.folder, copied)
            with tarfile.open(fileobj=target, mode="w") as archive:
                _fill(archive, settings, copied, config_path, with_key)
            target.flush()
            os.fsync(target.fileno())
    except BaseException:  # half a backup is none
        file.unlink()
        raise
    click.echo(f"已备份到 {file}（{file.stat().st_size / 1024**2:.1f} MB）。")
    if not with_key:
        click.echo(f"主密钥不在其中，请另行保管：{settings.master_key}")


def _fill(archive: tarfile.TarFile, settings: Settings, copied: Path, config_path: Path, with_key: bool) -> None:
    """The database first: a file that is uploaded meanwhile is one too many, never one too few."""
    archive.add(copied, DATABASE)
    archive.add(config_path / FILE_NAME if config_path.is_dir() else config_path, FILE_NAME)
    if with_key:
        archive.add(settings.master_key, KEY)
    if settings.files.is_dir():
        for path in sorted(settings.files.iterdir()):
            if path.suffix != ".part":
                archive.add(path, f"{FILES}/{path.name}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--master-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="备份中没有主密钥时，主密钥文件在哪里 · where the master key is, if not in the backup",
)
def restore(file: Path, folder: Path, master_key: Path | None) -> None:
    """从备份 FILE 恢复到新目录 FOLDER；客户端会自动重新取得全部内容 · Restore a backup into a new folder.

    \b
    例 Example:
      banwen-relay restore /backup/relay-20261124.tar /srv/banwen --master-key /safe/master.key
    FOLDER 已存在时拒绝执行。
    """
    if folder.exists():
        raise BanwenError(ErrorCode.CONFLICT, f"{folder} 已经存在；请换一个目录，已有的中继不会被改动。")
    folder.mkdir(parents=True, mode=0o700)
    try:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            _unpack(file, Path(scratch))
            _place(Path(scratch), folder, master_key)
    except BaseException:
        shutil.rmtree(folder)
        raise
    click.echo(f"已恢复到 {folder}。下一步：banwen-relay doctor -c {folder}")


def _unpack(file: Path, scratch: Path) -> None:
    try:
        with tarfile.open(file) as archive:
            archive.extractall(scratch, filter="data")
    except (tarfile.TarError, EOFError) as error:
        raise BanwenError(ErrorCode.CORRUPT, f"{file} 不是完整的备份文件，请换一份备份。") from error
    if not all((scratch / name).is_file() for name in (DATABASE, FILE_NAME)):
        raise BanwenError(ErrorCode.CORRUPT, f"{file} 不是 banwen-relay backup 生成的备份。")


def _place(scratch: Path, folder: Path, master_key: Path | None) -> None:
    shutil.move(scratch / FILE_NAME, folder / FILE_NAME)
    settings = read_settings(folder)
    key = master_key or scratch / KEY
    if not key.is_file():
        raise BanwenError(ErrorCode.NOT_FOUND, "备份中没有主密钥；请用 --master-key 指出与它一起保管的主密钥文件。")
    shutil.copyfile(key, settings.master_key)
    settings.master_key.chmod(0o600)
    shutil.move(scratch / DATABASE, settings.database)
    settings.database.chmod(0o600)
    if (scratch / FILES).is_dir():
        shutil.move(scratch / FILES, settings.files)
    settings.files.mkdir(mode=0o700, exist_ok=True)
    app.adopt_database(settings.config, settings.folder)
