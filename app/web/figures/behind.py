"""The tickets a figure counts, each leading to its page; how many there are that this person may not read is said, none of it shown."""

from flask import render_template, request, url_for

from app import clock
from app.auth.access import require, visible
from app.errors import Invalid
from app.web import report_parts as parts
from app.web.figures.room import NAMES, READERS, about, asked_of, kept, pages
from app.web.i18n import gettext as _
from app.web.i18n import listed
from app.web.naming import unit_name
from app.web.seen import Seen
from app.work import session_now
from escalation.metrics.behind import hidden_behind, tickets_behind
from escalation.metrics.figures import WORDS
from tickets.actors import DISPATCHER
from tickets.reference import reference


@pages.get("/behind")
def behind():
    """`?figure=…&figure=…` with the report's own filters; `without=…` only what lacks those (R25: the missing ones of a rate); `report` is where one came from."""
    actor = require(*READERS, DISPATCHER)  # who looks at the wall
    session, now = session_now(), clock.now()
    names, wanted, without = reference(session), tuple(request.args.getlist("figure")), tuple(request.args.getlist("without"))
    asked, after = asked_of(request.args, names, now), parts.whole(request.args, "after")
    if len(wanted) + len(without) > len(WORDS):
        raise Invalid(figure="没有这个数")
    rows, more = tickets_behind(session, asked, wanted, now, visible(actor), after, without)
    came_from = request.args.get("report", "units")
    shown = [
        {"number": row.number, "title": Seen(row, actor).title, "unit": unit_name(names, row.lead_unit_id) or _("热线中心"), "row": row}
        for row in rows
    ]
    return render_template(
        "report/tickets.html",
        title=listed(_(WORDS[name]) for name in wanted) + (" · " + _("没做到的") if without else ""),
        rows=shown,
        more=more,
        hidden=hidden_behind(session, asked, wanted, now, visible(actor), without),
        asked=asked,
        about=about(names, request.args),
        back="/desk/hall" if came_from == "hall" else url_for("figures.show", name=came_from if came_from in NAMES else "units", **kept()),
    )
