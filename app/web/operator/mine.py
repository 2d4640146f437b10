"""What an operator comes back to: the calls they took, with filters in the address, and the knowledge they may answer from."""

import sqlalchemy as sa
from flask import render_template, request

from app import clock
from app.auth.access import require, visible
from app.web import listing
from app.web.operator.desk import pages, tabs
from app.work import session_now
from tickets import queries
from tickets.actors import AGENT
from tickets.duties import Knowledge
from tickets.knowledge import find, valid_on
from tickets.models import Ticket
from tickets.reference import reference
from tickets.text import query_of

MOST = 50


@pages.get("/mine")
def mine():
    """My calls, newest first."""
    actor, session, now = require(AGENT), session_now(), clock.now()
    filters = listing.filters_of(request.args)
    scope = sa.and_(visible(actor), Ticket.registered_by_id == actor.account_id)
    page = queries.page(session, scope, filters, now, "received", request.args.get("after", ""))
    return render_template(
        "operator/mine.html",
        page=page,
        names=reference(session),
        tabs=tabs("mine"),
        who=queries.identities(session, page.items),
        filters=filters,
        **listing.choices(),
    )


@pages.get("/knowledge")
def knowledge():
    """What may be answered at once, by its words; the newest first when nothing is asked."""
    require(AGENT)
    session, asked, today = session_now(), request.args.get("q", "").strip(), clock.local(clock.now()).date()
    entries = (
        find(session, asked, today, MOST, public_only=False)
        if query_of(asked)
        else list(session.scalars(sa.select(Knowledge).where(valid_on(today)).order_by(Knowledge.updated_at.desc()).limit(MOST)))
    )
    return render_template(
        "operator/knowledge.html", entries=entries, asked=asked, tabs=tabs("knowledge"), today=today, names=reference(session)
    )
