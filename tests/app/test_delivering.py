"""Reports that arrive by themselves: a month's report arrives once, by letter and by robot, whoever is killed; who may not read it gets none."""
# ruff: noqa: F811 -- fixtures are imported, then named by who uses them

import io
import os
import signal
import time
from datetime import datetime, timedelta
from types import SimpleNamespace

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock, delivering, figuring, wiring
from app.auth.models import Account
from app.clock import CITY_ZONE
from app.counterpart import robots as groups
from app.counterpart.book import Book
from app.db import db
from app.errors import Forbidden
from app.work import session_now, work
from escalation.metrics import months
from notifiers import outbox, preferences, robots
from notifiers.delivery import deliver
from notifiers.message import Way
from notifiers.models import OutboxMessage
from tests import factories
from tests.app.with_post import app, clean, leave, post  # noqa: F401 -- fixtures
from tests.escalation.crashing import FORK
from tests.notifiers.conftest import by_sms
from tests.serving import serving

SEPTEMBER, SIXTH = datetime(2026, 9, 3, 9, tzinfo=CITY_ZONE), datetime(2026, 10, 6, 8, tzinfo=CITY_ZONE)
WANTED = (("supervisor1", "inbox"), ("discipline1", "inbox"), ("leader1", "email"), ("publisher1", "robot"))  # in this order they are told
A_MONTH = "INSERT INTO metric_months (month, frozen_at, by_name, others) VALUES ('2026-09-01', now(), '', '{}')"
A_MESSAGE = """INSERT INTO outbox_messages (key, address, channel, template, "values", language, urgency, subjects, status, created_at)
VALUES (:key, ''::bytea, 'email', 'report', '{}', 'zh', 'now', '{}', 'suppressed', now())"""


@pytest.fixture
def group():
    """A chat group's robot, as its platform would have it."""
    book, platform = Book(), Flask("platform")
    groups.register(platform, SimpleNamespace(book=book))
    with serving(platform) as address:
        yield SimpleNamespace(
            address=f"{address}/robots/dingtalk/signed-centre",
            secret=groups.secret_of("signed-centre"),
            words=lambda: [row["words"] for row in book.rows("robot")],
        )


def ordered(session, group) -> None:
    """Three matters of September; four people who get the month's report, each their way, two of them not the same as before."""
    for lead in ("urban", "urban", "water"):
        factories.a_ticket(session, SEPTEMBER, "closed", lead)
    accounts = {account.username: account for account in session.scalars(sa.select(Account))}
    for username, channel in WANTED:
        assert delivering.switch(session, factories.person(session, username, SEPTEMBER), "units", "monthly", channel, SEPTEMBER)
        session.flush()
    preferences.set_way(session, Way("email", "leader@linhai.example", "l***"), SEPTEMBER, account_id=accounts["leader1"].id)
    robots.set_robot(session, accounts["publisher1"].unit_id, "dingtalk", group.address, group.secret, None, SEPTEMBER, inside=True)


def close_the_month(app) -> None:
    """What the scheduler has done every half hour, in a process of its own."""
    with app.app_context():
        db.engine.dispose(close=False)
        figuring.close_books(SIXTH)
        delivering.deliver(SIXTH)


def kill_in_the_middle(app, statement: str, **values) -> None:
    """A row that is not committed yet stands in the way of the process; when it waits there, it gets −9."""
    with db.engine.connect() as held, db.engine.connect() as looking:
        held.execute(sa.text(statement), values)
        process, until = FORK.Process(target=close_the_month, args=(app,), daemon=True), time.monotonic() + 20
        process.start()
        while not looking.scalar(
            sa.text("SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()")
        ):
            assert time.monotonic() < until, "it never came there"
            looking.rollback()
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        held.rollback()


def told() -> list[tuple[str, str]]:
    """To whom the report was put into the outbox, by which channel."""
    session_now().rollback()
    found = session_now().execute(
        sa.select(Account.username, OutboxMessage.channel)
        .join(Account, Account.id == OutboxMessage.account_id)
        .where(OutboxMessage.template.startswith("report"))
        .order_by(OutboxMessage.id)
    )
    return [tuple(row) for row in found]


def test_a_months_report_arrives_once_whoever_is_killed(app, post, group):
    """Issue 6, Must show 8: −9 in the freeze, −9 between the second and the third person; then one letter with its workbook, one word of the robot."""
    with work() as session:
        ordered(session, group)
        leader = session.scalar(sa.select(Account.id).where(Account.username == "leader1"))
    db.session.remove()
    kill_in_the_middle(app, A_MONTH)
    assert (months.frozen_months(session_now()), told()) == ([], []), "nothing is half frozen"
    kill_in_the_middle(app, A_MESSAGE, key=f"report:units:monthly:2026-09-01:email:{leader}")
    assert told() == list(WANTED[:2]), "who was told before the kill stays told"
    again = FORK.Process(target=close_the_month, args=(app,))
    again.start()
    again.join()
    assert (again.exitcode, told()) == (
        0,
        [("supervisor1", "inbox"), ("discipline1", "inbox"), ("leader1", "email"), ("publisher1", "dingtalk")],
    )
    assert delivering.deliver(SIXTH + timedelta(hours=1)) == delivering.deliver(SIXTH + timedelta(days=9)) == 0
    senders = {name: sender for name, sender in wiring.senders(app.config["SETTINGS"]).items() if name in ("email", "dingtalk")}
    assert (deliver(work, senders, clock.now), deliver(work, senders, clock.now)) == (2, 0)
    [letter] = post[1].letters
    words, file = letter.get_payload()
    assert letter["To"] == "leader@linhai.example"
    assert "按期办结率 100.00%" in words.get_payload(decode=True).decode()
    assert file.get_filename() == "units-20260901-20260930.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(file.get_payload(decode=True)))["按单位"]
    column = [cell.value for cell in sheet[4]].index("按时办结") + 1
    assert sum(value for value in (sheet.cell(row, column).value for row in range(5, sheet.max_row)) if value) == 3
    [said] = group.words()
    assert "/desk/reports/units?from=2026-09-01&to=2026-09-30" in said
    assert "%" not in said, "who reads a group is not known: no figure"


def test_who_may_not_read_a_report_gets_none(app, post):
    """Neither ordered nor, by who moved to another post meanwhile, received."""
    with pytest.raises(Forbidden), work() as session:
        delivering.switch(session, factories.person(session, "discipline1", SEPTEMBER), "escalations", "monthly", "email", SEPTEMBER)
    with work() as session:
        clerk = session.scalar(sa.select(Account.id).where(Account.username == "agent1"))
        values = {
            "report": "单位成绩",
            "period": "9 月",
            "facts": "",
            "link": "https://12345.example",
            "file": {"report": "units", "from": "2026-09-01", "to": "2026-09-30", "account": clerk},
        }
        outbox.put(
            session,
            [by_sms("r", channel="email", address="a@linhai.example", shown_to="a***", template="report", values=values, account_id=clerk)],
            clock.now(),
        )
    leave(app)
    session_now().rollback()
    assert session_now().execute(sa.select(OutboxMessage.status, OutboxMessage.reason)).one() == ("suppressed", "may-not-read")
    assert post[1].letters == []


@pytest.mark.parametrize(
    ("cadence", "at", "first", "last"),
    [
        ("daily", datetime(2026, 10, 6, 6, 59, tzinfo=CITY_ZONE), "2026-10-04", "2026-10-04"),
        ("daily", datetime(2026, 10, 6, 7, tzinfo=CITY_ZONE), "2026-10-05", "2026-10-05"),
        ("weekly", datetime(2026, 10, 5, 6, 59, tzinfo=CITY_ZONE), "2026-09-21", "2026-09-27"),
        ("weekly", datetime(2026, 10, 8, 12, tzinfo=CITY_ZONE), "2026-09-28", "2026-10-04"),
    ],
)
def test_a_day_and_a_week_are_told_over_breakfast(app, cadence, at, first, last):
    since, until, ready = delivering.period_of(session_now(), cadence, at)
    assert (since.isoformat(), until.isoformat()) == (first, last)
    assert ready <= at
