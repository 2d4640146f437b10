"""Finding tickets among many: the list's search by two-character words and parts of addresses, and the suggestions while typing.

    python -m bench.search [--tickets 100000] [--home FOLDER]

Runs its own servers in FOLDER (default a temporary one; given again, its tickets are used again). A ticket is half a dozen of the demo
city's clauses, mixed anew, at one of its places, by one of 10,000 people; one in twenty is still open, and the first OPEN. Prints p50 and p95 in milliseconds.
"""

import argparse
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from app import clock
from app.auth.access import visible
from app.demo.cast import cast_of
from app.demo.files import entries
from app.demo.tales import Teller
from app.imports.lines import Line
from app.imports.loading import load
from app.imports.rows import Wanted
from app.work import session_now, work
from bench.house import cuts_of, installed, lay_demo_city, some
from tickets.intake import Matter
from tickets.models import Ticket
from tickets.queries import Filters, page
from tickets.reference import Reference, reference
from tickets.suggest import suggest

BATCH = 1000
OPEN = 160  # in the smallest city, too, somebody's desk is full
ASKED = 200


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tickets", type=some, default=100_000)
    options.add_argument("--home", type=Path)
    given = options.parse_args()
    with installed("search", given.home) as (app, _folder), app.app_context():
        fill(given.tickets)
        measure()


def fill(wanted: int) -> None:
    """The demo city's structure, then tickets up to the number wanted."""
    now, began = clock.now(), time.monotonic()
    lay_demo_city()
    with work() as session:
        here = session.scalar(sa.select(sa.func.count()).select_from(Ticket)) or 0
        names = reference(session)
    rows = told(names, here, wanted, now)
    while batch := [row for _, row in zip(range(BATCH), rows, strict=False)]:
        with work() as session:
            load(session, batch, names, now)
    with work() as session:
        session.execute(sa.text("SELECT gin_clean_pending_list('ix_tickets_search'), gin_clean_pending_list('ix_tickets_sketch')"))
        session.execute(sa.text("ANALYZE tickets"))
    made = max(0, wanted - here)
    if made:
        print(f"{made} tickets in {time.monotonic() - began:.0f} s, {made / (time.monotonic() - began):.0f}/s")


def told(names: Reference, first: int, last: int, now: datetime) -> Iterator[Wanted]:
    """Tickets of the last 400 days in the demo city's words; the first OPEN and one in twenty of the others of the last month and still open."""
    rng = random.Random(first)
    teller = Teller(rng)
    matters = entries("matters")
    clauses = [
        clause
        for matter in matters
        for text in (*matter["words"], matter["reply"])
        for clause in re.split("[，。]", text)
        if 4 < len(clause) < 30
    ]
    for number in range(first, last):
        tale = teller.of_matter(rng.choice(matters), rng.randrange(2, 1000))
        first_clause = tale.words.split("，")[0]
        others = "，".join(
            rng.choice(clauses).replace("{place}", tale.place.name).replace("{n}", "3").replace("{m}", "5") for _ in range(5)
        )
        is_open = rng.random() < 0.05 or number < OPEN
        received = now - timedelta(days=rng.uniform(0, 30 if is_open else 400), hours=1)
        matter = Matter(
            channel="transfer",
            appeal_type=tale.appeal_type,
            title=tale.title,
            content=f"{first_clause}，{others}。",
            category=tale.category,
            region=tale.place.region,
            address=tale.place.address,
            lng=tale.place.lng,
            lat=tale.place.lat,
            appellant=replace(tale.appellant, phone=f"1380000{rng.randrange(10_000):04d}"),
            external=("bench", str(number)),
            received_at=received,
        )
        unit = names.unit_codes.get(tale.lead)
        if is_open or unit is None:
            yield Wanted(Line(number), matter)
        else:
            yield Wanted(Line(number), matter, "closed", unit, received + timedelta(days=rng.uniform(0.5, 8)))


def measure() -> None:
    """Ask the list and the suggestions ASKED times each."""
    session, now, rng = session_now(), clock.now(), random.Random(7)
    scope = visible(cast_of(session)["dispatcher1"])
    texts = [word for matter in entries("matters") for word in matter["words"]]
    plain = [
        "".join(char for char in text.replace("{place}", "").replace("{n}", "").replace("{m}", "") if "\u4e00" <= char <= "\u9fff")
        for text in texts
    ]
    pairs = [text[at : at + 2] for text in plain for at in [rng.randrange(len(text) - 2)]]
    teller = Teller(rng)
    tales = [teller.tale() for _ in range(ASKED)]
    print(f"{session.scalar(sa.select(sa.func.count()).select_from(Ticket))} tickets")
    report("two characters", [lambda word=word: page(session, scope, Filters(q=word), now) for word in (pairs * 2)[:ASKED]])
    report(
        "common words",
        [
            lambda word=word: page(session, scope, Filters(q=word), now)
            for word in ("电梯", "垃圾", "小区", "路灯", "没有", "处理", "请尽") * 20
        ],
    )
    report("part of an address", [lambda tale=tale: page(session, scope, Filters(q=tale.place.address[4:]), now) for tale in tales])
    report("two words", [lambda tale=tale: page(session, scope, Filters(q=f"{tale.place.name} {tale.title[-2:]}"), now) for tale in tales])
    report(
        "suggestions",
        [
            lambda tale=tale: suggest(
                session,
                f"{tale.title} {tale.words}",
                tale.place.region,
                now,
                phone=tale.appellant.phone,
                lng=tale.place.lng,
                lat=tale.place.lat,
                address=tale.place.address,
            )
            for tale in tales
        ],
    )


def report(name: str, asks: list[Callable[[], object]]) -> None:
    """Each ask once to warm up the first ones, then timed."""
    for ask in asks[:5]:
        ask()
    spent = []
    for ask in asks:
        began = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - began) * 1000)
    cuts = cuts_of(spent, 20)
    print(f"{name:22} p50 {statistics.median(spent):7.1f} ms   p95 {cuts[18]:7.1f} ms   max {max(spent):7.1f} ms   ({len(spent)} asked)")


if __name__ == "__main__":
    sys.exit(main())
