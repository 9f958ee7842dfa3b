"""WebSocket links: what opens one, what is refused, and how a bad peer is told."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from relay_protocol.codec import MAX_FRAME_BYTES, encode
from relay_protocol.errors import ErrorCode
from relay_protocol.ids import ClientId, ConsultationId, consultation_stream
from relay_protocol.messages import (
    AskHuman,
    Done,
    ErrorReply,
    Evaluate,
    Heartbeat,
    Hello,
    History,
    LoadHistory,
    MessagePosted,
    PostMessage,
    PresenceState,
    Pulse,
    SetPresence,
    Text,
    Welcome,
)
from tests.contract.peer import (
    Peer,
    agent_token,
    fresh,
    greet,
    link_to,
    open_consultation,
    post,
    socket_to,
    taxpayer_session,
)
from tests.running import RunningRelay


def hello(token: str, oldest: int = 1, newest: int = 1) -> Hello:
    return Hello(oldest=oldest, newest=newest, token=token, client=ClientId("window"))


async def test_a_hello_is_welcomed(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with socket_to(relay, "/ws/taxpayer") as peer:
        welcome = await greet(peer, token)
        assert welcome.protocol == 1
        assert welcome.heartbeat > 0
        assert welcome.epoch


@pytest.mark.parametrize("path", ["/ws/taxpayer", "/ws/agent", "/ws/helper"])
async def test_a_wrong_token_is_refused(relay: RunningRelay, path: str) -> None:
    async with socket_to(relay, path) as peer:
        await peer.say(hello("x" * 43))
        reply = await peer.hear_until(ErrorReply)
        assert (reply.code, reply.request_id) == (ErrorCode.UNAUTHENTICATED, None)
        assert await peer.closed() == 4401


async def test_a_taxpayers_token_opens_no_workbench_and_an_agents_no_widget(relay: RunningRelay) -> None:
    taxpayer = (await taxpayer_session(relay))["token"]
    agent = await agent_token(relay, "8001")
    for path, token in (("/ws/agent", taxpayer), ("/ws/taxpayer", agent), ("/ws/helper", agent)):
        async with socket_to(relay, path) as peer:
            await peer.say(hello(token))
            assert (await peer.hear_until(ErrorReply)).code is ErrorCode.UNAUTHENTICATED


async def test_a_program_too_new_or_too_old_is_told_so(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with socket_to(relay, "/ws/taxpayer") as peer:
        await peer.say(hello(token, oldest=7, newest=9))
        assert (await peer.hear_until(ErrorReply)).code is ErrorCode.VERSION
        assert await peer.closed() == 4406


async def test_whatever_comes_before_a_hello_is_refused(relay: RunningRelay) -> None:
    async with socket_to(relay, "/ws/taxpayer") as peer:
        await peer.say(Heartbeat())
        assert (await peer.hear_until(ErrorReply)).code is ErrorCode.UNAUTHENTICATED
        assert await peer.closed() == 4401


@pytest.mark.parametrize("path", ["/ws/taxpayer", "/ws/agent", "/ws/helper"])
async def test_a_page_of_another_site_gets_no_link(relay: RunningRelay, path: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with socket_to(relay, path, origin="https://evil.test"):
            pass
    assert caught.value.response.status_code == 403


async def test_our_own_page_gets_one(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with socket_to(relay, "/ws/taxpayer", origin=relay.url) as peer:
        await greet(peer, token)


async def test_an_unknown_link_is_no_link(relay: RunningRelay) -> None:
    with pytest.raises(InvalidStatus):
        async with socket_to(relay, "/ws/other"):
            pass


async def test_garbage_is_answered_and_after_too_much_of_it_the_link_ends(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        for garbage in ("", "{", "[1]", '{"type": 5}', '{"type": "PostMessage"}', "\u0000", '{"type": "Hello"'):
            await peer.say_raw(garbage)
        code = await peer.closed()
        replies = [one for one in peer.heard if isinstance(one, ErrorReply)]
        assert code == 4400
        assert 1 <= len(replies) <= 6
        assert all(reply.code is ErrorCode.MALFORMED for reply in replies)


async def test_a_request_that_cannot_be_read_is_answered_by_its_number(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        await peer.say_raw(json.dumps({"type": "PostMessage", "request_id": "r1", "consultation": 5}))
        assert (await peer.hear_until(ErrorReply)).request_id == "r1"


async def test_an_oversized_frame_is_refused_in_words(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        await peer.say_raw("x" * (MAX_FRAME_BYTES + 1))
        refusal = await peer.hear_until(ErrorReply)
        assert (refusal.code, refusal.message) == (ErrorCode.TOO_LARGE, "内容太大，请精简后重试。")


async def test_a_frame_that_is_far_too_large_ends_the_link(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        await peer.say_raw("x" * (2 * MAX_FRAME_BYTES + 1))
        assert await peer.closed() == 1009


async def test_bytes_that_are_no_text_end_the_link(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        for _ in range(6):
            await peer.say_raw(b"\xff\xfe\x00")
        assert await peer.closed() == 4400


async def test_a_message_of_a_newer_program_is_skipped(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        for _ in range(20):
            await peer.say_raw('{"type": "DanceTogether", "step": 1}')
        await peer.say(Heartbeat())
        await peer.hear_until(Pulse)


async def test_what_only_agents_may_say_is_unknown_to_a_taxpayers_link(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        wish = SetPresence(request_id=fresh(), state=PresenceState.READY)
        await peer.say(wish)
        await peer.say(Heartbeat())
        await peer.hear_until(Pulse)
        assert wish.request_id not in [one.request_id for one in peer.heard if isinstance(one, Done)]


async def test_a_message_sent_twice_is_posted_once(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        consultation = await open_consultation(peer)
        wish = PostMessage(
            request_id=fresh(), consultation=consultation, client_id=ClientId(uuid4().hex), body=Text(text="你好")
        )
        first = await peer.done(wish)
        second = await peer.done(wish)
        assert first.seq == second.seq
    async with link_to(relay, "/ws/taxpayer", token) as later:
        posted = [
            frame.event.client_id
            for frame in later.frames(consultation_stream(consultation))
            if isinstance(frame.event, MessagePosted)
        ]
        assert posted.count(wish.client_id) == 1


@pytest.mark.req("C1")
async def test_two_windows_of_one_person_show_the_same(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as one, link_to(relay, "/ws/taxpayer", token) as two:
        consultation = await open_consultation(one)
        assert await open_consultation(two) == consultation
        words = uuid4().hex
        await say(one, consultation, words)
        posted = await two.event(MessagePosted, lambda event: event.body == Text(text=words))
        assert posted.sender.side == "taxpayer"


async def say(peer: Peer, consultation: ConsultationId, text: str) -> Done:
    return await peer.done(
        PostMessage(
            request_id=fresh(), consultation=consultation, client_id=ClientId(uuid4().hex), body=Text(text=text)
        )
    )


REQUESTS_ABOUT: list[Any] = [
    lambda one: PostMessage(request_id=fresh(), consultation=one, client_id=ClientId("c"), body=Text(text="x")),
    lambda one: AskHuman(request_id=fresh(), consultation=one),
    lambda one: Evaluate(request_id=fresh(), consultation=one, level=5),
    lambda one: LoadHistory(request_id=fresh(), stream=consultation_stream(one), before=1000),
]


@pytest.mark.parametrize("make", REQUESTS_ABOUT)
async def test_somebody_elses_consultation_looks_like_none_at_all(relay: RunningRelay, make: Any) -> None:
    owner, stranger = (await taxpayer_session(relay))["token"], (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", owner) as mine, link_to(relay, "/ws/taxpayer", stranger) as other:
        consultation = await open_consultation(mine)
        real = await other.refused(make(consultation))
        made_up = await other.refused(make(ConsultationId("01JD0000000000000000000000")))
        assert real.code is made_up.code is ErrorCode.NOT_FOUND
        assert real.message == made_up.message


async def test_an_agent_who_was_not_offered_it_cannot_read_it_either(relay: RunningRelay) -> None:
    owner = (await taxpayer_session(relay))["token"]
    async with (
        link_to(relay, "/ws/taxpayer", owner) as mine,
        link_to(relay, "/ws/agent", await agent_token(relay, "8004")) as agent,
    ):
        consultation = await open_consultation(mine)
        wish = LoadHistory(request_id=fresh(), stream=consultation_stream(consultation), before=1000)
        assert (await agent.refused(wish)).code is ErrorCode.NOT_FOUND


async def test_history_comes_in_pages(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        consultation = await open_consultation(peer)
        for number in range(4):
            await say(peer, consultation, f"第{number}句")
        wish = LoadHistory(request_id=fresh(), stream=consultation_stream(consultation), before=4, limit=2)
        await peer.say(wish)
        page = await peer.hear_until(History)
        assert [frame.seq for frame in page.frames] == [2, 3]


async def test_a_peer_that_says_too_much_is_told_to_wait(own_relay: RunningRelay) -> None:
    token = (await taxpayer_session(own_relay))["token"]
    async with link_to(own_relay, "/ws/taxpayer", token) as peer:
        consultation = await open_consultation(peer)
        wishes = [AskHuman(request_id=fresh(), consultation=consultation) for _ in range(600)]
        for wish in wishes:
            await peer.socket.send(encode(wish).decode())
        answers = [await peer.hear_until(ErrorReply, lambda reply: reply.code is ErrorCode.RATE_LIMITED)]
        assert "秒后再试" in answers[0].message
        assert answers[0].request_id is not None


async def test_hundreds_of_silent_links_do_not_keep_anybody_out(own_relay: RunningRelay) -> None:
    token = (await taxpayer_session(own_relay))["token"]
    silent = [await asyncio.open_connection(*address_of(own_relay)) for _ in range(200)]
    async with link_to(own_relay, "/ws/taxpayer", token) as peer:
        await open_consultation(peer)
    for _, writer in silent:
        writer.close()


def address_of(relay: RunningRelay) -> tuple[str, int]:
    host, _, port = relay.url.removeprefix("http://").partition(":")
    return host, int(port)


async def test_a_wrong_code_is_refused_with_the_way_out(relay: RunningRelay) -> None:
    for code in ("AAAA-AAAA", "", "1", "x" * 500, "０１２３"):
        reply = await post(relay, "/api/helper/redeem", {"code": code}, status=404)
        assert reply["code"] == "not_found"
        assert "网页" in reply["message"] or "座席" in reply["message"]


async def test_the_welcome_is_the_only_answer_to_a_hello(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with socket_to(relay, "/ws/taxpayer") as peer:
        await greet(peer, token)
        await peer.say(Heartbeat())
        await peer.hear_until(Pulse)
        assert [type(one) for one in peer.heard] == [Welcome, Pulse]
