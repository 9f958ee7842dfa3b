"""Agents' accounts: log in and out, add, disable, reset. A wrong password never tells whether the name exists."""

import difflib
from collections.abc import Callable
from dataclasses import replace

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId
from relay_protocol.messages import AgentCard, Office
from relay_server.domain.access import Action, AgentActor, Held, may_ever
from relay_server.domain.directory import Directory
from relay_server.domain.licences import LicenceKind
from relay_server.domain.records import Grant, Role
from relay_server.services import passwords, seats, tokens
from relay_server.services.directory import change
from relay_server.services.passwords import Passwords
from relay_server.store import outbox
from relay_server.store.accounts import (
    AgentAccount,
    Guard,
    TokenKind,
    agent_by_id,
    drop_token,
    drop_tokens_of,
    find_agent,
    find_guard,
    list_agents,
    put_agent,
    put_guard,
)
from relay_server.store.base import Store, Transaction

LONGEST_NAME = 64
GUARDS_KEPT = 24 * 3600.0


class LoginPolicy(msgspec.Struct, frozen=True):
    """`wrong_passwords` in a row lock a name for `lockout` seconds; a session lasts `lifetime` seconds."""

    wrong_passwords: int = 5
    lockout: float = 900.0
    lifetime: float = 12 * 3600.0


class AgentSession(msgspec.Struct, frozen=True):
    """What a login returns: the token is shown this once. `roles` are codes, in no order."""

    token: str
    agent: AgentCard
    expires_at: float
    roles: list[str] = []


async def login(
    store: Store,
    hasher: Passwords,
    directory: Directory,
    policy: LoginPolicy,
    username: str,
    password: str,
    now: float,
) -> AgentSession:
    """Check a password and open a session.

    Raise `BanwenError`: LOCKED_OUT after too many wrong ones, for names that nobody has as well; UNAUTHENTICATED;
    FORBIDDEN for an account that is disabled or holds no role, and when no rented seat is free.
    """
    if len(username) > LONGEST_NAME or len(password) > passwords.LONGEST:
        raise _wrong()
    account, locked_until = await store.transact(_begin_attempt(username, policy, now))
    right = await hasher.matches(account.password_hash if account else None, password)
    if account is None or not right:
        raise _locked(locked_until - now) if locked_until else _wrong()
    actor = actor_of(account, directory)
    if account.disabled or not actor.grants:
        raise BanwenError(ErrorCode.FORBIDDEN, "该账号不能登录，请联系管理员。")
    await store.transact(put_guard(username, Guard(), forget_before=now - GUARDS_KEPT))
    if may_ever(actor, Action.SERVE):
        await seats.check(store, directory, actor.id, LicenceKind.ONLINE, now)
    expires_at = now + policy.lifetime
    token = await store.transact(tokens.issue(TokenKind.AGENT, account.id, "", expires_at, now))
    return AgentSession(token, actor.card, expires_at, [one.role for one in actor.grants])


async def logout(store: Store, token: str) -> None:
    """Make a token worthless. An unknown one is no error."""
    await store.transact(drop_token(tokens.digest_of(token)))


async def agent_of(store: Store, directory: Directory, token: str, now: float) -> AgentActor:
    """Return whose token this is. Raise `BanwenError(UNAUTHENTICATED)`."""
    account = await store.read(_owner(token, now))
    if account is None or account.disabled:
        raise tokens.sign_in_again()
    return actor_of(account, directory)


def actor_of(account: AgentAccount, directory: Directory) -> AgentActor:
    """Return somebody with their roles: those granted; without any, whoever has an office is an agent there."""
    grants = directory.grants_of(account.id)
    if not grants and account.office and not account.administrator:
        grants = [Grant(agent=account.id, role=Role.AGENT, office=account.office)]
    return AgentActor(card_of(account, directory), tuple(_held(one, directory) for one in grants))


async def add_agent(
    store: Store,
    hasher: Passwords,
    directory: Directory,
    number: str,
    name: str,
    office: str,
    new_id: Callable[[], str],
    now: float,
) -> str:
    """Add an agent and return the password made for them.

    Raise `BanwenError`: BAD_INPUT for a bad number or name, NOT_FOUND for an unknown office, CONFLICT for a taken one.
    """
    _check_person(number, name)
    require_known(directory, office)
    password = passwords.generate()
    account = AgentAccount(AgentId(new_id()), number, name, office, await hasher.hash(password), created_at=now)
    await store.transact(_insert(account))
    return password


async def add_administrator(
    store: Store, hasher: Passwords, username: str, new_id: Callable[[], str], now: float
) -> str:
    """Add the first administrator, who looks after the platform, and return the password made for them."""
    _check_person(username, username)
    password = passwords.generate()
    hashed = await hasher.hash(password)
    account = AgentAccount(AgentId(new_id()), username, username, "", hashed, administrator=True, created_at=now)
    role = Grant(agent=account.id, role=Role.SYSTEM_ADMIN)

    def script() -> Transaction[None]:
        yield from _insert(account)
        yield from change({("grants", role.key): role}, username, now)

    await store.transact(script())
    return password


async def all_agents(store: Store) -> list[AgentAccount]:
    """Return every account, by username."""
    return await store.read(list_agents())


async def disable(store: Store, username: str, now: float) -> None:
    """Disable an account and end its sessions; dispatch brings whom it serves to somebody else. Raise NOT_FOUND."""
    await store.transact(_disable(username, now))


async def change_agent(store: Store, directory: Directory, username: str, *, name: str = "", office: str = "") -> None:
    """Give somebody another name or office. Raise `BanwenError`: NOT_FOUND, BAD_INPUT."""
    if office:
        require_known(directory, office)

    def script() -> Transaction[None]:
        account = yield from existing(username)
        _check_person(username, name or account.name)
        yield from put_agent(replace(account, name=name or account.name, office=office or account.office))

    await store.transact(script())


async def reset_password(store: Store, hasher: Passwords, username: str, now: float) -> str:
    """Give a new password, unlock, enable, end all sessions; return the password. Raise `BanwenError(NOT_FOUND)`."""
    password = passwords.generate()
    await store.transact(_reset(username, await hasher.hash(password), now))
    return password


def card_of(account: AgentAccount, directory: Directory) -> AgentCard:
    """Return what others see of an account."""
    office = directory.cards.get(account.office) or Office(code=account.office, name=account.office)
    return AgentCard(id=account.id, number=account.username, name=account.name, office=office)


def require_known(directory: Directory, office: str) -> None:
    """Raise `BanwenError(NOT_FOUND)` for an office nobody has heard of, with those whose codes are nearest."""
    if office in directory.offices:
        return
    near = difflib.get_close_matches(office, directory.offices, n=3, cutoff=0.5)
    hint = "、".join(f"{code} {directory.offices[code].name}" for code in near)
    ways = f"相近的有 {hint}。" if hint else ""
    raise BanwenError(ErrorCode.NOT_FOUND, f"没有机构 {office}。{ways}用 banwen-relay offices list 查看全部机构。")


def _held(grant: Grant, directory: Directory) -> Held:
    offices = directory.subtrees.get(grant.office, frozenset([grant.office]))
    return Held(grant.role, offices, everywhere=not grant.office or offices == directory.subtrees[""])


def _begin_attempt(username: str, policy: LoginPolicy, now: float) -> Transaction[tuple[AgentAccount | None, float]]:
    """Count the attempt as wrong before it is checked, so that many at once cannot outrun the lock.

    Return the account and until when the name is locked should the password be wrong (0: it is not).
    """
    guard = yield from find_guard(username)
    if guard.locked_until > now:
        raise _locked(guard.locked_until - now)
    fresh = guard.locked_until > 0 or guard.failed_at + policy.lockout < now
    failures = 1 if fresh else guard.failures + 1
    locked_until = now + policy.lockout if failures >= policy.wrong_passwords else 0.0
    yield from put_guard(username, Guard(failures, locked_until, now), forget_before=now - GUARDS_KEPT)
    return (yield from find_agent(username)), locked_until


def _owner(token: str, now: float) -> Transaction[AgentAccount | None]:
    record = yield from tokens.valid(token, TokenKind.AGENT, now)
    return (yield from agent_by_id(AgentId(record.subject))) if record else None


def _insert(account: AgentAccount) -> Transaction[None]:
    if (yield from find_agent(account.username)) is not None:
        raise BanwenError(
            ErrorCode.CONFLICT, f"{account.username} 已经存在，请换一个工号，或用 reset-password 重置密码。"
        )
    yield from put_agent(account)


def _disable(username: str, now: float) -> Transaction[None]:
    account = yield from existing(username)
    yield from put_agent(replace(account, disabled=True))
    yield from drop_tokens_of(TokenKind.AGENT, account.id)
    yield from outbox.owe("dispatch", "", now)


def _reset(username: str, password_hash: str, now: float) -> Transaction[None]:
    account = yield from existing(username)
    yield from put_agent(replace(account, password_hash=password_hash, disabled=False))
    yield from put_guard(username, Guard(), forget_before=now - GUARDS_KEPT)
    yield from drop_tokens_of(TokenKind.AGENT, account.id)


def existing(username: str) -> Transaction[AgentAccount]:
    """Return an account. Raise `BanwenError(NOT_FOUND)`."""
    account = yield from find_agent(username)
    if account is None:
        raise BanwenError(ErrorCode.NOT_FOUND, f"没有工号 {username}。用 banwen-relay agents list 查看全部座席。")
    return account


def _check_person(number: str, name: str) -> None:
    if not (number.isascii() and number.replace("-", "").replace("_", "").isalnum() and len(number) <= 32):
        raise BanwenError(ErrorCode.BAD_INPUT, "工号只能由字母、数字、- 和 _ 组成，最多 32 个字符。")
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise BanwenError(ErrorCode.BAD_INPUT, f"姓名应为 1–{LONGEST_NAME} 个字符。")


def _wrong() -> BanwenError:
    return BanwenError(ErrorCode.UNAUTHENTICATED, "工号或密码不正确，请检查后重试。连续输错多次将暂时锁定。")


def _locked(seconds: float) -> BanwenError:
    minutes = max(1, round(seconds / 60 + 0.5))
    sentence = f"密码多次输错，已暂时锁定，请 {minutes} 分钟后再试，或联系管理员重置密码。"
    return BanwenError(ErrorCode.LOCKED_OUT, sentence, wait=int(seconds) + 1)
