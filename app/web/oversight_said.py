"""What the events of the supervision room say on a ticket's way. Pure on plain values; the other events are timeline_words.py's."""

from collections.abc import Callable
from datetime import datetime

from app.web.eyes import Eyes, Said
from app.web.i18n import doer, format_day, format_due, format_moment
from app.web.i18n import gettext as _
from app.web.i18n import html as _html
from escalation import words as time_words
from tickets import words

ICONS = {
    "supervise": "gavel",
    "accept-order": "clipboard-check",
    "inspect": "eye",
    "coordinate": "users",
    "meet": "map-pin",
    "list-publicly": "flag",
    "write-off": "circle-check",
    "urge-unit": "bell-ringing",
    "explain-card": "message-dots",
    "rule-card": "scale",
    "write-off-card": "circle-check",
    "hold-to-account": "gavel",
    "raise-dossier": "gavel",
    "submit-dossier": "send",
    "decide-dossier": "users",
    "withdraw-dossier": "x",
}


def _lead_of(event) -> str:
    data = event.data
    leads: dict[str, Callable[[], str]] = {
        "inspect": lambda: _("督查：%(mode)s", mode=_(time_words.MODE.get(data.get("mode", ""), ""))),
        "coordinate": lambda: _("顶格协调：落实到 %(who)s（%(post)s）", who=data.get("person", ""), post=data.get("post", "")),
        "meet": lambda: _(time_words.MEETING.get(data.get("form", ""), "约谈")),
        "write-off": lambda: _("销号：%(how)s", how=_(time_words.WRITE_OFF_CLASS.get(data.get("written_off_as", ""), ""))),
        "rule-card": lambda: _(time_words.RULING.get(data.get("ruling", ""), "裁定说明")),
        "hold-to-account": lambda: _("追责：%(fault)s", fault=_(time_words.FAULT.get(data.get("fault", ""), ""))),
    }
    return leads.get(event.kind, lambda: _(words.ACTION[event.kind]))()


def _sub_of(event, eyes: Eyes) -> str:
    data = event.data
    subs: dict[str, Callable[[], str]] = {
        "supervise": lambda: _(
            "%(unit)s，%(why)s", unit=eyes.units(data.get("unit_id")), why=_(time_words.SUPERVISION_REASON.get(data.get("reason", ""), ""))
        ),
        "coordinate": lambda: _("%(due)s 前", due=format_due(datetime.fromisoformat(data["due"]))) if data.get("due") else "",
        "list-publicly": lambda: _("挂牌到 %(day)s", day=format_day(datetime.fromisoformat(data["until"]))) if data.get("until") else "",
        "meet": lambda: (
            " · ".join((format_moment(datetime.fromisoformat(data["held_at"])), data.get("place", ""), data.get("people", "")))
            if data.get("held_at")
            else ""
        ),
        "decide-dossier": lambda: data.get("meeting", ""),
        "explain-card": lambda: _(time_words.LEVEL.get(data.get("level", ""), "")),
    }
    return subs.get(event.kind, lambda: "")()


def demanded(text: str) -> str:
    """What an order asks of the unit: the house's own sentence in the reader's language, else as somebody wrote it."""
    return _(text) if text in time_words.STANDING_ORDER.values() else text


def line_of(event, eyes: Eyes) -> Said:
    """The event as one line; its number, when an order has one, goes with who did it."""
    rest = " · ".join(part for part in (event.data.get("number", ""), doer(event.actor_name)) if part)
    return Said(
        ICONS[event.kind],
        _html("<b>%(lead)s</b>，%(rest)s", lead=_lead_of(event), rest=rest),
        _sub_of(event, eyes),
        demanded(eyes.words(event.data.get("words"))),
    )
