"""大屏: the hall's wall. Calm, no input, no identity; every number leads to its tickets for those who may read them. Its picture is app/walling.py's."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Blueprint, current_app, render_template, url_for
from sqlalchemy.orm import Session

from app import clock, walling
from app.auth.access import require
from app.auth.oversight import OVERSEEING
from app.clock import local
from app.web import kit, said
from app.web.clock_faces import face_of
from app.web.i18n import current_language
from app.web.i18n import gettext as _
from app.web.naming import name_of, region_name
from app.web.supervision import soonline
from app.web.supervision.faces import stairs, unit_said
from app.web.whistle_desks.faces import shown
from app.work import session_now
from escalation import ledger_queries
from escalation import supervision_queries as queries
from escalation import words as time_words
from escalation.queries import view_of
from escalation.rules import calendar_for
from tickets import whistle_lists, whistle_words
from tickets.actors import DISCIPLINE, DISPATCHER, LEADER, SUPERVISOR
from tickets.reference import Reference, reference

pages = Blueprint("hall", __name__, url_prefix="/desk/hall")
pages.context_processor(said.context)
WATCHING = (SUPERVISOR, LEADER, DISCIPLINE, DISPATCHER)
WORST, SOON, WHISTLES, HOLDERS = 6, 60, 4, 8


@pages.get("")
def show():
    """The wall; for htmx the picture alone, every few seconds."""
    actor = require(*WATCHING)
    session, now = session_now(), clock.now()
    found = walling.picture(current_app.extensions["redis"], current_language(), now, lambda: compose(session, now))
    return render_template(
        "hall/wall.html" if not kit.is_fragment() else "hall/picture.html",
        wall=found,
        cards=actor.has(*OVERSEEING),
        choices=kit.choices() | {"shade": "dark"},
        now=now,
        age=max(0, int(now.timestamp() - found["at"])),
        fresh=walling.FRESH,
    )


def compose(session: Session, now: datetime) -> dict:
    """Everything on the wall as values JSON can carry, in the language of the request. What one may open is decided where the links lead."""
    names, everyone = reference(session), sa.true()
    today = f"{local(now):%Y-%m-%d}"
    counted = ledger_queries.counts(session, everyone)
    return {
        "today": walling.received_today(session, now),
        "day": today,
        "month": today[:7] + "-01",
        "calls": walling.queue_now(session, now),
        "red": counted["red"],
        "yellow": counted["yellow"],
        "worst": _worst(session, names, now),
        "holders": [
            {"unit": unit_said(names, unit), "code": names.units[unit].code if unit in names.units else "centre", "n": n}
            for unit, n in ledger_queries.yellow_by_unit(session, HOLDERS)
        ],
        "stairs": [
            {"level": one.level, "word": one.word, "n": one.count, "tone": one.tone, "x": one.x, "y": one.y} for one in stairs(counted)
        ],
        "soon": _soon(session, names, now),
        "pins": _pins(session, names, now),
        "rates": [_named(one) for one in walling.month_rates(session, now)],
        "signed": walling.signed_today(session, now),
        "whistles": _whistles(session, names, now),
        "standing": _standing(session),
    }


def _worst(session: Session, names: Reference, now: datetime) -> list[dict]:
    """The heaviest cards; a matter is named by its kind, never by somebody's words."""
    calendar, found = calendar_for(session), []
    for card in ledger_queries.cards_now(session, sa.true(), WORST):
        about = name_of(names.categories.get(card.ticket.category_id)) if card.ticket else _(whistle_words.KIND[card.whistle.kind])
        href = url_for("ticket.show", number=card.ticket.number) if card.ticket else url_for("whistle.show", number=card.whistle.number)
        found.append(
            {
                "card": "r" if card.entry.card == "red" else "y",
                "unit": unit_said(names, card.entry.unit_id),
                "about": about or _("没分类"),
                "href": href,
                "limit": _(time_words.LIMIT.get(card.step.code, card.step.code)),
                "late": face_of(view_of(card.clock), now, calendar).rest,
            }
        )
    return found


def _soon(session: Session, names: Reference, now: datetime) -> dict:
    rows = ledger_queries.breaking(session, sa.true(), now, now + timedelta(hours=1), SOON)
    points = [
        soonline.Point(
            row.due_at,
            unit_said(names, row.unit_id),
            _(time_words.LIMIT.get(row.code, row.code)),
            "",
            url_for("whistle.show" if row.whistle_id else "ticket.show", number=row.number),
        )
        for row in rows
    ]
    line = soonline.draw(points, "hour", now, len(points))
    marks = [{"x": mark.x, "y": mark.y, "tone": mark.tone, "label": mark.label, "labelled": mark.labelled} for mark in line.marks]
    return {
        "n": len(points),
        "say": line.say,
        "marks": marks,
        "ticks": line.ticks,
        "red": line.red_until,
        "yellow": line.yellow_until,
        "list": [
            {"unit": point.unit, "what": point.what, "href": point.href, "left": max(0, int((point.due - now).total_seconds() // 60))}
            for point in points[:WORST]
        ],
    }


def _pins(session: Session, names: Reference, now: datetime) -> list[dict]:
    since = f"{local(now - walling.LAST):%Y-%m-%d}"
    found = []
    for one in walling.crowds(session, now):
        category = names.categories.get(one["category"])
        found.append(
            {
                "lng": one["lng"],
                "lat": one["lat"],
                "text": str(one["n"]),
                "kind": "r" if one["red"] else "",
                "size": 30 + min(one["n"], 10) * 3,
                "n": one["n"],
                "place": region_name(names, one["region"]),
                "about": name_of(category),
                "name": _("%(place)s %(what)s %(n)s 件", place=region_name(names, one["region"]), what=name_of(category), n=one["n"]),
                "href": url_for("all_tickets.show", region=one["region"], category=category.code if category else "", since=since),
            }
        )
    return found


def _whistles(session: Session, names: Reference, now: datetime) -> list[dict]:
    found = whistle_lists.live(session, sa.true())
    rows = whistle_lists.summonses_by(session, found)
    listed = [shown(one, rows[one.id], names, now) for one in found[:WHISTLES]]
    return [
        {
            "kind": one.kind,
            "street": one.street,
            "here": one.here,
            "wanted": one.wanted,
            "late": one.late,
            "absent": one.absent,
            "href": url_for("whistle.show", number=one.whistle.number),
            "at": f"{local(one.whistle.sounded_at):%H:%M}" if one.whistle.sounded_at else "",
            "all": len(found),
        }
        for one in listed
    ]


def _standing(session: Session) -> list[dict]:
    return [{"code": code, "word": _(time_words.STANDING[code]), "n": n} for code, n in queries.standings(session, sa.true()).items()]


def _named(rate: dict) -> dict:
    word = rate["name"]
    return rate | {"name": _(word)}
