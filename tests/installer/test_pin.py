"""A root is built into a helper once, as a certificate without its key, and only if it can be one."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509

from installer.helper.pin import development_root, pin
from relay_client.identity import enrol
from relay_protocol.certificates import CertifiedAgent


def test_a_development_root_is_made_once_and_pinned_without_its_key(tmp_path: Path) -> None:
    certificate = development_root(tmp_path / "root")
    assert development_root(tmp_path / "root") == certificate
    pinned = tmp_path / "pinned.pem"
    assert pin(certificate, pinned).subject == x509.load_pem_x509_certificate(pinned.read_bytes()).subject
    assert "PRIVATE" not in pinned.read_text()
    assert (tmp_path / "root" / "root.key").stat().st_mode & 0o077 == 0


def test_an_agents_certificate_is_no_root(tmp_path: Path) -> None:
    development_root(tmp_path)
    agent = tmp_path / "agent.pem"
    agent.write_text(enrol(tmp_path, CertifiedAgent("8001", "李敏", "西湖区税务局"), time.time()).certificates[0])
    with pytest.raises(ValueError, match="authority"):
        pin(agent, tmp_path / "pinned.pem")
    assert not (tmp_path / "pinned.pem").exists()


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "installer.helper.pin", str(tmp_path / "missing.pem")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "无法固定根证书" in done.stderr
