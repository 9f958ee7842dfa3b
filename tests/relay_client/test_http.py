"""The HTTP side against a real server on loopback: headers, sentences, progress, and what happens without one."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from relay_client.http import RelayHttp
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AttachmentId, ConsultationId

AGENT = {
    "id": "a1",
    "number": "8001",
    "name": "李敏",
    "office": {"code": "360103", "name": "西湖区税务局", "level": "county"},
}
uploads: list[tuple[dict[str, str], bytes]] = []


async def login(request: Request) -> Response:
    wish = await request.json()
    if wish["password"] != "right":
        return JSONResponse({"code": "unauthenticated", "message": "工号或密码不正确。"}, 401)
    return JSONResponse({"token": "secret", "agent": AGENT})


async def upload(request: Request) -> Response:
    uploads.append((dict(request.headers), await request.body()))
    return JSONResponse({"id": "f1", "name": "截图.png", "media_type": "image/png", "size": 3})


async def download(request: Request) -> Response:
    return PlainTextResponse(request.headers["authorization"])


async def broken(request: Request) -> Response:
    return PlainTextResponse("proxy says no", 502)


@pytest.fixture
async def server() -> AsyncIterator[str]:
    routes = [
        Route("/api/agent/login", login, methods=["POST"]),
        Route("/api/uploads", upload, methods=["POST"]),
        Route("/api/files/{id}", download),
        Route("/api/catalogue", broken),
    ]
    listener = socket.create_server(("127.0.0.1", 0))
    runner = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off"))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(runner.serve([listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        runner.should_exit = True
        await serving


@pytest.fixture
async def http(server: str) -> AsyncIterator[RelayHttp]:
    client = RelayHttp(server)
    yield client
    await client.aclose()


async def test_a_log_in_returns_the_agent(http: RelayHttp) -> None:
    found = await http.login("8001", "right")
    assert (found.token, found.agent.name) == ("secret", "李敏")


async def test_a_refusal_keeps_its_sentence(http: RelayHttp) -> None:
    with pytest.raises(BanwenError) as caught:
        await http.login("8001", "wrong")
    assert (caught.value.code, caught.value.message) == (ErrorCode.UNAUTHENTICATED, "工号或密码不正确。")


async def test_the_token_travels_in_a_header(http: RelayHttp) -> None:
    http.use_token("secret")
    assert await http.download(AttachmentId("f1")) == b"Bearer secret"


async def test_an_upload_tells_its_progress_and_its_chinese_name(http: RelayHttp) -> None:
    heard: list[tuple[int, int]] = []
    content = bytes(150_000)
    stored = await http.upload(
        ConsultationId("c"), "截图.png", content, lambda sent, total: heard.append((sent, total))
    )
    assert stored.name == "截图.png"
    assert heard == [(65536, 150_000), (131_072, 150_000), (150_000, 150_000)]
    headers, body = uploads[-1]
    assert headers["x-file-name"] == "%E6%88%AA%E5%9B%BE.png"
    assert body == content


async def test_an_answer_that_is_not_ours_becomes_a_clear_error(http: RelayHttp) -> None:
    with pytest.raises(BanwenError) as caught:
        await http.get("/api/catalogue")
    assert caught.value.code is ErrorCode.INTERNAL


@pytest.mark.parametrize("address", ["", "relay.example", "ftp://relay.example", "http://", "http://relay:port"])
def test_an_address_that_is_none_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(BanwenError) as caught:
        RelayHttp(address)
    assert caught.value.code is ErrorCode.BAD_INPUT
    assert "https://relay.example" in caught.value.message


async def test_no_relay_is_said_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = RelayHttp(f"http://127.0.0.1:{port}")
    with pytest.raises(BanwenError) as caught:
        await client.login("8001", "x")
    await client.aclose()
    assert caught.value.code is ErrorCode.UNREACHABLE
    assert "检查网络" in caught.value.message
