"""The tickets a figure counts, for those who may read them: what is on the screen can always be clicked down to."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Invalid
from escalation.metrics.asking import Period
from escalation.metrics.figures import FIGURES, UNTIL_YESTERDAY
from escalation.metrics.tables import facts
from tickets.models import Ticket

PAGE = 50


def tickets_behind(
    session: Session, asked: Period, figures: tuple[str, ...], now: datetime, scope, after: int = 0, without: tuple[str, ...] = ()
) -> tuple[list[Ticket], int | None]:
    """A page of the tickets any of these figures counts, in the order they came, and where the next begins. Raises Invalid for a figure there is none of.

    `without`: only those that lack some of these, the missing ones of a rate (R25).

    As they are counted now: what a frozen month counted otherwise is in its restatements. `scope`: an SQL test on Ticket.
    """
    tests = _counted(asked, figures, now, without)
    wanted = (
        sa.select(Ticket)
        .where(Ticket.id.in_(sa.select(facts.c.ticket_id).where(*tests)), Ticket.id > after, scope)
        .order_by(Ticket.id)
        .limit(PAGE + 1)
    )
    rows = list(session.scalars(wanted))
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def hidden_behind(session: Session, asked: Period, figures: tuple[str, ...], now: datetime, scope, without: tuple[str, ...] = ()) -> int:
    """How many tickets the figures count that this person may not read: said, never shown."""
    ids = sa.select(facts.c.ticket_id).where(*_counted(asked, figures, now, without))
    return session.scalar(sa.select(sa.func.count()).select_from(Ticket).where(Ticket.id.in_(ids), sa.not_(scope))) or 0


def _counted(asked: Period, figures: tuple[str, ...], now: datetime, without: tuple[str, ...] = ()) -> list:
    if not figures or any(name not in FIGURES for name in (*figures, *without)):
        raise Invalid(figure="没有这个数")
    over = local(now).date() - timedelta(days=1)
    any_of = []
    for name in figures:
        until = min(asked.until, over) if name in UNTIL_YESTERDAY else asked.until
        any_of.append(sa.and_(facts.c[name].is_not(None), facts.c.day <= until))
    tests = [facts.c.day >= asked.since, sa.or_(*any_of)]
    if without:
        tests.append(_sum(figures) > _sum(without))
    tests += [facts.c.unit_id.in_(asked.units)] if asked.units is not None else []
    tests += [facts.c.category_id.in_(asked.categories)] if asked.categories is not None else []
    return [*tests, *([facts.c.channel == asked.channel] if asked.channel else [])]


def _sum(figures: tuple[str, ...]) -> sa.ColumnElement[int]:
    return sum((sa.func.coalesce(facts.c[name], 0) for name in figures), start=sa.literal(0))
