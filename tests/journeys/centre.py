"""What the hotline centre does at its desks: the operator who knows the caller, the dispatcher, the ruling panel, the auditor, who calls back."""

from playwright.sync_api import Locator, expect

from tests.browser import ready
from tests.journeys.citizen import PHONE, Matter
from tests.journeys.people import PATIENCE, Person


def row_of(person: Person, matter: Matter) -> Locator:
    """The matter's row in the list before this person; it comes by itself."""
    row = person.page.locator("#queue").locator("tr[data-row], li.job").filter(has_text=matter.tail)
    expect(row).to_be_visible(timeout=PATIENCE)
    return row


def waits_until_gone(person: Person, matter: Matter) -> None:
    """The row leaves the list by itself."""
    expect(person.page.locator("#queue").locator("tr[data-row], li.job").filter(has_text=matter.tail)).to_have_count(0, timeout=PATIENCE)


def adds_what_the_caller_says(operator: Person, matter: Matter, words: str) -> None:
    """The number alone brings up the open matter; what is said goes to it instead of a second ticket. Without a mouse."""
    operator.goes("/desk/intake")
    operator.page.keyboard.press("F2")
    operator.page.keyboard.type(PHONE)
    operator.sees("正在办 1 件", matter.tail, within="#caller")
    operator.page.keyboard.press("Alt+1")
    operator.page.keyboard.type(words)
    operator.finds_it_clean()
    with operator.page.expect_navigation():
        operator.page.keyboard.press("Alt+a")
    ready(operator.page)
    operator.sees(matter.tail)


def dispatches(dispatcher: Person, matter: Matter, category: str, note: str) -> None:
    """Puts it into its category, then sends it to the unit the catalogue names."""
    _beside(dispatcher, matter)
    dispatcher.presses("改分类、类型、紧急程度", within="#mend")
    mend = dispatcher.page.locator("#mend form")
    dispatcher.fills(mend, category=category)
    mend.locator("[type=submit]").click()
    dispatcher.sees("改好了", within="body")
    dispatcher.fills(_beside(dispatcher, matter), note=note)
    dispatcher.finds_it_clean()
    dispatcher.presses("采纳并派出", within="#evidence")
    dispatcher.sees("已派出", within="body")
    waits_until_gone(dispatcher, matter)


def denies_the_return(dispatcher: Person, matter: Matter, reason: str) -> None:
    """The unit's reason and basis stand beside the catalogue's; the answer is one button."""
    form = _beside(dispatcher.goes("/desk/dispatch/returns"), matter)
    dispatcher.sees("不属本单位职责", "目录说", within="#evidence")
    dispatcher.fills(form, reason=reason)
    dispatcher.finds_it_clean()
    dispatcher.presses("不同意", within="#evidence")
    dispatcher.sees("已退回原单位", within="body")
    waits_until_gone(dispatcher, matter)


def rules(panel: Person, matter: Matter, unit: str, reason: str) -> None:
    """Binding, locked, and the catalogue follows."""
    form = _beside(panel.goes("/desk/rulings"), matter)
    panel.fills(form, unit=unit, reason=reason, update_catalogue=True)
    expect(form.locator("[name=locked]")).to_be_checked()
    panel.finds_it_clean()
    panel.presses("裁定", within="#evidence .pane-f")
    panel.sees("已裁定给", within="body")
    waits_until_gone(panel, matter)


def audits(auditor: Person, matter: Matter, verdict: str, said: str, /, **fields: str) -> None:
    """The reply and its four elements beside the citizen's own words; through, or back with a defect."""
    form = _shows(auditor.goes("/desk/audit"), matter, "/desk/audit/")
    auditor.fills(form, **fields)
    auditor.finds_it_clean()
    auditor.presses(verdict, within="#pane .pane-f")
    auditor.sees(said, within="body")
    waits_until_gone(auditor, matter)


def calls_back(caller: Person, matter: Matter, end: str, said: str, /, **answers: str) -> None:
    """The script, the citizen's answers, the end of the call."""
    form = _shows(caller.goes("/desk/follow-up"), matter, "/desk/follow-up/")
    caller.fills(form, **answers)
    caller.presses(end, within="#pane .pane-f")
    caller.sees(said, within="body")


def _beside(person: Person, matter: Matter) -> Locator:
    """Select the row; the form of the right pane once it is about this matter."""
    row_of(person, matter).locator("td.num").click()  # the title would open the ticket
    form = person.page.locator(f"#evidence-form[data-number='{matter.number}']")
    expect(form).to_be_visible(timeout=PATIENCE)
    return form


def _shows(person: Person, matter: Matter, path: str) -> Locator:
    """The same on the desks of audit and call-back."""
    row_of(person, matter).get_by_role("link").click()
    form = person.page.locator(f"#pane form[action='{path}{matter.number}']")
    expect(form).to_be_visible(timeout=PATIENCE)
    return form
