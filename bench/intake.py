"""Registering tickets through the API, against bare Flask endpoints that write the same rows, in one run on the same servers. Prints figures.

    python -m bench.intake [--seconds 12] [--rounds 3] [--clients 8] [--home FOLDER]

`ours`: the whole product: token, budget, validation, encryption, history, clock, idempotency, search, live hints, in one transaction.
`plain`: an endpoint of the same stack (Flask-SQLAlchemy) that only reads and writes those rows (bench/plain.py); ours is held to 65 % of it.
`raw`: the same without SQLAlchemy, the floor of what Flask and PostgreSQL cost (bench/raw.py).
Three gunicorns (gthread 2 x 4) on one embedded PostgreSQL with its ordinary settings take turns. CPU ms: web processes, database and
Valkey together, for each ticket; the clients are not counted.
"""

import argparse
import http.client
import json
import os
import secrets
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.auth.models import Account
from app.auth.tokens import make_token
from app.work import work
from bench.house import cuts_of, installed, lay_demo_city, serving, shared, some
from escalation.models import LimitRow
from tickets.text import bigrams, sketch

APPS = {"raw": ("bench.raw:build()", 21980), "plain": ("bench.plain:build()", 21981), "ours": ("wsgi:application", 21982)}
TITLE, CONTENT = (
    "海晏小区地下室返水",
    "海晏小区 3 幢地下室从今天早上开始返水，已经没过脚面，电瓶车都泡在里面，物业说不归他们管，请尽快派人来看看是哪里的管道堵了。",
)
PLACE = {"region": "990101001", "address": "海晏小区 3 幢"}


@dataclass
class Round:
    """What one round of one server gave."""

    took: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds

    @property
    def cpu_ms(self) -> float:
        return 1000 * shared(self.cpu, len(self.took))

    def percentile(self, part: int) -> float:
        return 1000 * cuts_of(self.took, 100)[part - 1]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=12)
    options.add_argument("--rounds", type=some, default=3)
    options.add_argument("--clients", type=some, default=8)
    options.add_argument("--home", type=Path)
    given = options.parse_args()
    with installed("intake", given.home, RATE_LIMIT_FACTOR="100000") as (app, folder):
        token, category = prepare(app)
        with serving(folder, APPS) as servers:
            rounds = measure(servers, token, category, given)
    report(rounds)


def prepare(app: Flask) -> tuple[str, str]:
    """Calendar, demo city's structure, a token; what the bare endpoint needs goes into BENCH_BARE. Gives token and category."""
    with app.app_context():
        lay_demo_city()
        with work() as session:
            agent = session.scalar(sa.select(Account).where(Account.username == "agent1"))
            token = make_token(session, agent, clock.now())
            limit = session.scalar(sa.select(LimitRow.id).where(LimitRow.code == "dispatch"))
            category = session.scalar(sa.text("SELECT code FROM categories WHERE level = 3 ORDER BY code LIMIT 1"))
            PLACE["region"] = session.scalar(sa.text("SELECT code FROM regions WHERE parent_code IS NOT NULL ORDER BY code LIMIT 1"))
        words = f"{TITLE}。{CONTENT}。{PLACE['address']}"
        os.environ["BENCH_BARE"] = json.dumps(
            {
                "database": os.environ["DATABASE_URL"],
                "limit": limit,
                "hash": "0" * 64,
                "sealed": "00" * 150,
                "search": bigrams(words),
                "sketch": sketch(words),
            }
        )
    return token, category


def measure(servers: dict[str, psutil.Process], token: str, category: str, given: argparse.Namespace) -> dict[str, list[Round]]:
    """Warm all, then let them take turns."""
    found: dict[str, list[Round]] = {name: [] for name in servers}
    for name, server in servers.items():
        one_round(name, server, token, category, given.clients, 3)
    for turn in range(given.rounds):
        for name in sorted(servers, reverse=turn % 2 == 1):
            found[name].append(one_round(name, servers[name], token, category, given.clients, given.seconds))
            last = found[name][-1]
            print(f"  round {turn + 1} {name}: {last.rate:6.1f} tickets/s  {last.cpu_ms:5.2f} CPU ms", flush=True)
    return found


def one_round(name: str, server: psutil.Process, token: str, category: str, clients: int, seconds: float) -> Round:
    """`clients` callers, each with a line of its own, for so long."""
    result, stop = Round(), time.monotonic() + seconds
    watched = processes(server)
    before = cpu_of(watched)
    began = time.monotonic()
    callers = [threading.Thread(target=call, args=(APPS[name][1], token, category, stop, result.took)) for _ in range(clients)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    result.seconds, result.cpu = time.monotonic() - began, cpu_of(watched | processes(server)) - before
    return result


def call(port: int, token: str, category: str, stop: float, took: list[float]) -> None:
    """Register tickets one after another until `stop`."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps(
        {
            "channel": "phone",
            "appeal_type": "help",
            "title": TITLE,
            "content": CONTENT,
            "category": category,
            "place": PLACE,
            "appellant": {"name": "陈小芳", "phone": "13800002716"},
        }
    ).encode()
    while time.monotonic() < stop:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(20)}
        began = time.perf_counter()
        line.request("POST", "/api/v1/tickets", body, headers)
        answer = line.getresponse()
        said = answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 201:
            print(f"{port}: {answer.status} {said.decode()}", file=sys.stderr)
            os._exit(1)


def processes(server: psutil.Process) -> set[psutil.Process]:
    """The web server's processes, PostgreSQL's and Valkey's."""
    ours = {server, *server.children(recursive=True)}
    home = os.environ["HOTLINE_HOME"]
    for process in psutil.process_iter(["name", "cmdline"]):
        named = (process.info["name"] or "").startswith(("postgres", "valkey"))
        if named and (
            any(home in word for word in process.info["cmdline"] or [])
            or any(home in " ".join(above.cmdline()) for above in process.parents() if above.is_running())
        ):
            ours.add(process)
    return ours


def cpu_of(watched: set[psutil.Process]) -> float:
    """Seconds of CPU these have used, those already gone left out."""
    total = 0.0
    for process in watched:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def report(rounds: dict[str, list[Round]]) -> None:
    """Medians of the rounds, and the ratios: by throughput, and by CPU, which a busy machine disturbs less."""
    print(f"\n{'':6} {'tickets/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>8}")
    middle = {}
    for name, found in rounds.items():
        middle[name] = statistics.median(one.rate for one in found)
        print(
            f"{name:6} {middle[name]:10.1f} {statistics.median(one.percentile(50) for one in found):8.1f} {statistics.median(one.percentile(99) for one in found):8.1f} "
            f"{statistics.median(one.cpu_ms for one in found):8.2f}"
        )
    for other in ("plain", "raw"):
        rates = [shared(ours.rate, bare.rate) for ours, bare in zip(rounds["ours"], rounds[other], strict=True)]
        work = shared(statistics.median(one.cpu_ms for one in rounds[other]), statistics.median(one.cpu_ms for one in rounds["ours"]))
        print(
            f"ours / {other}: {100 * statistics.median(rates):.0f} % of its tickets/s ({', '.join(f'{100 * one:.0f}' for one in rates)}), {100 * work:.0f} % by CPU"
        )


if __name__ == "__main__":
    main()
