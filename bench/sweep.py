"""What the sweep costs: idle at 1,000 to 1,000,000 running clocks, draining a backlog against a bare SKIP LOCKED loop that writes as many rows,
and how late a step is at 100 due a second.

    python -m bench.sweep [--sizes 1000,100000,1000000] [--due 20000] [--seconds 20] [--profile]

Runs its own servers in a temporary folder, a small city and synthetic clocks in it. Prints figures, asserts nothing.
"""

import argparse
import cProfile
import math
import os
import pstats
import statistics
import sys
import threading
import time
from datetime import datetime, timedelta

import psutil
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.db import db
from app.sweeping import sweep
from app.work import session_now, work
from bench.house import cuts_of, installed, lay_small_city, shared, some
from escalation.models import Clock, EscalationStep, LedgerEntry, LimitRow
from escalation.scheduler import Job, Leader
from escalation.scheduler import run as run_scheduler
from notifiers.models import OutboxMessage
from tests import factories
from tickets.models import Ticket

TICKETS = 2000
AHEAD = timedelta(days=20)
IDLE_ASKED = 300
TICK = 0.5  # the house's own (app/ticking.py)
MADE = """
INSERT INTO clocks (ticket_id, code, kind, limit_id, owner_unit_id, length, unit, started_at, due_at, provisional, extended_by, short, next_step, next_step_at, steps_done)
SELECT (SELECT min(id) FROM tickets) + n % :tickets, :code || n / :tickets, 'duty', :limit, :unit, 30, 'minutes', due - interval '30 minutes', due, false, 0, false, 'breach', due, '{remind-half,remind-last}'
FROM (SELECT n, CAST(:first AS timestamptz) + :apart * n AS due FROM generate_series(0, :n - 1) AS n) AS wanted"""
BARE = """
WITH due AS (
    SELECT id, ticket_id, owner_unit_id, code, due_at FROM clocks WHERE next_step_at <= :now ORDER BY next_step_at, id LIMIT 500 FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE clocks SET next_step = 'breach-15', next_step_at = due.due_at + interval '15 minutes', steps_done = steps_done || '{breach}', breached_at = due.due_at FROM due WHERE clocks.id = due.id
), taken AS (
    INSERT INTO escalation_steps (clock_id, ticket_id, unit_id, code, step, level, for_due, planned_at, fired_at, late, recipients, told_at)
    SELECT id, ticket_id, owner_unit_id, code, 'bare', 'E2', due_at, due_at, :now, false, '{1,2,3}', :now FROM due RETURNING id, clock_id, ticket_id, unit_id
), carded AS (
    INSERT INTO ledger_entries (step_id, clock_id, ticket_id, unit_id, level, card, status, opened_at) SELECT id, clock_id, ticket_id, unit_id, 'E2', 'red', 'open', :now FROM taken
), told AS (
    INSERT INTO outbox_messages (key, account_id, channel, template, "values", language, urgency, subjects, status, created_at, sent_at, settled_at)
    SELECT 'bare:' || id || ':' || person, CAST(person AS int), 'inbox', 'breach', CAST(:filled AS jsonb), 'zh', 'now', ARRAY['ticket:' || ticket_id], 'delivered', :now, :now, :now FROM taken, generate_series(1, :people) AS person
)
SELECT count(*) FROM due"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default="1000,100000,1000000")
    options.add_argument("--due", type=some, default=20_000)
    options.add_argument("--seconds", type=some, default=20)
    options.add_argument("--profile", action="store_true", help="where the drain spends its time")
    given = options.parse_args()
    with installed("sweep") as (app, _folder), app.app_context():
        build()
        here = 0
        for size in map(int, given.sizes.split(",")):
            here = grow(here, size)
            idle(size)
        drain(given.due, given.profile)
        lateness(app, given.seconds)


def build() -> None:
    """A small city and TICKETS tickets of one unit; nothing but our clocks runs."""
    lay_small_city()
    with work() as session:
        ticket = factories.a_ticket(session, clock.now(), "dispatched", urgency="urgent")
    copied = ", ".join(
        f'"{column.name}"'
        for column in Ticket.__table__.columns
        if column.name not in ("id", "number", "query_code") and column.computed is None
    )
    with work() as session:
        session.execute(
            sa.text(
                f"INSERT INTO tickets (number, query_code, {copied}) SELECT 'C' || lpad(n::text, 20, '0'), 'C' || lpad(n::text, 9, '0'), {copied} "
                "FROM tickets, generate_series(1, :n) AS n WHERE id = :id"
            ),
            {"n": TICKETS, "id": ticket.id},
        )
        session.execute(sa.update(Clock).values(next_step=None, next_step_at=None))


def add(code: str, n: int, first: datetime, apart: timedelta) -> None:
    """`n` running clocks that break from `first` on, `apart` from each other, neighbours on different tickets."""
    with work() as session:
        values = {
            "tickets": TICKETS,
            "code": f"{code}-",
            "first": first,
            "apart": apart,
            "n": n,
            "unit": session.scalar(sa.select(Ticket.lead_unit_id).limit(1)),
            "limit": session.scalar(sa.select(LimitRow.id).where(LimitRow.code == "sign").limit(1)),
        }
        session.execute(sa.text(MADE), values)


def grow(here: int, size: int) -> int:
    """Running clocks up to `size`, none due yet."""
    add(f"wait-{here}", size - here, clock.now() + AHEAD, timedelta(seconds=1))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM (ANALYZE) clocks"))
    return size


def idle(size: int) -> None:
    spent = []
    for _ in range(IDLE_ASKED):
        began = time.perf_counter()
        sweep(clock.now())
        spent.append((time.perf_counter() - began) * 1000)
    cuts = cuts_of(spent[20:], 100)
    print(f"idle sweep, {size:>9,} running clocks   p50 {cuts[49]:5.2f} ms   p95 {cuts[94]:5.2f} ms   p99 {cuts[98]:5.2f} ms")


def drain(due: int, profiled: bool) -> None:
    """The backlog by the house, then as many rows by the bare loop, three times over; medians count."""
    rates: dict[str, list[float]] = {"sweep": [], "bare": []}
    costs: dict[str, list[float]] = {"sweep": [], "bare": []}
    for turn in range(3):
        for name, act in (("sweep", lambda at: sweep(at)["steps"]), ("bare", bare)):
            now = clock.now()
            add(f"{name}-{turn}", due, now - timedelta(seconds=20), timedelta(seconds=10) / due)
            before = rows()
            profile = cProfile.Profile() if profiled and name == "sweep" and turn == 2 else None
            spent, began = cpu(), time.perf_counter()
            done = profile.runcall(act, now) if profile else act(now)
            took, spent = time.perf_counter() - began, cpu() - spent
            written = [after - was for after, was in zip(rows(), before, strict=True)]
            rates[name].append(done / took)
            costs[name].append(1000 * shared(spent, done))
            print(
                f"drain {turn + 1}, {name:5} {done:,} clocks in {took:5.2f} s = {done / took:7,.0f}/s, {1000 * shared(spent, done):.3f} CPU ms each   rows written: {written[0]:,} steps, {written[1]:,} cards, {written[2]:,} messages"
            )
            if profile:
                pstats.Stats(profile).sort_stats("tottime").print_stats(28)
    sweeping, bare_rate = (statistics.median(rates[name]) for name in ("sweep", "bare"))
    print(f"drain, medians: {sweeping:,.0f}/s against {bare_rate:,.0f}/s bare = {100 * shared(sweeping, bare_rate):.0f} % (hold 40 %)")
    house, floor = (statistics.median(costs[name]) for name in ("sweep", "bare"))
    print(
        f"drain, CPU of client and server together: {house:.3f} ms a clock against {floor:.3f} ms bare: {100 * shared(floor, house):.0f} %; this figure does not move with what else the machine does"
    )


def cpu() -> float:
    """CPU seconds spent so far by us and by the database server."""
    session = session_now()
    backend = psutil.Process(session.scalar(sa.text("SELECT pg_backend_pid()")))
    session.rollback()
    family = [os.getpid(), *(one.pid for one in (backend.parent() or backend).children(recursive=True)), (backend.parent() or backend).pid]
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in family if psutil.pid_exists(pid))


def rows() -> list[int]:
    session = session_now()
    session.rollback()
    return [session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in (EscalationStep, LedgerEntry, OutboxMessage)]


def bare(now: datetime) -> int:
    """The floor: one statement a batch that claims, moves and writes as many rows of the same width, a commit a batch; nobody is looked up."""
    session = session_now()
    filled, people = session.execute(
        sa.text(
            """SELECT (SELECT CAST("values" AS text) FROM outbox_messages LIMIT 1), (SELECT cardinality(recipients) FROM escalation_steps LIMIT 1)"""
        )
    ).one()
    session.rollback()
    total = 0
    with db.engine.connect() as connection:
        while done := connection.scalar(sa.text(BARE), {"now": now, "filled": filled, "people": people}):
            connection.commit()
            total += done
    return total


def lateness(app: Flask, seconds: int) -> None:
    """100 clocks break every second; the house's scheduler ticks. Late = from the planned instant to the commit."""
    begins = clock.now() + timedelta(seconds=2)
    add("soon", 100 * seconds, begins, timedelta(milliseconds=10))
    ended: dict[datetime, datetime] = {}

    def tick() -> None:
        with app.app_context():
            at = clock.now()
            sweep(at)
            ended[at] = clock.now()

    stop = threading.Event()
    threading.Timer(seconds + 4, stop.set).start()
    run_scheduler(Leader(app.config["SQLALCHEMY_DATABASE_URI"]), [Job("sweep", TICK, tick)], stop)
    session = session_now()
    session.rollback()
    late = [
        (ended[fired] - planned).total_seconds()
        for fired, planned in session.execute(
            sa.select(EscalationStep.fired_at, EscalationStep.planned_at).where(
                EscalationStep.code.like("soon-%"), EscalationStep.step == "breach"
            )
        )
    ]
    cuts = cuts_of(late, 100)
    print(
        f"lateness, 100 due a second for {seconds} s: {len(late):,} steps   p50 {cuts[49]:.2f} s   p95 {cuts[94]:.2f} s   p99 {cuts[98]:.2f} s   max {max(late, default=math.nan):.2f} s   (a tick every {TICK} s)"
    )


if __name__ == "__main__":
    print("load average", *(f"{one:.1f}" for one in os.getloadavg()))
    sys.exit(main())
