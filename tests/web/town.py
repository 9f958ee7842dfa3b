"""A relay with the sample data and the sample site that embeds it: the town in which tests play a taxpayer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import FrameLocator, Page, expect

from examples.etax.app import create
from examples.etax.tokens import Signer, read_key
from tests.running import RunningRelay, running_relay
from tests.web.servers import listener, origin_of, serving

OFFICE_AGENT = "8001"


@dataclass(frozen=True)
class Town:
    """A relay and a site that embeds it."""

    relay: RunningRelay
    site: str


@contextmanager
def standing(folder: Path) -> Iterator[Town]:
    """A relay with the sample data, and the sample site on an origin it allows."""
    with (
        listener() as door,
        running_relay(folder, origins=[origin_of(door)], config="[relay]\nheartbeat = 1.0") as relay,
    ):
        signer = Signer(read_key(relay.write_site_key()), "etax-demo")
        with serving(create(relay.url, "etax-demo", signer), door) as site:
            yield Town(relay, site)


def widget(page: Page) -> FrameLocator:
    """The window on an embedding page."""
    return page.frame_locator('iframe[title="在线咨询"]')


def begin(page: Page, town: Town) -> FrameLocator:
    """Open the window on the filing page."""
    page.goto(f"{town.site}/vat")
    page.get_by_role("button", name="在线咨询").click()
    chat = widget(page)
    expect(chat.get_by_text("江西示例商贸有限公司，您好")).to_be_visible()
    return chat


def say(chat: FrameLocator, words: str) -> None:
    """Write something and send it."""
    box = chat.get_by_role("textbox", name="输入您的问题")
    box.fill(words)
    box.press("Enter")
