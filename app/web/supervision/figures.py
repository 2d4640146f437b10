"""The figures beside the cards: who crowds where, this month's three rates, who was reminded. Dear ones are kept a little while per process."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app import clock
from app.clock import local
from app.web.i18n import gettext as _
from app.web.naming import name_of, region_name
from escalation.models import Clock, LedgerEntry
from tickets.models import FollowUp, Ticket
from tickets.reference import Reference

CROWD, CROWDS = 3, 8
LAST = timedelta(hours=24)
KEPT = {"rates": 60.0, "reminded": 15.0}
BEFORE_DUE = ("remind-last", "yellow", "breach")
GOOD = 3


class Rate(NamedTuple):
    """A rate is never shown without what it was divided from (domain §10)."""

    name: str
    numerator: int
    denominator: int

    @property
    def share(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


def rates(session: Session, now: datetime) -> list[Rate]:
    """响应率, 解决率, 满意率 of this month's call-backs, each over those who answered it; kept a minute."""
    contacted, solved, rated, yes, done, good = _kept("rates", lambda: _rates(session, now))
    return [Rate(_("响应率"), yes, contacted), Rate(_("解决率"), done, solved), Rate(_("满意率"), good, rated)]


def reminded(session: Session, now: datetime) -> int:
    """Clocks that were reminded and take their next rung within a day; kept a quarter of a minute."""
    return _kept(
        "reminded",
        lambda: (
            session.scalar(
                sa.select(sa.func.count())
                .select_from(Clock)
                .where(
                    Clock.next_step_at <= now + timedelta(days=1),
                    Clock.next_step.in_(BEFORE_DUE),
                    sa.func.cardinality(Clock.steps_done) > 0,
                )
            )
            or 0
        ),
    )


def crowds(session: Session, scope, names: Reference, now: datetime) -> list[dict]:
    """Places where at least CROWD matters of one kind came within a day, as pins of the map; red where one of them has a red card."""
    red = sa.exists().where(LedgerEntry.ticket_id == Ticket.id, LedgerEntry.closed_at.is_(None), LedgerEntry.card == "red")
    count = sa.func.count()
    rows = session.execute(
        sa.select(Ticket.region_code, Ticket.category_id, count, sa.func.avg(Ticket.lng), sa.func.avg(Ticket.lat), sa.func.bool_or(red))
        .where(Ticket.received_at > now - LAST, Ticket.lng.is_not(None), Ticket.lat.is_not(None), Ticket.category_id.is_not(None), scope)
        .group_by(Ticket.region_code, Ticket.category_id)
        .having(count >= CROWD)
        .order_by(count.desc())
        .limit(CROWDS)
    ).all()
    return [
        {
            "lng": lng,
            "lat": lat,
            "text": str(n),
            "kind": "r" if has_red else "",
            "size": 26 + min(n, 10) * 2,
            "name": _("%(place)s %(what)s %(n)s 件", place=region_name(names, region), what=name_of(names.categories.get(category)), n=n),
        }
        for region, category, n, lng, lat, has_red in rows
    ]


def _rates(session: Session, now: datetime) -> tuple[int, ...]:
    first = local(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    def answered(column):
        return sa.func.count(column)

    row = session.execute(
        sa.select(
            answered(FollowUp.contacted),
            answered(FollowUp.solved),
            answered(FollowUp.satisfied),
            sa.func.count().filter(FollowUp.contacted),
            sa.func.count().filter(FollowUp.solved),
            sa.func.count().filter(FollowUp.satisfied >= GOOD),
        ).where(FollowUp.at >= first, FollowUp.outcome.is_not(None))
    ).one()
    return tuple(row)


def _kept(name: str, ask: Callable):
    held = current_app.extensions.setdefault("supervision_figures", {})
    found = held.get(name)
    if found is None or clock.ticks() - found[0] > KEPT[name]:
        found = held[name] = (clock.ticks(), ask())
    return found[1]
