"""The ledger and the orders as lists: filters in the address, paged by cursor, one click to the ticket."""

from flask import render_template, request, url_for

from app import clock
from app.auth.access import require
from app.auth.oversight import OVERSEEING, cards_of, orders_of
from app.web import choices_of, kit
from app.web.form_state import FormState
from app.web.i18n import gettext as _
from app.web.supervision.faces import card_row, order_row
from app.web.supervision.room import choices, pages, tabs
from app.work import session_now
from escalation import supervision_queries as queries
from escalation import words as time_words
from escalation.models import LEDGER_STATUSES
from escalation.rules import calendar_for
from escalation.supervision_models import STANDINGS, STATES
from tickets.actors import LEADER, SUPERVISOR
from tickets.reference import reference

PAGE = 25


def _word(name: str) -> str:
    return request.args.get(name, "")


@pages.get("/ledger")
def ledger_list():
    """Cards and higher, the newest first: `status level card unit live standing after` in the address."""
    actor, session, now = require(*OVERSEEING), session_now(), clock.now()
    names, calendar = reference(session), calendar_for(session)
    found, following = queries.ledger_page(session, cards_of(actor), status=_word("status"), level=_word("level"), card=_word("card"), unit=_word("unit"),
                                           ticket=_word("ticket"), live=bool(_word("live")), standing=bool(_word("standing")), cursor=_word("after"), limit=PAGE)
    return render_template(
        "supervision/ledger.html", **choices(), tabs=tabs("ledger"), now=now, names=names, time_words=time_words, next=following, may=actor.has(SUPERVISOR, LEADER),
        rows=[card_row(card, actor, names, now, calendar) for card in found], back=url_for("supervision.ledger_list"), state_of=lambda key: FormState("supervision", key, None),
        units=choices_of.units(names), statuses=[(code, _(time_words.LEDGER_STATUS[code])) for code in LEDGER_STATUSES],
        levels=[(code, f"{code} {_(time_words.LEVEL[code])}") for code in queries.LEVELS[:6]], fragment=kit.is_fragment(),
    )


@pages.get("/orders")
def order_list():
    """Supervision orders, the newest first: `standing state unit listed live after` in the address."""
    actor, session, now = require(*OVERSEEING), session_now(), clock.now()
    names, calendar = reference(session), calendar_for(session)
    found, following = queries.orders_page(session, orders_of(actor), state=_word("state"), standing=_word("standing"), reason=_word("reason"), unit=_word("unit"),
                                           ticket=_word("ticket"), live=bool(_word("live")), listed=bool(_word("listed")), cursor=_word("after"), limit=PAGE)
    return render_template(
        "supervision/orders.html", tabs=tabs("orders"), now=now, names=names, time_words=time_words, next=following, units=choices_of.units(names),
        rows=[order_row(row, actor, names, now, calendar) for row in found], states=[(code, _(time_words.SUPERVISION_STATE[code])) for code in STATES],
        standings=[(code, _(time_words.STANDING[code])) for code in STANDINGS], reasons=choices()["reasons"], fragment=kit.is_fragment(),
    )
