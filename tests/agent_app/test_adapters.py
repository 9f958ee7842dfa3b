"""What the workbench keeps on its machine: log-in, drafts, the agent's key; and the command that makes the key."""

import stat
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent_app.adapters.files import Files, Remembered, server_address
from agent_app.adapters.paths import SignedPaths
from agent_app.cli import main
from agent_app.ports import Ended, PathEvent
from agent_app.state.wrap_up import Draft
from relay_client.identity import FileStore, enrol, make_root, save_credentials
from relay_client.rtc import Peer
from relay_protocol.certificates import CertifiedAgent
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ConsultationId
from relay_protocol.messages import SdpOffer
from tests.agent_app.stories import ASSIST, Story

LI = CertifiedAgent("8023", "李敏", "赣州市税务局")
MONTH = 31 * 86400.0


def test_a_draft_survives_and_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    files = Files(tmp_path / "home")
    draft = Draft("vat", text="没写完")
    files.save(Story().id, draft)
    assert Files(tmp_path / "home").load(Story().id) == draft
    [file] = (tmp_path / "home").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    files.forget(Story().id)
    files.forget(Story().id)
    assert files.load(Story().id) is None


def test_an_id_that_is_none_never_becomes_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an identifier"):
        Files(tmp_path).save(ConsultationId("../../etc/passwd"), Draft())


def test_the_log_in_is_remembered_without_a_password_and_damage_is_forgiven(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.remember(Remembered("https://relay.example", "8023"))
    assert files.remembered() == Remembered("https://relay.example", "8023")
    (tmp_path / "login.json").write_bytes(b"\x00garbage")
    assert files.remembered() == Remembered()


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("relay.example", "https://relay.example"),
        (" http://127.0.0.1:8080/ ", "http://127.0.0.1:8080"),
    ],
)
def test_an_address_is_made_whole(typed: str, address: str) -> None:
    assert server_address(typed) == address


@pytest.mark.parametrize("typed", ["", "https://", "ftp://relay.example", "http:///chat"])
def test_what_can_be_no_address_is_said(typed: str) -> None:
    with pytest.raises(BanwenError, match="服务器地址不正确"):
        server_address(typed)


@pytest.mark.req("A23")
async def test_a_path_needs_a_valid_certificate_of_the_agent(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "keys")
    make_root(tmp_path / "root", "测试根", time.time())
    with pytest.raises(BanwenError, match="没有您的协助证书"):
        await SignedPaths(lambda: store, "8023").prepare()
    save_credentials(store, enrol(tmp_path / "root", LI, time.time() - MONTH))
    with pytest.raises(BanwenError, match="已过期"):
        await SignedPaths(lambda: store, "8023").prepare()
    save_credentials(store, enrol(tmp_path / "root", LI, time.time()))
    await SignedPaths(lambda: store, "8023").prepare()


@pytest.mark.req("A23")
async def test_a_helpers_offer_is_answered_and_signed(tmp_path: Path) -> None:
    store, heard = FileStore(tmp_path / "keys"), list[PathEvent]()
    make_root(tmp_path / "root", "测试根", time.time())
    save_credentials(store, enrol(tmp_path / "root", LI, time.time()))
    helper = Peer()
    offer = SdpOffer(assist=ASSIST, nonce="bm9uY2Vub25jZW5vbmNlIQ==", sdp=await helper.offer())
    path, answer = await SignedPaths(lambda: store, "8023").answer(offer, heard.append)
    assert answer.assist == ASSIST
    assert "a=fingerprint:sha-256" in answer.sdp
    assert len(answer.certificates) == 1
    assert not path.key(0x61, down=True)  # nothing is granted yet
    await path.end()
    await helper.close()
    assert heard == [Ended("agent")]


def test_enrol_makes_a_key_that_stays_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWEN_AGENT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    asked = ["enrol", "--number", "8023", "--name", "李敏", "--office", "赣州市税务局", "--root"]
    none = CliRunner().invoke(main, [*asked, str(tmp_path / "nowhere")])
    assert none.exit_code == 1
    assert "没有可用的根证书" in none.output
    make_root(tmp_path / "root", "测试根", time.time())
    done = CliRunner().invoke(main, [*asked, str(tmp_path / "root")])
    assert done.exit_code == 0, done.output
    assert "有效期至" in done.output
    [key] = (tmp_path / "home" / "keys").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_help_teaches() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    assert "--server" in shown
    assert "enrol" in shown
    assert "退出码" in shown
