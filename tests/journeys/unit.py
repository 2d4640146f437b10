"""What a unit's people do on their phones: find the matter on their desk, open the form its button leads to, send it."""

import re

from playwright.sync_api import Locator, expect

from tests.browser import ready
from tests.journeys.citizen import Matter
from tests.journeys.people import PATIENCE, Person

OPEN_FORM = "dialog[open] form"


def row_of(someone: Person, matter: Matter, group: str) -> Locator:
    """The matter's row under this heading of the unit's desk; it comes by itself."""
    block = someone.page.locator("#queue > section").filter(has=someone.page.get_by_role("heading", name=re.compile(group)))
    row = block.locator("li.job").filter(has_text=matter.tail)
    expect(row).to_be_visible(timeout=PATIENCE)
    return row


def presses(someone: Person, matter: Matter, group: str, label: str, said: str) -> None:
    """A button of the row that acts at once."""
    row_of(someone.goes("/desk/unit"), matter, group).get_by_role("button", name=label).click()
    someone.sees(said, within="body")


def follows(someone: Person, matter: Matter, group: str, label: str, said: str, /, **fields: str) -> None:
    """A button of the row that opens its form on the ticket's page."""
    row = row_of(someone.goes("/desk/unit"), matter, group)
    with someone.page.expect_navigation():
        row.get_by_role("link", name=label).click()
    ready(someone.page)
    _sends(someone, said, **fields)


def acts(someone: Person, matter: Matter, label: str, said: str, /, **fields: str) -> None:
    """One of the acts the ticket's page offers: 现在轮到你."""
    someone.goes(f"/tickets/{matter.number}")
    someone.presses(label, within="main")
    _sends(someone, said, **fields)


def _sends(someone: Person, said: str, **fields: str) -> None:
    form = someone.page.locator(OPEN_FORM)
    expect(form).to_be_visible(timeout=PATIENCE)
    someone.fills(form, **fields)
    with someone.page.expect_navigation():
        form.locator(".btn.main").click()
    ready(someone.page)
    someone.sees(said, within="body")
