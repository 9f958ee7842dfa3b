"""Agents' keys are certified for thirty days at most, and lie where only their owner reads them."""

from pathlib import Path

import pytest

from relay_client.identity import (
    FileStore,
    enrol,
    load_credentials,
    make_root,
    save_credentials,
)
from relay_protocol.certificates import LONGEST_DAYS, CertifiedAgent
from relay_protocol.errors import BanwenError, ErrorCode

NOW = 1_800_000_000.0
LI = CertifiedAgent("8001", "李敏", "国家税务总局南昌市西湖区税务局")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_root(tmp_path / "root", "测试根", NOW)
    return tmp_path / "root"


def test_an_agent_is_certified_for_a_month_at_most(root: Path) -> None:
    assert enrol(root, LI, NOW, days=400).expires_at() == NOW + LONGEST_DAYS * 86400
    assert enrol(root, LI, NOW, days=7).expires_at() == NOW + 7 * 86400
    assert enrol(root, LI, NOW).agent() == LI


def test_credentials_come_back_as_they_were_kept(root: Path, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "keys")
    assert load_credentials(store, LI.number) is None
    for _ in range(2):
        credentials = enrol(root, LI, NOW)
        save_credentials(store, credentials)
        kept = load_credentials(store, LI.number)
        assert kept is not None
        assert kept.certificates == credentials.certificates
        assert kept.key.private_bytes_raw() == credentials.key.private_bytes_raw()
    assert (tmp_path / "keys" / "8001.pem").stat().st_mode & 0o077 == 0


def test_a_root_is_never_replaced(root: Path) -> None:
    with pytest.raises(FileExistsError):
        make_root(root, "另一个根", NOW)


def test_enrolling_without_a_root_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(BanwenError, match="没有可用的根证书") as caught:
        enrol(tmp_path, LI, NOW)
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("agent", [CertifiedAgent("", "李敏", "局"), CertifiedAgent("8001", "李" * 65, "局")])
def test_an_agent_without_a_proper_name_is_not_certified(root: Path, agent: CertifiedAgent) -> None:
    with pytest.raises(BanwenError) as caught:
        enrol(root, agent, NOW)
    assert caught.value.code is ErrorCode.BAD_INPUT
