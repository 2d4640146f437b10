"""月份和口径: frozen months with what was restated since, publication on its way, and how figures are judged."""

from datetime import date, timedelta

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock, delivering
from app.auth.access import require, visible
from app.errors import NotFound
from app.reports import catalogue
from app.web import forms, kit
from app.web import report_parts as parts
from app.web.figures.room import KEEPERS, READERS, pages
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import unit_name
from app.work import session_now, work
from escalation.metrics import asking, months, publication, rollup
from escalation.metrics import settings as kept_settings
from escalation.metrics.figures import WORDS
from escalation.metrics.models import ReportSubscription
from escalation.metrics.table import BY_CODE, THREE_RATES
from tickets.actors import LEADER, SUPERVISOR
from tickets.reference import reference

SWITCHES = ("ranking", "red_black", "negative")
RESTATED = WORDS | {"awareness_asked": later("调查问到的人"), "awareness_aware": later("其中知道热线的人")}
NUMBERS = ("freeze_day", "appeal_days", "fewest", "fewest_ranked")


@pages.get("/books")
def books():
    """All of it on one page; who may change it sees the buttons."""
    actor = require(*READERS)
    session, now = session_now(), clock.now()
    names = reference(session)
    published = {one.month: one for one in publication.publications(session)}
    rows = [
        {
            "month": month,
            "at": at,
            "restated": n,
            "publication": published.get(month),
            "appeals": [(one, unit_name(names, one.unit_id), _(BY_CODE[one.metric].name)) for one in publication.appeals(session, month)]
            if month in published
            else [],
        }
        for month, at, n in months.frozen_months(session)
    ]
    settings = kept_settings.settings_of(session)
    return render_template(
        "report/books.html",
        rows=rows,
        settings=settings,
        rates=[(code, _(BY_CODE[code].name)) for code in THREE_RATES],
        switches=SWITCHES,
        numbers=NUMBERS,
        history=kept_settings.history(session)[:10],
        lined=[(code, _(metric.name), settings.line_of(code)) for code, metric in BY_CODE.items() if settings.line_of(code) is not None],
        now=now,
        may_keep=actor.has(SUPERVISOR, LEADER),
        may_open=actor.has(*KEEPERS),
        may_publish=actor.has("publisher"),
        refreshed=rollup.refreshed_at(session),
        cut_off=months.cut_off(now.date().replace(day=1), settings.freeze_day),
        delivered={name: _(word) for name, word in delivering.DELIVERED.items()},
        choosable=[(name, _(word)) for name, word in delivering.DELIVERED.items() if actor.has(*catalogue.READERS[name])],
        subscribed={(one.report, one.cadence, one.channel) for one in _mine(session, actor)},
    )


@pages.post("/books")
def save_books() -> Response:
    """New settings hold from now on."""
    actor = require(SUPERVISOR, LEADER)
    with work() as session:
        before = kept_settings.settings_of(session)
        fields = [
            *(f"weight-{code}" for code in THREE_RATES),
            *NUMBERS,
            *(f"line-{code}" for code in BY_CODE),
            *(f"tier-{at}" for at in range(3)),
        ]
        given = dict(zip(fields, forms.each(forms.whole, *fields), strict=True))
        lines = {code: line for code in BY_CODE if (line := given[f"line-{code}"]) is not None}
        settings = kept_settings.ReportSettings(
            weights={code: given[f"weight-{code}"] or 0 for code in THREE_RATES},
            tiers=tuple(given[f"tier-{at}"] or 0 for at in range(3)),
            lines=lines or before.lines,
            indicators=before.indicators,
            **{name: forms.flag(name) for name in SWITCHES},
            **{name: given[name] or 0 for name in NUMBERS},
        )
        kept_settings.change(session, settings, actor, clock.now())
    kit.toast(_("口径改好了，从现在起算；已冻结的月份不变。"))
    return redirect(url_for("figures.books"))


@pages.get("/books/<month>")
def restated(month: str):
    """What changed in a frozen month since, ticket by ticket, for those who may read them; and surveys entered too late for it."""
    actor = require(*READERS)
    session = session_now()
    first, names = month_of(month), reference(session)
    frozen = asking.frozen_month(session, first)
    if frozen is None:
        raise NotFound("这个月还没冻结")
    rows, more = months.restated(session, first, visible(actor), parts.whole(request.args, "after"))
    total = next(n for one, _at, n in months.frozen_months(session) if one == first)
    return render_template(
        "report/restated.html",
        month=first,
        frozen=frozen,
        more=more,
        total=total,
        rows=[(row, unit_name(names, row.unit_id) or _("热线中心"), _(RESTATED[row.figure])) for row in rows],
    )


def month_of(raw: str) -> date:
    """A month of an address. Raises NotFound."""
    try:
        return date.fromisoformat(f"{raw}-01")
    except ValueError as bad:
        raise NotFound("没有这个月份") from bad


def last_day(month: date) -> date:
    return months.next_month(month) - timedelta(days=1)


def _mine(session, actor) -> list[ReportSubscription]:
    return list(session.scalars(sa.select(ReportSubscription).where(ReportSubscription.account_id == actor.account_id)))
