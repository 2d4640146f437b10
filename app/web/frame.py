"""What stands around every desk: which desks a person has, how much waits on each, who they are. The desks themselves are other files.

A new desk is one row of DESKS; it appears once its address exists. Counts are one statement, kept FRESH seconds per process.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app, g, request
from werkzeug.exceptions import HTTPException

from app import clock
from app.telling import topic_of
from app.web import followup_rows
from app.web.i18n import gettext as _
from app.web.i18n import later, listed
from app.web.naming import short_of
from app.work import session_now
from escalation import patrol_queries
from escalation.models import Clock, LedgerEntry
from escalation.supervision_models import Supervision
from notifiers import inbox
from tickets import rectification_queries, words
from tickets.actors import (
    ADMIN,
    AGENT,
    AUDITOR,
    DISCIPLINE,
    DISPATCHER,
    FOLLOW_UP,
    HANDLER,
    HEAD,
    LEADER,
    LIAISON,
    PANEL,
    PUBLISHER,
    SUPERVISOR,
    UNIT_ROLES,
    Actor,
)
from tickets.dispatch_models import Request, Task
from tickets.evaluation_models import Rectification
from tickets.models import Ticket
from tickets.reference import reference
from tickets.topic_models import Topic
from tickets.whistle_codes import LIVE
from tickets.whistle_lists import OPEN as OPEN_WHISTLES
from tickets.whistle_models import Score, Summons, Whistle

FRESH = 3.0
MOST_KEPT = 2000
DOCK = 3


def _standing(*statuses: str):
    return lambda actor: sa.select(sa.func.count()).select_from(Ticket).where(Ticket.status.in_(statuses))


def _to_dispatch(_actor: Actor):
    fresh = sa.select(sa.func.count()).select_from(Ticket).where(Ticket.status == "registered").scalar_subquery()
    asked = sa.select(sa.func.count()).select_from(Request).where(Request.decision.is_(None), Request.kind != "dispute").scalar_subquery()
    return sa.select(fresh + asked)


def _of_unit(actor: Actor):
    mine = (
        sa.select(sa.func.count())
        .select_from(Ticket)
        .where(Ticket.lead_unit_id == actor.unit_id, Ticket.status.in_(("dispatched", "signed", "handling")))
        .scalar_subquery()
    )
    helping = (
        sa.select(sa.func.count())
        .select_from(Task)
        .where(Task.unit_id == actor.unit_id, Task.state.in_(("open", "signed")))
        .scalar_subquery()
    )
    return sa.select(mine + helping)


def _live_orders(_actor: Actor):
    return sa.select(sa.func.count()).select_from(Supervision).where(Supervision.closed_at.is_(None))


def _hotspots(_actor: Actor):
    """Hotspots nobody has dealt with."""
    return (
        sa.select(sa.func.count())
        .select_from(Topic)
        .where(Topic.hot_at.is_not(None), Topic.merged_into_id.is_(None), Topic.dealt_at.is_(None))
    )


def _office(_actor: Actor):
    """What waits for a word of the whistle office: whistles to triage, objections, appeals."""
    triage = sa.select(sa.func.count()).select_from(Whistle).where(Whistle.status == "approved").scalar_subquery()
    objected = (
        sa.select(sa.func.count())
        .select_from(Summons)
        .join(Whistle, Whistle.id == Summons.whistle_id)
        .where(Whistle.status.in_(LIVE), Summons.objected_at.is_not(None), Summons.objection_decision.is_(None))
        .scalar_subquery()
    )
    appealed = (
        sa.select(sa.func.count())
        .select_from(Score)
        .where(Score.appealed_at.is_not(None), Score.appeal_decision.is_(None))
        .scalar_subquery()
    )
    return sa.select(triage + objected + appealed)


def _of_street(actor: Actor):
    """A street's own whistles that are not closed."""
    return sa.select(sa.func.count()).select_from(Whistle).where(Whistle.street_id == actor.unit_id, Whistle.status.in_(OPEN_WHISTLES))


def _orders_of_unit(actor: Actor):
    """What the unit has yet to say a word to: orders without acknowledgement, cards without explanation."""
    orders = (
        sa.select(sa.func.count())
        .select_from(Supervision)
        .where(Supervision.unit_id == actor.unit_id, Supervision.state == "issued")
        .scalar_subquery()
    )
    cards = (
        sa.select(sa.func.count(sa.distinct(LedgerEntry.clock_id)))
        .join(Clock, Clock.id == LedgerEntry.clock_id)
        .where(
            Clock.stopped_at.is_(None), LedgerEntry.unit_id == actor.unit_id, LedgerEntry.closed_at.is_(None), LedgerEntry.status == "open"
        )
        .scalar_subquery()
    )
    return sa.select(orders + cards)


def _missed(actor: Actor):
    """Cells of the street nobody has been to since a round was missed."""
    return patrol_queries.missed_now({actor.unit_id})


def _loops(actor: Actor):
    """Bad ratings a unit has yet to act on; for the centre, the appeals to review."""
    if actor.of_unit and not actor.of_centre:
        return rectification_queries.owed_by(actor.unit_id)
    return sa.select(sa.func.count()).select_from(Rectification).where(Rectification.state == "appealed")


@dataclass(frozen=True)
class Desk:
    """One tab: where it is, who has it (`kind`: only those of such a unit), what its number counts (a scalar SELECT of the actor, or none)."""

    path: str
    label: str
    icon: str
    roles: frozenset[str]
    count: Callable[[Actor], sa.Select] | None = None
    kind: str = ""

    def fits(self, actor: Actor) -> bool:
        """Whether it is theirs: by role, and by the kind of their unit where one is named."""
        if not actor.has(*self.roles):
            return False
        unit = reference(session_now()).units.get(actor.unit_id) if self.kind else None
        return not self.kind or (unit is not None and unit.kind == self.kind)


def _desk(path, label, icon, roles, count=None, kind=""):
    return Desk(path, label, icon, frozenset(roles), count, kind)


DESKS = (
    _desk("/desk/intake", later("受理台"), "headset", [AGENT]),
    _desk("/desk/dispatch", later("派单"), "send", [DISPATCHER], _to_dispatch),
    _desk("/desk/whistle-office", later("哨办"), "speakerphone", [DISPATCHER], _office),
    _desk("/desk/street", later("街道"), "speakerphone", UNIT_ROLES, _of_street, "street"),
    _desk("/desk/patrol", later("巡查"), "walk", UNIT_ROLES, _missed, "street"),
    _desk("/desk/unit", later("承办"), "inbox", UNIT_ROLES, _of_unit),
    _desk("/desk/audit", later("审核"), "clipboard-check", [AUDITOR], _standing("replied")),
    _desk("/desk/rulings", later("争议裁定"), "gavel", [PANEL], _standing("disputed")),
    _desk("/desk/follow-up", later("回访"), "phone-call", [FOLLOW_UP], followup_rows.count),
    _desk("/desk/ratings", later("差评整改"), "refresh-alert", [*UNIT_ROLES, AUDITOR, PANEL], _loops),
    _desk("/desk/supervision", later("督办"), "eye", [SUPERVISOR, LEADER, DISCIPLINE], _live_orders),
    _desk("/desk/hotspots", later("热点"), "flame", [SUPERVISOR, LEADER, DISPATCHER], _hotspots),
    _desk("/desk/whistle-wall", later("哨墙"), "layout-dashboard", [SUPERVISOR, LEADER, DISCIPLINE]),
    _desk("/desk/patrol", later("巡查"), "walk", [SUPERVISOR, LEADER, DISCIPLINE]),
    _desk("/desk/hall", later("大屏"), "layout-dashboard", [SUPERVISOR, LEADER]),
    _desk("/desk/orders", later("督办和牌"), "gavel", UNIT_ROLES, _orders_of_unit),
    _desk("/desk/reports", later("报表"), "report-analytics", [SUPERVISOR, LEADER]),
    _desk("/desk/reports/units", later("成绩"), "chart-bar", [PUBLISHER, DISCIPLINE]),
    _desk("/desk/reports/own", later("本单位成绩"), "chart-bar", [HEAD, LIAISON]),
    _desk(
        "/desk/tickets",
        later("全部工单"),
        "list",
        [AGENT, DISPATCHER, AUDITOR, PANEL, FOLLOW_UP, SUPERVISOR, LEADER, DISCIPLINE, LIAISON, HANDLER, HEAD],
    ),
    _desk("/admin", later("管理"), "settings", [ADMIN]),
    _desk("/desk/knowledge", later("知识库"), "book", [ADMIN, HEAD, LIAISON]),
    _desk("/desk/duty", later("谁在岗"), "calendar-time", [LEADER, SUPERVISOR]),
    _desk("/desk/reveals", later("谁看过身份"), "eye", [DISCIPLINE]),
    _desk("/admin/audit", later("留痕"), "history", [DISCIPLINE]),
)


def frame() -> dict:
    """Tabs, dock, name, links and live topics of the signed-in person; empty for a citizen. The callable behind extensions["frame"]."""
    if "frame" not in g:
        g.frame = _frame_of(g.actor) if g.get("actor") is not None else {"links": {"portal": "/"}, "topics": []}
    return g.frame


def desks_of(actor: Actor) -> list[Desk]:
    """The desks this person may enter, in the order of their day. Only those that exist in this installation."""
    known = current_app.extensions.setdefault("known_paths", {})
    return [desk for desk in DESKS if desk.fits(actor) and _exists(desk.path, known)]


def _frame_of(actor: Actor) -> dict:
    desks = desks_of(actor)
    counts = _counts(actor, desks)
    nearest = max((desk.path for desk in desks if _is_under(request.path, desk.path)), key=len, default="")
    tabs = [
        {"label": _(desk.label), "href": desk.path, "icon": desk.icon, "count": counts.get(desk.path), "current": desk.path == nearest}
        for desk in desks
    ]
    dock = [*tabs[:DOCK], {"label": _("我的"), "href": "/account", "icon": "user", "current": _is_under(request.path, "/account")}]
    links = {"home": "/desk", "account": "/account", "sign_out": "/sign-out", "portal": "/"}
    if any(desk.path == "/desk/tickets" for desk in desks):
        links["search"] = "/desk/tickets"
    return {
        "tabs": tabs,
        "dock": dock,
        "links": links,
        "topics": topics_of(actor),
        "bell": bell,
        "me": {"name": actor.name, "post": post_of(actor)},
    }


def bell() -> dict:
    """What the beam says of messages: how many wait for this person, and the topic it listens to. One statement, when a page asks and the counts have not."""
    unread = g.pop("unread", None)
    if unread is None:
        unread = session_now().scalar(inbox.unread(g.actor.account_id)) or 0
    return {
        "unread": unread,
        "said": f"{inbox.MOST_COUNTED}+" if unread > inbox.MOST_COUNTED else str(unread),
        "topic": topic_of(g.actor.account_id),
    }


def post_of(actor: Actor) -> str:
    """Unit and roles as people say them; a covered post says so."""
    roles = [_(words.ROLE[role]) + (_("（代）") if role in actor.covering else "") for role in words.ROLE if role in actor.roles]
    unit = short_of(reference(session_now()).units.get(actor.unit_id)) or actor.unit_name
    return " ".join([unit, listed(roles)]).strip()


def topics_of(actor: Actor) -> list[str]:
    """The live topics that concern this person's desks."""
    unit = [f"unit:{actor.unit_id}"] if actor.of_unit and actor.unit_id else []
    return (["centre"] if actor.of_centre else []) + unit


def _counts(actor: Actor, desks: list[Desk]) -> dict[str, int]:
    counted = [desk for desk in desks if desk.count is not None]
    if not counted:
        return {}
    kept = current_app.extensions.setdefault("frame_counts", {})
    key = (actor.unit_id, *(desk.path for desk in counted))
    held = kept.get(key)
    if held is None or clock.ticks() - held[0] > FRESH:
        *row, g.unread = (
            session_now()
            .execute(
                sa.select(*(desk.count(actor).scalar_subquery() for desk in counted), inbox.unread(actor.account_id).scalar_subquery())
            )
            .one()
        )
        if len(kept) > MOST_KEPT:
            kept.clear()
        held = kept[key] = (clock.ticks(), dict(zip((desk.path for desk in counted), row, strict=True)))
    return held[1]


def _is_under(path: str, place: str) -> bool:
    return path == place or path.startswith(place + "/")


def _exists(path: str, known: dict[str, bool]) -> bool:
    if path not in known:
        try:
            current_app.url_map.bind("localhost").match(path)
            known[path] = True
        except HTTPException:
            known[path] = False
    return known[path]
