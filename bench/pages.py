"""The pages people live on, with few tickets in the city and with many: are they as quick? And a ticket with fifty events.

    python -m bench.pages [--few 1000] [--many 100000] [--home FOLDER]

Runs its own servers in FOLDER (default a temporary one) and fills them as bench/search.py does. The water company's desk holds FULL tickets and the
queue of the dispatchers more than a page, however large the city; else one open ticket in ten goes to the unit its category names. Pages are asked of the
application itself, without a web server. Prints p50 and p95 in milliseconds, and the ratio of the p95s.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.auth.models import Account
from app.auth.tokens import make_token
from app.db import db
from app.demo.cast import cast_of
from app.work import work
from bench.house import cuts_of, installed, some
from bench.search import fill
from tickets import dispatch, intake
from tickets.catalogue import entry_for
from tickets.history import events_of
from tickets.models import Ticket
from tickets.organisations import Unit

ASKED = 200
EVENTS = 50
FULL = 80  # on the unit's desk, which shows all it has; a handler has twenty, the largest unit of a city a few times that
DESKS = {
    "受理台 operator": ("agent1", "/desk/intake"),
    "派单台 dispatch": ("dispatcher1", "/desk/dispatch"),
    "承办台 unit": ("water.handler", "/desk/unit"),
    "总表 all tickets": ("supervisor1", "/desk/tickets"),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--few", type=some, default=1_000)
    options.add_argument("--many", type=some, default=100_000)
    options.add_argument("--home", type=Path)
    given = options.parse_args()
    with installed("pages", given.home, RATE_LIMIT_FACTOR="100000") as (app, _folder):
        found = []
        for wanted in (given.few, given.many):
            with app.app_context():
                fill(wanted)
                hand_out()
                db.session.execute(sa.text("ANALYZE"))
                db.session.commit()
            print(f"\n{wanted} tickets")
            found.append({name: measured(name, ask) for name, ask in asks(app).items()})
    print()
    for name, few in found[0].items():
        print(f"{name:28} p95 {found[1][name] / few:5.2f} times as long")


def hand_out() -> None:
    """FULL tickets lie with the water company; of the others one open ticket in ten goes to the unit the catalogue names."""
    with work() as session:
        now, dispatcher = clock.now(), cast_of(session)["dispatcher1"]
        waiting = sa.select(Ticket).where(Ticket.status == "registered", sa.not_(Ticket.sealed)).order_by(Ticket.id)
        lying = session.scalar(
            sa.select(sa.func.count())
            .select_from(Ticket)
            .join(Unit, Unit.id == Ticket.lead_unit_id)
            .where(Ticket.status == "dispatched", Unit.code == "water")
        )
        for ticket in session.scalars(waiting.limit(max(0, FULL - lying))).all():
            dispatch.dispatch(session, ticket, "water", dispatcher, now)
        for ticket in session.scalars(waiting.where(Ticket.id % 10 == 0)).all():
            entry = entry_for(session, ticket.category_id, ticket.region_code, now)
            unit = session.get(Unit, entry.unit_id).code if entry else ""
            if unit not in {"", "water"}:
                dispatch.dispatch(session, ticket, unit, dispatcher, now)


def asks(app: Flask) -> dict[str, Callable[[], None]]:
    """One call a page, each as somebody who works there."""
    with app.app_context():
        with work() as session:
            told = eventful(session)
            token = make_token(session, session.scalar(sa.select(Account).where(Account.username == "dispatcher1")), clock.now())
        db.session.remove()
    pages = {name: getter(seated(app, username), path) for name, (username, path) in DESKS.items()}
    bearer = {"Authorization": f"Bearer {token}"}
    return pages | {
        "API queue, 25 rows": getter(app.test_client(), "/api/v1/tickets?status=registered&limit=25", bearer),
        f"ticket, {EVENTS} events": getter(seated(app, "dispatcher1"), f"/tickets/{told}"),
        f"API ticket, {EVENTS} events": getter(app.test_client(), f"/api/v1/tickets/{told}", bearer),
    }


def eventful(session) -> str:
    """A ticket that was urged and added to until it has EVENTS events."""
    ticket = session.scalar(sa.select(Ticket).where(Ticket.status == "dispatched").order_by(Ticket.id).limit(1))
    if ticket is None:
        raise SystemExit("no ticket here lies with a unit: give more of them (--few 100)")
    agent = cast_of(session)["agent1"]
    for turn in range(len(events_of(session, ticket.id)), EVENTS):
        intake.supplement(session, ticket, f"又想起一点，第 {turn} 次补充", agent, clock.now())
    return ticket.number


def seated(app: Flask, username: str) -> FlaskClient:
    with app.app_context():
        account = db.session.scalar(sa.select(Account).where(Account.username == username))
        signed = {"account": account.id, "epoch": account.epoch}
        db.session.remove()
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(signed)
    return client


def getter(client: FlaskClient, path: str, headers: dict | None = None) -> Callable[[], None]:
    def ask() -> None:
        answer = client.get(path, headers=headers)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status}")

    return ask


def measured(name: str, ask: Callable[[], None]) -> float:
    """Prints, and gives the p95 in milliseconds."""
    for _ in range(20):
        ask()
    spent = []
    for _ in range(ASKED):
        began = time.perf_counter()
        ask()
        spent.append(1000 * (time.perf_counter() - began))
    p95 = cuts_of(spent, 20)[18]
    print(f"  {name:26} p50 {statistics.median(spent):6.1f} ms   p95 {p95:6.1f} ms", flush=True)
    return p95


if __name__ == "__main__":
    sys.exit(main())
