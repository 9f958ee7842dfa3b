"""The file with the relay's master key: base64 in one line, for its owner's eyes only."""

import base64
import binascii
import os
from pathlib import Path

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.store.keys import Keyring, new_master


def create(path: Path) -> Keyring:
    """Write a new master key that only the owner may read. Raise `FileExistsError` rather than replace one."""
    master = new_master()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(master) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return Keyring(master)


def read(path: Path) -> Keyring:
    """Read the master key. Raise `BanwenError`: NOT_FOUND, FORBIDDEN if others may read it, CORRUPT if it is none."""
    try:
        text, mode = path.read_text(encoding="ascii"), path.stat().st_mode
    except FileNotFoundError as error:
        sentence = f"找不到主密钥文件 {path}。没有它数据库无法读取；请从备份放回原处，不要新建。"
        raise BanwenError(ErrorCode.NOT_FOUND, sentence) from error
    except UnicodeDecodeError as error:
        raise _no_key(path) from error
    if mode & 0o077:
        raise BanwenError(ErrorCode.FORBIDDEN, f"{path} 可被其他用户读取；请先运行 chmod 600 {path}。")
    try:
        return Keyring(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError) as error:
        raise _no_key(path) from error


def _no_key(path: Path) -> BanwenError:
    return BanwenError(ErrorCode.CORRUPT, f"{path} 不是主密钥文件；请从备份放回原来的文件。")
