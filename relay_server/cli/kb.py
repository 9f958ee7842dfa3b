"""`banwen-relay kb`: the knowledge the bot answers from: what is loaded, whether a bundle is sound, and swapping it."""

import time
from pathlib import Path

import click

from kb_sync import bundle
from kb_sync.bundle import Knowledge
from relay_server import app
from relay_server.cli.common import Settings, config_option, json_option, print_json, read_settings
from relay_server.cli.nouns import BY
from relay_server.services import bundles

FOLDER = "knowledge"
FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group()
def kb() -> None:
    """查看和更换机器人使用的知识包 · Look at the bot's knowledge and swap it.

    \b
    例 Examples:
      banwen-relay kb show -c ./relay
      banwen-relay kb check new.kb
      banwen-relay kb use new.kb -c ./relay       运行中的中继几秒内换上，不必重启
      banwen-relay kb reset -c ./relay            回到配置文件所写的知识包
    知识包由 banwen-kb build 生成。
    """


@kb.command()
@config_option
@json_option
def show(config_path: Path, as_json: bool) -> None:
    """显示使用中的知识包：来源、版本、条目数 · Show the bundle in use."""
    settings = read_settings(config_path)
    file = _chosen(settings) or settings.config.knowledge.bundle
    _report(file or "随软件提供的示例知识", bundles.load(settings.folder, file), as_json)


@kb.command()
@FILE
@json_option
def check(file: Path, as_json: bool) -> None:
    """检查知识包是否完好 · Check a bundle."""
    _report(str(file), bundle.load(file), as_json)


@kb.command()
@FILE
@config_option
def use(file: Path, config_path: Path) -> None:
    """检查并换上知识包；坏的不会换上 · Check a bundle and use it from now on."""
    settings = read_settings(config_path)
    knowledge = bundle.load(file)
    kept = Path(FOLDER) / f"{knowledge.content_hash[:16]}.kb"
    (settings.folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    bundle.save(knowledge, settings.folder / kept)
    _choose(settings, str(kept))
    click.echo(f"已换上 {len(knowledge.entries)} 条知识，运行中的中继几秒内生效。")


@kb.command()
@config_option
def reset(config_path: Path) -> None:
    """回到配置文件所写的知识包 · Go back to the bundle of the configuration."""
    settings = read_settings(config_path)
    _choose(settings, "")
    click.echo(f"使用{settings.config.knowledge.bundle or '随软件提供的示例知识'}，运行中的中继几秒内生效。")


def _chosen(settings: Settings) -> str:
    return app.at_desk(settings.config, settings.folder, lambda desk: desk.store.read(bundles.chosen()))


def _choose(settings: Settings, file: str) -> None:
    app.at_desk(
        settings.config, settings.folder, lambda desk: desk.store.transact(bundles.choose(file, BY, time.time()))
    )


def _report(source: str, knowledge: Knowledge, as_json: bool) -> None:
    counts = {
        "entries": len(knowledge.entries),
        "dialogues": len(knowledge.dialogues),
        "synonyms": len(knowledge.lexicon),
    }
    if as_json:
        print_json({"source": source, "version": knowledge.content_hash, **counts})
        return
    click.echo(f"来源 source    {source}\n版本 version   {knowledge.content_hash}")
    click.echo(
        f"内容 content   {counts['entries']} 条知识，{counts['dialogues']} 个办理引导，{counts['synonyms']} 组同义词"
    )
    click.echo("检查 check     完好")
