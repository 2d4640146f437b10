"""What the events of evaluation say on a ticket's way: the bad-rating loop, calls of other kinds, exclusions. Pure; the others are timeline_words.py's."""

from collections.abc import Callable
from datetime import datetime

from app.web.eyes import Eyes, Said, joined, lead_of, quoted, unit_of
from app.web.i18n import format_day
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from tickets import evaluation_words as ours
from tickets import words

ICONS = {
    "bad-rating": "star",
    "try-rater": "phone-x",
    "contact-rater": "phone-call",
    "classify-rating": "category",
    "appeal-rating": "gavel",
    "rule-rating": "scale",
    "refuse-rectification": "alert-octagon",
    "rectify": "tool",
    "revisit": "circle-check",
    "redo-rectification": "refresh-alert",
    "miss-call": "phone-x",
    "ask-on-due": "clock",
    "look-back": "history",
    "ask-exclusion": "filter-off",
    "second-exclusion": "clipboard-check",
    "decide-exclusion": "scale",
    "withdraw-exclusion": "x",
}
CITIZENS = frozenset({"revisit", "ask-on-due", "look-back"})


def line_of(event, eyes: Eyes) -> Said:
    """The event as one line, with who did it."""
    who = event.actor_name if event.actor_id else eyes.units(event.data.get("unit_id"))
    said = event.data.get("words") or event.data.get("measures") or ""
    say = quoted(eyes.citizens(said)) if event.kind in CITIZENS else eyes.words(said)
    return Said(
        ICONS[event.kind],
        lead_of(_lead(event), joined(unit_of(event, eyes) if event.unit_id else "", who) if event.unit_id else who),
        _sub(event),
        say,
    )


def _lead(event) -> str:
    data = event.data
    leads: dict[str, Callable[[], str]] = {
        "bad-rating": lambda: _("差评 %(n)s 分，进入整改", n=data.get("score", "")),
        "classify-rating": lambda: _("差评定类：%(what)s", what=_(ours.CLASS.get(data.get("class", ""), ""))),
        "rule-rating": lambda: _(ours.RULING.get(data.get("decision", ""), "差评申诉裁定")),
        "revisit": lambda: _("整改回访：%(how)s", how=_(ours.LOOP_OUTCOME.get(data.get("outcome", ""), ""))),
        "miss-call": lambda: _("%(call)s没打通", call=_(ours.CALL_KIND.get(data.get("call", ""), "回访"))),
        "look-back": lambda: _("回头看：%(how)s", how=_(ours.LOOK_BACK.get(data.get("finding", ""), ""))),
        "decide-exclusion": lambda: _("剔除：%(how)s", how=_(ours.EXCLUSION_STATE.get(data.get("decision", ""), ""))),
    }
    return leads.get(event.kind, lambda: _(ours.ACTION[event.kind]))()


def _sub(event) -> str:
    data = event.data
    subs: dict[str, Callable[[], str]] = {
        "bad-rating": lambda: _("由热线中心联系市民") if data.get("by_centre") else _("1 个工作日内联系，5 个工作日内整改"),
        "contact-rater": lambda: joined(
            _(words.CONTACT_METHOD.get(data.get("method", ""), "")), _(words.CONTACT_RESULT.get(data.get("result", ""), ""))
        ),
        "try-rater": lambda: joined(_(words.CONTACT_METHOD.get(data.get("method", ""), "")), _n("第 %(n)s 次", data.get("attempts", 1))),
        "classify-rating": lambda: (
            _("承诺 %(day)s 前办好", day=format_day(datetime.fromisoformat(data["promised_at"]))) if data.get("promised_at") else ""
        ),
        "rectify": lambda: _("告知：%(how)s", how=_(ours.TOLD.get(data.get("told_by", ""), ""))),
        "miss-call": lambda: joined(_n("第 %(n)s 次", data.get("attempts", 1)), _("已发短信") if data.get("text") else ""),
        "look-back": lambda: _("另立 %(number)s", number=data["again"]) if data.get("again") else "",
        "ask-exclusion": lambda: joined(_(ours.EXCLUSION_GROUND.get(data.get("ground", ""), "")), data.get("basis", "")),
    }
    return subs.get(event.kind, lambda: "")()


TABLE = dict.fromkeys(ICONS, line_of)
