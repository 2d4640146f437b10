"""The ledger and the orders as lists: filters in the address, paged by cursor, one click to the ticket; the ledger as an Excel file."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlencode

from flask import render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require
from app.auth.audit import audit
from app.auth.oversight import OVERSEEING, cards_of, orders_of
from app.clock import local
from app.web import choices_of, kit, spreadsheet
from app.web.form_state import FormState
from app.web.i18n import gettext as _
from app.web.seen import words_for
from app.web.supervision.faces import card_row, order_row
from app.web.supervision.room import choices, pages, tabs
from app.work import session_now, work
from escalation import ledger_queries
from escalation import supervision_queries as queries
from escalation import words as time_words
from escalation.models import LEDGER_STATUSES
from escalation.rules import calendar_for
from escalation.supervision_models import STANDINGS, STATES
from tickets.actors import LEADER, SUPERVISOR, Actor
from tickets.reference import reference

PAGE = 25
MOST_EXPORTED, AT_ONCE = 10_000, 500
NARROWED_BY = ("status", "level", "card", "unit", "ticket", "live", "standing")


def _word(name: str) -> str:
    return request.args.get(name, "")


@pages.get("/ledger")
def ledger_list():
    """Cards and higher, the newest first: `status level card unit live standing after` in the address."""
    actor, session, now = require(*OVERSEEING), session_now(), clock.now()
    names, calendar = reference(session), calendar_for(session)
    found, following = ledger_queries.ledger_page(session, cards_of(actor), **_narrowed(request.args), cursor=_word("after"), limit=PAGE)
    return render_template(
        "supervision/ledger.html",
        **choices(),
        tabs=tabs("ledger"),
        now=now,
        names=names,
        time_words=time_words,
        next=following,
        may=actor.has(SUPERVISOR, LEADER),
        rows=[card_row(card, actor, names, now, calendar) for card in found],
        back=url_for("supervision.ledger_list"),
        state_of=lambda key: FormState("supervision", key, None),
        units=choices_of.units(names),
        statuses=[(code, _(time_words.LEDGER_STATUS[code])) for code in LEDGER_STATUSES],
        levels=[(code, f"{code} {_(time_words.LEVEL[code])}") for code in ledger_queries.LEVELS[:6]],
        fragment=kit.is_fragment(),
    )


@pages.post("/ledger/exports")
def export_ledger() -> Response:
    """拉单列表 (R49): the filtered ledger as Excel, who took it and when in its first line, the export on record."""
    actor, now = require(*OVERSEEING), clock.now()
    with work() as session:
        audit(
            session,
            actor.account_id,
            actor.name,
            "export",
            "ledger",
            now,
            query=urlencode([(name, request.form[name]) for name in NARROWED_BY if request.form.get(name)]),
        )
    mark = _(
        "导出：%(who)s %(unit)s %(at)s；身份已隐去，仅限工作使用；最多 %(n)s 行",
        who=actor.name,
        unit=actor.unit_name,
        at=f"{local(now):%Y-%m-%d %H:%M}",
        n=MOST_EXPORTED,
    )
    head = [
        _("单号"),
        _("标题"),
        _("单位"),
        _("级别"),
        _("牌"),
        _("时限"),
        _("到期"),
        _("开牌"),
        _("台账"),
        _("单位的说明"),
        _("督办单"),
        _("销账时间"),
        _("凭什么"),
        _("谁销的"),
    ]
    file = spreadsheet.write(_("督办台账"), mark, head, _rows(session_now(), actor, now))
    return send_file(file, mimetype=spreadsheet.MIME, as_attachment=True, download_name=f"ledger-{local(now):%Y%m%d-%H%M}.xlsx", max_age=0)


def _narrowed(args: Mapping[str, str]) -> dict:
    """The filters of the ledger, from an address or a form."""
    return {name: args.get(name, "") for name in NARROWED_BY} | {name: bool(args.get(name)) for name in ("live", "standing")}


def _rows(session: Session, actor: Actor, now: datetime) -> Iterator[list]:
    names, calendar, cursor = reference(session), calendar_for(session), ""
    for _page in range(MOST_EXPORTED // AT_ONCE):
        found, following = ledger_queries.ledger_page(session, cards_of(actor), **_narrowed(request.form), cursor=cursor, limit=AT_ONCE)
        for card in found:
            row, entry = card_row(card, actor, names, now, calendar), card.entry
            yield [
                card.number,
                row.title,
                row.unit,
                f"{entry.level} {_(time_words.LEVEL[entry.level])}",
                _("红牌") if entry.card == "red" else _("黄牌"),
                row.limit,
                card.clock.due_at,
                entry.opened_at,
                _(time_words.LEDGER_STATUS[entry.status]),
                words_for(actor, entry.explanation),
                card.order.number if card.order else "",
                entry.closed_at,
                words_for(actor, entry.evidence),
                entry.closed_by_name,
            ]
        session.expunge_all()
        if following is None:
            return
        cursor = following


@pages.get("/orders")
def order_list():
    """Supervision orders, the newest first: `standing state unit listed live after` in the address."""
    actor, session, now = require(*OVERSEEING), session_now(), clock.now()
    names, calendar = reference(session), calendar_for(session)
    found, following = queries.orders_page(
        session,
        orders_of(actor),
        state=_word("state"),
        standing=_word("standing"),
        reason=_word("reason"),
        unit=_word("unit"),
        ticket=_word("ticket"),
        live=bool(_word("live")),
        listed=bool(_word("listed")),
        cursor=_word("after"),
        limit=PAGE,
    )
    return render_template(
        "supervision/orders.html",
        tabs=tabs("orders"),
        now=now,
        names=names,
        time_words=time_words,
        next=following,
        units=choices_of.units(names),
        rows=[order_row(row, actor, names, now, calendar) for row in found],
        states=[(code, _(time_words.SUPERVISION_STATE[code])) for code in STATES],
        standings=[(code, _(time_words.STANDING[code])) for code in STANDINGS],
        reasons=choices()["reasons"],
        fragment=kit.is_fragment(),
    )
