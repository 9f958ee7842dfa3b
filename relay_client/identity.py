"""Keys and certificates of the bureau: make a root, certify an agent, keep the agent's key on this workstation.

The root is made and used offline (`installer.helper.pin` builds its certificate into helpers). An agent's key never
leaves the workstation: it lies in the desktop's keyring, or in a file only its owner can read where no keyring is.
"""

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from relay_protocol.certificates import ASSIST_SIGNING, LONGEST_DAYS, CertifiedAgent
from relay_protocol.errors import BanwenError, ErrorCode

ROOT_CERTIFICATE = "root.pem"
ROOT_KEY = "root.key"
ROOT_YEARS = 10
KEYRING_SERVICE = "banwen-agent"

_USAGE = {
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}


@dataclass(frozen=True)
class Credentials:
    """An agent's private key and the certificates (PEM, the agent's first, without the root) that speak for it."""

    key: Ed25519PrivateKey
    certificates: tuple[str, ...]

    def agent(self) -> CertifiedAgent:
        """Return what the certificate says of its owner."""
        subject = x509.load_pem_x509_certificate(self.certificates[0].encode()).subject
        number, name, office = (
            str(subject.get_attributes_for_oid(oid)[0].value)
            for oid in (NameOID.SERIAL_NUMBER, NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        )
        return CertifiedAgent(number, name, office)

    def expires_at(self) -> float:
        """Return when the certificate ends, in Unix seconds."""
        return x509.load_pem_x509_certificate(self.certificates[0].encode()).not_valid_after_utc.timestamp()


class SecretStore(Protocol):
    """Where one secret text per name is kept."""

    def load(self, name: str) -> str | None:
        """Return the secret, or None."""

    def save(self, name: str, secret: str) -> None:
        """Keep the secret."""


def make_root(folder: Path, name: str, now: float) -> Path:
    """Make a root in `folder` (created for its owner only) and return its certificate's path. Never replaces one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(subject, subject, key, now, ROOT_YEARS * 365)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=False, key_cert_sign=True, **_USAGE), critical=True)
        .sign(key, None)
    )
    _write_private(folder / ROOT_KEY, _private_pem(key))
    path = folder / ROOT_CERTIFICATE
    path.write_text(_pem(certificate), encoding="ascii")
    return path


def enrol(root: Path, agent: CertifiedAgent, now: float, days: int = LONGEST_DAYS) -> Credentials:
    """Make a key for an agent and certify it with the root in folder `root`. Raise `BanwenError` when there is none."""
    try:
        issuer = x509.load_pem_x509_certificate((root / ROOT_CERTIFICATE).read_bytes())
        issuer_key = serialization.load_pem_private_key((root / ROOT_KEY).read_bytes(), None)
    except (OSError, ValueError) as error:
        raise BanwenError(
            ErrorCode.NOT_FOUND, f"在 {root} 没有可用的根证书，请先生成或插入存放根证书的介质。", why=str(error)
        ) from error
    if not isinstance(issuer_key, Ed25519PrivateKey):
        raise BanwenError(ErrorCode.BAD_INPUT, "根证书的密钥类型不受支持，请使用 Ed25519 根证书。")
    key = Ed25519PrivateKey.generate()
    certificate = (
        _builder(_name_of(agent), issuer.subject, key, now, min(days, LONGEST_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=False, **_USAGE), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ASSIST_SIGNING]), critical=False)
        .sign(issuer_key, None)
    )
    return Credentials(key, (_pem(certificate),))


def save_credentials(store: SecretStore, credentials: Credentials) -> None:
    """Keep an agent's credentials under the badge number."""
    store.save(credentials.agent().number, _private_pem(credentials.key) + "".join(credentials.certificates))


def load_credentials(store: SecretStore, number: str) -> Credentials | None:
    """Return the credentials of the agent with this badge number, or None when this workstation has none."""
    text = store.load(number)
    if text is None:
        return None
    key = serialization.load_pem_private_key(text.encode(), None)
    if not isinstance(key, Ed25519PrivateKey):
        return None
    return Credentials(key, tuple(_pem(one) for one in x509.load_pem_x509_certificates(text.encode())))


class FileStore:
    """Secrets as files that only their owner can read, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> str | None:
        path = self._folder / f"{name}.pem"
        return path.read_text(encoding="ascii") if path.exists() else None

    def save(self, name: str, secret: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{name}.pem"
        path.unlink(missing_ok=True)
        _write_private(path, secret)


class KeyringStore:
    """Secrets in the desktop's keyring; `found` says whether there is one that keeps secrets."""

    def load(self, name: str) -> str | None:
        import keyring  # its back ends take a while to look for a session bus

        return keyring.get_password(KEYRING_SERVICE, name)

    def save(self, name: str, secret: str) -> None:
        import keyring

        keyring.set_password(KEYRING_SERVICE, name, secret)

    @staticmethod
    def found() -> bool:
        """Tell whether a real keyring is at hand."""
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring

        return keyring.get_keyring().priority >= 1 and not isinstance(keyring.get_keyring(), NoKeyring)


def secret_store(folder: Path) -> SecretStore:
    """Return the keyring when there is one, otherwise private files in `folder`."""
    return KeyringStore() if KeyringStore.found() else FileStore(folder)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Ed25519PrivateKey, now: float, days: int
) -> x509.CertificateBuilder:
    begin = datetime.datetime.fromtimestamp(int(now), datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=days))
    )


def _name_of(agent: CertifiedAgent) -> x509.Name:
    parts: Sequence[tuple[x509.ObjectIdentifier, str]] = (
        (NameOID.SERIAL_NUMBER, agent.number),
        (NameOID.COMMON_NAME, agent.name),
        (NameOID.ORGANIZATION_NAME, agent.office),
    )
    try:
        if not all(text.strip() for _, text in parts):
            raise ValueError("a part is empty")
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])
    except ValueError as error:
        raise BanwenError(
            ErrorCode.BAD_INPUT, "工号、姓名、机构都要填写，且各不超过 64 个字符。", why=str(error)
        ) from error


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private_pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _write_private(path: Path, text: str) -> None:
    """Write a file nobody else can ever open. Raise FileExistsError rather than replace one."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
