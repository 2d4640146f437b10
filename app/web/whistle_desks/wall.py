"""哨墙: every whistle that sounds now and each department called: who is there, late, absent. Nothing to press, no citizen in it."""

from flask import Blueprint, render_template, request

from app import clock
from app.auth.access import require, visible_whistles
from app.web import kit, said
from app.web.i18n import gettext as _
from app.web.subtabs import subtabs
from app.web.whistle_desks import acts
from app.web.whistle_desks.faces import shown
from app.work import session_now
from tickets import whistle_lists as lists
from tickets.actors import DISCIPLINE, DISPATCHER, LEADER, SUPERVISOR
from tickets.reference import reference

pages = Blueprint("whistle_wall", __name__, url_prefix="/desk/whistle-wall")
pages.context_processor(said.context)
pages.context_processor(acts.context)
WATCHING = (SUPERVISOR, LEADER, DISCIPLINE, DISPATCHER)


@pages.get("")
def show():
    """All that sound now, emergencies first; `?only=late` leaves those where somebody is late or absent. For htmx the board alone."""
    actor = require(*WATCHING)
    session, now = session_now(), clock.now()
    names = reference(session)
    found = lists.live(session, visible_whistles(actor))
    rows = lists.summonses_by(session, found)
    every = [shown(one, rows[one.id], names, now) for one in found]
    only = request.args.get("only") == "late"
    return render_template(
        "whistle_desks/wall_list.html" if kit.is_fragment() else "whistle_desks/wall.html",
        now=now,
        only=only,
        every=every,
        ones=[one for one in every if one.late or one.absent] if only else every,
        wanted=sum(one.wanted for one in every),
        here_n=sum(one.here for one in every),
        late=sum(one.late for one in every),
        absent=sum(one.absent for one in every),
        tabs=subtabs("/desk/whistle-wall", [{"label": _("哨墙"), "href": "/desk/whistle-wall", "count": len(every), "current": True}]),
    )
