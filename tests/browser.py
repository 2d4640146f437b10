"""A real Chromium for tests: fixtures `chromium`, `open_page`, `serve`, and helpers axe(), shoot(), overflow(), ready(). Loaded by tests/conftest.py.

    def test_the_queue_is_usable(open_page, serve, app):
        page = open_page(serve(app) + "/unit/", width=390)
        assert axe(page) == [] and page.said_wrong == []

CHROMIUM names another browser, SHOTS a folder for screenshots.
"""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from tests.serving import serving

WIDTHS = {1440: 900, 1280: 800, 390: 844}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
)  # the shell draws no window of its own: a tenth of the work
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}  # what passed need not be described: half the time of a run
PORTS = range(20100, 32000)


def ready(page: Page, selector: str = "") -> Page:
    """Wait until the page's own scripts have run (after a click that leads to another page), and for `selector` if given."""
    page.wait_for_selector("html[data-ready]", state="attached")
    if selector:
        page.wait_for_selector(selector)
    return page


def axe(page: Page) -> list[str]:
    """What axe finds from the top of the page, one line a violation: rule, elements. Empty is good. Further down, what a fixed bar half covers would be too small."""
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {one['help']} — " + " | ".join(f"{node['target'][0]} {node['html'][:140]}" for node in one["nodes"][:6])
        for one in found
    ]


def too_small(page: Page) -> list[str]:
    """What one presses on a phone and is lower than 44 px: its words and height. A field counts with its label, a link inside a sentence not."""
    return page.evaluate("""() => [...document.querySelectorAll('button, .btn, select, textarea, summary, input:not([type=hidden])')].filter(el => {
        const box = (el.closest('label') || el).getBoundingClientRect();
        return el.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !el.closest('.visually-hidden, [inert]') && box.width > 1 && box.height < 44;
    }).map(el => `${Math.round((el.closest('label') || el).getBoundingClientRect().height)} px: ${(el.name || el.innerText || el.className).trim().slice(0, 40)}`)""")


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def shoot(page: Page, name: str) -> None:
    """A picture of the whole page in the folder SHOTS names; nobody asked for pictures: nothing."""
    if folder := os.environ.get("SHOTS"):
        page.evaluate("scrollTo(0, 0); for (const bar of document.querySelectorAll('.dock, .toasts')) bar.style.visibility = 'hidden'")
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for the run."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        pytest.skip("no Chromium found: install it (Debian: apt install chromium-headless-shell fonts-noto-cjk) or name one in CHROMIUM")
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium) -> Iterator[Callable[..., Page]]:
    """open_page(url, width=1280, **context) → a loaded page whose `said_wrong` collects console errors, exceptions and CSP breaches.

    `context` goes to Playwright's new_context (locale, storage_state, has_touch …); `shared=page` opens another tab of the same person.
    """
    contexts = []

    def open_one(url: str, width: int = 1280, shared: Page | None = None, **context) -> Page:
        if shared is None:
            wanted = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce", **context}
            contexts.append(chromium.new_context(viewport={"width": width, "height": WIDTHS.get(width, 800)}, **wanted))
        page = (shared.context if shared else contexts[-1]).new_page()
        page.set_default_timeout(10_000)
        page.said_wrong = []
        page.on("console", lambda said: page.said_wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.said_wrong.append(str(error)))
        page.goto(url)
        if context.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready], html:not([data-keys])", state="attached")
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """serve(app) → the address of that application, answering from threads until the test ends."""
    with ExitStack() as running:
        yield lambda app, port=0: running.enter_context(serving(app, port or free_port()))


def free_port() -> int:
    """A port nobody listens on, outside the range the system gives to clients."""
    for port in (PORTS[(os.getpid() * 37 + step * 11) % len(PORTS)] for step in range(len(PORTS))):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise OSError("no free port for a test server")
