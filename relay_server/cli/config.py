"""`banwen-relay config`: check the configuration file, or print what is in force."""

from pathlib import Path

import click

from relay_server.cli.common import config_option, json_option, print_json, read_settings


@click.group()
def config() -> None:
    """检查和查看配置 · Check and print the configuration."""


@config.command()
@config_option
def check(config_path: Path) -> None:
    """检查配置文件；写错的键会指出最接近的正确写法 · Check the file; a wrong key is told its nearest right one.

    \b
    例 Example:
      banwen-relay config check -c ./relay
    """
    settings = read_settings(config_path)
    click.echo(f"配置正确：{len(settings.config.apps)} 个接入网站。 The file is fine.")


@config.command()
@config_option
@json_option
def show(config_path: Path, as_json: bool) -> None:
    """显示生效的全部配置（含默认值） · Print everything in force, defaults included."""
    settings = read_settings(config_path)
    if as_json:
        print_json(settings.config)
        return
    for section in settings.config.__struct_fields__:
        click.echo(f"[{section}]  {getattr(settings.config, section)}")
