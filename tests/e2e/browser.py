"""The taxpayer's Chromium: a real window on a real desktop, whose page the test can also ask about."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Locator, Page, sync_playwright

from tests.e2e.desktops import Desktop
from tests.e2e.eyes import Box

CHROMIUM = "/usr/bin/chromium"

# Where the page's own pixels begin on the screen. Side and bottom borders of the window are of equal width.
PAGE_ORIGIN = """() => {
  const border = (outerWidth - innerWidth) / 2;
  return [screenX + border, screenY + outerHeight - innerHeight - border, devicePixelRatio];
}"""


@contextmanager
def chromium(
    desktop: Desktop, size: tuple[int, int] | None = None, position: tuple[int, int] = (0, 0)
) -> Iterator[BrowserContext]:
    """A browser window with a fresh profile; its first page is `.pages[0]`. It talks to no one of its own accord."""
    width, height = size or (desktop.size.width, desktop.size.height)
    as_root = os.geteuid() == 0
    arguments = [
        f"--window-size={width},{height}",
        f"--window-position={position[0]},{position[1]}",
        "--lang=zh-CN",
        "--force-device-scale-factor=1",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        "--no-first-run",
        "--password-store=basic",
        "--test-type",  # no bar across the page that warns of unusual flags
    ]
    with tempfile.TemporaryDirectory(prefix="banwen-chromium-") as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            headless=False,
            no_viewport=True,
            locale="zh-CN",
            chromium_sandbox=not as_root,  # the sandbox cannot be had as root
            ignore_default_args=["--enable-automation"],
            args=arguments,
            env=dict(desktop.env),
        )
        try:
            yield context
        finally:
            context.close()


def on_screen(page: Page, element: Locator) -> Box:
    """The element's rectangle in pixels of the screen, scrolled into view first."""
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    if box is None:
        raise ValueError(f"not visible: {element}")
    left, top, scale = page.evaluate(PAGE_ORIGIN)
    return Box(
        round(left + box["x"] * scale),
        round(top + box["y"] * scale),
        round(box["width"] * scale),
        round(box["height"] * scale),
    )
