"""Agents' accounts on a real database: wrong passwords, lockout, sessions, and what an administrator can do."""

from collections.abc import Iterator

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import Office
from relay_server.domain.directory import Directory
from relay_server.domain.records import OfficeRecord
from relay_server.services import accounts
from relay_server.services.accounts import LoginPolicy
from relay_server.services.passwords import Passwords, check_strength, generate
from relay_server.store.base import Store

NOW = 1_800_000_000.0
OFFICE = Office(code="360103", name="南昌市西湖区税务局", level="county")
KNOWN = Directory(offices={"360103": OfficeRecord(code="360103", name=OFFICE.name, level=OFFICE.level)})
POLICY = LoginPolicy()


@pytest.fixture(scope="module")
def hasher() -> Iterator[Passwords]:
    passwords = Passwords()
    yield passwords
    passwords.close()


async def add(store: Store, hasher: Passwords, number: str = "8001") -> str:
    return await accounts.add_agent(store, hasher, KNOWN, number, "王芳", "360103", lambda: f"A{number}", NOW)


async def login(store: Store, hasher: Passwords, password: str, now: float = NOW, name: str = "8001") -> str:
    return (await accounts.login(store, hasher, KNOWN, POLICY, name, password, now)).token


async def code_of_login(store: Store, hasher: Passwords, password: str, now: float, name: str = "8001") -> ErrorCode:
    with pytest.raises(BanwenError) as caught:
        await login(store, hasher, password, now, name)
    return caught.value.code


async def test_the_right_password_opens_a_session_that_ends_by_itself(store: Store, hasher: Passwords) -> None:
    password = await add(store, hasher)
    token = await login(store, hasher, password)
    card = (await accounts.agent_of(store, KNOWN, token, NOW + POLICY.lifetime - 1)).card
    assert (card.number, card.name, card.office) == ("8001", "王芳", OFFICE)
    with pytest.raises(BanwenError) as caught:
        await accounts.agent_of(store, KNOWN, token, NOW + POLICY.lifetime + 1)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED


async def test_the_fifth_wrong_password_locks_for_a_quarter_of_an_hour(store: Store, hasher: Passwords) -> None:
    password = await add(store, hasher)
    codes = [await code_of_login(store, hasher, "wrong", NOW + number) for number in range(5)]
    assert codes == [ErrorCode.UNAUTHENTICATED] * 4 + [ErrorCode.LOCKED_OUT]
    assert await code_of_login(store, hasher, password, NOW + 5 + 890) is ErrorCode.LOCKED_OUT
    assert await login(store, hasher, password, NOW + 5 + 900)


async def test_nobodys_name_is_locked_just_the_same(store: Store, hasher: Passwords) -> None:
    codes = [await code_of_login(store, hasher, "wrong", NOW + number, "nobody") for number in range(6)]
    assert codes == [ErrorCode.UNAUTHENTICATED] * 4 + [ErrorCode.LOCKED_OUT] * 2


async def test_after_a_lock_there_are_five_new_attempts(store: Store, hasher: Passwords) -> None:
    await add(store, hasher)
    for number in range(5):
        await code_of_login(store, hasher, "wrong", NOW + number)
    later = NOW + 5 + 901
    codes = [await code_of_login(store, hasher, "wrong", later + number) for number in range(5)]
    assert codes == [ErrorCode.UNAUTHENTICATED] * 4 + [ErrorCode.LOCKED_OUT]


async def test_a_right_password_forgives_the_wrong_ones(store: Store, hasher: Passwords) -> None:
    password = await add(store, hasher)
    for _ in range(2):
        for number in range(4):
            assert await code_of_login(store, hasher, "wrong", NOW + number) is ErrorCode.UNAUTHENTICATED
        await login(store, hasher, password, NOW + 5)


async def test_a_wrong_password_of_long_ago_does_not_count(store: Store, hasher: Passwords) -> None:
    await add(store, hasher)
    for number in range(12):
        code = await code_of_login(store, hasher, "wrong", NOW + number * 1000)
        assert code is ErrorCode.UNAUTHENTICATED


async def test_logging_out_or_disabling_ends_sessions(store: Store, hasher: Passwords) -> None:
    password = await add(store, hasher)
    first, second = await login(store, hasher, password), await login(store, hasher, password)
    await accounts.logout(store, first)
    with pytest.raises(BanwenError):
        await accounts.agent_of(store, KNOWN, first, NOW)
    await accounts.disable(store, "8001", NOW)
    with pytest.raises(BanwenError):
        await accounts.agent_of(store, KNOWN, second, NOW)
    assert await code_of_login(store, hasher, password, NOW) is ErrorCode.FORBIDDEN


async def test_a_new_password_replaces_the_old_one_and_unlocks(store: Store, hasher: Passwords) -> None:
    old = await add(store, hasher)
    for number in range(5):
        await code_of_login(store, hasher, "wrong", NOW + number)
    new = await accounts.reset_password(store, hasher, "8001", NOW + 6)
    assert await code_of_login(store, hasher, old, NOW + 7) is ErrorCode.UNAUTHENTICATED
    assert await login(store, hasher, new, NOW + 8)


async def test_a_number_is_given_once(store: Store, hasher: Passwords) -> None:
    await add(store, hasher)
    with pytest.raises(BanwenError) as caught:
        await accounts.add_agent(store, hasher, KNOWN, "8001", "李强", "360103", lambda: "other", NOW)
    assert caught.value.code is ErrorCode.CONFLICT


async def test_the_administrator_has_no_workbench(store: Store, hasher: Passwords) -> None:
    password = await accounts.add_administrator(store, hasher, "admin", lambda: "ADMIN", NOW)
    assert await code_of_login(store, hasher, password, NOW, "admin") is ErrorCode.FORBIDDEN


async def test_too_many_who_wait_are_asked_to_come_back(hasher: Passwords) -> None:
    full = Passwords(workers=1, waiting=0)
    with pytest.raises(BanwenError) as caught:
        await full.matches(None, "x")
    assert caught.value.code is ErrorCode.RATE_LIMITED
    full.close()


def test_made_passwords_are_strong_and_different() -> None:
    made = {generate() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        check_strength(password)
