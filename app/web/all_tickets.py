"""全部工单: search over everything a person may read, filters in the address, views to come back to, Excel to take along."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import findable, require
from app.auth.audit import audit
from app.clock import local
from app.web import choices_of, forms, kept_views, kit, listing, said, spreadsheet
from app.web.dispatch.desk import tabs as dispatch_tabs
from app.web.dispatch.desk import waiting
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import path_of, region_name, unit_name
from app.web.operator.choices import regions
from app.web.operator.desk import tabs as operator_tabs
from app.web.seen import Seen
from app.work import session_now, work
from tickets import queries, words
from tickets.actors import AGENT, CENTRE_ROLES, DISPATCHER, UNIT_ROLES, Actor
from tickets.identity import shown
from tickets.models import Ticket
from tickets.queries import Filters
from tickets.reference import Reference, reference

pages = Blueprint("all_tickets", __name__, url_prefix="/desk/tickets")
pages.context_processor(said.context)
READERS = (*sorted(CENTRE_ROLES), *sorted(UNIT_ROLES))
DESK = "tickets"
ORDERS = ("received", "due", "waiting")
MOST_EXPORTED = 10_000
WHOLE_NUMBER = 6
# of the Excel; its cells are _row's, in the same order
HEAD = (
    later("工单编号"),
    later("登记时间"),
    later("状态"),
    later("类型"),
    later("紧急程度"),
    later("标题"),
    later("内容"),
    later("分类"),
    later("区域"),
    later("地址"),
    later("来源"),
    later("诉求人"),
    later("承办单位"),
    later("派单时间"),
    later("最迟答复"),
    later("办结时间"),
    later("退单"),
    later("重办"),
    later("催办"),
    later("评价"),
)


@pages.get("")
def show():
    """The list. A ticket number (or its last six digits) that fits one ticket leads straight to it."""
    actor, session, now = require(*READERS), session_now(), clock.now()
    filters, order = listing.filters_of(request.args), _order()
    page = queries.page(session, findable(actor, filters.q), filters, now, order, request.args.get("after", ""))
    if len(page.items) == 1 and filters.q.isdigit() and len(filters.q) >= WHOLE_NUMBER and _alone():
        return redirect(f"/tickets/{page.items[0].number}")
    names, who = reference(session), queries.identities(session, page.items)
    rows = [(ticket, Seen(ticket, actor), shown(ticket, who.get(ticket.id), actor)) for ticket in page.items]
    return render_template(
        "dispatch/all.html",
        rows=rows,
        next=page.next,
        names=names,
        filters=filters,
        order=order,
        views=kept_views.views_of(session, actor.account_id, DESK),
        query=_query(),
        units=choices_of.units(names),
        regions=regions(names),
        groups=[(one.code, path_of(names, one)) for one in names.categories.values() if one.level == 1 and one.active],
        most=MOST_EXPORTED,
        **_tabs(session, actor),
        **listing.choices(),
    )


@pages.post("/views")
def keep_view():
    """Keep this list under a name; the same name again replaces it."""
    actor, name = require(*READERS), forms.text("name")
    with work() as session:
        query = kept_views.keep(session, actor.account_id, DESK, name, forms.text("query"))
    kit.toast(_("存好了，点名字就回到这一列"))
    return redirect(url_for("all_tickets.show") + "?" + query)


@pages.post("/views/<int:view_id>/removals")
def drop_view(view_id: int):
    """Forget a view of one's own."""
    actor = require(*READERS)
    with work() as session:
        kept_views.drop(session, actor.account_id, DESK, view_id)
    return redirect(url_for("all_tickets.show"))


@pages.post("/exports")
def export() -> Response:
    """The filtered list as Excel: masked as on the screen, the exporter's name and the time in its first line, the export on record."""
    actor, now = require(*READERS), clock.now()
    filters = listing.filters_of(request.form)
    with work() as session:
        audit(
            session,
            actor.account_id,
            actor.name,
            "export",
            DESK,
            now,
            query=urlencode([pair for pair in request.form.items(multi=True) if pair[0] in listing.ARGUMENTS and pair[1]]),
        )
    session = session_now()
    mark = _(
        "导出：%(who)s %(unit)s %(at)s；身份已隐去，仅限工作使用；最多 %(n)s 行",
        who=actor.name,
        unit=actor.unit_name,
        at=f"{local(now):%Y-%m-%d %H:%M}",
        n=MOST_EXPORTED,
    )
    head = [_(word) for word in HEAD]
    file = spreadsheet.write(_("工单"), mark, head, _rows(session, actor, filters, now))
    return send_file(file, mimetype=spreadsheet.MIME, as_attachment=True, download_name=f"tickets-{local(now):%Y%m%d-%H%M}.xlsx", max_age=0)


def _rows(session: Session, actor: Actor, filters: Filters, now: datetime) -> Iterator[list]:
    names, cursor, left = reference(session), "", MOST_EXPORTED
    while left > 0:
        page = queries.page(session, findable(actor, filters.q), filters, now, "received", cursor, min(left, queries.LONGEST_PAGE))
        who = queries.identities(session, page.items)
        for ticket in page.items:
            yield _row(names, ticket, Seen(ticket, actor), shown(ticket, who.get(ticket.id), actor))
        left -= queries.LONGEST_PAGE
        session.expunge_all()
        if page.next is None:
            return
        cursor = page.next


def _row(names: Reference, ticket: Ticket, seen: Seen, who: dict) -> list:
    score = ticket.final_rating
    return [
        ticket.number,
        ticket.received_at,
        _(words.STATUS[ticket.status]),
        _(words.APPEAL_TYPE[ticket.appeal_type]),
        _(words.URGENCY[ticket.urgency]),
        seen.title,
        seen.content,
        path_of(names, names.categories.get(ticket.category_id)),
        region_name(names, ticket.region_code),
        seen.address,
        _(words.CHANNEL[ticket.channel]),
        f"{who['name']} {who['phone']}".strip(),
        unit_name(names, ticket.lead_unit_id),
        ticket.dispatched_at,
        ticket.due_at,
        ticket.closed_at,
        ticket.returns,
        ticket.reworks,
        ticket.urges,
        _(words.SCORE[score]) if score else "",
    ]


def _tabs(session: Session, actor: Actor) -> dict:
    """A dispatcher or an agent keeps the tabs of their desk; all others have the frame's."""
    if actor.has(DISPATCHER):
        return {"tabs": dispatch_tabs("", waiting(session))}
    return {"tabs": operator_tabs("")} if actor.has(AGENT) else {}


def _order() -> str:
    wanted = request.args.get("order", "received")
    return wanted if wanted in ORDERS else "received"


def _query() -> str:
    """The address' filters without the place in the list, as a view keeps them."""
    return urlencode([(name, value) for name, value in request.args.items(multi=True) if name in (*listing.ARGUMENTS, "order") and value])


def _alone() -> bool:
    """Nothing but the search words narrows the list."""
    return not any(value for name, value in request.args.items() if name not in ("q", "lang", "size", "theme", "letters"))
