"""Reads of the ledger: its cards by page and as they stand now, counts for the desk, what breaks next. Scope is the caller's SQL test."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import NotFound
from escalation.models import LEDGER_STATUSES, Clock, EscalationStep, LedgerEntry, LimitRow
from escalation.paging import of_unit, page, within
from escalation.supervision_models import Supervision
from tickets.models import Ticket
from tickets.whistle_models import Whistle

LEVELS = ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8")


@dataclass(frozen=True, slots=True)
class Card:
    """A ledger entry with its ticket (or its whistle: one of the two), the step that raised it and the clock it is about."""

    entry: LedgerEntry
    ticket: Ticket | None
    whistle: Whistle | None
    step: EscalationStep
    clock: Clock
    order: Supervision | None = None

    @property
    def number(self) -> str:
        """The ticket's number, or the whistle's."""
        return self.ticket.number if self.ticket else self.whistle.number if self.whistle else ""


def ledger_page(
    session: Session,
    scope,
    *,
    status: str = "",
    level: str = "",
    card: str = "",
    unit: str = "",
    ticket: str = "",
    live: bool = False,
    whistle: str = "",
    standing: bool = False,
    cursor: str = "",
    limit: int = 25,
) -> tuple[list[Card], str | None]:
    """Entries newest first and the cursor of the next page. One statement. Raises Invalid naming the bad filter.

    `scope`: an SQL test on Ticket, Whistle and LedgerEntry; `ticket`, `whistle`: a number; `live`: those not closed, whatever their status;
    `standing`: of each clock that still runs its heaviest, which is what `counts` counts.
    """
    tests = [
        scope,
        *within("status", LedgerEntry.status, status, LEDGER_STATUSES),
        *within("level", LedgerEntry.level, level, LEVELS),
        *within("card", LedgerEntry.card, card, ("yellow", "red")),
        *of_unit(session, LedgerEntry.unit_id, unit),
    ]
    tests += [Ticket.number == ticket] if ticket else []
    tests += [Whistle.number == whistle] if whistle else []
    tests += [LedgerEntry.closed_at.is_(None)] if live else []
    tests += [LedgerEntry.id.in_(_heaviest()), Clock.stopped_at.is_(None)] if standing else []
    return page(session, _cards().where(*tests), LedgerEntry, Card, cursor, limit)


def cards_now(session: Session, scope, most: int) -> list[Card]:
    """What stands against clocks that still run: of each only its highest open entry, the heavier first, then the one longest due.

    A card whose clock has stopped waits in the ledger for its write-off; nobody has to be pressed for it. One statement.
    """
    wanted = _cards().where(LedgerEntry.id.in_(_heaviest()), Clock.stopped_at.is_(None), scope)
    return [
        Card(*row)
        for row in session.execute(
            wanted.order_by(sa.case((LedgerEntry.card == "red", 0), else_=1), LedgerEntry.level.desc(), Clock.due_at, LedgerEntry.id).limit(
                most
            )
        )
    ]


def yellow_by_unit(session: Session, most: int) -> list[tuple[int | None, int]]:
    """Units and how many running clocks stand under a yellow card with each, most first; None is the centre."""
    n = sa.func.count()
    rows = session.execute(
        sa.select(LedgerEntry.unit_id, n)
        .join(Clock, Clock.id == LedgerEntry.clock_id)
        .where(LedgerEntry.id.in_(_heaviest()), Clock.stopped_at.is_(None), LedgerEntry.card == "yellow")
        .group_by(LedgerEntry.unit_id)
        .order_by(n.desc())
        .limit(most)
    )
    return [(unit, count) for unit, count in rows]


def _heaviest():
    """Of each clock its highest open entry (SQL)."""
    ranked = (
        sa.select(
            LedgerEntry.id,
            sa.func.row_number()
            .over(partition_by=LedgerEntry.clock_id, order_by=(LedgerEntry.level.desc(), LedgerEntry.id.desc()))
            .label("rank"),
        )
        .where(LedgerEntry.closed_at.is_(None))
        .subquery()
    )
    return sa.select(ranked.c.id).where(ranked.c.rank == 1)


def card_by_id(session: Session, scope, entry_id: int) -> Card:
    """One entry inside the scope. Raises NotFound."""
    row = session.execute(_cards().where(scope, LedgerEntry.id == entry_id)).first()
    if row is None:
        raise NotFound("台账里没有这一条，或者不归您看")
    return Card(*row)


def counts(session: Session, scope) -> dict[str, int]:
    """Running clocks under a red and under a yellow card (the heavier counts), and by the highest level they stand at: {"red", "yellow",
    "E1"…}; "left": stopped clocks whose entries nobody has written off yet."""
    highest = (
        sa.select(
            LedgerEntry.clock_id,
            sa.func.max(LedgerEntry.level).label("level"),
            sa.func.bool_or(LedgerEntry.card == "red").label("red"),
            sa.func.bool_or(Clock.stopped_at.is_(None)).label("runs"),
        )
        .outerjoin(Ticket, Ticket.id == LedgerEntry.ticket_id)
        .outerjoin(Whistle, Whistle.id == LedgerEntry.whistle_id)
        .join(Clock, Clock.id == LedgerEntry.clock_id)
        .where(LedgerEntry.closed_at.is_(None), scope)
        .group_by(LedgerEntry.clock_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(highest.c.level, highest.c.red, highest.c.runs, sa.func.count()).group_by(highest.c.level, highest.c.red, highest.c.runs)
    ).all()
    running = [(level, red, n) for level, red, runs, n in rows if runs]
    found = {
        "red": sum(n for _, red, n in running if red),
        "yellow": sum(n for _, red, n in running if not red),
        "left": sum(n for _, _, runs, n in rows if not runs),
    }
    return found | {level: sum(n for at, _, n in running if at == level) for level in LEVELS}


def breaking(session: Session, scope, now: datetime, until: datetime, most: int) -> list[sa.Row]:
    """Running clocks due between `now` and `until`, the earliest first: due_at, code, unit_id, ticket_id, title, number, whistle_id; unit_id
    is None for the centre's own. Windows only close, and a unit's share is its ticket's promise."""
    unit = sa.case((LimitRow.owner == "centre", None), else_=sa.func.coalesce(Clock.owner_unit_id, Ticket.lead_unit_id)).label("unit_id")
    title, number = (
        sa.func.coalesce(Ticket.title, Whistle.problem).label("title"),
        sa.func.coalesce(Ticket.number, Whistle.number).label("number"),
    )
    wanted = (
        sa.select(Clock.due_at, Clock.code, unit, Clock.ticket_id, title, number, Clock.whistle_id)
        .outerjoin(Ticket, Ticket.id == Clock.ticket_id)
        .outerjoin(Whistle, Whistle.id == Clock.whistle_id)
        .join(LimitRow, LimitRow.id == Clock.limit_id)
        .where(*_breaks(now, until), scope)
        .order_by(Clock.due_at, Clock.id)
        .limit(most)
    )
    return list(session.execute(wanted))


def count_breaking(session: Session, scope, now: datetime, until: datetime) -> int:
    """How many of them there are."""
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Clock)
            .outerjoin(Ticket, Ticket.id == Clock.ticket_id)
            .outerjoin(Whistle, Whistle.id == Clock.whistle_id)
            .where(*_breaks(now, until), scope)
        )
        or 0
    )


def _breaks(now: datetime, until: datetime) -> list:
    return [
        Clock.stopped_at.is_(None),
        Clock.paused_at.is_(None),
        Clock.due_at > now,
        Clock.due_at <= until,
        Clock.kind.not_in(("window", "rule")),
        Clock.code != "unit-reply",
    ]


def _cards() -> sa.Select:
    return (
        sa.select(LedgerEntry, Ticket, Whistle, EscalationStep, Clock, Supervision)
        .outerjoin(Ticket, Ticket.id == LedgerEntry.ticket_id)
        .outerjoin(Whistle, Whistle.id == LedgerEntry.whistle_id)
        .join(EscalationStep, EscalationStep.id == LedgerEntry.step_id)
        .join(Clock, Clock.id == LedgerEntry.clock_id)
        .outerjoin(Supervision, Supervision.id == LedgerEntry.supervision_id)
    )
