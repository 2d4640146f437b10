"""A person before a browser: goes to pages, fills forms by their fields' names, presses buttons, sees words. Knows no desk."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser import axe, overflow, ready

PASSWORD = "linhai-demo-2026"
PATIENCE = 20_000  # ms: a list learns of a change within two seconds, the rest is for a busy machine
HIDDEN = ("radio", "checkbox")  # what one presses is the label drawn over them


class Person:
    """One browser of its own. Every method waits for what it needs; none sleeps."""

    def __init__(self, page: Page, address: str, name: str = "") -> None:
        self.page, self.address, self.name = page, address, name
        page.set_default_timeout(PATIENCE)

    def signs_in(self) -> None:
        """By the form, as everybody does."""
        self.fills(self.page.locator("form[action='/sign-in']"), username=self.name, password=PASSWORD)
        self.leaves_by("登录", within="form[action='/sign-in']")
        assert "/sign-in" not in self.page.url, self.page.inner_text("main")

    def goes(self, path: str) -> "Person":
        """To a page of this city, until its scripts have run."""
        self.page.goto(self.address + path)
        ready(self.page)
        return self

    def sees(self, *words: str, within: str = "main") -> None:
        """Every one of these words, now or when the page has refreshed itself."""
        for said in words:
            expect(self.page.locator(within), f"{self.name or '市民'} {self.page.url}").to_contain_text(said, timeout=PATIENCE)

    def sees_a_picture(self, label: str) -> None:
        """A picture with this label that has arrived and can be drawn."""
        picture = self.page.get_by_role("img", name=label).first
        picture.scroll_into_view_if_needed()
        expect(picture).not_to_have_js_property("naturalWidth", 0, timeout=PATIENCE)

    def fills(self, form: Locator, /, **fields: str | bool | Path) -> None:
        """Each field by its name: text, choice, tick or file."""
        for name, value in fields.items():
            field = form.locator(f"[name='{name}']")
            kind = field.first.evaluate("el => el.type")
            if kind in HIDDEN:
                form.locator(f"[name='{name}'][value='{1 if value is True else value}']").evaluate("el => el.click()")
            elif kind == "select-one":
                field.select_option(str(value))
            elif kind == "file":
                field.set_input_files(str(value))
            else:
                field.fill(str(value))

    def presses(self, label: str, within: str = "body") -> None:
        """A button or a link that says this."""
        scope = self.page.locator(within)
        scope.get_by_role("button", name=label).or_(scope.get_by_role("link", name=label)).locator("visible=true").first.click()

    def leaves_by(self, label: str, within: str = "body") -> None:
        """A button that leads to another page, until that page's scripts have run."""
        with self.page.expect_navigation():
            self.presses(label, within)
        ready(self.page)

    def finds_it_clean(self) -> None:
        """axe finds nothing, nothing is wider than the window, no script failed, the security policy was never broken."""
        where = f"{self.name or '市民'} {self.page.url}"
        found, wide = axe(self.page), overflow(self.page)
        assert not found, "\n".join([where, *found])
        assert wide <= 0, f"{where} is {wide} px too wide"
        assert not self.page.said_wrong, "\n".join([where, *map(str, self.page.said_wrong)])
