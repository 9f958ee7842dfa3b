"""A browser, the scripted peer, and a site of another origin that embeds the widget by one script tag."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.web.agent import Agent, signed_in
from tests.web.peer import Peer
from tests.web.servers import serving
from tests.web.town import OFFICE_AGENT, Town, standing, widget

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--password-store=basic",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests; each test gets a context of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, chromium_sandbox=os.geteuid() != 0, args=QUIET, headless=True
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile that speaks Chinese."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def peer() -> Peer:
    """The scripted relay, not serving yet."""
    return Peer()


@dataclass(frozen=True)
class Place:
    """Where things are: the relay's origin and the embedding site's."""

    relay: str
    site: str


@pytest.fixture
def place(peer: Peer) -> Iterator[Place]:
    """The peer and a blank page with one line, on two origins."""
    addresses: dict[str, str] = {}

    async def blank(request: Request) -> Response:
        line = f'<script async src="{addresses["relay"]}/w.js" data-app="etax-demo"></script>'
        return HTMLResponse(f"<!doctype html><html lang=zh-CN><title>空白页</title><h1>空白页</h1>{line}")

    with serving(Starlette(routes=[Route("/", blank)])) as site, serving(peer.app()) as relay:
        addresses["relay"] = relay
        peer.origins.append(site)
        yield Place(relay, site)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab."""
    return context.new_page()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A relay with the sample data, and the sample site."""
    with standing(tmp_path / "relay") as town:
        yield town


@pytest.fixture
def agent(town: Town) -> Iterator[Agent]:
    """The agent of the taxpayer's own office."""
    with signed_in(town.relay.url, OFFICE_AGENT, town.relay.passwords[OFFICE_AGENT]) as agent:
        yield agent


def open_widget(page: Page, place: Place) -> FrameLocator:
    """Go to the blank page and open the window on it."""
    page.goto(place.site)
    page.get_by_role("button", name="在线咨询").click()
    return widget(page)


def open_page(page: Page, place: Place) -> Page:
    """Go to the full page."""
    page.goto(f"{place.relay}/chat?app=etax-demo")
    return page
