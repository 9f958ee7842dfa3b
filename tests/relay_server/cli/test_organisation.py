"""The nouns of the organisation as an administrator types them: what is shown, changed, refused, and what follows."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kb_sync import bundle
from kb_sync.suggest import SuggestionRules
from relay_server.cli import main

NOUNS = ("offices", "queues", "skills", "calendars", "licences", "grants")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "relay"
    assert run("init", folder, "--sample").exit_code == 0
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run("init", tmp_path / "relay").exit_code == 0
    return tmp_path / "relay"


def done(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def shown(*arguments: str | Path) -> Any:
    return json.loads(done(*arguments, "--json"))


def test_the_sample_is_listed_as_the_tree_it_is(shared: Path) -> None:
    text = done("offices", "list", "-c", shared)
    assert "360103         " in text
    assert "    南昌市西湖区税务局\t县区" in text
    assert len(shown("offices", "list", "-c", shared)) == 236
    one = done("offices", "show", "360103", "-c", shared)
    assert "南昌市西湖区税务局 < 南昌市税务局 < 江西省税务局" in one
    assert shown("offices", "show", "360103", "-c", shared)["parent"] == "360100"


@pytest.mark.parametrize(
    ("noun", "says"),
    [
        ("queues", "出口退税专席"),
        ("skills", "个人所得税"),
        ("calendars", "工作日 9:00–12:00、13:30–17:00"),
        ("licences", "在线账号 2000 席"),
        ("grants", "班长  南昌市西湖区税务局"),
    ],
)
def test_every_noun_lists_in_words_and_in_json(shared: Path, noun: str, says: str) -> None:
    assert says in done(noun, "list", "-c", shared)
    assert isinstance(shown(noun, "list", "-c", shared), list)


@pytest.mark.parametrize("noun", [*NOUNS, "kb", "agents"])
def test_help_teaches_with_examples(noun: str) -> None:
    text = done(noun, "--help")
    assert f"banwen-relay {noun}" in text
    assert "Examples" in text


def test_an_organisation_grows_from_nothing_by_commands_alone(folder: Path) -> None:
    assert "offices add" in done("offices", "list", "-c", folder)
    for code, name, level, parent in (
        ("360000", "江西省税务局", "province", ""),
        ("360100", "南昌市税务局", "city", "360000"),
        ("360103", "西湖区税务局", "county", "360100"),
    ):
        done("offices", "add", code, "-c", folder, "--name", name, "--level", level, "--parent", parent)
    done("skills", "add", "vat", "-c", folder, "--name", "增值税")
    done("calendars", "add", "day", "-c", folder, "--name", "白天", "--hours", "09:00-17:00", "--closed", "2026-10-09")
    done("queues", "add", "vat", "-c", folder, "--name", "增值税专席", "--office", "360103", "--skill", "vat")
    done("queues", "set", "vat", "-c", folder, "--calendar", "day")
    queue = shown("queues", "show", "vat", "-c", folder)
    assert (queue["skills"], queue["calendar"], queue["name"]) == (["vat"], "day", "增值税专席")
    calendar = shown("calendars", "show", "day", "-c", folder)
    assert calendar["weekly"][:1] == [["09:00-17:00"]]
    assert calendar["exceptions"] == {"2026-10-09": []}
    done("calendars", "set", "day", "-c", folder, "--saturday", "09:00-12:00", "--special", "2026-10-10=10:00-12:00")
    calendar = shown("calendars", "show", "day", "-c", folder)
    assert calendar["weekly"] == [["09:00-17:00"]] * 5 + [["09:00-12:00"], []]
    assert calendar["exceptions"] == {"2026-10-09": [], "2026-10-10": ["10:00-12:00"]}
    added = ("agents", "add", "8005", "-c", folder, "--name", "赵敏", "--office", "360103")
    done(*added, "--skill", "vat=4", "--capacity", "3")
    done("agents", "grant", "8005", "-c", folder, "--role", "lead", "--office", "360100")
    agent = shown("agents", "show", "8005", "-c", folder)
    assert (agent["skills"], agent["capacity"]) == ({"vat": 4}, 3)
    assert agent["roles"] == [{"role": "lead", "office": "360100"}]
    assert "班长" in done("agents", "list", "-c", folder, "--office", "360100")
    done("agents", "set", "8005", "-c", folder, "--office", "360100", "--skill", "vat=5")
    agent = shown("agents", "show", "8005", "-c", folder)
    assert (agent["office_name"], agent["skills"], agent["capacity"]) == ("南昌市税务局", {"vat": 5}, 3)


REFUSED: list[tuple[tuple[str, ...], int, str]] = [
    (("offices", "add", "360103", "--name", "x", "--level", "county"), 1, "已经存在"),
    (("offices", "add", "370100", "--name", "x", "--level", "city", "--parent", "370000"), 1, "上级 370000 不存在"),
    (("offices", "set", "360103", "--parent", "36010301"), 1, "不比它高"),
    (("offices", "show", "999999"), 6, "offices list"),
    (("offices", "remove", "360000", "--yes"), 1, "没有上级机构"),
    (("queues", "add", "q", "--name", "x", "--office", "999999"), 1, "机构 999999 不存在"),
    (("queues", "add", "q", "--name", "x", "--office", "360103", "--skill", "law"), 1, "技能 law 不存在"),
    (("skills", "add", "x"), 1, "--help"),
    (("skills", "remove", "export_refund"), 1, "需要的技能 export_refund 不存在"),
    (("calendars", "add", "c", "--name", "x", "--hours", "9-25"), 1, "时段"),
    (("calendars", "remove", "office"), 1, "日历 office 不存在"),
    (("licences", "add", "l", "--kind", "online", "--seats", "1", "--since", "01/02"), 2, "2026-01-01"),
    (
        (
            *("licences", "add", "l", "--kind", "online", "--seats", "1"),
            *("--since", "2026-02-01", "--until", "2026-01-01"),
        ),
        1,
        "到期日早于起始日",
    ),
    (("grants", "add", "7777", "--role", "lead"), 6, "agents list"),
    (("grants", "add", "8001", "--role", "lead", "--office", "999999"), 1, "机构 999999 不存在"),
    (("grants", "add", "8106", "--role", "system_admin"), 1, "三员分立"),
    (("grants", "set", "8001", "--role", "king=360103"), 1, "没有角色 king"),
    (("grants", "remove", "8001", "--role", "lead"), 6, "grants show 8001"),
    (("agents", "set", "8001", "--skill", "vat=9"), 1, "技能=水平"),
    (("agents", "set", "8001", "--skill", "law=3"), 6, "skills list"),
    (("agents", "set", "8001", "--office", "360105"), 6, "offices list"),
]


@pytest.mark.parametrize(("arguments", "code", "says"), REFUSED)
def test_a_wrong_wish_is_refused_with_the_way_out(
    shared: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    before = done("offices", "list", "-c", shared)
    result = run(*arguments, "-c", shared)
    assert result.exit_code == code, result.output
    assert says in result.output
    assert "Traceback" not in result.output
    assert done("offices", "list", "-c", shared) == before


@pytest.mark.req("S1")
def test_nobody_is_granted_two_of_the_three_separate_powers(shared: Path) -> None:
    result = run("grants", "add", "admin", "-c", shared, "--role", "auditor")
    assert result.exit_code == 1
    assert result.output.count("三员分立") == 1
    assert [one["role"] for one in shown("grants", "show", "admin", "-c", shared)] == ["system_admin"]


def test_removing_an_office_says_what_happens_and_waits_for_a_yes(tmp_path: Path) -> None:
    folder = tmp_path / "relay"
    done("init", folder, "--sample")
    result = run("offices", "remove", "360103", "-c", folder)
    assert result.exit_code == 1
    for says in ("2 名座席改属南昌市税务局", "1 个下级机构改属南昌市税务局", "1 个队列", "1 项授权", "--yes"):
        assert says in result.output
    assert done("offices", "show", "360103", "-c", folder)
    done("offices", "remove", "360103", "-c", folder, "--yes")
    assert run("offices", "show", "360103", "-c", folder).exit_code == 6
    assert shown("offices", "show", "36010301", "-c", folder)["parent"] == "360100"
    assert shown("agents", "show", "8001", "-c", folder)["office"] == "360100"
    assert run("queues", "show", "360103", "-c", folder).exit_code == 6


@pytest.mark.req("N4")
def test_without_licences_seats_are_unlimited_and_it_is_said(folder: Path) -> None:
    assert "席位不限" in done("licences", "list", "-c", folder)
    assert shown("licences", "list", "-c", folder) == []
    add = ("licences", "add", "l", "-c", folder, "--kind", "call", "--seats", "3", "--since", "2020-01-01")
    done(*add, "--until", "2020-12-31")
    assert "已到期" in done("licences", "list", "-c", folder)


def test_a_role_set_replaces_those_before(shared: Path) -> None:
    done("grants", "set", "8004", "-c", shared, "--role", "lead=360100", "--role", "agent=360103")
    roles = {(one["role"], one["office"]) for one in shown("grants", "show", "8004", "-c", shared)}
    assert roles == {("lead", "360100"), ("agent", "360103")}
    done("grants", "remove", "8004", "-c", shared, "--role", "lead", "--office", "360100")
    assert [one["role"] for one in shown("grants", "show", "8004", "-c", shared)] == ["agent"]
    assert "是 360103 的座席" in done("grants", "show", "8001", "-c", shared)


def test_knowledge_is_shown_checked_and_chosen(shared: Path, tmp_path: Path) -> None:
    sample = bundle.load_sample()
    assert shown("kb", "show", "-c", shared)["version"] == sample.content_hash
    smaller = bundle.assemble(sample.entries[:3], (), (), SuggestionRules())
    bundle.save(smaller, tmp_path / "new.kb")
    assert shown("kb", "check", tmp_path / "new.kb")["entries"] == 3
    assert "3 条知识" in done("kb", "use", tmp_path / "new.kb", "-c", shared)
    assert shown("kb", "show", "-c", shared)["version"] == smaller.content_hash
    (tmp_path / "bad.kb").write_bytes(b"no bundle")
    assert run("kb", "use", tmp_path / "bad.kb", "-c", shared).exit_code == 5
    assert shown("kb", "show", "-c", shared)["entries"] == 3
    done("kb", "reset", "-c", shared)
    assert shown("kb", "show", "-c", shared)["version"] == sample.content_hash


def test_offices_of_an_old_configuration_are_taken_over_once(folder: Path) -> None:
    file = folder / "relay.toml"
    old = '\n[offices.360000]\nname = "江西省税务局"\nlevel = "province"\n'
    file.write_text(file.read_text(encoding="utf-8") + old, encoding="utf-8")
    assert [one["code"] for one in shown("offices", "list", "-c", folder)] == ["360000"]
    done("offices", "remove", "360000", "-c", folder)
    assert shown("offices", "list", "-c", folder) == []
