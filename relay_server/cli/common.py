"""What all commands share: exit codes, where the configuration is, how results and refusals are printed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.config import FILE_NAME, Config, ConfigError, load

OK, FAILED, USAGE, CONFIG, UNREACHABLE, DAMAGED, MISSING = range(7)

EXIT_CODES = """\b
退出码 Exit codes:
  0  成功 done
  1  未能完成 failed
  2  命令写法不对 wrong usage
  3  配置有误 configuration is wrong
  4  端口被占用或连不上 port taken or not reachable
  5  数据损坏 data is damaged
  6  没有找到 not found"""

_EXITS = {
    ErrorCode.NOT_FOUND: MISSING,
    ErrorCode.CORRUPT: DAMAGED,
    ErrorCode.UNREACHABLE: UNREACHABLE,
}

Command = TypeVar("Command", bound=Callable[..., Any])


class Commands(click.Group):
    """A group whose commands may raise `BanwenError` or `OSError`: a sentence to standard error, an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BanwenError as error:
            click.echo(error.message, err=True)
            ctx.exit(CONFIG if isinstance(error, ConfigError) else _EXITS.get(error.code, FAILED))
        except BrokenPipeError:  # whoever read our output has gone; click knows what to do
            raise
        except OSError as error:
            click.echo(f"不能读写 {error.filename}（{error.strerror}）；请检查路径、权限和磁盘空间后重试。", err=True)
            ctx.exit(FAILED)


class Settings(msgspec.Struct, frozen=True):
    """A configuration and the folder its relative paths start at."""

    config: Config
    folder: Path

    @property
    def database(self) -> Path:
        """Where the database is."""
        return self.folder / self.config.store.database

    @property
    def master_key(self) -> Path:
        """Where the key is without which nothing people said can be read."""
        return self.folder / self.config.store.master_key

    @property
    def files(self) -> Path:
        """Where uploads are."""
        return self.folder / self.config.store.files


def read_settings(path: Path) -> Settings:
    """Read the configuration at `path`, a file or the folder that holds `relay.toml`."""
    file = path / FILE_NAME if path.is_dir() else path
    return Settings(load(file), file.resolve().parent)


def config_option(command: Command) -> Command:
    """Add --config."""
    return click.option(
        "--config",
        "-c",
        "config_path",
        type=click.Path(path_type=Path),
        default=Path(FILE_NAME),
        show_default=True,
        envvar="BANWEN_RELAY_CONFIG",
        show_envvar=True,
        help="配置文件或其所在目录 · the configuration file or its folder",
    )(command)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="输出 JSON · print JSON")(command)


def print_json(value: Any) -> None:
    """Print one JSON document, indented."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
