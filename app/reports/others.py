"""Figures that no ticket adds up to: telephone calls, call-backs owed, whistles, patrol rounds, quality checks, articles, surveys.
Read as they are, by unit; "0" is the centre."""

from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import CITY_ZONE
from escalation import whistle_reports
from escalation.calendar import end_of
from escalation.whistle_figures import Part

CENTRE = "0"
_CALLS = """SELECT count(*) AS calls_incoming, count(answered_at) AS calls_answered, count(*) FILTER (WHERE answered_at IS NOT NULL AND answer_seconds <= 15) AS calls_in_15s
FROM calls WHERE direction = 'inbound' AND back_of_id IS NULL AND arrived_at >= :since AND arrived_at < :until"""
_BY_UNIT = (
    """SELECT coalesce(unit_id, 0) AS unit, count(*) FILTER (WHERE state IN ('waiting', 'done')) AS callbacks_due, count(*) FILTER (WHERE result = 'answered') AS callbacks_answered
FROM callbacks WHERE from_at >= :since AND from_at < :until AND from_at <= :now GROUP BY 1""",
    """SELECT coalesce(unit_id, 0) AS unit, count(*) AS quality_settled, count(*) FILTER (WHERE accurate) AS quality_accurate
FROM quality_checks WHERE settled_at >= :since AND settled_at < :until GROUP BY 1""",
    """SELECT c.unit_id AS unit, count(*) AS patrols_due, count(*) FILTER (WHERE i.outcome = 'kept') AS patrols_kept FROM patrol_intervals i JOIN patrol_cells c ON c.id = i.cell_id
WHERE i.outcome IN ('kept', 'missed') AND i.ended_at >= :since AND i.ended_at < :until GROUP BY 1""",
    "SELECT coalesce(unit_id, 0) AS unit, count(*) AS articles_updated FROM knowledge WHERE updated_at >= :since AND updated_at < :until GROUP BY 1",
    """SELECT 0 AS unit, sum(a.asked) AS awareness_asked, sum(a.aware) AS awareness_aware FROM awareness a
WHERE a.last_on BETWEEN :first AND :last AND NOT EXISTS (SELECT FROM awareness later WHERE later.corrects_id = a.id) HAVING count(*) > 0""",
)


def others(session: Session, since: date, until: date, now: datetime) -> dict[str, dict[str, int]]:
    """Unit id as text → figure → n, for days `since` to `until` inclusive."""
    span = {"since": datetime.combine(since, time(), CITY_ZONE), "until": end_of(until), "first": since, "last": until, "now": now}
    found: dict[str, dict[str, int]] = {CENTRE: dict(session.execute(sa.text(_CALLS), span).mappings().one())}
    for wanted in _BY_UNIT:
        for row in session.execute(sa.text(wanted), span).mappings():
            found.setdefault(str(row["unit"]), {}).update({name: n for name, n in row.items() if name != "unit"})
    _whistles(session, since, until, now, found)
    return found


def _whistles(session: Session, since: date, until: date, now: datetime, found: dict[str, dict[str, int]]) -> None:
    """Arrivals under the department that was called, soundings under the street that called."""
    report = whistle_reports.whistles(session, Part(since, until), now)
    for (unit, step), one in report.steps_by(2, 3).items():
        if step == "check-in":
            found.setdefault(str(unit), {}).update(whistle_check_in_due=one.due, whistle_check_in_met=one.on_time)
    for (street,), blown in report.blown_by(0).items():
        found.setdefault(str(street), {}).update(whistles_sounded=blown.sounded, whistles_stood=blown.stood, whistles_closed=blown.closed)
    for street, n in report.tickets.items():
        found.setdefault(str(street), {})["street_tickets"] = n
