"""吹哨 in three screens on a phone: what, whom, look once more and blow. What was typed travels with the form; nothing is kept on the server.

Belongs here: the screens. Not here: what a whistle must say (tickets/whistles.py), whom to propose (tickets/whistle_suggest.py).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require, visible
from app.errors import Forbidden, Invalid
from app.web import choices_of, forms, kit, once, photos
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import name_of
from app.work import session_now, work
from escalation.rules import limits_of
from tickets import codes, whistle_photos, whistle_suggest, whistles
from tickets import whistle_words as words
from tickets.actors import HEAD, LIAISON, Actor
from tickets.models import Ticket
from tickets.reference import Reference, reference
from tickets.text import whole_number
from tickets.topic_models import TopicTicket
from tickets.whistle_calls import Asked, Call
from tickets.whistle_codes import EMERGENCY, KINDS, SOURCES

pages = Blueprint("blowing", __name__, url_prefix="/desk/whistles")
pages.url_value_preprocessor(photos.allow)
SUBS = {
    "emergency": later("有危险，马上来人。可以先吹，24 小时内补批"),
    "enforcement": later("街道没有执法权，要联合执法"),
    "routine": later("几家都沾边，要坐下来商量"),
    "tough": later("老大难，书记和主任共同签发"),
}
ARRIVE = {"emergency": later("30 分钟到场"), "enforcement": later("按约定到"), "routine": later("3 个工作日"), "tough": later("5 个工作日")}
MOST_TICKETS = 12
DRAFT = "blow"
SCREEN_OF = {
    "kind": 1,
    "problem": 1,
    "tickets": 1,
    "source": 1,
    "summons": 2,
    "place": 2,
    "own_measures": 2,
    "unit": 2,
    "ask": 2,
    "meet_at": 3,
    "remote_allowed": 3,
    "photos": 3,
}


@dataclass
class Chosen:
    """One department on the second screen."""

    code: str
    name: str
    ask: str
    on: bool
    lead: bool = False


@dataclass
class Typed:
    """Everything the three screens have heard so far."""

    kind: str = EMERGENCY
    problem: str = ""
    tickets: tuple[str, ...] = ()
    source: str = ""
    units: list[Chosen] = field(default_factory=list)
    address: str = ""
    lng: str = ""
    lat: str = ""
    own_measures: str = ""
    meet_at: str = ""
    remote_allowed: bool = False

    @property
    def called(self) -> list[Chosen]:
        return [one for one in self.units if one.on]

    @property
    def lead(self) -> Chosen | None:
        """The one marked, else the first called."""
        return next((one for one in self.called if one.lead), self.called[0] if self.called else None)


@pages.get("/new")
def start():
    """The first screen; `ticket` brings a matter along, with its place; `topic` those of a hotspot."""
    actor, session = _street(), session_now()
    typed = Typed()
    wanted = [request.args.get("ticket", ""), *_of_topic(session, request.args.get("topic", ""))]
    found = [row for row in _matters(session, actor, *wanted) if row.number in wanted]
    if found:
        ticket = found[0]
        typed.tickets, typed.problem, typed.address = tuple(row.number for row in found), ticket.title, ticket.address
        typed.lng, typed.lat = (str(ticket.lng), str(ticket.lat)) if ticket.lng is not None else ("", "")
    return _screen(session, actor, 1, typed, clock.now())


@pages.post("/new")
def step():
    """On to the screen the pressed button names, back to one, or blow. Refused, the screen that can be put right comes back as typed."""
    actor, session, now = _street(), session_now(), clock.now()
    typed, wanted = _typed(reference(session)), forms.text("to")
    if wanted == "blow":
        return _blow(actor, typed, now)
    screen = {"1": 1, "2": 2, "add": 2, "3": 3}.get(wanted, 1)
    errors = _missing(typed, 3 if screen == 3 else 2 if screen == 2 else 0, wanted)
    if errors:
        return _screen(session, actor, min(SCREEN_OF[name] for name in errors), typed, now, errors), 422
    if screen == 2 and wanted == "2" and not typed.units:
        _propose(session, actor, typed, now)
    return _screen(session, actor, screen, typed, now)


def _blow(actor: Actor, typed: Typed, now: datetime) -> Response | tuple[str, int]:
    shots = photos.taken()
    try:
        photos.refuse_bad(shots)
        number, done = _blown(actor, typed, shots, now)
    except Invalid as bad:
        errors = {name: [_(one) for one in said] for name, said in bad.fields.items()}
        screen = min((SCREEN_OF.get(name, 3) for name in errors), default=3)
        return _screen(session_now(), actor, screen, typed, now, errors, photos.keep(shots)), 422
    photos.done(shots)
    once.renew(DRAFT)
    kit.draft_done(DRAFT)
    kit.toast(done)
    return redirect(url_for("whistle.show", number=number))


def _blown(actor: Actor, typed: Typed, shots: photos.Shots, now: datetime) -> tuple[str, str]:
    """The number of the whistle these screens made, now or the first time they were sent, and what is said of it. Raises Invalid."""
    call = Call(
        typed.kind,
        typed.problem,
        typed.own_measures,
        tuple(Asked(one.code, one.ask, one is typed.lead) for one in typed.called),
        typed.tickets,
        typed.address,
        forms.real("lng"),
        forms.real("lat"),
        forms.instant(typed.meet_at, "meet_at"),
        typed.source,
        typed.remote_allowed,
    )
    used = _token()
    with work() as session:
        same = {"kind": call.kind, "problem": call.problem, "address": call.address, "units": [one.unit for one in call.summons]}
        earlier = once.claim(session, actor.account_id, used, same, now)
        if earlier is not None and not earlier.same:
            once.renew(DRAFT)
            raise Invalid(page="刚才那一哨已经吹了；这是另一哨，请再按一次“吹哨”")
        if earlier is not None:
            return earlier.number, _("这一哨刚才已经吹了，没有再吹一遍")
        whistle = whistles.blow(session, call, actor, now)
        good = [checked for _token, _name, checked in shots.good]
        whistle_photos.add(session, whistle, good, "scene", current_app.config["SETTINGS"].uploads, actor, now)
        once.keep(session, actor.account_id, used, whistle.number)
        mine = _("签了，还差一位") if actor.has(HEAD) else _("交上去了，等街道领导签发")
        return whistle.number, {"sounded": _("吹响了，各家都叫到了"), "approved": _("签发了，等哨办分派")}.get(whistle.status, mine)


def _token() -> str:
    """One for all three screens, however often one goes back and forth: they make one whistle."""
    return forms.text("once")[:40] or once.token(DRAFT)


def _screen(
    session: Session, actor: Actor, number: int, typed: Typed, now: datetime, errors: dict | None = None, kept: list[str] | None = None
) -> str:
    names, limits = reference(session), limits_of(session, now)
    hours = {kind: limits.get(f"whistle-{kind}-check-in") for kind in KINDS}
    called = {one.code for one in typed.units}
    return render_template(
        f"whistle/blow-{number}.html",
        back=str(number - 1) if number > 1 else "",
        typed=typed,
        errors=errors or {},
        once=once.token(DRAFT) if errors and "page" in errors else _token(),
        kept=kept or [],
        words=words,
        sources=[(code, _(words.SOURCE[code])) for code in SOURCES],
        subs=SUBS,
        arrive=ARRIVE,
        street=name_of(names.units.get(actor.unit_id)),
        limits=hours,
        matters=_matters(session, actor, *typed.tickets) if number == 1 else [],
        linked=_linked(session, typed.tickets) if number == 3 else [],
        more=[pair for pair in choices_of.units(names) if pair[0] not in called and pair[0] != names.units[actor.unit_id].code]
        if number == 2
        else [],
        by_sign=_by(limits, typed.kind, "sign", now),
        by_here=_by(limits, typed.kind, "check-in", now),
        now=now,
        first=not actor.has(HEAD),
    )


def _by(limits: dict, kind: str, part: str, now: datetime) -> datetime | None:
    """The instant of a limit that counts minutes or hours; None for one in days."""
    limit = limits.get(f"whistle-{kind}-{part}")
    minutes = {"minutes": 1, "hours": 60}.get(limit.unit) if limit else None
    return now + timedelta(minutes=limit.length * minutes) if minutes else None


def _propose(session: Session, actor: Actor, typed: Typed, now: datetime) -> None:
    """Departments with what is asked of each already written, the likeliest lead first (R63)."""
    names = reference(session)
    found = whistle_suggest.advise(session, names.units[actor.unit_id], typed.problem, _linked(session, typed.tickets), now)
    typed.units = [
        Chosen(one.unit.code, name_of(one.unit), one.ask or typed.problem[:60], place < 4, place == 0) for place, one in enumerate(found)
    ]


def _typed(names: Reference) -> Typed:
    listed = forms.many("listed")
    on, lead = set(forms.many("units")), forms.text("lead")
    units = [
        Chosen(code, name_of(names.unit_codes[code]), forms.text(f"ask-{code}"), code in on, code == lead)
        for code in listed
        if code in names.unit_codes
    ]
    if forms.text("to") == "add" and forms.text("more") in names.unit_codes:
        more = forms.text("more")
        if more not in listed:
            units.append(Chosen(more, name_of(names.unit_codes[more]), forms.text("more_ask") or forms.text("problem")[:60], True))
    kind = forms.text("kind")
    source = forms.text("source")
    return Typed(
        kind if kind in KINDS else EMERGENCY,
        forms.text("problem")[:2000],
        forms.many("tickets"),
        source if source in SOURCES else "",
        units,
        forms.text("address")[:200],
        forms.text("lng"),
        forms.text("lat"),
        forms.text("own_measures")[:2000],
        forms.text("meet_at") if kind != EMERGENCY else "",
        forms.flag("remote_allowed") and kind != EMERGENCY,
    )


def _missing(typed: Typed, before: int, wanted: str) -> dict[str, list[str]]:
    """What must be there before a screen may be left forward."""
    bad = {}
    if before >= 2 and not typed.problem:
        bad["problem"] = [_("请写明出了什么事")]
    if before >= 3:
        if not typed.called:
            bad["summons"] = [_("请至少叫一个单位")]
        if any(not one.ask for one in typed.called):
            bad["summons"] = [_("请写明每个单位要做什么")]
        if not typed.address:
            bad["place"] = [_("请写明集合点")]
        if not typed.own_measures:
            bad["own_measures"] = [_("请写明街道自己先做了什么")]
    if wanted == "add" and not forms.text("more"):
        bad["unit"] = [_("请选一个单位")]
    return bad


def _matters(session: Session, actor: Actor, *numbers: str) -> list[Ticket]:
    """Open matters of the street's area it may read, the named ones first: what a whistle may hang on."""
    region = reference(session).units[actor.unit_id].region_code or "-"
    wanted = sa.select(Ticket).where(
        visible(actor),
        sa.not_(Ticket.sealed),
        Ticket.status.in_(codes.WITH_UNIT),
        sa.or_(Ticket.lead_unit_id == actor.unit_id, Ticket.region_code == region),
    )
    return list(
        session.scalars(wanted.order_by(Ticket.number.in_(numbers).desc(), Ticket.due_at.nulls_last(), Ticket.id).limit(MOST_TICKETS))
    )


def _of_topic(session: Session, topic: str) -> list[str]:
    """The numbers of a hotspot's tickets; of which of them the street may see is _matters' business."""
    return (
        list(
            session.scalars(
                sa.select(Ticket.number)
                .join(TopicTicket, TopicTicket.ticket_id == Ticket.id)
                .where(TopicTicket.topic_id == whole_number(topic))
            )
        )
        if whole_number(topic)
        else []
    )


def _linked(session: Session, numbers: tuple[str, ...]) -> list[Ticket]:
    return (
        list(session.scalars(sa.select(Ticket).where(Ticket.number.in_(numbers), sa.not_(Ticket.sealed)).order_by(Ticket.id)))
        if numbers
        else []
    )


def _street() -> Actor:
    """Somebody of a street who may blow. Raises Forbidden."""
    actor = require(LIAISON, HEAD)
    unit = reference(session_now()).units.get(actor.unit_id)
    if unit is None or unit.kind != "street":
        raise Forbidden("只有街道能吹哨")
    return actor
