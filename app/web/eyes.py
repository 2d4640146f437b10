"""What a line of a ticket's way is made of: the reader's eyes, what is said, and the small words all lines share. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from app.web.i18n import doer
from app.web.i18n import gettext as _
from app.web.i18n import html as _html


@dataclass(frozen=True)
class Eyes:
    """What a sentence may look up: names by id, and how much of free text the reader may see."""

    units: Callable[[int | None], str]
    unit_codes: Callable[[str], str]
    categories: Callable[[str], str]
    people: dict[int, str]
    words: Callable[[str | None], str]
    citizens: Callable[[str | None], str]
    sent_at: dict[int, datetime] = field(default_factory=dict)


class Said(NamedTuple):
    """One line: `text` with its bold lead, `sub` below it, `say` the words of a person, in quotation marks where they are a citizen's."""

    icon: str
    text: Markup
    sub: str = ""
    say: str = ""
    tone: str = ""


def joined(*parts: str) -> str:
    """The parts there are, side by side."""
    return " · ".join(part for part in parts if part)


def quoted(text: str) -> str:
    """The words of a citizen, in the marks of the language."""
    return _("“%(words)s”", words=text) if text else ""


def lead_of(lead: str, rest: str = "") -> Markup:
    """The bold lead and what follows it."""
    return _html("<b>%(lead)s</b>，%(rest)s", lead=lead, rest=doer(rest)) if rest else _html("<b>%(lead)s</b>", lead=lead)


def unit_of(event, eyes: Eyes) -> str:
    """The acting unit, or who acted."""
    return eyes.units(event.unit_id) or doer(event.actor_name)
