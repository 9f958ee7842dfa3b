"""`banwen-relay` as an administrator meets it: what it prints, what it refuses, and with which exit code."""

import json
import re
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relay_server.cli import main
from relay_server.sample.organisation import AGENTS
from tests.running import COMMAND

PASSWORD = re.compile(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    result = run("init", tmp_path / "relay", "--sample")
    assert result.exit_code == 0, result.output
    return tmp_path / "relay"


def test_a_new_relay_shows_each_password_once_and_keeps_none(tmp_path: Path) -> None:
    result = run("init", tmp_path / "relay", "--admin", "root", "--sample")
    passwords = PASSWORD.findall(result.output)
    assert len(set(passwords)) == 1 + len(AGENTS)
    assert "root" in result.output
    content = b"".join(path.read_bytes() for path in (tmp_path / "relay").rglob("*") if path.is_file())
    assert not [one for one in passwords if one.encode() in content]


def test_two_relays_never_share_a_password(tmp_path: Path) -> None:
    first, second = run("init", tmp_path / "a", "--sample"), run("init", tmp_path / "b", "--sample")
    assert not set(PASSWORD.findall(first.output)) & set(PASSWORD.findall(second.output))


def test_set_up_is_gone_afterwards(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    result = run("init", folder, "--sample")
    assert result.exit_code == 1
    assert "已经存在" in result.output
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_is_secret_is_for_its_owner_only(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords.json"
    result = run("init", tmp_path / "relay", "--sample", "--sample-password-file", passwords)
    assert not PASSWORD.findall(result.output)
    assert set(json.loads(passwords.read_text())) == {"admin", *(one.number for one in AGENTS)}
    for path in (passwords, tmp_path / "relay" / "etax-demo.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "relay").stat().st_mode) == 0o700


def test_a_key_that_is_no_key_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no key")
    result = run("init", tmp_path / "relay", "--sample", "--app-key", bad)
    assert result.exit_code == 3
    assert "Ed25519" in result.output
    assert not (tmp_path / "relay").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--admin", "a b"), "工号只能由"),
        (("--admin", "8001", "--sample"), "已经存在"),
        (("--sample-password-file", "nowhere/passwords"), "不能读写"),
    ],
)
def test_what_cannot_be_finished_leaves_nothing_behind(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    result = run("init", tmp_path / "relay", *options)
    assert result.exit_code == 1
    assert says in result.output
    assert not (tmp_path / "relay").exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("init", tmp_path / "file" / "relay")
    assert result.exit_code == 1
    assert "不能读写" in result.output
    assert "请检查路径" in result.output


def test_a_wrong_key_in_the_file_is_named_with_the_right_one(folder: Path) -> None:
    file = folder / "relay.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("heartbeat =", "hartbeat ="), encoding="utf-8")
    result = run("config", "check", "-c", folder)
    assert result.exit_code == 3
    assert "relay.hartbeat" in result.output
    assert "relay.heartbeat" in result.output


def test_a_good_file_is_said_to_be_good(folder: Path) -> None:
    result = run("config", "check", "-c", folder / "relay.toml")
    assert result.exit_code == 0
    assert "配置正确" in result.output
    shown = json.loads(run("config", "show", "--json", "-c", folder).output)
    assert shown["relay"]["heartbeat"] == 15.0


def test_the_doctor_finds_a_new_relay_well(folder: Path) -> None:
    file = folder / "relay.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("port = 8600", "port = 0"), encoding="utf-8")
    result = run("doctor", "-c", folder, "--json")
    lines = {line["name"]: line for line in json.loads(result.output)}
    assert [line for line in lines.values() if not line["ok"]] == []
    assert set(lines) >= {"配置", "数据库", "磁盘", "时钟", "端口", "知识", "网页"}
    assert result.exit_code == 0


def test_the_doctor_finds_a_damaged_database(folder: Path) -> None:
    database = folder / "relay.db"
    content = bytearray(database.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    database.write_bytes(content)
    result = run("doctor", "-c", folder)
    assert result.exit_code == 5
    assert "✗ 数据库" in result.output
    assert "备份" in result.output


def test_the_doctor_says_how_to_mend_a_missing_database(folder: Path) -> None:
    (folder / "relay.db").unlink()
    result = run("doctor", "-c", folder)
    assert result.exit_code == 5
    assert "✗ 数据库" in result.output


def test_an_agent_is_added_listed_disabled_and_given_a_new_password(folder: Path) -> None:
    added = run("agents", "add", "8005", "-c", folder, "--name", "赵敏", "--office", "360103")
    assert added.exit_code == 0
    assert len(PASSWORD.findall(added.output)) == 1
    listed = {one["username"]: one for one in json.loads(run("agents", "list", "-c", folder, "--json").output)}
    assert listed["8005"]["name"] == "赵敏"
    assert "password" not in json.dumps(listed)
    assert run("agents", "disable", "8005", "-c", folder).exit_code == 0
    assert "已停用" in run("agents", "list", "-c", folder).output
    again = run("agents", "reset-password", "8005", "-c", folder, "--json")
    assert json.loads(again.output)["password"] != PASSWORD.findall(added.output)[0]
    assert "已停用" not in run("agents", "list", "-c", folder).output


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("agents", "add", "8001", "--name", "x", "--office", "360103"), 1, "已经存在"),
        (("agents", "add", "8009", "--name", "x", "--office", "360105"), 6, "360103 南昌市西湖区税务局"),
        (("agents", "add", "八零", "--name", "x", "--office", "360103"), 1, "工号只能"),
        (("agents", "disable", "7777"), 6, "agents list"),
        (("agents", "reset-password", "7777"), 6, "agents list"),
        (("consultations", "show", "01JD0000000000000000000000"), 6, "consultations list"),
        (("consultations", "show", "../x"), 6, "consultations list"),
        (("agents", "dance"), 2, "No such command"),
    ],
)
def test_a_wrong_wish_is_refused_with_the_way_out(
    folder: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    place = ("-c", folder) if arguments[-1] != "dance" else ()
    result = run(*arguments, *place)
    assert result.exit_code == code, result.output
    assert says in result.output
    assert "Traceback" not in result.output


def test_help_teaches_with_examples_and_exit_codes() -> None:
    for arguments in ((), ("init",), ("serve",), ("doctor",), ("agents",), ("consultations",)):
        text = run(*arguments, "--help").output
        assert "banwen-relay" in text
    assert "退出码" in run("--help").output


def test_without_a_relay_the_way_to_one_is_told(tmp_path: Path) -> None:
    result = run("serve", "-c", tmp_path)
    assert result.exit_code == 3
    assert "banwen-relay init" in result.output


def serve(folder: Path, port: str) -> subprocess.CompletedProcess[str]:
    """Serving sets this process's logs up, so it is done in one of its own."""
    command = [COMMAND, "serve", "-c", str(folder), "--port", port]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_taken_port_is_named_with_the_way_out(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = serve(folder, port)
    assert result.returncode == 4
    assert f"127.0.0.1:{port}" in result.stderr
    assert "relay.port" in result.stderr


def test_a_damaged_database_is_not_served(folder: Path) -> None:
    (folder / "relay.db").write_bytes(b"no database" * 1000)
    result = serve(folder, "0")
    assert result.returncode == 5
    assert "备份" in result.stderr
