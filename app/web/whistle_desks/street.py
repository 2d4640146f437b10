"""街镇台: my area on a map, my whistles by what they wait for, the open matters of my area. Phone first; one button blows the whistle."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import require, visible
from app.errors import Forbidden
from app.web import kit, said
from app.web.clock_faces import Face, plain_face
from app.web.form_state import FormState, Wrong
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import name_of, short_of
from app.web.seen import Seen
from app.web.whistle_desks import acts
from app.web.whistle_desks.faces import Shown, hours_face, shown
from app.work import session_now
from escalation.models import Clock
from escalation.whistle_clocks import LOOK, RATIFY, REOPEN
from tickets import codes
from tickets import whistle_lists as lists
from tickets import words as ticket_words
from tickets.actors import HANDLER, HEAD, LIAISON, Actor
from tickets.models import Ticket
from tickets.reference import reference
from tickets.whistle_models import Whistle

pages = Blueprint("street", __name__, url_prefix="/desk/street")
pages.context_processor(said.context)
pages.context_processor(acts.context)
TAKEN = ("approve", "reject", "withdraw", "revise", "reopen", "remind", "look-again")
LATELY = timedelta(days=30)
RATIFYING = timedelta(hours=24)
MATTERS, FEW = 40, 4
HOUSE = re.compile(r"[0-9０-９]")  # from the house number on it is somebody's home
ABOUT = 3  # decimals of a degree: some hundred metres
# group → title, what to know
GROUPS = {
    "sign": (later("等签发"), later("领导看过才吹；攻坚哨要书记和主任两人都签")),
    "back": (later("哨办退回的"), later("改好再签")),
    "live": (later("正在响"), later("事不完，人不走；只有街道能放行")),
    "ratify": (later("应急哨要补批"), later("24 小时内")),
    "grade": (later("要打分"), later("一哨一评；打了不能改，单位可以申诉一次")),
    "office": (later("等哨办分派"), later("分派就吹响")),
    "look": (later("该回头看的"), later("攻坚哨办结 5 个工作日内再去看一次；没好就重新吹响")),
    "closed": (later("刚办结"), later("没办好的，10 个工作日内可以找茬，重新吹响")),
}


class Matter(NamedTuple):
    """An open matter of the area. `seen` as the street may see it; None: not its own, only where, what kind, how far and whose (`told`, `whose`)."""

    ticket: Ticket
    seen: Seen | None
    face: Face | None
    told: str
    whose: str
    place: str


@pages.get("")
def show():
    """The desk; `?do=ACT&w=NUMBER` opens a form. For htmx the lists alone."""
    return _page(_of_street())


@pages.post("/<number>/acts/<name>")
def act(number: str, name: str):
    """One step of the street on one of its whistles."""
    actor = _of_street()
    return acts.act(name, number, TAKEN, lambda wrong: _page(actor, wrong), url_for("street.show"))


def _of_street() -> Actor:
    """Whoever sits in a street. Raises Forbidden for another unit."""
    actor = require(LIAISON, HEAD, HANDLER)
    unit = reference(session_now()).units.get(actor.unit_id)
    if unit is None or unit.kind != "street":
        raise Forbidden("这张台是街道的")
    return actor


def _page(actor: Actor, wrong: Wrong | None = None) -> str:
    session, now = session_now(), clock.now()
    names = reference(session)
    street = names.units[actor.unit_id]
    owed = lists.of_streets(session, [street.id], now - LATELY)
    found = [one for one, _ungraded in owed]
    rows, clocks, (signed, back) = lists.summonses_by(session, found), _clocks(session, found), lists.said_of_drafts(session, found)
    windows = {one: due for (one, code), due in clocks.items() if code == REOPEN and due >= now}
    faces = {one: hours_face(due, now, RATIFYING) for (one, code), due in clocks.items() if code == RATIFY}
    groups: dict[str, list[Shown]] = {name: [] for name in GROUPS}
    for one in found:
        for group in ["look"] if (one.id, LOOK) in clocks else _groups_of(one, one.id in windows):
            groups[group].append(shown(one, rows[one.id], names, now))
    matters, count = ([], 0) if kit.is_fragment() else _matters(session, actor, street.region_code, now)
    template = "whistle_desks/street_list.html" if kit.is_fragment() else "whistle_desks/street.html"
    return render_template(
        template,
        street=street,
        groups=groups,
        first=next((name for name, ones in groups.items() if ones), ""),
        titles=GROUPS,
        few=FEW,
        owed={one.id: ungraded for one, ungraded in owed},
        back=back,
        windows=windows,
        signed=signed,
        matters=matters,
        count=count,
        faces=faces,
        looks={one: due for (one, code), due in clocks.items() if code == LOOK},
        names=names,
        now=now,
        actor=actor,
        head=actor.has(HEAD),
        leads=actor.has(HEAD, LIAISON),
        pins=_pins(found, matters),
        wrong=wrong,
        topic=f"unit:{street.id}",
        state_of=lambda key: FormState("street", key, wrong, request.args.get("do", "")),
        asked=request.args.get("w", "") or (request.view_args or {}).get("number", ""),
        chosen=next((one for one in found if one.number == ((request.view_args or {}).get("number") or request.args.get("w"))), None),
    )


def _groups_of(one: Whistle, may_reopen: bool) -> list[str]:
    if one.status == "draft":
        return ["back" if one.sent_back else "sign"]
    ratify = ["ratify"] if one.kind == "emergency" and one.ratified_at is None and one.status not in ("withdrawn", "approved") else []
    group = {"approved": "office", "sounded": "live", "joint-handling": "live", "released": "grade", "evaluated": "grade"}.get(
        one.status, "closed" if may_reopen else ""
    )
    return ratify + ([group] if group else [])


def _clocks(session: Session, found: list[Whistle]) -> dict[tuple[int, str], datetime]:
    """(whistle id, code) → the due date of the street's own running clocks: to ratify, to look again, to find fault."""
    if not found:
        return {}
    wanted = sa.select(Clock.whistle_id, Clock.code, Clock.due_at).where(
        Clock.whistle_id.in_([one.id for one in found]), Clock.code.in_((RATIFY, LOOK, REOPEN)), Clock.stopped_at.is_(None)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(wanted)}


def _matters(session: Session, actor: Actor, region: str | None, now: datetime) -> tuple[list[Matter], int]:
    """Open matters of the area, what is due first on top, and how many there are. Of those that are another's the street learns only where
    about, what kind, how far and whose (domain §2); of sealed and confidential ones nothing."""
    own = visible(actor)
    here = sa.and_(
        sa.func.starts_with(Ticket.region_code, region or "-"),
        sa.not_(Ticket.sealed),
        sa.not_(Ticket.confidential),
        Ticket.appeal_type != "report",
    )
    wanted = (
        sa.select(Ticket, own.label("own"), sa.func.count().over())
        .where(Ticket.status.in_(sorted(codes.OPEN)), sa.or_(own, here))
        .order_by(Ticket.due_at.asc().nulls_last(), Ticket.id.desc())
        .limit(MATTERS)
    )
    names, found = reference(session), []
    rows = session.execute(wanted).all()
    for ticket, mine, _count in rows:
        told = " · ".join(
            part for part in (name_of(names.categories.get(ticket.category_id or 0)), _(ticket_words.STATUS[ticket.status])) if part
        )
        found.append(
            Matter(
                ticket,
                Seen(ticket, actor) if mine else None,
                plain_face(ticket.due_at, now) if ticket.due_at else None,
                told,
                short_of(names.units.get(ticket.lead_unit_id)),
                (ticket.address if mine else HOUSE.split(ticket.address)[0]).strip(),
            )
        )
    return found, rows[0][2] if rows else 0


def _pins(found: list[Whistle], matters: list[Matter]) -> list[dict]:
    """Matters small, those of others only about where they are, whistles that sound large on top."""
    pins = [
        {
            "lng": round(one.ticket.lng, 6 if one.seen else ABOUT),
            "lat": round(one.ticket.lat, 6 if one.seen else ABOUT),
            "text": "",
            "kind": "",
            "size": 14,
            "name": one.seen.title if one.seen else one.told,
        }
        for one in matters
        if one.ticket.lng is not None
    ]
    sounding = [one for one in found if one.status in ("sounded", "joint-handling") and one.lng is not None]
    return pins + [
        {"lng": one.lng, "lat": one.lat, "text": _("哨"), "kind": "me", "size": 34, "name": one.problem[:40]} for one in sounding
    ]
