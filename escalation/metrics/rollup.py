"""Keeping the daily sums true: read what happened since, count those tickets again, add the difference; or count everything anew.

A frozen month keeps its figures: what changed in it afterwards becomes a restatement. One refresher at a time, held by a lock.
"""

import zlib
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from escalation.metrics.facts import select_facts
from escalation.metrics.figures import FIGURES
from escalation.metrics.tables import KEYS, days, facts, marks

LOCK = 0x5348_0025
SURE_AFTER = timedelta(minutes=10)  # longer than any transaction of ours lasts: an id given earlier is committed by then
BATCH = 2000
LOOK_BACK = 100_000  # rows of a log read again after counting anew: whoever wrote meanwhile is in them
SPAN = 20_000  # tickets a statement when everything is counted anew
DEFINITION = zlib.crc32(select_facts("true").encode())  # another version that counts otherwise counts everything anew
COUNTED_BY, NIGHT, LATELY = "definition", "night", "refresh"
CELL = ", ".join(KEYS)
NAMES = ", ".join(FIGURES)
_LOGS = {
    "events": (
        "SELECT max(id) FROM ticket_events",
        """SELECT e.ticket_id AS id FROM ticket_events e JOIN tickets t ON t.id = e.ticket_id WHERE e.id > :sure AND e.id <= :last
AND NOT EXISTS (SELECT 1 FROM metric_facts f WHERE f.ticket_id = t.id AND f.version = t.version)""",
    ),
    "changes": (
        "SELECT max(id) FROM clock_changes",
        "SELECT c.ticket_id AS id FROM clock_changes h JOIN clocks c ON c.id = h.clock_id WHERE h.id > :sure AND h.id <= :last AND c.ticket_id IS NOT NULL",
    ),
    "steps": (
        "SELECT max(id) FROM escalation_steps",
        "SELECT s.ticket_id AS id FROM escalation_steps s WHERE s.id > :sure AND s.id <= :last AND s.ticket_id IS NOT NULL",
    ),
}
_COUNT_AGAIN = f"""
WITH gone AS (
    DELETE FROM metric_facts WHERE ticket_id = ANY(:ids) RETURNING *
), fresh AS (
    INSERT INTO metric_facts (ticket_id, version, {CELL}, {NAMES}) SELECT * FROM ({select_facts("t.id = ANY(:ids)")}) AS counted RETURNING *
), both_ AS (
    SELECT false AS is_new, * FROM gone UNION ALL SELECT true, * FROM fresh
), moved AS (
    SELECT b.ticket_id, m.month, b.unit_id, v.figure, coalesce(sum(v.n) FILTER (WHERE NOT b.is_new), 0) AS was, coalesce(sum(v.n) FILTER (WHERE b.is_new), 0) AS becomes
    FROM both_ b JOIN metric_months m ON m.month = date_trunc('month', b.day)::date
    CROSS JOIN LATERAL (VALUES {", ".join(f"('{name}', b.{name})" for name in FIGURES)}) AS v (figure, n)
    WHERE v.n IS NOT NULL GROUP BY 1, 2, 3, 4
), restated AS (
    INSERT INTO metric_restatements (month, ticket_id, unit_id, figure, was, becomes, cause, by_name, at)
    SELECT moved.month, moved.ticket_id, moved.unit_id, moved.figure, moved.was, moved.becomes, coalesce(last.kind, ''), coalesce(last.actor_name, ''), :now
    FROM moved LEFT JOIN LATERAL (SELECT e.kind, e.actor_name FROM ticket_events e WHERE e.ticket_id = moved.ticket_id ORDER BY e.seq DESC LIMIT 1) last ON true
    WHERE moved.was <> moved.becomes ORDER BY moved.month, moved.ticket_id, moved.figure
), moves AS (
    SELECT {CELL}, {", ".join(f"coalesce(sum({name}) FILTER (WHERE is_new), 0) - coalesce(sum({name}) FILTER (WHERE NOT is_new), 0) AS {name}" for name in FIGURES)}
    FROM both_ GROUP BY {CELL}
)
INSERT INTO metric_days ({CELL}, {NAMES}) SELECT {CELL}, {", ".join(f"nullif({name}, 0)" for name in FIGURES)} FROM moves WHERE {" OR ".join(f"{name} <> 0" for name in FIGURES)}
ON CONFLICT ({CELL}) DO UPDATE SET {", ".join(f"{name} = nullif(coalesce(metric_days.{name}, 0) + coalesce(excluded.{name}, 0), 0)" for name in FIGURES)}"""
_NOTHING_LEFT = f"DELETE FROM metric_days WHERE coalesce({NAMES}) IS NULL"
_STALE = """SELECT t.id FROM tickets t LEFT JOIN (SELECT DISTINCT ticket_id, version FROM metric_facts) f ON f.ticket_id = t.id AND f.version = t.version
WHERE f.ticket_id IS NULL ORDER BY t.id"""


def refresh(session: Session, now: datetime) -> int:
    """Count again every ticket something happened to since the last time, or all where they were never counted this way.

    Returns how many; 0 too while another process does it.
    """
    if not _mine(session):
        return 0
    if session.scalar(sa.select(marks.c.last).where(marks.c.name == COUNTED_BY)) != DEFINITION:
        return rebuild(session, now)
    touched: set[int] = set()
    for name, (end, since) in _LOGS.items():
        touched |= _read(session, name, end, since, now)
    _set_mark(session, LATELY, 0, 0, now)
    return count_again(session, touched, now)


def catch_up(session: Session, now: datetime) -> int:
    """Beside what `refresh` reads, every ticket whose version is not the one counted: nothing stays forgotten, whatever happened to the log. Nightly."""
    if not _mine(session):
        return 0
    done = refresh(session, now) + count_again(session, set(session.scalars(sa.text(_STALE))), now)
    _set_mark(session, NIGHT, 0, 0, now)
    return done


def count_again(session: Session, ticket_ids: set[int], now: datetime) -> int:
    """Count these tickets again, and those they followed (a repeat changes whether the first was settled in one go)."""
    session.flush()
    wanted = sorted(ticket_ids)
    for at in range(0, len(wanted), BATCH):
        some = wanted[at : at + BATCH]
        before = session.scalars(
            sa.text(
                "SELECT DISTINCT previous_id FROM tickets WHERE id = ANY(:ids) AND previous_id IS NOT NULL AND NOT previous_id = ANY(:ids)"
            ),
            {"ids": some},
        )
        session.execute(sa.text(_COUNT_AGAIN), {"ids": [*some, *before], "now": now})
    if wanted:
        session.execute(sa.text(_NOTHING_LEFT))
    return len(wanted)


def rebuild(session: Session, now: datetime) -> int:
    """Throw the facts and sums away and count everything anew; frozen months and restatements stay as they are. Returns how many tickets."""
    session.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    session.execute(sa.text("TRUNCATE metric_facts, metric_days"))
    last = session.scalar(sa.text("SELECT max(id) FROM tickets")) or 0
    into = f"INSERT INTO metric_facts (ticket_id, version, {CELL}, {NAMES}) "
    for low in range(0, last, SPAN):
        session.execute(sa.text(into + select_facts("t.id > :low AND t.id <= :high")), {"low": low, "high": low + SPAN})
    session.execute(
        sa.text(
            f"INSERT INTO metric_days ({CELL}, {NAMES}) SELECT {CELL}, {', '.join(f'sum({name})' for name in FIGURES)} FROM metric_facts GROUP BY {CELL}"
        )
    )
    for name, (end, _since) in _LOGS.items():
        last_id = session.scalar(sa.text(end)) or 0
        _set_mark(session, name, max(0, last_id - LOOK_BACK), last_id, now)
    _set_mark(session, COUNTED_BY, 0, DEFINITION, now)
    return session.scalar(sa.text("SELECT count(DISTINCT ticket_id) FROM metric_facts")) or 0


def differences(session: Session) -> int:
    """How many cells of the daily sums are not the sum of the facts: 0, or something is wrong (doctor)."""
    summed = sa.select(*(facts.c[key] for key in KEYS), *(sa.func.sum(facts.c[name]).label(name) for name in FIGURES)).group_by(
        *(facts.c[key] for key in KEYS)
    )
    kept = sa.select(*(days.c[key] for key in KEYS), *(sa.cast(days.c[name], sa.BigInteger).label(name) for name in FIGURES))
    return (
        session.scalar(sa.select(sa.func.count()).select_from(sa.union_all(sa.except_(summed, kept), sa.except_(kept, summed)).subquery()))
        or 0
    )


def refreshed_at(session: Session) -> datetime | None:
    """When the figures were last brought up to date; None when never."""
    return session.scalar(sa.select(sa.func.max(marks.c.at)))


def caught_up_at(session: Session) -> datetime | None:
    """When `catch_up` was last done; None when never."""
    return session.scalar(sa.select(marks.c.at).where(marks.c.name == NIGHT))


def _mine(session: Session) -> bool:
    return bool(session.scalar(sa.text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}))


def _read(session: Session, name: str, end: str, since: str, now: datetime) -> set[int]:
    """The tickets of a log from the place that is sure on. What is read twice is counted the same."""
    mark = session.execute(sa.select(marks).where(marks.c.name == name)).one_or_none()
    last, sure = session.scalar(sa.text(end)) or 0, mark.sure if mark else 0
    found = (
        set(session.scalars(sa.text(f"SELECT DISTINCT id FROM ({since}) AS log"), {"sure": sure, "last": last})) if last > sure else set()
    )
    if mark is None or now - mark.at >= SURE_AFTER:
        _set_mark(session, name, mark.last if mark else 0, last, now)
    return found


def _set_mark(session: Session, name: str, sure: int, last: int, now: datetime) -> None:
    row = {"sure": sure, "last": last, "at": now}
    session.execute(insert(marks).values(name=name, **row).on_conflict_do_update(index_elements=["name"], set_=row))
