"""What is left instead of waiting, posted with a quote, taken back, spoken: over real links."""

import io
import math
import struct
import wave
from collections.abc import Iterator

import av
import httpx
import msgspec
import pytest
from PIL import Image as Picture

from relay_protocol.errors import ErrorCode
from relay_protocol.ids import ClientId, ConsultationId, consultation_stream
from relay_protocol.messages import (
    Assigned,
    Attachment,
    BookCallback,
    CallbackBooked,
    FinishService,
    FollowBoard,
    History,
    LeaveMessage,
    LeaveQueue,
    LoadHistory,
    LookAt,
    MessageLeft,
    MessagePosted,
    MessageRecalled,
    PostMessage,
    PresenceState,
    QueueBoard,
    Recalled,
    RecallMessage,
    TakeUp,
    TicketLeft,
    Viewers,
    Voice,
)
from tests.contract.desk import Desk, at_desk
from tests.contract.peer import Peer, agent_token, fresh
from tests.running import RunningRelay, running_relay

ROOMY = "[limits]\nrequests_burst = 5000\nattempts_burst = 5000\nframes_burst = 5000"


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    """One relay for all of it."""
    with running_relay(tmp_path_factory.mktemp("words") / "relay", config=ROOMY) as relay:
        yield relay


def left(desk: Desk, text: str = "请帮我查更正申报") -> LeaveMessage:
    return LeaveMessage(request_id=fresh(), consultation=desk.consultation, text=text, phone="13912345678")


async def board_with(lead: Peer, consultation: ConsultationId) -> QueueBoard:
    """Listen until a board shows this among what was left."""
    for one in lead.heard:
        if isinstance(one, QueueBoard) and any(head.consultation == consultation for head in one.left):
            return one
    return await lead.hear_until(QueueBoard, lambda one: any(head.consultation == consultation for head in one.left))


@pytest.mark.req("A30", accepts=True)
async def test_a_message_that_was_left_stands_on_the_board_until_somebody_takes_it_up(floor: RunningRelay) -> None:
    async with at_desk(floor) as desk:
        lead = await desk.come("8101", PresenceState.BUSY)
        await lead.done(FollowBoard(request_id=fresh(), on=True))
        taxpayer = await desk.arrive()
        await taxpayer.done(left(desk))
        told = await taxpayer.event(MessageLeft)
        assert (told.office.code, told.due_at > 0) == ("360103", True)
        assert (await taxpayer.refused(left(desk))).code is ErrorCode.CONFLICT
        await board_with(lead, desk.consultation)
        wang = await desk.come("8001", PresenceState.BUSY)
        await wang.done(TakeUp(request_id=fresh(), consultation=desk.consultation))
        assert (await taxpayer.event(Assigned)).reason == "message"
        gone = await lead.refused(TakeUp(request_id=fresh(), consultation=desk.consultation))
        assert gone.code in (ErrorCode.GONE, ErrorCode.NOT_FOUND)
        await wang.done(FinishService(request_id=fresh(), consultation=desk.consultation))


@pytest.mark.req("A29")
async def test_a_call_back_is_booked_and_can_be_withdrawn(floor: RunningRelay) -> None:
    async with at_desk(floor) as desk:
        taxpayer = await desk.arrive()
        bad = BookCallback(request_id=fresh(), consultation=desk.consultation, phone="一二三")
        assert "电话" in (await taxpayer.refused(bad)).message
        good = BookCallback(request_id=fresh(), consultation=desk.consultation, phone="0791-12345678", text="退税")
        await taxpayer.done(good)
        booked = await taxpayer.event(CallbackBooked)
        assert booked.phone == "079112345678"
        assert booked.at <= booked.due_at
        await taxpayer.done(LeaveQueue(request_id=fresh(), consultation=desk.consultation))
        assert (await taxpayer.event(TicketLeft)).reason == "left"


@pytest.mark.req("A14", accepts=True)
async def test_a_message_is_quoted_and_taken_back_within_two_minutes(floor: RunningRelay) -> None:
    async with at_desk(floor, "8001") as desk:
        taxpayer, wang = await desk.serve("8001")
        seq = (await taxpayer.done(desk.say("第 3 栏怎么填"))).seq
        assert seq is not None
        await wang.done(desk.say("填销售额", quote=seq))
        answer = await taxpayer.event(MessagePosted, lambda one: one.quote is not None)
        assert (answer.quote.seq, answer.quote.excerpt) == (seq, "第 3 栏怎么填")
        assert (await wang.refused(desk.say("引用别处", quote=9999))).code is ErrorCode.NOT_FOUND
        wrong = (await wang.done(desk.say("发错了：机密"))).seq
        assert wrong is not None
        recall = RecallMessage(request_id=fresh(), consultation=desk.consultation, seq=wrong)
        assert (await taxpayer.refused(recall)).code is ErrorCode.NOT_FOUND, "only one's own"
        await wang.done(RecallMessage(request_id=fresh(), consultation=desk.consultation, seq=wrong))
        assert (await taxpayer.event(MessageRecalled)).target == wrong
        page = LoadHistory(request_id=fresh(), stream=consultation_stream(desk.consultation), before=999, limit=200)
        await taxpayer.say(page)
        history = await taxpayer.hear_until(History)
        there = next(one.event for one in history.frames if one.seq == wrong)
        assert isinstance(there, MessagePosted)
        assert isinstance(there.body, Recalled)
        assert "机密" not in str(history)


def recorded() -> bytes:
    """One second and a half of a tone, as WAV."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        tone = (int(12_000 * math.sin(at / 16_000 * 440 * 2 * math.pi)) for at in range(24_000))
        file.writeframes(b"".join(struct.pack("<h", one) for one in tone))
    return target.getvalue()


def in_webm(wav: bytes) -> bytes:
    """The same as a browser records it: Opus in WebM."""
    target = io.BytesIO()
    with av.open(io.BytesIO(wav), "r") as source, av.open(target, "w", format="webm") as written:
        stream = written.add_stream("libopus", rate=48_000, layout="mono")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for frame in source.decode(audio=0):
            for one in resampler.resample(frame):
                one.pts = None
                written.mux(stream.encode(one))
        written.mux(stream.encode(None))
    return target.getvalue()


async def uploaded(desk: Desk, content: bytes, name: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {desk.token}", "X-Consultation": desk.consultation, "X-File-Name": name}
    async with httpx.AsyncClient(base_url=desk.relay.url, timeout=30) as client:
        return await client.post("/api/uploads", content=content, headers=headers)


@pytest.mark.req("A12", accepts=True)
@pytest.mark.parametrize("as_webm", [False, True])
async def test_a_voice_message_is_kept_so_that_it_plays_everywhere(floor: RunningRelay, as_webm: bool) -> None:
    async with at_desk(floor) as desk:
        taxpayer = await desk.arrive()
        content = in_webm(recorded()) if as_webm else recorded()
        kept = (await uploaded(desk, content, "voice.webm")).json()
        assert (kept["media_type"], kept["seconds"]) == ("audio/mp4", pytest.approx(1.5, abs=0.1))
        said = PostMessage(
            request_id=fresh(),
            consultation=desk.consultation,
            client_id=ClientId(fresh()),
            body=Voice(attachment=msgspec.convert(kept, Attachment), seconds=9999.0),
        )
        await taxpayer.done(said)
        posted = await taxpayer.event(MessagePosted, lambda one: isinstance(one.body, Voice))
        assert posted.body.seconds == pytest.approx(1.5, abs=0.1), "the relay measures, whatever the client says"
        async with httpx.AsyncClient(base_url=floor.url) as client:
            back = await client.get(f"/api/files/{kept['id']}", headers={"Authorization": f"Bearer {desk.token}"})
        with av.open(io.BytesIO(back.content), "r") as played:
            assert played.streams.audio[0].codec_context.name == "aac"


@pytest.mark.req("A12")
async def test_what_only_looks_like_a_recording_is_refused(floor: RunningRelay) -> None:
    async with at_desk(floor) as desk:
        await desk.arrive()
        assert (await uploaded(desk, b"OggS" + bytes(4000), "a.ogg")).status_code == 415
        assert (await uploaded(desk, b"\x1aE\xdf\xa3" + bytes(4000), "a.webm")).status_code == 415


@pytest.mark.req("A12")
async def test_a_large_picture_has_a_small_one(floor: RunningRelay) -> None:
    async with at_desk(floor) as desk:
        await desk.arrive()
        target = io.BytesIO()
        Picture.new("RGB", (1600, 1200), (20, 120, 200)).save(target, "PNG")
        kept = (await uploaded(desk, target.getvalue(), "a.png")).json()
        async with httpx.AsyncClient(base_url=floor.url) as client:
            address = f"/api/files/{kept['thumbnail']}"
            small = await client.get(address, headers={"Authorization": f"Bearer {desk.token}"})
        with Picture.open(io.BytesIO(small.content)) as picture:
            assert max(picture.size) == 320


async def test_two_agents_who_look_at_the_same_know_of_each_other(floor: RunningRelay) -> None:
    async with at_desk(floor, "8001") as desk:
        _, wang = await desk.serve("8001")
        lead = await desk.come("8101", PresenceState.BUSY)
        for peer in (wang, lead):
            await peer.say(LookAt(consultation=desk.consultation, typing=peer is lead))
        seen = await wang.hear_until(Viewers, lambda one: len(one.looking) == 2)
        assert seen.typing == [desk.ids["8101"]]


@pytest.mark.req("A15", accepts=True)
async def test_canned_replies_belong_to_a_person_an_office_or_the_province(floor: RunningRelay) -> None:
    tokens = {number: await agent_token(floor, number) for number in ("8001", "8003", "8101", "8104")}

    async def call(method: str, number: str, **more: object) -> httpx.Response:
        async with httpx.AsyncClient(base_url=floor.url) as client:
            bearer = {"Authorization": f"Bearer {tokens[number]}"}
            return await client.request(method, "/api/canned", headers=bearer, **more)  # type: ignore[arg-type]

    def reply(scope: str, shortcut: str, office: str = "") -> dict[str, str]:
        text = "您好，{纳税人}，我是{座席}。"
        return {"scope": scope, "shortcut": shortcut, "title": "问候", "text": text, "office": office}

    assert (await call("PUT", "8001", json=reply("personal", "wh"))).status_code == 200
    assert (await call("PUT", "8001", json=reply("office", "xihu", "360103"))).status_code == 403
    assert (await call("PUT", "8101", json=reply("office", "xihu", "360103"))).status_code == 200
    assert (await call("PUT", "8101", json=reply("province", "sheng"))).status_code == 403
    assert (await call("PUT", "8104", json=reply("province", "sheng"))).status_code == 200
    mine = [one["reply"]["shortcut"] for one in (await call("GET", "8001")).json()]
    assert mine == ["wh", "xihu", "sheng"]
    assert [one["reply"]["shortcut"] for one in (await call("GET", "8003")).json()] == ["sheng"]
    key = (await call("GET", "8001")).json()[0]["key"]
    assert (await call("DELETE", "8003", params={"key": key})).status_code == 404
    assert (await call("DELETE", "8001", params={"key": key})).status_code == 200


async def test_many_left_words_are_closed_at_once_and_brought_back(floor: RunningRelay) -> None:
    async with at_desk(floor) as desk:
        lead = await desk.come("8101", PresenceState.BUSY)
        await lead.done(FollowBoard(request_id=fresh(), on=True))
        taxpayer = await desk.arrive()
        await taxpayer.done(left(desk))
        await board_with(lead, desk.consultation)
        token = await agent_token(floor, "8101")

        async def job(method: str, path: str, body: object = None) -> dict[str, object]:
            async with httpx.AsyncClient(base_url=floor.url) as client:
                reply = await client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
            assert reply.status_code == 200, reply.text
            found: dict[str, object] = reply.json()
            return found

        async def until(state: str, path: str) -> dict[str, object]:
            while (found := await job("GET", path))["state"] != state:
                await lead.hear()  # the board, which is told of every step
            return found

        wish = {"kind": "close", "consultations": [desk.consultation, "nothing"], "reason": "重复留言"}
        begun = await job("POST", "/api/jobs", wish)
        path = f"/api/jobs/{begun['id']}"
        done = await until("done", path)
        result = done["result"]
        assert isinstance(result, dict)
        assert list(result["done"]) == [desk.consultation]
        assert list(result["refused"]) == ["nothing"]
        await job("POST", f"{path}/undo")
        await until("undone", path)
        await taxpayer.event(MessageLeft, lambda one: one.text == "请帮我查更正申报")
        await board_with(lead, desk.consultation)
