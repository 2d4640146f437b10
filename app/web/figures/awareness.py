"""社会知晓度: the surveys as they were entered beside the two other rates of the consult service (R76), and the publisher's form."""

from datetime import date, timedelta

from flask import redirect, render_template, url_for

from app import clock, figuring
from app.auth.access import require
from app.errors import Invalid
from app.web import forms, kit
from app.web.figures.room import READERS, pages
from app.web.i18n import format_day, listed
from app.web.i18n import gettext as _
from app.work import session_now, work
from escalation.metrics import months
from tickets import quality
from tickets.actors import PUBLISHER
from tickets.awareness import Survey, newest, surveys

NEEDED = ("first_on", "last_on", "asked", "aware")
TYPED = (*NEEDED, "source", "corrects", "reason")
BACK = timedelta(days=30)


@pages.get("/awareness")
def awareness():
    """Every survey, and the three rates of R76 beside each other."""
    return _page()


@pages.post("/awareness")
def enter_awareness():
    """Write down a survey or the correction of one; refused, the page comes back with what was typed."""
    actor, now = require(PUBLISHER), clock.now()
    try:
        first_on, last_on, asked, aware = forms.each(_needed, *NEEDED)
        corrects = forms.whole("corrects")
        with work() as session:
            said = Survey(first_on, last_on, asked, aware, forms.text("source"))
            _row, restated = figuring.enter_survey(session, said, actor, now, corrects, forms.text("reason"))
    except Invalid as no:
        return _page({name: [_(one) for one in told] for name, told in no.fields.items()}), no.status
    kit.draft_done("awareness")
    kit.toast(_("录好了，原来那一行留着，不再算") if corrects else _("录好了"))
    if restated:
        kit.toast(_("%(months)s 冻结了：冻结的数不动，记成了更正", months=listed(f"{month:%Y-%m}" for month in restated)), seconds=20)
    return redirect(url_for("figures.awareness"))


def _needed(name: str) -> date | int:
    found = forms.day(forms.text(name), name) if name.endswith("_on") else forms.whole(name)
    if found is None:
        raise Invalid(**{name: "请填上"})
    return found


def _page(errors: dict | None = None) -> str:
    actor, session, now = require(*READERS), session_now(), clock.now()
    rows = surveys(session)
    corrected = {one.row.id: one.row for one in rows}
    return render_template(
        "report/awareness.html",
        rows=rows,
        corrected=corrected,
        last=newest(session),
        consults=quality.consults(session, now - BACK, now),
        may_enter=actor.has(PUBLISHER),
        standing=[(one.row.id, f"{_days(one.row)} · {one.row.source}") for one in rows if one.stands],
        days=_days,
        frozen={month: at for month, at, _n in months.frozen_months(session)},
        errors=errors or {},
        typed={name: forms.text(name) for name in TYPED} if errors else {},
    )


def _days(row) -> str:
    """The days of a survey in words."""
    first, last = format_day(row.first_on), format_day(row.last_on)
    return first if first == last else f"{first}–{last}"
