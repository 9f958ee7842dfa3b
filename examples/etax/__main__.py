"""Starts the sample site: `python -m examples.etax --relay URL --key FILE`; `make-key FILE` makes its key pair."""

import socket
from pathlib import Path

import click
import uvicorn

from examples.etax.app import create
from examples.etax.tokens import Signer, make_key, read_key


@click.group(invoke_without_command=True)
@click.option("--relay", help="中继的网址，如 http://127.0.0.1:8600 · the relay's address")
@click.option("--app", "app_id", default="etax-demo", show_default=True, help="中继配置中的应用标识 · its app name")
@click.option("--issuer", default="etax-demo", show_default=True, help="令牌的签发者 · the tokens' issuer")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="私钥文件 · private key")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8700, show_default=True, help="0 = 自动选择 · 0 takes a free one")
@click.pass_context
def main(
    context: click.Context, relay: str | None, app_id: str, issuer: str, key: Path | None, host: str, port: int
) -> None:
    """示例电子税务局：嵌入办问协同的样例网站。A sample e-tax site that embeds Banwen."""
    if context.invoked_subcommand:
        return
    if relay is None or key is None:
        raise click.UsageError(
            "请给出 --relay 和 --key；没有密钥时先运行 make-key。 Give --relay and --key; make-key makes a key."
        )
    site = create(relay, app_id, Signer(read_key(key), issuer))
    with socket.create_server((host, port)) as listener:
        click.echo(f"示例电子税务局：http://{host}:{listener.getsockname()[1]}/")
        config = uvicorn.Config(site, log_level="warning", lifespan="off")
        uvicorn.Server(config).run(sockets=[listener])


@main.command("make-key")
@click.argument("file", type=click.Path(exists=False, path_type=Path))
def make_key_command(file: Path) -> None:
    """生成密钥对：私钥写入 FILE，公钥显示出来，填入中继的配置。Make a key pair; the public half is printed."""
    click.echo(make_key(file), nl=False)


if __name__ == "__main__":
    main()
