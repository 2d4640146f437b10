"""What pages call things: the word of a stored code, the state of a ticket as glyph and word. For `blueprint.context_processor(said.context)`."""

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from app.web import naming
from app.web.i18n import gettext as _
from app.web.i18n import listed
from tickets import words
from tickets.models import Ticket


def context() -> dict:
    """The functions templates of a desk use."""
    return {
        "word_of": word_of,
        "step_of": step_of,
        "unit_said": naming.unit_name,
        "region_said": naming.region_name,
        "name_of": naming.name_of,
        "short_of": naming.short_of,
        "path_of": naming.path_of,
        "units_said": units_said,
        "marked": marked,
    }


def word_of(table: str, code) -> str:
    """The word of a stored code in one of the tables of tickets/words.py; "" for none."""
    return _(getattr(words, table).get(code, code or "")) if code else ""


def step_of(ticket: Ticket) -> tuple[str, int, str]:
    """Arguments of ui.state: the desk's own word, how many of the six public steps are done, and the kind of glyph."""
    kind = "stop" if ticket.status == "suspended" else "rework" if ticket.reworks and ticket.status == "handling" else ""
    return _(words.STATUS[ticket.status]), words.PUBLIC[ticket.status][1], kind


def units_said(units) -> str:
    """Short names in a row: "水务集团、供电公司"."""
    return listed(naming.short_of(unit) for unit in units)


def posts_said(roles: Iterable[str]) -> str:
    """The posts of an account in a row: "审核员、争议裁定"."""
    return listed(_(words.ROLE[role]) for role in roles)


def marked(text: str, marks: list[str]) -> Markup:
    """The text with the words that decided underlined; everything escaped."""
    words = sorted({word for word in marks if word}, key=len, reverse=True)
    if not words:
        return escape(text)
    pieces = re.split("(" + "|".join(re.escape(word) for word in words) + ")", text)
    return Markup("").join(Markup("<mark>%s</mark>") % piece if piece in words else escape(piece) for piece in pieces)
