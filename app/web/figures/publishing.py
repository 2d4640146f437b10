"""A frozen month shown to its units, their appeals, its publication; what a unit sees of itself; who gets which report by itself."""

from dataclasses import replace

from flask import render_template, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app import clock, delivering
from app.auth.access import require
from app.errors import Invalid
from app.reports import ratings
from app.reports.gathered import gather
from app.reports.units import SHOWN, stand
from app.web import forms, kit
from app.web.figures.books import last_day, month_of
from app.web.figures.room import KEEPERS, READERS, pages
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.work import session_now, work
from escalation.metrics import publication
from escalation.metrics.asking import Period
from escalation.metrics.models import CADENCES, REPORT_CHANNELS
from escalation.metrics.ranking import TIER_WORDS
from escalation.metrics.table import BY_CODE
from tickets.actors import HEAD, LEADER, LIAISON, PUBLISHER, SUPERVISOR
from tickets.reference import reference


@pages.post("/books/<month>/opening")
def opening(month: str) -> Response:
    """Show the month to its units."""
    actor = require(*KEEPERS)
    with work() as session:
        publication.open_month(session, month_of(month), actor, clock.now())
    kit.toast(_("给单位看了，到日子没有没答复的申诉就能公布。"))
    return redirect(url_for("figures.books"))


@pages.post("/books/<month>/publication")
def publish(month: str) -> Response:
    """Show the month to everybody."""
    actor = require(PUBLISHER)
    with work() as session:
        publication.publish(session, month_of(month), actor, clock.now())
    kit.toast(_("公布了，公众页已经能看到。"))
    return redirect(url_for("figures.books"))


@pages.post("/books/appeals/<int:row_id>")
def answer_appeal(row_id: int) -> Response:
    """The centre answers a unit's appeal."""
    actor = require(SUPERVISOR, LEADER)
    with work() as session:
        publication.decide(session, row_id, forms.text("decision"), forms.text("words"), actor, clock.now())
    kit.toast(_("答复了，单位马上看得到。"))
    return redirect(url_for("figures.books"))


@pages.get("/own")
def own():
    """A unit's own months on their way to the public, where it stands among its peers, and how its own people were rated (R13)."""
    actor = require(HEAD, LIAISON)
    session, now = session_now(), clock.now()
    rows = []
    for one in publication.publications(session):
        asked = Period(one.month, last_day(one.month))
        found = gather(session, asked, now)
        standing = stand(found).get(actor.unit_id or 0)
        values = [(BY_CODE[code], found.value(code, actor.unit_id)) for code in SHOWN]
        rows.append(
            {
                "one": one,
                "found": found,
                "standing": standing,
                "people": ratings.people(session, replace(asked, units=(actor.unit_id or 0,))),
                "tier": _(TIER_WORDS[standing.tier]) if standing and standing.tier else "",
                "values": values,
                "open": one.published_at is None and now < one.appeals_until,
                "appeals": [(each, _(BY_CODE[each.metric].name)) for each in publication.appeals(session, one.month, actor.unit_id)],
            }
        )
    return render_template(
        "report/own.html",
        rows=rows,
        unit=unit_name(reference(session), actor.unit_id),
        metrics=[(code, _(BY_CODE[code].name)) for code in SHOWN],
    )


@pages.post("/own/<month>")
def appeal(month: str) -> Response:
    """A figure of ours is wrong, and why."""
    actor = require(HEAD, LIAISON)
    with work() as session:
        publication.appeal(session, month_of(month), forms.text("metric"), forms.text("words"), actor, clock.now())
    kit.toast(_("申诉交上去了，答复会写在这里。"))
    return redirect(url_for("figures.own"))


@pages.post("/subscriptions")
def subscribe() -> Response:
    """Get a report by itself, or no more."""
    actor = require(*READERS)
    report, cadence, channel = (forms.text(name) for name in ("report", "cadence", "channel"))
    if report not in delivering.DELIVERED or cadence not in CADENCES or channel not in REPORT_CHANNELS:
        raise Invalid(report="没有这样的报表")
    with work() as session:
        on = delivering.switch(session, actor, report, cadence, channel, clock.now())
    kit.toast(_("订好了，到日子自己送来。") if on else _("不再送了。"))
    return redirect(url_for("figures.books"))
