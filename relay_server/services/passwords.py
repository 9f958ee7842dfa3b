"""Passwords: Argon2id in a small pool of threads, with a bound on who may wait; and passwords nobody has to invent.

Parameters 19 MiB, two passes, one lane: OWASP's minimum; 78 ms on the reference machine (the library's defaults: 861).
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from relay_protocol.errors import BanwenError, ErrorCode

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
SHORTEST = 10
LONGEST = 128
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else

Value = TypeVar("Value")


class Passwords:
    """Hashes and checks. At most `waiting` people wait for the `workers` threads; more are asked to come back."""

    def __init__(self, workers: int = 2, waiting: int = 32) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._waiting = waiting
        self._inside = 0
        self._nobodys = self._hasher.hash(secrets.token_hex())

    async def hash(self, password: str) -> str:
        """Return the encoded hash of a new password."""
        return await self._work(lambda: self._hasher.hash(password))

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Check a password. With no account (None) the same work is done, so that time does not tell who exists."""
        verified = await self._work(lambda: self._verify(encoded or self._nobodys, password))
        return verified and encoded is not None

    def close(self) -> None:
        """Give the threads back."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _work(self, job: Callable[[], Value]) -> Value:
        if self._inside >= self._waiting:
            raise BanwenError(ErrorCode.RATE_LIMITED, "现在登录的人太多，请 5 秒后再试。", wait=5)
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        finally:
            self._inside -= 1


def generate() -> str:
    """Return a password of four groups of four characters: 79 bits, readable over a telephone."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def check_strength(password: str) -> None:
    """Raise `BanwenError(BAD_INPUT)` for a password that is too short or too long to be one."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BanwenError(ErrorCode.BAD_INPUT, f"密码应为 {SHORTEST}–{LONGEST} 个字符，请换一个。")
