"""承办台: what a unit must sign, answer and decide, in order of pain; signing at once or all together; the list as Excel, views to come back to."""

from datetime import datetime
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import fetch_ticket, require
from app.auth.audit import audit
from app.clock import local
from app.errors import Refused
from app.web import forms, kept_views, kit, listing, spreadsheet
from app.web.duty import duty_of
from app.web.form_state import FormState
from app.web.frame import frame
from app.web.i18n import format_due
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import path_of, region_name, unit_name
from app.web.ticket_view import watermark
from app.web.unit_rows import GROUPS, MOST, Desk, Row, desk_of
from app.web.unit_said import acts_of, greeting, meta_of, under_due
from app.web.whistle_rows import summoned
from app.work import session_now, work
from tickets import handling, queries, whistle_words, words
from tickets.actors import UNIT_ROLES, Actor
from tickets.dispatch_models import Task
from tickets.models import Ticket
from tickets.reference import Reference, reference

pages = Blueprint("unit", __name__, url_prefix="/desk/unit")
DESK = "unit"
ARGUMENTS = ("q", "urgency", "category", "mine", "group")


@pages.get("")
def show():
    """The desk; for htmx the rows alone."""
    actor, session, now = require(*UNIT_ROLES), session_now(), clock.now()
    names, desk = reference(session), _desk(session, actor, now)
    on = [] if kit.is_fragment() else duty_of(session, current_app.extensions.setdefault("duties", {}), actor.unit_id, now)
    return render_template(
        "unit/desk.html",
        desk=desk,
        groups=GROUPS,
        hello=greeting(desk, now),
        duties=on,
        me_id=actor.account_id,
        topic=f"unit:{actor.unit_id}",
        words=words,
        meta_of=lambda row: meta_of(row, names),
        acts_of=lambda row: acts_of(row, now),
        under_due=lambda row: under_due(row, now),
        now=now,
        most=MOST,
        narrowed=any(request.args.get(name) for name in ARGUMENTS),
        wanted=request.args.get("group", ""),
        dock=_dock(desk),
        categories=[(one.code, path_of(names, one)) for one in names.categories.values() if one.level == 1 and one.active],
        state_of=lambda key: FormState("unit", key, None),
        **listing.choices(),
        summoned=summoned(session, actor.unit_id, now),
        words_of_whistles=whistle_words,
    )


@pages.post("/signatures")
def sign():
    """Sign the tickets named, each by itself: what one refusal stops, the others survive."""
    actor, now, said = require(*UNIT_ROLES), clock.now(), []
    numbers = list(forms.many("number"))[:MOST]
    for number in numbers:
        try:
            with work() as session:
                ticket = fetch_ticket(session, actor, number, lock=True)
                handling.sign(session, ticket, actor, now)
            said.append((number, ""))
        except Refused as no:
            if len(numbers) == 1:
                raise
            said.append((number, _(no.text, **no.values)))
    done = [number for number, wrong in said if not wrong]
    if done:
        kit.toast(_n("签收了 %(n)s 件", len(done)))
    failed = [(number, wrong) for number, wrong in said if wrong]
    if not kit.is_fragment():
        for number, wrong in failed:
            kit.toast(f"{number[-6:]}{_('：')}{wrong}", seconds=20)
        return redirect(url_for("unit.show"))
    answer = Response(render_template("unit/signed.html", failed=failed, done=len(done)))
    answer.headers["HX-Trigger"] = "live"
    return answer


@pages.get("/views")
def views():
    """The views this person kept, for the filter panel."""
    actor = require(*UNIT_ROLES)
    return render_template("unit/views.html", views=kept_views.views_of(session_now(), actor.account_id, DESK), query=_query())


@pages.post("/views")
def keep_view():
    """Keep this list under a name; the same name again replaces it."""
    actor, name = require(*UNIT_ROLES), forms.text("name")
    with work() as session:
        query = kept_views.keep(session, actor.account_id, DESK, name, forms.text("query"))
    kit.toast(_("存好了，点名字就回到这一列"))
    return redirect(url_for("unit.show") + ("?" + query if query else ""))


@pages.post("/views/<int:view_id>/removals")
def drop_view(view_id: int):
    """Forget a view of one's own."""
    actor = require(*UNIT_ROLES)
    with work() as session:
        kept_views.drop(session, actor.account_id, DESK, view_id)
    return redirect(url_for("unit.show"))


@pages.post("/exports")
def export() -> Response:
    """The desk as Excel: who took it and when in its first line, no identity, the export on record."""
    actor, now = require(*UNIT_ROLES), clock.now()
    with work() as session:
        audit(session, actor.account_id, actor.name, "export", DESK, now, query=_query(request.form))
    session = session_now()
    names, desk = reference(session), _desk(session, actor, now, request.form)
    head = [
        _("分组"),
        _("工单编号"),
        _("标题"),
        _("状态"),
        _("紧急程度"),
        _("最迟"),
        _("还剩"),
        _("区域"),
        _("地址"),
        _("分类"),
        _("主办"),
        _("退单"),
        _("重办"),
        _("催办"),
    ]
    mark = _("导出：%(mark)s；不含市民身份，仅限工作使用", mark=watermark(actor, now))
    file = spreadsheet.write(_("承办台"), mark, head, (_line(row, names) for row in desk.rows))
    return send_file(file, mimetype=spreadsheet.MIME, as_attachment=True, download_name=f"unit-{local(now):%Y%m%d-%H%M}.xlsx", max_age=0)


def _desk(session: Session, actor: Actor, now: datetime, args=None) -> Desk:
    args = request.args if args is None else args
    filters = listing.filters_of({name: args.get(name, "") for name in ("q", "urgency", "category")})
    tests = queries.conditions(session, filters, now)
    if filters.q:
        tests.append(sa.not_(Ticket.sealed))
    if filters.q.isdigit():
        tests.append(sa.not_(Ticket.confidential))
    if args.get("mine"):
        charged = sa.exists().where(Task.ticket_id == Ticket.id, Task.person_id == actor.account_id, Task.state == "signed")
        tests.append(sa.or_(Ticket.handler_a_id == actor.account_id, Ticket.handler_b_id == actor.account_id, charged))
    desk = desk_of(session, actor, now, tests)
    wanted = args.get("group", "")
    return Desk({wanted: desk.groups.get(wanted, [])}, desk.total) if wanted in GROUPS else desk


def _line(row: Row, names: Reference) -> list:
    ticket = row.ticket
    return [
        _(GROUPS[row.group][0]),
        ticket.number,
        row.seen.title,
        _(words.STATUS[ticket.status]),
        _(words.URGENCY[ticket.urgency]),
        format_due(row.due_at) if row.due_at else "",
        row.face.rest if row.face else "",
        region_name(names, ticket.region_code),
        row.seen.address,
        path_of(names, names.categories.get(ticket.category_id)),
        unit_name(names, ticket.lead_unit_id),
        ticket.returns,
        ticket.reworks,
        ticket.urges,
    ]


def _dock(desk: Desk) -> list[dict]:
    """On a phone: the desk, who is on duty, all tickets, me."""
    kept = {item["href"]: item for item in frame().get("dock", [])}
    found = [
        {"label": _("待办"), "href": url_for("unit.show"), "icon": "inbox", "count": desk.total, "current": True},
        {"label": _("在岗"), "href": url_for("duty.show"), "icon": "calendar-time"},
        {"label": _("查找"), "href": "/desk/tickets", "icon": "search"},
    ]
    return [*found, kept.get("/account", {"label": _("我的"), "href": "/account", "icon": "user"})]


def _query(args=None) -> str:
    """The filters as a view keeps them."""
    return urlencode([(name, value) for name in ARGUMENTS if (value := (request.args if args is None else args).get(name))])
