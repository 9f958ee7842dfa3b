"""Pages and assets: what a browser may load, what those pages may do, and who may frame them."""

import httpx
import pytest

from tests.running import APP, SITE_ORIGIN, RunningRelay


def policy(reply: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in reply.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


async def get(relay: RunningRelay, address: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=relay.url) as client:
        return await client.get(address, headers=headers)


@pytest.mark.req("G7")
async def test_the_widget_may_be_framed_by_its_own_site_only(relay: RunningRelay) -> None:
    reply = await get(relay, f"/widget?app={APP}")
    assert reply.status_code == 200
    assert policy(reply)["frame-ancestors"] == SITE_ORIGIN
    assert policy(reply)["script-src"] == "'self'"
    assert policy(reply)["default-src"] == "'none'"
    assert "unsafe" not in reply.headers["content-security-policy"]


async def test_the_full_page_may_not_be_framed_at_all(relay: RunningRelay) -> None:
    reply = await get(relay, f"/chat?app={APP}")
    assert reply.status_code == 200
    assert policy(reply)["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("page", ["chat.html", "widget.html", "w.js"])
async def test_no_page_is_served_without_its_policy(relay: RunningRelay, page: str) -> None:
    reply = await get(relay, f"/assets/..%2f{page}?app={APP}")
    assert reply.status_code == 404


async def test_an_unknown_app_gets_a_page_that_says_so(relay: RunningRelay) -> None:
    for address in ("/widget?app=%3Cscript%3E", "/widget", "/chat?app=x"):
        reply = await get(relay, address)
        assert reply.status_code == 404
        assert "应用标识不正确" in reply.text
        assert "<script>" not in reply.text


@pytest.mark.req("G7")
async def test_the_loader_may_be_loaded_by_any_page_and_is_asked_for_again_cheaply(relay: RunningRelay) -> None:
    first = await get(relay, "/w.js")
    assert first.status_code == 200
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    again = await get(relay, "/w.js", **{"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


async def test_a_relay_that_is_well_says_so(relay: RunningRelay) -> None:
    reply = await get(relay, "/healthz")
    assert reply.json()["ok"] is True


async def test_there_is_no_set_up_to_be_found(relay: RunningRelay) -> None:
    for address in ("/setup", "/install", "/admin", "/api/setup", "/SetupWizard.aspx", "/docs", "/openapi.json"):
        reply = await get(relay, address)
        assert reply.status_code == 404
        assert reply.json()["code"] == "not_found"
