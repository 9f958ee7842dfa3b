"""Signing in over HTTP: agents with passwords, taxpayers with or without an identity, and what is refused."""

import sqlite3
import time
from uuid import uuid4

import httpx
import pytest

from relay_protocol.ids import ClientId
from relay_protocol.messages import ErrorReply, Hello
from tests.contract.peer import agent_token, post, socket_to, taxpayer_session
from tests.running import APP, RunningRelay


async def test_an_agent_logs_in_and_out_and_the_token_is_worthless_afterwards(relay: RunningRelay) -> None:
    token = await agent_token(relay, "8001")
    async with httpx.AsyncClient(base_url=relay.url, headers={"Authorization": f"Bearer {token}"}) as client:
        catalogue = (await client.get("/api/catalogue")).json()
        assert {"code": "vat", "name": "增值税"} in catalogue["business"]
        assert (await client.post("/api/agent/logout")).status_code == 200
        assert (await client.get("/api/catalogue")).status_code == 401


async def test_tokens_are_stored_only_as_hashes(relay: RunningRelay) -> None:
    token = await agent_token(relay, "8001")
    taxpayer = (await taxpayer_session(relay))["token"]
    files = [path for path in relay.folder.rglob("*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in files) + relay.log.read_bytes()
    assert token.encode() not in content
    assert taxpayer.encode() not in content
    assert relay.passwords["8001"].encode() not in content


@pytest.mark.parametrize("username", ["8004", "nobody"])
async def test_five_wrong_passwords_lock_the_name_whether_or_not_anybody_has_it(
    own_relay: RunningRelay, username: str
) -> None:
    wrong = {"username": username, "password": "not the password"}
    for _ in range(4):
        reply = await post(own_relay, "/api/agent/login", wrong, status=401)
        assert reply["code"] == "unauthenticated"
        assert "工号或密码不正确" in reply["message"]
    reply = await post(own_relay, "/api/agent/login", wrong, status=423)
    assert reply["code"] == "locked_out"
    assert "分钟后再试" in reply["message"]
    own_relay.restart_after_kill()
    right = {"username": username, "password": own_relay.passwords.get(username, "x")}
    assert (await post(own_relay, "/api/agent/login", right, status=423))["code"] == "locked_out"


async def test_an_administrator_can_unlock(own_relay: RunningRelay) -> None:
    wrong = {"username": "8003", "password": "not the password"}
    for status in (401, 401, 401, 401, 423):
        await post(own_relay, "/api/agent/login", wrong, status=status)
    own_relay.command("agents", "reset-password", "8003", "-c", str(own_relay.folder))
    await post(own_relay, "/api/agent/login", wrong, status=401)


async def test_a_disabled_agent_is_out_at_once(own_relay: RunningRelay) -> None:
    token = await agent_token(own_relay, "8002")
    own_relay.command("agents", "disable", "8002", "-c", str(own_relay.folder))
    async with httpx.AsyncClient(base_url=own_relay.url) as client:
        reply = await client.get("/api/catalogue", headers={"Authorization": f"Bearer {token}"})
    assert reply.status_code == 401


@pytest.mark.req("C1")
async def test_a_browser_that_comes_back_is_the_same_person_even_without_a_name(relay: RunningRelay) -> None:
    first = await taxpayer_session(relay)
    again = await taxpayer_session(relay, token=first["token"])
    assert again["taxpayer"] == first["taxpayer"]
    assert first["taxpayer"]["assurance"] == "anonymous"
    assert first["taxpayer"]["name"] == "未验证用户"


@pytest.mark.req("G6")
async def test_a_signed_identity_is_known_again_on_another_computer(relay: RunningRelay) -> None:
    subject = uuid4().hex
    first = await taxpayer_session(relay, relay.identity(subject))
    second = await taxpayer_session(relay, relay.identity(subject))
    assert first["taxpayer"]["id"] == second["taxpayer"]["id"]
    assert first["taxpayer"]["assurance"] == "verified"
    assert first["taxpayer"]["name"] == "张三"
    assert first["taxpayer"]["tax_number"] == "9136**********CD12"
    assert first["taxpayer"]["office"]["name"] == "南昌市西湖区税务局"


async def test_somebody_anonymous_keeps_the_conversation_when_they_sign_in(relay: RunningRelay) -> None:
    anonymous = await taxpayer_session(relay)
    named = await taxpayer_session(relay, relay.identity(uuid4().hex), anonymous["token"])
    assert named["taxpayer"]["id"] == anonymous["taxpayer"]["id"]
    assert named["taxpayer"]["assurance"] == "verified"


async def test_the_next_person_at_a_shared_computer_is_somebody_else(relay: RunningRelay) -> None:
    first = await taxpayer_session(relay, relay.identity(uuid4().hex))
    second = await taxpayer_session(relay, relay.identity(uuid4().hex), first["token"])
    assert second["taxpayer"]["id"] != first["taxpayer"]["id"]
    left = await taxpayer_session(relay, token=first["token"])
    assert left["taxpayer"]["id"] != first["taxpayer"]["id"], "the first person's token died"


async def test_an_identity_works_once(relay: RunningRelay) -> None:
    identity = relay.identity(uuid4().hex)
    await taxpayer_session(relay, identity)
    reply = await post(relay, "/api/taxpayer/session", {"app": APP, "identity": identity}, status=409)
    assert reply["code"] == "conflict"


@pytest.mark.parametrize(
    "changes", [{"aud": "other"}, {"iss": "other"}, {"exp": time.time() - 100}, {"exp": time.time() + 3600}]
)
async def test_an_identity_that_does_not_hold_is_refused(relay: RunningRelay, changes: dict[str, object]) -> None:
    body = {"app": APP, "identity": relay.identity(uuid4().hex, **changes)}
    assert (await post(relay, "/api/taxpayer/session", body, status=401))["code"] == "unauthenticated"


async def test_an_unknown_app_is_refused(relay: RunningRelay) -> None:
    assert (await post(relay, "/api/taxpayer/session", {"app": "other"}, status=404))["code"] == "not_found"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"username": 1, "password": "x"}', b"\xff\xfe"])
async def test_a_body_that_is_no_login_is_refused_politely(relay: RunningRelay, body: bytes) -> None:
    async with httpx.AsyncClient(base_url=relay.url) as client:
        reply = await client.post("/api/agent/login", content=body)
    assert reply.status_code == 400
    assert reply.json()["code"] == "malformed"


async def test_another_sites_page_may_not_ask(relay: RunningRelay) -> None:
    reply = await post(relay, "/api/taxpayer/session", {"app": APP}, status=403, Origin="https://evil.test")
    assert reply["code"] == "forbidden"
    await post(relay, "/api/taxpayer/session", {"app": APP}, Origin=relay.url)


async def test_too_many_attempts_are_told_how_long_to_wait(own_relay: RunningRelay) -> None:
    async with httpx.AsyncClient(base_url=own_relay.url) as client:
        replies = [await client.post("/api/helper/redeem", json={"code": "AAAA-AAAA"}) for _ in range(40)]
    assert replies[0].status_code == 404
    assert replies[-1].status_code == 429
    assert int(replies[-1].headers["Retry-After"]) >= 1
    assert "秒后再试" in replies[-1].json()["message"]


async def test_an_expired_session_is_refused_over_http_and_websocket(own_relay: RunningRelay) -> None:
    session = await taxpayer_session(own_relay)
    own_relay.kill()
    with sqlite3.connect(own_relay.folder / "relay.db") as database:
        database.execute("UPDATE token SET expires_at = 1")
    database.close()
    own_relay.start()
    async with httpx.AsyncClient(base_url=own_relay.url) as client:
        reply = await client.get("/api/files/X", headers={"Authorization": f"Bearer {session['token']}"})
    assert reply.status_code == 401
    async with socket_to(own_relay, "/ws/taxpayer") as peer:
        await peer.say(Hello(oldest=1, newest=1, token=session["token"], client=ClientId("w"), app=APP))
        refusal = await peer.hear_until(ErrorReply)
        assert refusal.code == "unauthenticated"
        assert await peer.closed() == 4401
