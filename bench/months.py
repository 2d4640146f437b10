"""A month's reports over many tickets, and the hall's wall: how long from the daily sums, how long to count everything anew.

    python -m bench.months [--tickets 1000000] [--home FOLDER]

Runs its own servers in FOLDER (default a temporary one) and fills them by SQL with 400 days of tickets: events, sendings, clocks, calls back,
ratings. Prints seconds; the month is the last whole one. The slow figure is the same month asked of the tickets' own rows.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from app import clock, walling
from app.db import db
from app.reports.catalogue import REPORTS
from app.web import hall
from app.work import session_now, work
from bench.house import installed, lay_demo_city, some
from escalation.metrics import asking, rollup
from escalation.metrics.facts import select_facts

NAMED = ("units", "ratings", "channels", "metrics")
MANY_WALLS = 100
FILL = """
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT n, timestamptz '{now}' - (random() * 400) * interval '1 day' AS received, random() AS luck, random() AS late, 1 + (n %% 4)::int AS score,
       (SELECT array_agg(id ORDER BY id) FROM units WHERE kind IN ('department', 'company')) AS units, (SELECT array_agg(id ORDER BY id) FROM categories WHERE level = 3) AS kinds,
       (ARRAY['phone', 'phone', 'phone', 'wechat', 'web', 'sms', 'visit', 'transfer'])[1 + n %% 8] AS channel
FROM generate_series({first}, {last}) AS n;
ALTER TABLE made ADD unit int, ADD kind int;
UPDATE made SET unit = units[1 + n %% cardinality(units)], kind = kinds[1 + (n * 7) %% cardinality(kinds)];
INSERT INTO tickets (number, query_code, status, version, head_hash, touched_at, appeal_type, track, urgency, title, content, channel, category_id, region_code, confidential, sealed,
    reply_wanted, risk_flags, call_id, recused, lead_unit_id, received_at, dispatched_at, signed_at, replied_at, closed_at, due_at, search, sketch, final_rating)
SELECT 'B' || lpad(n::text, 20, '0'), lpad(n::text, 10, '0'), CASE WHEN luck < .2 THEN 'direct-closed' WHEN luck < .95 THEN 'closed' ELSE 'handling' END, 4, repeat('0', 64), received, 'help', 'general',
    'ordinary', '路灯不亮', '路灯不亮', channel, kind, NULL, false, false, true, '{{}}', '', '{{}}', CASE WHEN luck >= .2 THEN unit END, received, received + interval '10 minutes',
    received + interval '20 minutes', CASE WHEN luck < .95 THEN received + interval '3 days' END, CASE WHEN luck < .95 THEN received + interval '4 days' END, received + interval '7 days', array_to_tsvector('{{}}'), '{{}}',
    CASE WHEN late < .3 THEN score + 1 END FROM made ORDER BY n;
ALTER TABLE made ADD id bigint;
UPDATE made SET id = t.id FROM tickets t WHERE t.number = 'B' || lpad(made.n::text, 20, '0');
INSERT INTO ticket_events (ticket_id, seq, kind, actor_name, at, from_status, to_status, data, prev_hash, hash)
SELECT id, at.seq, at.kind, '', received + at.seq * interval '1 hour', '', '', '{{}}', '', '' FROM made,
    (VALUES (1, 'register'), (2, 'dispatch'), (3, 'approve-reply'), (4, 'close')) AS at (seq, kind);
INSERT INTO dispatches (ticket_id, unit_id, reason, basis, at, end_reason) SELECT id, unit, '', '', received + interval '10 minutes', '' FROM made WHERE luck >= .2;
INSERT INTO clocks (ticket_id, code, kind, limit_id, owner_unit_id, length, unit, started_at, due_at, provisional, extended_by, short, stopped_at, stop_reason, breached_at, steps_done)
SELECT id, what.code, what.kind, (SELECT min(id) FROM limits WHERE code = what.code), CASE WHEN what.code = 'sign' THEN made.unit END, 5, 'minutes', received, received + what.long, false, 0, false,
    CASE WHEN luck < .95 OR what.code = 'sign' THEN received + what.long * CASE WHEN late < .06 THEN 1.5 ELSE .5 END END,
    CASE WHEN luck < .95 OR what.code = 'sign' THEN CASE WHEN late < .06 THEN 'late' ELSE 'met' END END, CASE WHEN late < .06 THEN received + what.long END, '{{}}'
FROM made, (VALUES ('sign', 'duty', interval '40 minutes'), ('general-reply', 'promise', interval '7 days')) AS what (code, kind, long) WHERE luck >= .2;
INSERT INTO follow_ups (ticket_id, round, at, reached, contacted, solved, satisfied, truthful, words) SELECT id, 1, received + interval '4 days', true, true, late > .1, score + 1, true, '' FROM made WHERE luck BETWEEN .2 AND .5;
INSERT INTO ratings (ticket_id, round, unit_id, score, words, channel, at) SELECT id, 1, unit, score + 1, '', 'sms', received + interval '4 days' FROM made WHERE late < .3;
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tickets", type=some, default=1_000_000)
    options.add_argument("--home", type=Path)
    given = options.parse_args()
    with installed("months", given.home) as (app, _folder):
        with app.app_context():
            fill(given.tickets)
            month()
            touch()
        with app.test_request_context():
            wall(app)


def fill(wanted: int) -> None:
    """The demo city's structure, then tickets by SQL, 50,000 a transaction."""
    now, began = clock.now(), time.monotonic()
    lay_demo_city()
    here = session_now().scalar(sa.text("SELECT count(*) FROM tickets")) or 0
    for first in range(here + 1, wanted + 1, 50_000):
        with work() as session:
            for statement in FILL.format(now=now.isoformat(), first=first, last=min(first + 49_999, wanted)).split(";\n"):
                if statement.strip():
                    session.connection().exec_driver_sql(statement)
    with work() as session:
        session.execute(sa.text("ANALYZE"))
    print(f"{wanted} tickets, {max(0, wanted - here)} made in {time.monotonic() - began:.0f} s", flush=True)


def month() -> None:
    """Everything counted anew, then the last whole month from the sums and from the rows."""
    now = clock.now()
    with work() as session:
        counted = timed("count everything anew", lambda: rollup.rebuild(session, now), once=True)
        session.execute(sa.text("ANALYZE metric_days; ANALYZE metric_facts"))
        cells = session.scalar(sa.text("SELECT count(*) FROM metric_days"))
        print(f"  {counted} tickets in {cells} cells; cells that do not add up: {rollup.differences(session)}")
    last = clock.local(now).date().replace(day=1) - timedelta(days=1)
    first = last.replace(day=1)
    session = session_now()
    fast = timed(
        "a month's figures from the sums", lambda: asking.total(asking.figures_by(session, asking.Period(first, last), now, asking.BY_UNIT))
    )
    for name in NAMED:
        timed(f"report {name}, a month, whole", lambda name=name: REPORTS[name](session, first, last, now))
    slow = timed("the same figures from the tickets' rows", lambda: _slowly(session, first, last), once=True)
    print(f"  received, due and overdue of both: {[fast[name] for name in slow]} {list(slow.values())}")
    db.session.rollback()


def _slowly(session, first, last) -> dict[str, int]:
    wanted = select_facts("t.received_at >= :since AND t.received_at < :until")
    span = {"since": first - timedelta(days=40), "until": last + timedelta(days=2), "first": first, "last": last}
    row = (
        session.execute(
            sa.text(
                f"SELECT sum(received) AS received, sum(due) AS due, sum(overdue) AS overdue FROM ({wanted}) AS rows WHERE day BETWEEN :first AND :last"
            ),
            span,
        )
        .mappings()
        .one()
    )
    return {name: int(n or 0) for name, n in row.items()}


def touch() -> None:
    """What a minute of a busy city costs the refresher."""
    now = clock.now()
    for many in (0, 200, 2000):
        with work() as session:
            ids = set(session.scalars(sa.text("SELECT id FROM tickets WHERE id % 400 = 7 LIMIT :many"), {"many": many}))
            timed(f"count {len(ids)} tickets again", lambda ids=ids, session=session: rollup.count_again(session, ids, now), once=True)


def wall(app) -> None:
    """One wall, and many of them."""
    now, redis = clock.now(), app.extensions["redis"]
    timed("the wall composed", lambda: hall.compose(session_now(), now))
    sent = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *_: sent.append(1))
    timed("the wall from Valkey", lambda: walling.picture(redis, "zh", now, lambda: hall.compose(session_now(), now)))
    sent.clear()
    for _ in range(MANY_WALLS):
        walling.picture(redis, "zh", now, lambda: hall.compose(session_now(), now))
    print(f"  {MANY_WALLS} walls within {walling.FRESH} s: {len(sent)} statements")


def timed(name: str, ask: Callable, once: bool = False):
    """Prints seconds, the median of seven unless it is asked once; gives what was asked for."""
    spent = []
    for _ in range(1 if once else 7):
        began = time.perf_counter()
        answer = ask()
        spent.append(time.perf_counter() - began)
    print(f"{name:42} {statistics.median(spent):9.4f} s", flush=True)
    return answer


if __name__ == "__main__":
    sys.exit(main())
