"""How cards and orders look in lists: the ring or the day count in front, what was said so far, where it stands. Pure on plain values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from flask import url_for

from app.web.clock_faces import Face, face_of
from app.web.i18n import format_due, format_moment, later
from app.web.i18n import gettext as _
from app.web.i18n import html as _html
from app.web.i18n import ngettext as _n
from app.web.naming import short_of
from app.web.seen import Seen, words_for
from escalation import words
from escalation.calendar import Calendar
from escalation.ledger_queries import Card
from escalation.models import Clock
from escalation.queries import view_of
from escalation.supervision_models import STANDING_OF, Coordination
from escalation.supervision_queries import File, Order
from tickets import whistle_words
from tickets.actors import Actor
from tickets.models import Ticket
from tickets.reference import Reference
from tickets.whistle_codes import EMERGENCY

STAIRS = (
    ("E0", later("提醒"), ""),
    ("E1", later("黄牌"), "y"),
    ("E2", later("红牌"), "r"),
    ("E3", later("催办"), "r"),
    ("E4", later("通报"), "r"),
    ("E5", later("督办"), "r"),
    ("E6", later("提级"), "r"),
    ("E7", later("上会"), "r"),
)


class Stair(NamedTuple):
    """One step of the stairs: its word, how many stand on it, its tone, and where it is drawn."""

    level: str
    word: str
    count: int
    tone: str
    x: int
    y: int


@dataclass(frozen=True)
class CardRow:
    """One ledger entry in a list: `late` what is over or left, `said` what happened to it since; `href` its ticket or its whistle."""

    card: Card
    title: str
    href: str
    urgency: str
    face: Face
    unit: str
    limit: str
    late: str
    said: str

    @property
    def id(self) -> int:
        return self.card.entry.id


@dataclass(frozen=True)
class OrderRow:
    """One order in a list. `face` None: its clock is not running."""

    row: Order
    seen: Seen
    face: Face | None
    unit: str
    said: str
    doubt: str = ""

    @property
    def id(self) -> int:
        return self.row.order.id


def card_row(card: Card, actor: Actor, names: Reference, now: datetime, calendar: Calendar) -> CardRow:
    """The entry as this person sees it now."""
    face = face_of(view_of(card.clock), now, calendar)
    late = face.rest if card.clock.stopped_at is None else _("已停：%(how)s", how=_(words.STATE.get(card.clock.stop_reason or "", "")))
    return CardRow(
        card,
        *_about(card, actor),
        face,
        unit_said(names, card.entry.unit_id),
        _(words.LIMIT.get(card.step.code, card.step.code)),
        late,
        _said(card),
    )


def _about(card: Card, actor: Actor) -> tuple[str, str, str]:
    """What the entry is about, where that is seen, how urgent it is."""
    if card.ticket is not None:
        return Seen(card.ticket, actor).title, url_for("ticket.show", number=card.ticket.number), card.ticket.urgency
    whistle = card.whistle
    title = _("%(kind)s：%(problem)s", kind=_(whistle_words.KIND[whistle.kind]), problem=words_for(actor, whistle.problem))
    return title, url_for("whistle.show", number=whistle.number), "critical" if whistle.kind == EMERGENCY else "ordinary"


def order_row(row: Order, actor: Actor, names: Reference, now: datetime, calendar: Calendar, doubt: str = "") -> OrderRow:
    """The order as this person sees it now."""
    face = running_face(row.clock, now, calendar) if row.order.closed_at is None else None
    return OrderRow(row, Seen(row.ticket, actor), face, unit_said(names, row.order.unit_id), _order_said(row), doubt)


def running_face(clock: Clock | None, now: datetime, calendar: Calendar) -> Face | None:
    return face_of(view_of(clock), now, calendar) if clock is not None and clock.stopped_at is None else None


def unit_said(names: Reference, unit_id: int | None) -> str:
    """The unit's short name; the centre for a clock of its own."""
    return short_of(names.units.get(unit_id)) if unit_id else _("热线中心")


def stairs(counted: dict[str, int]) -> list[Stair]:
    """The ladder's levels: height is the level, the number is the count, a level nobody stands on is grey."""
    return [
        Stair(level, _(word), counted.get(level, 0), tone if counted.get(level) else "o", at * 80, 96 - at * 10)
        for at, (level, word, tone) in enumerate(STAIRS)
    ]


def way_of(file: File, seen: Seen) -> list[dict]:
    """Everything that happened to an order, oldest first, as ui.timeline draws it."""
    return [
        {"at": at, "icon": icon, "text": _html("<b>%(lead)s</b>，%(who)s", lead=lead, who=who), "sub": sub, "say": seen.words(say)}
        for at, icon, lead, who, sub, say in sorted(_happened(file), key=itemgetter(0))
    ]


def _happened(file: File) -> Iterator[tuple[datetime, str, str, str, str, str]]:
    """When, with which icon, what, by whom, the side matter, what was said."""
    order = file.order
    yield order.issued_at, "gavel", _("开督办"), order.issued_by_name, "", ""
    if order.acknowledged_at is not None:
        yield order.acknowledged_at, "clipboard-check", _("单位回执"), order.acknowledged_by_name, "", order.plan
    for fixed in file.coordinations:
        yield fixed.at, "users", _("顶格协调"), fixed.by_name, _fixed_said(fixed), fixed.words
    for met in file.meetings:
        yield met.held_at, "map-pin", _(words.MEETING[met.kind]), met.by_name, f"{met.place} · {met.people}", met.words
    for look in file.inspections:
        standing, mode = _(words.STANDING[STANDING_OF[look.mode]]), _(words.MODE[look.mode])
        yield look.at, "eye", _("%(standing)s，%(mode)s", standing=standing, mode=mode), look.by_name, "", look.finding
    if order.closed_at is not None:
        how = _(words.WRITE_OFF_CLASS.get(order.written_off_as, ""))
        yield order.closed_at, "circle-check", _("销号：%(how)s", how=how), order.closed_by_name, "", order.evidence


def _fixed_said(fixed: Coordination) -> str:
    """Whom a matter was given to at the highest level, and until when."""
    return _("落实到 %(who)s（%(post)s），%(due)s 前", who=fixed.person, post=fixed.post, due=format_due(fixed.due_at))


def _said(card: Card) -> str:
    """The last thing that happened to a card."""
    entry, order = card.entry, card.order
    steps = (
        (entry.status == "written-off", lambda: _("已销账：%(words)s", words=entry.evidence)),
        (entry.closed_at is not None, lambda: _("已摘牌 %(at)s", at=format_moment(entry.closed_at))),
        (order is not None, lambda: _("已督办 %(number)s", number=order.number)),
        (entry.ruling == "denied", lambda: _("说明不采纳")),
        (entry.ruling == "accepted", lambda: _("说明采纳")),
        (entry.status == "acknowledged", lambda: _("已说明，等裁定")),
        (entry.urged_at is not None, lambda: _("已催办 %(at)s，未说明", at=format_moment(entry.urged_at))),
        (
            True,
            lambda: {"E3": _("已发催办，未说明"), "E4": _("已通报，未说明"), "E5": _("该督办了"), "E6": _("已报区里和市领导")}.get(
                entry.level, _("未说明")
            ),
        ),
    )
    return next(said() for fits, said in steps if fits)


def _order_said(row: Order) -> str:
    order = row.order
    if order.closed_at is not None:
        return _(
            "%(who)s %(at)s 销号：%(how)s",
            who=order.closed_by_name,
            at=format_moment(order.closed_at),
            how=_(words.WRITE_OFF_CLASS.get(order.written_off_as, "")),
        )
    if row.coordination is not None:
        return _fixed_said(row.coordination)
    if order.state == "issued":
        return _("等单位回执")
    return _("已回执：%(plan)s", plan=order.plan)


def doubt_of(ticket: Ticket, photos: list[datetime], issued_at: datetime) -> str:
    """What a supervisor should look at before writing off: evidence older than the order, or none at all."""
    fresh = [at for at in photos if at >= issued_at]
    if fresh:
        said = _n("督办以后有 %(n)s 个附件", len(fresh))
        return said + (_("，回访“满意”") if (ticket.final_rating or 0) >= 4 else "")
    return _("照片早于督办，建议再督查") if photos else _("没有照片，建议再督查")
