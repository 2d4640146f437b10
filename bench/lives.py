"""Whole lives through the API: registered, dispatched, signed, contacted, answered, audited, called back and closed, in an empty city and in a full one.

    python -m bench.lives [--tickets 1000000] [--seconds 20] [--clients 8] [--home FOLDER]

One gunicorn (gthread 2 x 4) on the embedded servers. Each caller leads one matter after another through all of it, each step as the person whose
step it is. The city is filled by SQL as bench/months.py does. Prints lives a second and the steps' p50 and p99 in milliseconds.
"""

import argparse
import http.client
import json
import secrets
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app import clock
from app.auth.models import Account
from app.auth.tokens import make_token
from app.work import work
from bench.house import cuts_of, installed, lay_demo_city, serving, shared, some
from bench.months import fill

PORT = 21983
MATTER = {
    "channel": "phone",
    "appeal_type": "help",
    "title": "海晏小区地下室返水",
    "content": "海晏小区 3 幢地下室从今天早上开始返水，已经没过脚面，请尽快派人来看看是哪里的管道堵了。",
    "place": {"address": "海晏小区 3 幢"},
    "appellant": {"name": "陈小芳", "phone": "13800002716"},
}
ANSWER = {
    "result": "resolved",
    "content": "疏通了 3 幢外的排水管，地下室的水已抽干。",
    "measures": "疏通、抽水",
    "time": "今天",
    "person": "抢修队",
}
STEPS = (
    ("agent1", "", MATTER),
    ("dispatcher1", "/dispatches", {"lead": "water"}),
    ("water.liaison", "/signings", {}),
    ("water.handler", "/contacts", {"method": "phone", "result": "reached"}),
    ("water.head", "/replies", ANSWER),
    ("auditor1", "/reviews", {"decision": "approve"}),
    (
        "followup1",
        "/follow-ups",
        {"reached": True, "contacted": True, "solved": True, "satisfied": 5, "truthful": True, "outcome": "close"},
    ),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tickets", type=some, default=1_000_000)
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--clients", type=some, default=8)
    options.add_argument("--home", type=Path)
    given = options.parse_args()
    with installed("lives", given.home, RATE_LIMIT_FACTOR="100000") as (app, folder):
        found = []
        with app.app_context():
            lay_demo_city()
        for wanted in (0, given.tickets):
            if wanted:
                with app.app_context():
                    fill(wanted)
            with serving(folder, {"lives": ("wsgi:application", PORT)}):
                lead(tokens(app), given.clients, 3)
                found.append(report(app, lead(tokens(app), given.clients, given.seconds), given.seconds))
    print(f"\nfull against empty: {shared(found[1], found[0]):.2f}")


def tokens(app: Flask) -> dict[str, str]:
    """One for each person of STEPS."""
    with app.app_context(), work() as session:
        accounts = session.scalars(sa.select(Account).where(Account.username.in_([step[0] for step in STEPS])))
        return {account.username: make_token(session, account, clock.now()) for account in accounts}


def lead(bearers: dict[str, str], clients: int, seconds: float) -> dict[str, list[float]]:
    """Lives led by `clients` callers for so long: step → the seconds each took. A life begun is led to its end."""
    took: dict[str, list[float]] = defaultdict(list)
    stop, failed = time.monotonic() + seconds, []

    def live() -> None:
        line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        while time.monotonic() < stop and not failed:
            path = "/api/v1/tickets"
            for person, verb, body in STEPS:
                began = time.perf_counter()
                line.request(
                    "POST",
                    path + verb,
                    json.dumps(body),
                    {
                        "Authorization": f"Bearer {bearers[person]}",
                        "Content-Type": "application/json",
                        "Idempotency-Key": secrets.token_hex(20),
                    },
                )
                answer = line.getresponse()
                said = answer.read()
                if answer.status not in {200, 201}:
                    failed.append(f"{path}{verb}: {answer.status} {said.decode()}")
                    return
                took[verb or "register"].append(time.perf_counter() - began)
                path = path if verb else f"{path}/{json.loads(said)['number']}"

    callers = [threading.Thread(target=live) for _ in range(clients)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    if failed:
        raise SystemExit(failed[0])
    return took


def report(app: Flask, took: dict[str, list[float]], seconds: float) -> float:
    """Prints, and gives lives a second."""
    with app.app_context(), work() as session:
        there = session.scalar(sa.text("SELECT count(*) FROM tickets"))
    rate = len(took["/follow-ups"]) / seconds
    print(f"\n{there} tickets: {rate:.1f} lives a second, {rate * len(STEPS):.0f} steps")
    for verb, spent in took.items():
        cuts = cuts_of(spent, 100)
        print(f"  {verb.strip('/'):12} p50 {1000 * cuts[49]:6.1f} ms   p99 {1000 * cuts[98]:6.1f} ms", flush=True)
    return rate


if __name__ == "__main__":
    sys.exit(main())
