"""The rules of dispatch as an administrator types them: stored, refused, tried on a day; and why somebody waits."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from relay_protocol.ids import ConsultationId, RequestId, TaxpayerId
from relay_protocol.messages import AskHuman, Assurance, Office, TaxpayerCard
from relay_server import app
from relay_server.cli import main
from relay_server.cli.common import read_settings
from relay_server.cli.rules import read_file
from relay_server.domain.access import TaxpayerActor
from relay_server.domain.rulebook import Rulebook
from relay_server.services import consultations, dispatch, tickets
from relay_server.services.dispatch_memory import Memory
from relay_server.services.presence import Reach

NIGHT = """
name = "night"
steps = [
  { after = 0, level = "county" },
  { after = 20, level = "any", skilled = false },
]
[priorities]
elderly = 120
"""
CONTRADICTION = """
name = "night"
steps = [ { after = 5, level = "city" }, { after = 5, level = "county" } ]
"""
PERSON = TaxpayerCard(
    id=TaxpayerId("T1"), name="张三", assurance=Assurance.VERIFIED, office=Office(code="360103", name="西湖区")
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def done(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


@dataclass(frozen=True)
class Relay:
    """A relay's folder and the consultation of somebody who waits there."""

    folder: Path
    waiting: ConsultationId


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Relay:
    folder = tmp_path_factory.mktemp("rules") / "relay"
    assert run("init", folder, "--sample").exit_code == 0
    return Relay(folder, ConsultationId(let_somebody_wait(folder)))


def let_somebody_wait(folder: Path) -> str:
    """Let a taxpayer take a number and dispatch decide once, as a running relay does."""
    settings = read_settings(folder)

    async def work(desk: app.Desk) -> str:
        store, now = desk.store, time.time()
        rulebook = Rulebook(desk.directory, app.rules_of(settings.config), "360000")
        actor = TaxpayerActor(PERSON, "etax")
        opened = await consultations.open_or_continue(store, actor, "web", app.new_id, now)
        request = AskHuman(request_id=RequestId("r"), consultation=opened.id)
        await tickets.ask_human(store, actor, request, rulebook, now)
        await dispatch.run_round(store, Reach(now), rulebook, Memory(), app.new_id, now)
        return opened.id

    return app.at_desk(settings.config, settings.folder, work)


def file(folder: Path, text: str, name: str = "rules.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def shown(*arguments: str | Path) -> Any:
    return json.loads(done(*arguments, "--json"))


def test_the_built_in_rules_are_there_and_told_in_words(relay: Relay) -> None:
    assert "default" in done("rules", "list", "-c", relay.folder)
    assert "等待 60 秒起：全市" in done("rules", "show", "default", "-c", relay.folder)
    assert shown("rules", "show", "default", "-c", relay.folder)["offer_timeout"] == 30.0
    assert run("rules", "show", "nobody", "-c", str(relay.folder)).exit_code == 6


def test_a_rule_is_stored_from_a_file_and_every_time_a_version_newer(relay: Relay, tmp_path: Path) -> None:
    path = file(tmp_path, NIGHT)
    assert "第 1 版" in done("rules", "set", path, "-c", relay.folder)
    assert "第 2 版" in done("rules", "set", path, "-c", relay.folder)
    stored = shown("rules", "show", "night", "-c", relay.folder)
    assert (stored["version"], stored["priorities"]) == (2, {"elderly": 120.0})
    as_json = file(tmp_path, json.dumps(stored), "rules.json")
    assert "第 3 版" in done("rules", "set", as_json, "-c", relay.folder)


@pytest.mark.parametrize(
    ("text", "says"), [(CONTRADICTION, "从第 0 秒开始"), ("name = ", "不是正确的 TOML"), ('name = "x"', "格式不正确")]
)
def test_a_wrong_rule_is_refused_and_nothing_changes(relay: Relay, tmp_path: Path, text: str, says: str) -> None:
    before = shown("rules", "list", "-c", relay.folder)
    result = run("rules", "set", file(tmp_path, text), "-c", relay.folder)
    assert result.exit_code == 1
    assert says in result.output
    assert shown("rules", "list", "-c", relay.folder) == before


@pytest.mark.req("A27")
def test_it_is_told_why_somebody_waits_by_number_or_consultation(relay: Relay) -> None:
    text = done("why", "A001", "-c", relay.folder)
    assert "A001（南昌市西湖区税务局）：没有座席能够接待" in text
    assert "第 1 步（等待 0 秒起：本县区，需具备业务技能）" in text
    told = shown("why", relay.waiting, "-c", relay.folder)
    assert told["consultation"] == relay.waiting
    assert told["decisions"][0]["rules"] == "default v1"
    assert run("why", "Z999", "-c", relay.folder).exit_code == 6


def test_a_day_is_replayed_and_an_impossible_one_refused(relay: Relay, tmp_path: Path) -> None:
    text = done("rules", "simulate", "--log", "today", "--rules", file(tmp_path, NIGHT), "-c", relay.folder)
    assert "共 1 个排队号" in text
    assert "没有任何人的去向" in text
    assert shown("rules", "simulate", "--log", "2001-01-01", "-c", relay.folder)["tickets"] == 0
    assert "不是日期" in run("rules", "simulate", "--log", "heute", "-c", relay.folder).output


def test_the_rules_in_the_handbook_are_rules(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    example = text.split("## 派单规则")[1].split("```toml")[1].split("```")[0]
    assert read_file(file(tmp_path, example)).steps[-1].level == "province"
