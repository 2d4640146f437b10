"""What a changed limit costs: saving it (the request) and counting its open clocks again (the worker), a batch a transaction.

    python -m bench.recount [--tickets 10000] [--profile]

Runs its own servers in a temporary folder, a small city and copied tickets in it. Prints figures, asserts nothing.
"""

import argparse
import cProfile
import os
import pstats
import sys
import time

import sqlalchemy as sa

from app import clock
from app.db import db
from app.jobs import recount_clocks
from app.work import session_now, work
from bench.house import installed, lay_small_city, shared, some
from escalation.editing import Edit, change_limit, limit_in_force
from escalation.models import Clock
from escalation.rules import forget
from tests import factories
from tickets.actors import SYSTEM_ACTOR
from tickets.identity import Appellant
from tickets.models import Ticket

CODE = "general-reply"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tickets", type=some, default=10_000)
    options.add_argument("--profile", action="store_true", help="where the worker spends its time")
    given = options.parse_args()
    with installed("recount") as (app, _folder), app.app_context():
        build(given.tickets)
        measure(given.profile)


def build(tickets: int) -> None:
    """A small city and this many tickets in a unit's hands, each with its running clocks."""
    lay_small_city()
    with work() as session:
        ticket = factories.a_ticket(session, clock.now(), "handling", appellant=Appellant(kind="anonymous"))
    own = columns(Ticket, "id", "number", "query_code")
    clocks = columns(Clock, "id", "ticket_id")
    with work() as session:
        session.execute(
            sa.text(
                f"INSERT INTO tickets (number, query_code, {own}) SELECT 'C' || lpad(n::text, 20, '0'), 'C' || lpad(n::text, 9, '0'), {own} "
                "FROM tickets, generate_series(1, :n) AS n WHERE id = :id"
            ),
            {"n": tickets - 1, "id": ticket.id},
        )
        theirs = ", ".join(f"c.{one}" for one in clocks.split(", "))
        session.execute(
            sa.text(
                f"INSERT INTO clocks (ticket_id, {clocks}) SELECT t.id, {theirs} FROM tickets AS t, clocks AS c WHERE c.ticket_id = :id AND t.id <> :id"
            ),
            {"id": ticket.id},
        )


def columns(model, *without: str) -> str:
    return ", ".join(f'"{column.name}"' for column in model.__table__.columns if column.name not in without and column.computed is None)


def measure(profiled: bool) -> None:
    """The request's part, then the worker's."""
    began = time.perf_counter()
    with work() as session:
        now = clock.now()
        old = limit_in_force(session, CODE, now)
        done = change_limit(session, CODE, Edit(4, old.unit, 10, old.pauses, "市办", "提速"), old.id, True, SYSTEM_ACTOR, now)
        total = done.waiting.total
    saved = time.perf_counter() - began
    forget(session_now())
    profile, began = cProfile.Profile(), time.perf_counter()
    batches = profile.runcall(recount_clocks) if profiled else recount_clocks()
    took = time.perf_counter() - began
    session = session_now()
    moved = session.scalar(sa.text("SELECT moved FROM recountings ORDER BY id DESC LIMIT 1"))
    print(
        f"saving the limit {1000 * saved:6.0f} ms   {total:,} open clocks counted again, {moved:,} moved, in {took:.1f} s, {batches} batches: {1000 * shared(took, total):.2f} ms a clock"
    )
    db.session.remove()
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    print("load average", *(f"{one:.1f}" for one in os.getloadavg()))
    sys.exit(main())
