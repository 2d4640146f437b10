"""`listed`: a GET under /tickets/N that gives an array, reached by the one road; and the lists of a ticket's requests."""

from collections.abc import Callable
from functools import wraps

import sqlalchemy as sa
from flask import Response

from app import clock
from app.api import rows
from app.api.nouns import TICKET, Nouns, marked, said
from app.api.rows import RequestShape
from app.auth.access import current_actor, fetch_ticket
from app.work import session_now
from tickets.dispatch_models import Request


def listed(nouns: Nouns, rule: str, shape):
    """Decorates `read(session, ticket, actor, now)`, which gives a list of rows ready for JSON."""

    def decorate(read: Callable) -> Callable:
        @nouns.route(TICKET + rule)
        @nouns.response(200, shape(many=True))
        @marked(one=True)
        @wraps(read)
        def view(number: str, **ids) -> Response:
            actor, session, now = current_actor(), session_now(), clock.now()
            return said(read(session, fetch_ticket(session, actor, number), actor, now, **ids))

        return view

    return decorate


def requests_of(nouns: Nouns, rule: str, kind: str, words: str) -> None:
    """GET of one kind of request: what was asked, what was decided."""

    def read(session, ticket, actor, now):
        found = session.scalars(sa.select(Request).where(Request.ticket_id == ticket.id, Request.kind == kind).order_by(Request.id))
        return [rows.request(session, row, actor, now) for row in found]

    read.__name__, read.__doc__ = f"list_{kind}s", words
    listed(nouns, rule, RequestShape)(read)
