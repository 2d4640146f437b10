"""Freezing a month at its cut-off, and the log of what changed in it afterwards. A frozen figure never moves (domain §10)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import CITY_ZONE, local
from app.errors import WrongState
from escalation.metrics.figures import FIGURES
from escalation.metrics.rollup import LOCK, catch_up
from escalation.metrics.settings import settings_of
from escalation.metrics.tables import months, restatements
from tickets.models import Ticket

FURTHEST = 12  # months back that are frozen by themselves, where an installation brings its history along
PAGE = 50
SYSTEM = "系统"
NO_TICKET = 0  # in a restatement of a figure that no ticket adds up to
Others = Callable[[Session, date, date, datetime], dict[str, dict[str, int]]]

_FREEZE = f"""INSERT INTO metric_month_cells (month, unit_id, category_id, channel, {", ".join(FIGURES)})
SELECT CAST(:month AS date), unit_id, category_id, channel, {", ".join(f"sum({name})" for name in FIGURES)} FROM metric_days WHERE day >= :month AND day < :next GROUP BY 2, 3, 4"""


@dataclass(frozen=True, slots=True)
class Restatement:
    """One figure of one ticket in a frozen month that would be counted otherwise now, and what made it so; of a figure no ticket adds up
    to `ticket_id` is NO_TICKET and `number` "" (a survey)."""

    month: date
    ticket_id: int
    number: str
    unit_id: int
    figure: str
    was: int
    becomes: int
    cause: str
    by_name: str
    at: datetime


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def cut_off(month: date, freeze_day: int) -> datetime:
    """The instant from which a month is frozen: the beginning of that day of the next month, in the city."""
    return datetime.combine(next_month(month).replace(day=freeze_day), time(), CITY_ZONE)


def freeze(session: Session, month: date, others: Others, now: datetime, by_name: str = SYSTEM) -> None:
    """Keep the month's figures as they stand at `now`, after everything that happened was counted. Raises WrongState before its end or the second time.

    `others`: what brings the figures that no ticket adds up to (calls, whistles).
    """
    session.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if local(now).date() < next_month(month):
        raise WrongState("这个月还没过完，不能冻结")
    if session.scalar(sa.select(months.c.month).where(months.c.month == month)):
        raise WrongState("这个月已经冻结过了")
    catch_up(session, now)
    last = next_month(month) - timedelta(days=1)
    session.execute(sa.insert(months).values(month=month, frozen_at=now, by_name=by_name, others=others(session, month, last, now)))
    session.execute(sa.text(_FREEZE), {"month": month, "next": next_month(month)})


def freeze_due(session: Session, others: Others, now: datetime) -> list[date]:
    """Freeze every month whose cut-off has passed, oldest first, from the first that had a ticket. Returns which."""
    first = session.scalar(sa.text("SELECT min(day) FROM metric_days"))
    if first is None:
        return []
    settings, today = settings_of(session), local(now).date().replace(day=1)
    month, done = max(first.replace(day=1), (today - timedelta(days=30 * FURTHEST)).replace(day=1)), []
    frozen = set(session.scalars(sa.select(months.c.month)))
    while month < today and cut_off(month, settings.freeze_day) <= now:
        if month not in frozen:
            freeze(session, month, others, now)
            done.append(month)
        month = next_month(month)
    return done


def restate_others(session: Session, month: date, others: Others, figures: Collection[str], cause: str, by_name: str, now: datetime) -> int:
    """Write down what became of these figures that no ticket adds up to since `month` was frozen, or since they were restated last.

    Returns how many moved; 0 too while the month is open. Holds the freeze off until the transaction ends: what it writes down is in one or the other.
    """
    session.flush()
    session.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    frozen = session.scalar(sa.select(months.c.others).where(months.c.month == month))
    if frozen is None:
        return 0
    last = sa.select(restatements.c.unit_id, restatements.c.figure, restatements.c.becomes).where(
        restatements.c.month == month, restatements.c.ticket_id == NO_TICKET
    )
    before = {(str(unit), figure): n for unit, figure, n in session.execute(last.order_by(restatements.c.id))}
    fresh = others(session, month, next_month(month) - timedelta(days=1), now)
    rows = []
    for unit in sorted({*frozen, *fresh}):
        for figure in figures:
            was, becomes = before.get((unit, figure), frozen.get(unit, {}).get(figure, 0)), fresh.get(unit, {}).get(figure, 0)
            if was != becomes:
                rows.append({"unit_id": int(unit), "figure": figure, "was": was, "becomes": becomes})
    common = {"month": month, "ticket_id": NO_TICKET, "cause": cause, "by_name": by_name, "at": now}
    if rows:
        session.execute(sa.insert(restatements), [common | row for row in rows])
    return len(rows)


def frozen_months(session: Session) -> list[tuple[date, datetime, int]]:
    """Month, when it was frozen, how many figures were restated since; newest first."""
    counted = sa.select(restatements.c.month, sa.func.count().label("n")).group_by(restatements.c.month).subquery()
    wanted = sa.select(months.c.month, months.c.frozen_at, sa.func.coalesce(counted.c.n, 0)).outerjoin(
        counted, counted.c.month == months.c.month
    )
    return [(month, at, n) for month, at, n in session.execute(wanted.order_by(months.c.month.desc()))]


def restated(
    session: Session, month: date, scope: sa.ColumnElement[bool] | None = None, after: int = 0
) -> tuple[list[Restatement], int | None]:
    """A page of a month's restatements in the order they came, and where the next begins. `scope`: an SQL test on Ticket: what one may not read is not listed;
    what is no ticket's is everybody's who reads figures."""
    wanted = (
        sa.select(restatements, Ticket.number)
        .outerjoin(Ticket, Ticket.id == restatements.c.ticket_id)
        .where(
            restatements.c.month == month,
            restatements.c.id > after,
            *([] if scope is None else [sa.or_(restatements.c.ticket_id == NO_TICKET, scope)]),
        )
        .order_by(restatements.c.id)
        .limit(PAGE + 1)
    )
    rows = session.execute(wanted).all()
    found = [
        Restatement(
            row.month, row.ticket_id, row.number or "", row.unit_id, row.figure, row.was, row.becomes, row.cause, row.by_name, row.at
        )
        for row in rows[:PAGE]
    ]
    return found, rows[PAGE - 1].id if len(rows) > PAGE else None
