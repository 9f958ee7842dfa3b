"""One key per person, wrapped by the relay's master key: destroying it erases all that was written under it.

AES-256-GCM throughout (NIST SP 800-38D) with random nonces of 96 bits, written in front. What is sealed is bound to its
place, so that rows cannot be moved or exchanged; a wrapped key is bound to its person. Pure: files and tables are
elsewhere.
"""

import hashlib
import hmac
import os
from collections import OrderedDict

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import Stream

KEY_BYTES = 32
NONCE_BYTES = 12
REMEMBERED = 4096
"""Keys of people who are talking now need not be unwrapped for every message."""


class Cipher:
    """Seals and opens what belongs to one person."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, stream: Stream, seq: int) -> bytes:
        """Return nonce and sealed bytes, bound to their place in the log."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _place(stream, seq))

    def open(self, sealed: bytes, stream: Stream, seq: int) -> bytes:
        """Return the plain bytes. Raise `BanwenError(CORRUPT)` for what was changed, or sealed elsewhere."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(stream, seq))
        except (InvalidTag, ValueError) as error:
            raise damaged(stream=stream, seq=seq) from error


class Keyring:
    """Makes and unwraps people's keys. `fingerprint` tells one master key from another and says nothing of it."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"the master key must have {KEY_BYTES} bytes")
        self._master = AESGCM(master)
        self._seed = hmac.digest(master, b"banwen derived secrets", hashlib.sha256)
        self._known: OrderedDict[bytes, Cipher] = OrderedDict()
        self.fingerprint = hashlib.sha256(b"banwen master key\0" + master).hexdigest()[:16]

    def make(self, subject: str) -> bytes:
        """Return a new key for a person, wrapped."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, os.urandom(KEY_BYTES), subject.encode())

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes only this master key gives for this purpose, so that they need not be kept (RFC 5869)."""
        return HKDFExpand(hashes.SHA256(), KEY_BYTES, purpose.encode()).derive(self._seed)

    def cipher(self, subject: str, wrapped: bytes) -> Cipher:
        """Return what seals and opens for a person. Raise `BanwenError(CORRUPT)` if the key is not this master's."""
        known = self._known.get(wrapped)
        if known is None:
            known = self._known[wrapped] = Cipher(self._unwrap(subject, wrapped))
            while len(self._known) > REMEMBERED:
                self._forget_one()
        return known

    def _unwrap(self, subject: str, wrapped: bytes) -> bytes:
        try:
            return self._master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject.encode())
        except (InvalidTag, ValueError) as error:
            raise damaged(subject=subject) from error

    def _forget_one(self) -> None:
        """Several threads read at once; whoever comes second finds nothing left to forget."""
        try:
            self._known.popitem(last=False)
        except KeyError:
            return


def new_master() -> bytes:
    """Return a fresh master key."""
    return os.urandom(KEY_BYTES)


def check_master(fingerprint: str, keyring: Keyring) -> None:
    """Raise `BanwenError(CORRUPT)` unless this is the master key the database was begun with."""
    if fingerprint != keyring.fingerprint:
        sentence = "主密钥文件与数据库不符；请把与该数据库一起备份的主密钥文件放回原处。"
        raise BanwenError(ErrorCode.CORRUPT, sentence, expected=fingerprint, found=keyring.fingerprint)


def damaged(**where: object) -> BanwenError:
    """Return the refusal for what cannot be opened."""
    sentence = "记录无法解密：数据已损坏，或主密钥与数据库不符；请用 banwen-relay doctor 检查。"
    return BanwenError(ErrorCode.CORRUPT, sentence, **where)


def _place(stream: Stream, seq: int) -> bytes:
    return f"{stream}#{seq}".encode()
