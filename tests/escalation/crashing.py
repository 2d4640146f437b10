"""Clocks by the thousand, sweepers that are killed with −9, and the questions whether anything was lost or doubled. Used by the crash test and bench/crash.py."""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db import db
from app.sweeping import sweep
from escalation.ladder import QUICK
from escalation.models import Clock, LimitRow
from tickets.models import Ticket

FORK = multiprocessing.get_context("fork")
LENGTH = timedelta(minutes=30)
RUNGS = [rung.step for rung in QUICK]
CODES = ("sign", "urgent-response")


def many(session: Session, ticket: Ticket, clocks: int, first: datetime, apart: timedelta) -> None:
    """`clocks` 30-minute clocks of the ticket's unit, two a ticket like `ticket`, started `apart` from each other from `first`; no others run."""
    session.flush()
    copied = [
        column.name for column in Ticket.__table__.columns if column.name not in ("id", "number", "query_code") and column.computed is None
    ]
    names = ", ".join(f'"{name}"' for name in copied)
    session.execute(
        sa.text(
            f"INSERT INTO tickets (number, query_code, {names}) SELECT 'C' || lpad(n::text, 20, '0'), 'C' || lpad(n::text, 9, '0'), {names} "
            "FROM tickets, generate_series(1, :n) AS n WHERE id = :id"
        ),
        {"n": clocks // len(CODES), "id": ticket.id},
    )
    session.execute(sa.update(Clock).values(next_step=None, next_step_at=None))
    for code in CODES:
        limit = session.scalar(
            sa.select(LimitRow.id).where(LimitRow.code == code, LimitRow.profile == "default", LimitRow.effective_to.is_(None))
        )
        session.execute(
            sa.text("""
            INSERT INTO clocks (ticket_id, code, kind, limit_id, owner_unit_id, length, unit, started_at, due_at, provisional, extended_by, short, next_step, next_step_at, steps_done)
            SELECT id, :code, 'duty', :limit, :unit, 30, 'minutes', began, began + interval '30 minutes', false, 0, false, 'remind-half', began + interval '15 minutes', '{}'
            FROM (SELECT id, CAST(:first AS timestamptz) + :apart * row_number() OVER (ORDER BY id) AS began FROM tickets WHERE number LIKE 'C%') AS fresh"""),
            {"code": code, "limit": limit, "unit": ticket.lead_unit_id, "first": first, "apart": apart * len(CODES)},
        )


class Sweepers:
    """Processes that sweep as of a shared instant until they are killed; a fallen one is replaced at once."""

    def __init__(self, build: Callable[[], Flask], number: int, batch: int, rng: random.Random):
        self._build, self._batch, self._rng = build, batch, rng
        self.at, self.swept, self._all, self.kills = FORK.Value("d", 0.0), FORK.Value("l", 0), [], 0
        self._all = [self._start() for _ in range(number)]

    def kill_one(self) -> None:
        """−9 to any of them, whatever it is doing; another takes its place."""
        which = self._rng.randrange(len(self._all))
        os.kill(self._all[which].pid, signal.SIGKILL)
        self._all[which].join()
        self.kills += 1
        self._all[which] = self._start()

    def stop(self) -> None:
        for one in self._all:
            one.kill()
            one.join()

    def _start(self):
        process = FORK.Process(target=_keep_sweeping, args=(self._build, self.at, self.swept, self._batch), daemon=True)
        process.start()
        return process


def _keep_sweeping(build: Callable[[], Flask], at, swept, batch: int) -> None:
    app = build()
    with app.app_context():
        while True:
            instant = at.value
            if instant:
                try:
                    done = sweep(datetime.fromtimestamp(instant).astimezone(), batch)
                    swept.value += done["steps"]
                except DBAPIError:  # the database went away; a scheduler's tick comes again, so does this
                    db.session.rollback()
            time.sleep(0.005)


@contextmanager
def sweepers(build: Callable[[], Flask], number: int = 3, batch: int = 50, seed: int = 1):
    """Three of them, gone afterwards."""
    group = Sweepers(build, number, batch, random.Random(seed))
    try:
        yield group
    finally:
        group.stop()


def drained(session: Session, now: datetime) -> bool:
    """Nothing is due and nothing late is untold; not while the database is away."""
    try:
        session.rollback()
        return not session.scalar(
            sa.text(
                "SELECT EXISTS (SELECT 1 FROM clocks WHERE next_step_at <= :now) OR EXISTS (SELECT 1 FROM escalation_steps WHERE told_at IS NULL)"
            ),
            {"now": now},
        )
    except DBAPIError:
        return False


def await_drained(session: Session, now: datetime, seconds: float) -> None:
    """Let the sweepers finish. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while not drained(session, now):
        if time.monotonic() > until:
            raise TimeoutError("the sweepers did not finish")
        time.sleep(0.02)


def faults(session: Session, clocks: int) -> dict[str, int]:
    """What is lost or doubled; all zero when every step was taken exactly once, with its card and its messages."""
    session.rollback()
    ours = "SELECT id FROM clocks WHERE ticket_id IN (SELECT id FROM tickets WHERE number LIKE 'C%')"
    count = {
        "clocks missing": f"SELECT :clocks - count(*) FROM clocks WHERE id IN ({ours})",
        "steps lost or doubled": f"SELECT CAST(:clocks AS bigint) * :rungs - count(*) FROM escalation_steps WHERE clock_id IN ({ours})",
        "clock and step": f"""SELECT count(*) FROM (SELECT clocks.id FROM clocks LEFT JOIN escalation_steps AS taken ON taken.clock_id = clocks.id WHERE clocks.id IN ({ours}) GROUP BY clocks.id
            HAVING count(*) <> :rungs OR count(DISTINCT taken.step) <> :rungs OR cardinality(min(clocks.steps_done)) <> :rungs OR bool_or(next_step_at IS NOT NULL)
                OR bool_or(breached_at IS DISTINCT FROM due_at)) AS wrong""",
        "step and card": """SELECT count(*) FROM escalation_steps AS taken FULL JOIN ledger_entries AS entry ON entry.step_id = taken.id
            WHERE taken.id IS NULL OR (taken.step IN ('breach', 'breach-15', 'breach-30')) <> (entry.id IS NOT NULL)""",
        "out of order": "SELECT count(*) FROM (SELECT planned_at < lag(planned_at) OVER (PARTITION BY clock_id ORDER BY id) AS wrong FROM escalation_steps) AS each WHERE wrong",
    }
    values = {"clocks": clocks, "rungs": len(RUNGS)}
    found = {
        name: session.scalar(sa.text(question), {key: value for key, value in values.items() if f":{key}" in question})
        for name, question in count.items()
    }
    return found | untold(session)


def untold(session: Session) -> dict[str, int]:
    """The outbox against the ledger of steps: what each person was to hear of each ticket, and what they were written."""
    wanted: Counter = Counter()
    for account, ticket in session.execute(sa.text("SELECT unnest(recipients), ticket_id FROM escalation_steps")):
        wanted[account, f"ticket:{ticket}"] += 1
    written: Counter = Counter()
    for account, values in session.execute(sa.text('SELECT account_id, "values" FROM outbox_messages WHERE account_id IS NOT NULL')):
        written.update((account, item["subject"]) for item in values.get("items", ()))
    return {"told too little": (wanted - written).total(), "told twice": (written - wanted).total()}
