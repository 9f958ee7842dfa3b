"""Uploads over HTTP: bounded while they stream, judged by content, seen only by those who may see the consultation."""

import io
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from relay_protocol.ids import ConsultationId
from tests.contract.peer import agent_token, link_to, open_consultation, taxpayer_session
from tests.running import RunningRelay


def photo() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    target = io.BytesIO()
    Image.effect_noise((120, 80), 60).convert("RGB").save(target, "JPEG", exif=exif)
    return target.getvalue()


class Browser:
    """A taxpayer with an open consultation who uploads things."""

    def __init__(self, relay: RunningRelay, token: str, consultation: ConsultationId) -> None:
        self.token, self.consultation, self._relay = token, consultation, relay

    async def upload(self, content: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
        known = {
            "Authorization": f"Bearer {self.token}",
            "X-Consultation": self.consultation,
            "X-File-Name": "%E7%85%A7%E7%89%87.jpg",
        }
        async with httpx.AsyncClient(base_url=self._relay.url, timeout=30) as client:
            return await client.post("/api/uploads", content=content, headers={**known, **headers})

    async def download(self, attachment: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self._relay.url) as client:
            address = f"/api/files/{attachment}"
            return await client.get(address, headers={"Authorization": f"Bearer {self.token}"})


async def browser(relay: RunningRelay) -> Browser:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        return Browser(relay, token, await open_consultation(peer))


@pytest.mark.req("A12")
async def test_a_photo_is_kept_without_what_it_should_not_tell(relay: RunningRelay) -> None:
    me = await browser(relay)
    reply = await me.upload(photo())
    attachment: dict[str, Any] = reply.json()
    assert reply.status_code == 200
    assert (attachment["media_type"], attachment["width"], attachment["height"]) == ("image/jpeg", 120, 80)
    assert attachment["name"] == "照片.jpg"
    back = await me.download(attachment["id"])
    assert back.headers["x-content-type-options"] == "nosniff"
    assert back.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert len(back.content) == attachment["size"]
    assert b"taken at home" not in back.content


@pytest.mark.req("A12")
@pytest.mark.parametrize("content", [b"MZ\x90\x00" + bytes(500), b"<svg onload='x()'/>", b"<html><script>x()</script>"])
async def test_a_forbidden_kind_is_refused_whatever_its_name(relay: RunningRelay, content: bytes) -> None:
    reply = await (await browser(relay)).upload(content)
    assert reply.status_code == 415
    assert reply.json()["code"] == "forbidden_type"
    assert "可以发送" in reply.json()["message"]


@pytest.mark.req("A12")
async def test_a_file_that_says_it_is_too_large_is_refused_at_once(relay: RunningRelay) -> None:
    reply = await (await browser(relay)).upload(bytes(20 * 1024 * 1024 + 1))
    assert reply.status_code == 413
    assert "20 MB" in reply.json()["message"]


@pytest.mark.req("A12")
async def test_a_file_that_does_not_say_is_cut_off_while_it_streams(relay: RunningRelay) -> None:
    me = await browser(relay)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 200 * 1024 * 1024:
            sent += 1024 * 1024
            yield bytes(1024 * 1024)

    try:
        reply = await me.upload(endless())
    except httpx.TransportError:  # the relay hung up before all was said, which is its right
        pass
    else:
        assert reply.status_code == 413
    assert sent < 100 * 1024 * 1024
    left = [path for path in (relay.folder / "files").rglob("*") if path.suffix == ".part"]
    assert not left, "what was refused is not kept"


async def test_a_picture_larger_than_any_screen_is_refused(relay: RunningRelay) -> None:
    target = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(target, "PNG")
    reply = await (await browser(relay)).upload(target.getvalue())
    assert reply.status_code == 413
    assert reply.json()["code"] == "too_large"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\u0000b\r\nX: y.jpg", "x" * 4000, "", "C:\\x\\y.jpg"])
async def test_a_file_name_is_only_a_name(relay: RunningRelay, name: str) -> None:
    me = await browser(relay)
    reply = await me.upload(photo(), **{"X-File-Name": quote(name, safe="")})
    assert reply.status_code == 200, reply.text
    kept = reply.json()["name"]
    assert 0 < len(kept) <= 120
    assert not {"/", "\\", "\u0000", "\r", "\n"} & set(kept)
    assert (await me.download(reply.json()["id"])).status_code == 200


async def test_somebody_elses_file_looks_like_none_at_all(relay: RunningRelay) -> None:
    me, other = await browser(relay), await browser(relay)
    attachment = (await me.upload(photo())).json()["id"]
    real, made_up = await other.download(attachment), await other.download("01JD0000000000000000000000")
    assert real.status_code == made_up.status_code == 404
    assert real.json() == made_up.json()
    agent = Browser(relay, await agent_token(relay, "8004"), me.consultation)
    assert (await agent.download(attachment)).status_code == 404


async def test_nothing_can_be_uploaded_to_somebody_elses_consultation(relay: RunningRelay) -> None:
    me, other = await browser(relay), await browser(relay)
    reply = await other.upload(photo(), **{"X-Consultation": me.consultation})
    assert reply.status_code == 404


async def test_an_upload_without_a_token_is_refused(relay: RunningRelay) -> None:
    me = await browser(relay)
    assert (await me.upload(photo(), Authorization="")).status_code == 401
    assert (await me.upload(photo(), Authorization="Bearer " + "x" * 43)).status_code == 401


@pytest.mark.parametrize("address", ["/api/files/..%2f..%2frelay.toml", "/api/files/", "/assets/../../config.py"])
async def test_no_address_leads_out_of_the_folder(relay: RunningRelay, address: str) -> None:
    me = await browser(relay)
    async with httpx.AsyncClient(base_url=relay.url) as client:
        reply = await client.get(address, headers={"Authorization": f"Bearer {me.token}"})
    assert reply.status_code == 404


@pytest.mark.req("A12")
@pytest.mark.parametrize(("command", "status"), [("true", 200), ("false", 415), ("no-such-scanner", 503)])
async def test_a_scanner_has_the_last_word(own_relay: RunningRelay, command: str, status: int) -> None:
    own_relay.stop()
    own_relay.configure(f'[limits]\nscan = ["{command}"]')
    own_relay.start()
    me = await browser(own_relay)
    reply = await me.upload(photo())
    assert reply.status_code == status
    left = list((own_relay.folder / "files").iterdir())
    assert len(left) == (1 if status == 200 else 0), "what was refused is not kept"
