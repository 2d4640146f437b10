"""The calendar and the limit book of a database, loaded once per process and again when a version row says they changed."""

import threading
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import clock
from escalation.calendar import Calendar, Day
from escalation.hours import Hours
from escalation.hours_models import BusinessHours, UnitHours
from escalation.limits import Applies, Book, Extension, Limit
from escalation.models import CalendarDay, LimitRow, RuleVersion

LOOK_AGAIN = 1.25  # seconds between two looks at the versions: a change is seen by every process within two, by a busy one too


@dataclass(frozen=True)
class Rules:
    """What time is counted by: the working days and the limits, as of `versions`."""

    calendar: Calendar
    book: Book
    versions: tuple[tuple[str, int], ...]


class _Kept:
    """The rules of one database and when they were last compared."""

    def __init__(self, rules: Rules, looked: float):
        self.rules, self.looked = rules, looked


_kept: dict[str, _Kept] = {}
_lock = threading.Lock()


def rules_for(session: Session) -> Rules:
    """The rules in force in this session's database: no statement within LOOK_AGAIN seconds, then one small SELECT.

    Raises BadCalendar while the calendar is empty (a fresh database before `init`).
    """
    address = _address(session)
    kept = _kept.get(address)
    if kept is not None and clock.ticks() - kept.looked < LOOK_AGAIN:
        return kept.rules
    versions = _versions(session)
    with _lock:
        kept = _kept.get(address)
        if kept is None or kept.rules.versions != versions:
            kept = _Kept(load(session, versions), 0.0)
        kept.looked = clock.ticks()
        _kept[address] = kept
    return kept.rules


def calendar_for(session: Session) -> Calendar:
    """The working-day calendar of this session's database."""
    return rules_for(session).calendar


def limits_of(session: Session, at: datetime, profile: str = "") -> dict[str, Limit]:
    """Code → limit in force at `at`, of `profile` or else of the installation's own."""
    return rules_for(session).book.of_profile(profile or session.info.get("profile", "default"), at)


def load(session: Session, versions: tuple[tuple[str, int], ...] = ()) -> Rules:
    """Read both tables as this transaction sees them. Not kept: what is not committed must not be seen by others."""
    return Rules(load_calendar(session), load_book(session), versions)


def load_book(session: Session) -> Book:
    """Every version of every limit, and the business hours, as this transaction sees them."""
    rows = tuple(as_limit(row) for row in session.scalars(sa.select(LimitRow).order_by(LimitRow.id)))
    hours = {number: Hours.of(stored) for number, stored in session.execute(sa.select(BusinessHours.id, BusinessHours.hours))}
    own = session.execute(sa.select(UnitHours.unit_id, UnitHours.code, UnitHours.hours_id).where(UnitHours.effective_to.is_(None)))
    return Book(rows, {number: one for number, one in hours.items() if one}, {(unit, code): number for unit, code, number in own})


def load_calendar(session: Session) -> Calendar:
    """The calendar as this transaction sees it. Raises BadCalendar when it is none."""
    table = CalendarDay.__table__.c
    rows = session.execute(sa.select(table.day, table.is_workday, table.note, table.source, table.provisional).order_by(table.day))
    return Calendar(Day(*row) for row in rows)


def forget(session: Session) -> None:
    """Look again at the next question: for a process that has just committed a change of its own."""
    _kept.pop(_address(session), None)


def as_limit(row: LimitRow) -> Limit:
    """A stored limit as the value the arithmetic works with."""
    return Limit(
        row.code,
        row.length,
        row.unit,
        row.article,
        row.owner,
        row.kind,
        row.start,
        tuple(row.stop),
        tuple(Applies(*(tuple(part) for part in each)) for each in row.applies),
        tuple(row.pauses),
        Extension(**row.extension) if row.extension else None,
        row.hours_id,
        row.profile,
        row.off,
        row.version,
        row.id,
        row.effective_from,
        row.effective_to,
    )


def as_columns(limit: Limit) -> dict:
    """The columns of a limit value that mean what it means: the rest (version, dates, who) belongs to the row."""
    extension = limit.extension
    return {
        "code": limit.code,
        "profile": limit.profile,
        "length": limit.length,
        "unit": limit.unit,
        "article": limit.article,
        "owner": limit.owner,
        "kind": limit.kind,
        "start": limit.start,
        "stop": list(limit.stop),
        "applies": [[list(each.tracks), list(each.appeal_types), list(each.urgencies)] for each in limit.applies],
        "pauses": list(limit.pauses),
        "extension": {"cap": extension.cap, "unit": extension.unit, "once": extension.once, "who": extension.who} if extension else None,
        "hours_id": limit.hours_id,
        "off": limit.off,
    }


def _versions(session: Session) -> tuple[tuple[str, int], ...]:
    return tuple(
        (name, version) for name, version in session.execute(sa.select(RuleVersion.name, RuleVersion.version).order_by(RuleVersion.name))
    )


def _address(session: Session) -> str:
    return session.get_bind().engine.url.render_as_string(hide_password=True)
