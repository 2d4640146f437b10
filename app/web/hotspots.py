"""热点: what many people say at once, where, and what grows fastest; one click makes a group matter of it or asks the street to whistle."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock, hotspotting
from app.auth.access import require, visible
from app.errors import Invalid, NotFound, Refused
from app.web import forms, kit, said
from app.web.clock_faces import Face, plain_face
from app.web.form_state import FormState, Wrong
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.listing import place_of
from app.web.naming import name_of, path_of, region_name, unit_name
from app.web.seen import Seen
from app.web.subtabs import subtabs
from app.work import session_now, work
from tickets import topic_queries as queries
from tickets import topics
from tickets.actors import DISPATCHER, LEADER, SUPERVISOR, Actor
from tickets.models import Ticket
from tickets.reference import Reference, reference
from tickets.topic_queries import Grown, Hotspot

pages = Blueprint("hotspots", __name__, url_prefix="/desk/hotspots")
pages.context_processor(said.context)
WATCHING = (SUPERVISOR, LEADER, DISPATCHER)
DEALT = {
    "watch": later("先看着"),
    "group-matter": later("并成了群体件"),
    "whistle": later("请街道看要不要吹哨"),
    "no-event": later("不是一件事"),
}
SPANS = {"day": 1, "week": 7, "month": 30}
SPAN_SAID = {"day": later("近一天"), "week": later("近一周"), "month": later("近一月")}
MOST_PINS = 40


@dataclass(frozen=True)
class Row:
    """A hotspot as the list says it."""

    one: Hotspot
    label: str
    where: str
    kind: str
    unit: str
    dealt: str


@pages.get("")
def show():
    """Those nobody has dealt with, or all (`?all=1`), newest first; `?look=day|week|month` is what growth is measured over. For htmx the list alone."""
    actor, session, now = require(*WATCHING), session_now(), clock.now()
    names, scope = reference(session), visible(actor)
    every, look = request.args.get("all") == "1", request.args.get("look", "week")
    look = look if look in SPANS else "week"
    found = queries.hotspots(session, scope, dealt=None if every else False, before=place_of(request.args.get("after", "")))
    context = {"rows": [_row(one, names) for one in found], "every": every, "look": look, "now": now, "next": _cursor(found)}
    if kit.is_fragment():
        return render_template("hotspots/list.html", **context)
    grown = queries.growing(session, names, scope, now, SPANS[look])
    return render_template(
        "hotspots/desk.html",
        **context,
        pins=_pins(found),
        grown=[
            (_kind(names, one.category_id), region_name(names, one.region), one, _behind(names, one, now, SPANS[look])) for one in grown
        ],
        spans=[(code, _(word)) for code, word in SPAN_SAID.items()],
        tabs=subtabs("/desk/hotspots", [{"label": _("热点"), "href": "/desk/hotspots", "current": True}]),
    )


@pages.get("/<int(max=9223372036854775807):topic_id>")
def one(topic_id: int):
    """One hotspot: its tickets in order, on the map, and what can be done. `?do=ACT` opens a form."""
    return _page(require(*WATCHING), topic_id)


@pages.post("/<int(max=9223372036854775807):topic_id>/acts/<name>")
def act(topic_id: int, name: str) -> Response | tuple[str, int]:
    """`deal` (watch, no-event), `group`, `whistle`."""
    actor, now = require(*WATCHING), clock.now()
    if name not in ACTS:
        raise NotFound("没有这个操作")
    try:
        with work() as session:
            told = ACTS[name](session, topic_id, actor, now)
    except Refused as no:
        if no.status not in (409, 412, 422):
            raise
        fields = {field: [_(sentence) for sentence in told] for field, told in no.fields.items()} if isinstance(no, Invalid) else {}
        values = {field: forms.text(field) for field in ("dealt_as", "words", "street")}
        return _page(actor, topic_id, Wrong(name, no.status, _(no.text, **no.values), values, fields)), no.status
    kit.toast(told)
    return redirect(url_for("hotspots.one", topic_id=topic_id))


def _deal(session: Session, topic_id: int, actor: Actor, now: datetime) -> str:
    topics.deal(topics.hotspot(session, topic_id, lock=True), forms.text("dealt_as"), forms.text("words"), actor, now)
    return _("记下了")


def _group(session: Session, topic_id: int, actor: Actor, now: datetime) -> str:
    topic = topics.hotspot(session, topic_id, lock=True)
    master, joined = topics.group(session, topic, actor, now)
    if topic.dealt_at is None:
        topics.deal(topic, "group-matter", master.number, actor, now)
    return _("%(n)s 件并进了 %(tail)s，每个人照样得到答复", n=joined, tail=master.number[-6:])


def _whistle(session: Session, topic_id: int, actor: Actor, now: datetime) -> str:
    topic, names = topics.hotspot(session, topic_id, lock=True), reference(session)
    street = names.unit_codes.get(forms.text("street"))
    if street is None or street.kind != "street":
        raise Invalid(street="请选一个街道")
    topics.deal(topic, "whistle", name_of(street), actor, now)
    told = hotspotting.ask_to_whistle(session, topic, street.id, now)
    return _("告诉了%(street)s的 %(n)s 个人", street=name_of(street), n=told)


ACTS = {"deal": _deal, "group": _group, "whistle": _whistle}


def _page(actor: Actor, topic_id: int, wrong: Wrong | None = None) -> str:
    session, now = session_now(), clock.now()
    names, scope = reference(session), visible(actor)
    topic = topics.hotspot(session, topic_id)
    found = queries.hotspots(session, scope, topic_id=topic.id)
    if not found:
        raise NotFound("没有这个热点")
    tickets = queries.members(session, scope, topic.id)
    streets: list[tuple[str, str]] = [(unit.code, name_of(unit)) for unit in names.units.values() if unit.kind == "street" and unit.live]
    home = next((unit.code for unit in names.units.values() if unit.kind == "street" and unit.region_code == found[0].region), "")
    return render_template(
        "hotspots/one.html",
        row=_row(found[0], names),
        tickets=[_matter(ticket, actor, names, now) for ticket in tickets],
        wrong=wrong,
        now=now,
        streets=streets,
        home=home,
        joinable=sum(ticket.status == "registered" for ticket in tickets),
        oversees=actor.has(SUPERVISOR, LEADER),
        dispatches=actor.has(DISPATCHER),
        pins=[
            {"lat": float(ticket.lat), "lng": float(ticket.lng), "text": "", "kind": "dot", "size": 14, "name": ""}
            for ticket in tickets[:MOST_PINS]
            if ticket.lat is not None and ticket.lng is not None
        ],
        state_of=lambda key: FormState(f"hotspot-{topic.id}", key, wrong, request.args.get("do", "")),
        choices=[(code, _(DEALT[code])) for code in ("watch", "no-event")],
        tabs=subtabs("/desk/hotspots", [{"label": _("热点"), "href": "/desk/hotspots", "current": True}]),
    )


def _row(one: Hotspot, names: Reference) -> Row:
    return Row(
        one,
        " · ".join(one.label),
        region_name(names, one.region),
        _kind(names, one.category_id),
        unit_name(names, one.unit_id),
        _(DEALT[one.topic.dealt_as]) if one.topic.dealt_as else "",
    )


def _kind(names: Reference, category_id: int | None) -> str:
    return path_of(names, names.categories.get(category_id)) if category_id else ""


def _matter(ticket: Ticket, actor: Actor, names: Reference, now: datetime) -> tuple[Ticket, Seen, Face | None, str]:
    return ticket, Seen(ticket, actor), plain_face(ticket.due_at, now) if ticket.due_at else None, unit_name(names, ticket.lead_unit_id)


def _pins(found: list[Hotspot]) -> list[dict]:
    """One pin a hotspot, larger for more people; its number is how many."""
    return [
        {
            "lat": float(one.lat),
            "lng": float(one.lng),
            "text": str(one.topic.people),
            "kind": "hot",
            "size": min(24 + 2 * one.topic.people, 60),
            "name": " · ".join(one.label),
        }
        for one in found
        if one.lat is not None and one.lng is not None
    ]


def _behind(names: Reference, one: Grown, now: datetime, days: int) -> str:
    """The tickets behind a figure, in the list of all."""
    since = clock.local(now).date().fromordinal(clock.local(now).date().toordinal() - days)
    return url_for("all_tickets.show", category=names.categories[one.category_id].code, region=one.region, since=since.isoformat())


def _cursor(found: list[Hotspot]) -> str:
    if len(found) < 25 or found[-1].topic.hot_at is None:
        return ""
    return f"{found[-1].topic.hot_at.isoformat()}/{found[-1].topic.id}"
