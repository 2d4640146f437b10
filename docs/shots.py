"""The pictures of the handbook: every desk of a running demo city, into docs/shots/*.png, in Chinese, small.

    python3 manage.py up                                              # in another terminal
    .venv/bin/python docs/shots.py http://127.0.0.1:8000 PASSWORD [NAME…]

Looks only; sends no form but the sign-in. CHROMIUM names another browser.
"""

import io
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as WaitedInVain

FOLDER = Path(__file__).resolve().parent / "shots"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--hide-scrollbars"]
HEIGHTS = {1280: 800, 390: 844}
MOST = 150_000  # bytes a picture may have
COLOURS = (192, 128, 96, 64, 48, 32)


@dataclass(frozen=True)
class Shot:
    """One picture: who looks ("" a citizen), how wide, where, and what is done first.

    `path` may hold names that `find`, a query of the ticket list, fills, and {phones}, where the demo's telephones are; `alone`: of a ticket
    without assisting units, else with most.
    """

    name: str
    who: str
    width: int
    path: str
    first: Callable[[Page], None] | None = None
    find: str = ""
    alone: bool = False


def a_call(page: Page) -> None:
    """A known caller's number and a few words: caller, suggestions and the sentence to read out appear."""
    page.fill("#f-phone", "13800001402")
    page.fill("#f-content", "海晏小区3幢地下室污水倒灌，早上八点多开始，现在水已经漫到电表箱下沿，楼道里有臭味。")
    page.wait_for_selector("#advice .sug li")
    page.keyboard.press("Alt+t")
    page.wait_for_timeout(1200)


def no_paths(page: Page) -> None:
    """The machine's own folders are nobody's business."""
    page.evaluate("""() => { const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) walk.currentNode.data = walk.currentNode.data.replace(/\\/\\S+/g, path => path.endsWith('uploads') ? '/srv/shaoxiang/uploads' : '/srv/shaoxiang'); }""")


def open_form(name: str) -> Callable[[Page], None]:
    """The form behind one of the ticket's buttons."""
    return lambda page: page.locator(f"[data-open='do-{name}']").first.click()


def second_row(page: Page) -> None:
    """Down to a row with more to tell."""
    page.keyboard.press("j")
    page.wait_for_timeout(800)


def sounding_board(page: Page) -> None:
    """The board of the emergency that sounds now."""
    page.locator("#queue .walled h2 a").first.click()
    page.wait_for_load_state()


def filled_in(page: Page) -> None:
    """A citizen's form half way."""
    page.fill("#f-content", "小区门口的路灯坏了四天，晚上接孩子要打着手电走。")
    page.fill("#f-address", "海晏小区北门")
    page.wait_for_timeout(1200)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


SHOTS = (
    Shot("portal", "", 390, "/"),
    Shot("portal-large", "", 390, "/?size=large"),
    Shot("file", "", 390, "/file", filled_in),
    Shot("track", "", 390, "/t/{code}", find="status=handling&channel=web", alone=True),
    Shot("rate", "", 390, "/rate", find="status=follow-up"),
    Shot("duties", "", 1280, "/duties"),
    Shot("sign-in", "", 1280, "/sign-in"),
    Shot("operator", "agent1", 1280, "/desk/intake", a_call),
    Shot("operator-mine", "agent1", 1280, "/desk/intake/mine"),
    Shot("dispatch", "dispatcher1", 1280, "/desk/dispatch", second_row),
    Shot("dispatch-returns", "dispatcher1", 1280, "/desk/dispatch/returns"),
    Shot("dispatch-asked", "dispatcher1", 1280, "/desk/dispatch/asked"),
    Shot("rulings", "auditor1", 1280, "/desk/rulings"),
    Shot("tickets", "dispatcher1", 1280, "/desk/tickets"),
    Shot("unit", "urban.liaison", 1280, "/desk/unit"),
    Shot("unit-phone", "urban.liaison", 390, "/desk/unit"),
    Shot("duty", "east.head", 1280, "/desk/duty"),
    Shot("ticket", "{unit}.handler", 1280, "/tickets/{number}", find="status=handling"),
    Shot("ticket-phone", "{unit}.handler", 390, "/tickets/{number}", find="status=handling"),
    Shot("ticket-reply", "{unit}.head", 1280, "/tickets/{number}", open_form("replies"), find="status=handling", alone=True),
    Shot("ticket-return", "{unit}.liaison", 390, "/tickets/{number}", open_form("returns"), find="status=dispatched"),
    Shot("audit", "auditor1", 1280, "/desk/audit"),
    Shot("follow-up", "followup1", 1280, "/desk/follow-up"),
    Shot("supervision", "supervisor1", 1280, "/desk/supervision"),
    Shot("hotspots", "supervisor1", 1280, "/desk/hotspots"),
    Shot("hall", "leader1", 1280, "/desk/hall"),
    Shot("report-units", "supervisor1", 1280, "/desk/reports/units"),
    Shot("report", "supervisor1", 1280, "/desk/reports/escalations"),
    Shot("street", "dongmen.head", 1280, "/desk/street"),
    Shot("arrivals", "supervisor1", 1280, "/desk/whistle-wall", sounding_board),
    Shot("whistle-office", "dispatcher1", 1280, "/desk/whistle-office"),
    Shot("report-whistles", "supervisor1", 1280, "/desk/reports/whistles"),
    Shot("phones", "", 1280, "{phones}/phones/13800001402"),
    Shot("knowledge", "admin1", 1280, "/desk/knowledge"),
    Shot("admin", "admin1", 1280, "/admin"),
    Shot("admin-unit", "admin1", 1280, "/admin/units/{housing}"),
    Shot("admin-accounts", "admin1", 1280, "/admin/accounts"),
    Shot("admin-catalogue", "admin1", 1280, "/admin/catalogue"),
    Shot("admin-boundaries", "admin1", 1280, "/admin/boundaries"),
    Shot("admin-limits", "admin1", 1280, "/admin/limits"),
    Shot("admin-calendar", "admin1", 1280, "/admin/calendar"),
    Shot("admin-audit", "admin1", 1280, "/admin/audit"),
    Shot("admin-system", "admin1", 1280, "/admin/system", no_paths),
    Shot("account", "admin1", 1280, "/account"),
    Shot("api", "", 1280, "/api/docs"),
)


class Tour:
    """One browser before one installation."""

    def __init__(self, browser: Browser, address: str, password: str) -> None:
        self.browser, self.address, self.password = browser, address.rstrip("/"), password
        self.cookies: dict[str, list] = {}

    def take(self, shot: Shot) -> int:
        """Go there, do what comes first, keep the picture; its bytes."""
        names = self.named(shot)
        page = self.page(shot.who.format(**names), shot.width)
        path = names["rate"] if shot.path == "/rate" else shot.path.format(**names)
        page.goto(urljoin(self.address, path))
        page.wait_for_selector("html[data-ready], html:not([data-keys])", state="attached")
        with suppress(WaitedInVain):
            page.wait_for_selector("#evidence form, #pane form, main", timeout=2000)
        if shot.first:
            shot.first(page)
        page.wait_for_timeout(900)  # pictures, maps and rings have drawn themselves
        size = keep(page.screenshot(), FOLDER / f"{shot.name}.png")
        page.context.close()
        return size

    def page(self, username: str, width: int) -> Page:
        """A fresh window, signed in as this person."""
        context = self.browser.new_context(
            viewport={"width": width, "height": HEIGHTS[width]},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            has_touch=width < 600,
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        if username in self.cookies:
            context.add_cookies(self.cookies[username])
        elif username:
            page.goto(f"{self.address}/sign-in")
            page.fill("[name=username]", username)
            page.fill("[name=password]", self.password)
            with page.expect_navigation():
                page.click("form[action='/sign-in'] [type=submit]")
            if "/sign-in" in page.url:
                raise SystemExit(f"{username} cannot sign in with this password")
            self.cookies[username] = context.cookies()
        return page

    def named(self, shot: Shot) -> dict[str, str]:
        """A ticket of the wanted kind, by the API, as {number}, {code}, {unit} and {rate}."""
        if shot.path.startswith("{phones}"):
            port = int(self.address.rpartition(":")[2])
            return {"phones": f"{self.address.removesuffix(str(port))}{port + 1}"}
        if not (shot.find or "{" in shot.path):
            return {}
        page = self.page("dispatcher1", 1280)
        found = page.request.get(f"{self.address}/api/v1/tickets?limit=50&{shot.find}").json()["items"] if shot.find else []
        ticket = max(found, key=lambda one: (len(one["assisting_units"]) * (-1 if shot.alone else 1), one["number"]), default={})
        names = {"number": ticket.get("number", ""), "code": ticket.get("query_code", ""), "unit": ticket.get("lead_unit") or ""}
        if shot.path == "/rate":
            page.goto(f"{self.address}/t/{names['code']}")
            names["rate"] = page.locator("a[href^='/rate/']").first.get_attribute("href") or ""
        if "{housing}" in shot.path:
            admin = self.page("admin1", 1280)
            admin.goto(f"{self.address}/admin/units?q=housing")
            names["housing"] = (admin.locator("main a[href^='/admin/units/']").last.get_attribute("href") or "").rpartition("/")[2]
            admin.context.close()
        page.context.close()
        return names


def keep(data: bytes, path: Path) -> int:
    """The picture in few enough colours to be small; text stays sharp because nothing is dithered."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    for colours in COLOURS:
        picture.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST:
            break
    return path.stat().st_size


def main(address: str, password: str, *wanted: str) -> None:
    """Take all pictures, or those named."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("no Chromium found: install it or name one in CHROMIUM")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        tour = Tour(browser, address, password)
        for shot in SHOTS:
            if not wanted or shot.name in wanted:
                print(f"{shot.name:18} {tour.take(shot) // 1024:4} KB", flush=True)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
