"""Three sweepers, 50 kills with −9, the database server killed once, a clock that jumps: is every step, card and message there exactly once?

    python -m bench.crash [--clocks 10000] [--kills 50] [--seed 1]

Runs its own servers in a temporary folder. Simulated time goes by in 400 moves, one in ten an hour back and forth again; kills fall at random
instants. Prints the faults found, all of which should be 0. The suite has a small version of it (tests/escalation/test_crash.py).
"""

import argparse
import os
import random
import signal
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from app import create_app
from app.clock import CITY_ZONE
from app.work import session_now, work
from bench.house import installed, lay_small_city, some
from escalation.models import EscalationStep
from tests import factories
from tests.escalation import crashing

FIRST = datetime(2026, 9, 14, 10, tzinfo=CITY_ZONE)
HOUR = timedelta(hours=1)
MOVES = 400
APART = timedelta(milliseconds=200)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clocks", type=some, default=10_000)
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with installed("crash") as (app, folder), app.app_context():
        fill(given.clocks)
        run(given, folder)


def fill(clocks: int) -> None:
    """A small city and so many 30-minute clocks, two a ticket."""
    lay_small_city()
    with work() as session:
        ticket = factories.a_ticket(session, FIRST - HOUR, "dispatched", urgency="urgent")
    with work() as session:
        crashing.many(session, ticket, clocks, FIRST, APART)


def run(given: argparse.Namespace, home: Path) -> None:
    """Let time go by under the kills, let them finish, count."""
    rng, session = random.Random(given.seed), session_now()
    end = FIRST + APART * given.clocks + HOUR + timedelta(minutes=2)
    when_to_kill = sorted(rng.sample(range(MOVES), min(given.kills, MOVES)))
    began = time.monotonic()
    with crashing.sweepers(create_app, batch=100, seed=given.seed) as group:
        for move in range(1, MOVES + 1):
            now = FIRST + (end - FIRST) * move / MOVES
            group.at.value = (now - HOUR if rng.random() < 0.1 else now).timestamp()
            time.sleep(rng.uniform(0.02, 0.15))
            if move - 1 in when_to_kill:
                group.kill_one()
            if move == MOVES // 2:
                os.kill(int((home / "data" / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
                print("the database server was killed with −9; its keeper starts it again")
        crashing.await_drained(session, end, 600)
        took = time.monotonic() - began
    steps, late = session.execute(sa.select(sa.func.count(), sa.func.count().filter(EscalationStep.late))).one()
    print(f"{given.clocks} clocks, {steps} steps ({late} late) in {took:.0f} s under {group.kills} kills of 3 sweepers")
    for name, n in crashing.faults(session, given.clocks).items():
        print(f"  {name:24} {n}")


if __name__ == "__main__":
    sys.exit(main())
