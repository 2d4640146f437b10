"""What pages call things: the word of a stored code, the state of a ticket as glyph and word. For `blueprint.context_processor(said.context)`."""

from app.web import naming
from app.web.i18n import gettext as _
from tickets import words
from tickets.models import Ticket


def context() -> dict:
    """The functions templates of a desk use."""
    return {"word_of": word_of, "step_of": step_of, "unit_said": naming.unit_name, "region_said": naming.region_name, "name_of": naming.name_of,
            "short_of": naming.short_of, "path_of": naming.path_of}


def word_of(table: str, code) -> str:
    """The word of a stored code in one of the tables of tickets/words.py; "" for none."""
    return _(getattr(words, table).get(code, code or "")) if code else ""


def step_of(ticket: Ticket) -> tuple[str, int, str]:
    """Arguments of ui.state: the desk's own word, how many of the six public steps are done, and the kind of glyph."""
    kind = "stop" if ticket.status == "suspended" else "rework" if ticket.reworks and ticket.status == "handling" else ""
    return _(words.STATUS[ticket.status]), words.PUBLIC[ticket.status][1], kind
