"""Nobody signs on a holiday night (issue 3, Must show 7): the ring turns yellow and red, the ladder climbs at +0, +15 and +30 to the right
people, a leader names person, post and limit, and the order is written off on evidence. Time is moved by hand; the browser is real."""

import re
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app import clock
from app.auth.models import Account
from app.clock import CITY_ZONE
from app.db import db
from app.work import work
from escalation.models import EscalationStep, LedgerEntry
from escalation.supervision_models import Supervision
from notifiers.models import OutboxMessage
from tests.journeys.test_unit_keyboard import put, who
from tickets.models import Ticket
from tickets.posts import set_absence

pytestmark = pytest.mark.browser

DISPATCHED = datetime(2026, 10, 2, 23, 50, tzinfo=CITY_ZONE).astimezone(UTC)  # the second day of a holiday
DUE = DISPATCHED + timedelta(minutes=30)
A_POST, B_POST = "water.handler", "water.backup"


@pytest.fixture
def at(monkeypatch):
    """at(minutes after dispatch): that is the time now, everywhere in this process."""

    def turn(minutes: float) -> datetime:
        moment = DISPATCHED + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    return turn


def sweep(app, moment: datetime) -> dict:
    """What the command says."""
    done = app.test_cli_runner().invoke(args=["sweep", "--now", moment.isoformat()])
    assert done.exit_code == 0, done.output
    return orjson.loads(done.output)


def steps_of(app, number: str) -> list[tuple[str, datetime, set[str]]]:
    """The steps of the signing clock in order: which, when, who was reached."""
    with app.app_context():
        names = dict(db.session.execute(sa.select(Account.id, Account.username)).all())
        rows = db.session.execute(
            sa.select(EscalationStep.step, EscalationStep.planned_at, EscalationStep.recipients)
            .join(Ticket, Ticket.id == EscalationStep.ticket_id)
            .where(Ticket.number == number, EscalationStep.code == "sign")
            .order_by(EscalationStep.planned_at)
        ).all()
        db.session.remove()
    return [(step, planned, {names[one] for one in people}) for step, planned, people in rows]


def test_nobody_signs_on_a_holiday_night(linhai, person, at):
    at(-60)
    with linhai.app_context():
        with work() as session:
            away = who(session, A_POST)
            set_absence(session, away.account_id, DISPATCHED - timedelta(days=1), DISPATCHED + timedelta(days=5), "leave", away)
        db.session.remove()
    at(0)
    number = put(linhai, "海晏小区地下室返水", "dispatched", "water")
    liaison, supervisor = person("water.liaison"), person("supervisor1")
    ring = liaison.goes("/desk/unit").page.locator(".job .ring").first

    # the ring: calm, yellow in the last quarter of an hour, red in the last five minutes, over
    for minutes, tone in ((1, ""), (16, "soon"), (26, "late"), (31, "late over")):
        sweep(linhai, at(minutes))
        liaison.goes("/desk/unit")
        expect(ring).to_have_class(re.compile(rf"^ring\s+{tone}\s*$"))
    assert liaison.page.locator(".job .ring").first.get_attribute("aria-label")

    # +0, +15, +30: each once, at its minute, to the right people; B stands in for A
    for minutes in (30, 45, 60, 61):
        sweep(linhai, at(max(minutes, 31)))
    taken = steps_of(linhai, number)
    assert [(step, planned - DUE) for step, planned, _ in taken] == [
        ("remind-half", timedelta(minutes=-15)),
        ("remind-last", timedelta(minutes=-5)),
        ("breach", timedelta(0)),
        ("breach-15", timedelta(minutes=15)),
        ("breach-30", timedelta(minutes=30)),
    ]
    reached = {step: people for step, _, people in taken}
    assert B_POST in reached["remind-half"]
    assert not any(A_POST in people for people in reached.values()), "A is on leave"
    assert "water.head" in reached["breach"]
    assert "water.head" in reached["breach-15"]
    assert "leader1" in reached["breach-30"]

    # the messages say so, in the ledger and on everybody's page
    with linhai.app_context():
        session = db.session
        told = set(
            session.execute(
                sa.select(Account.username, OutboxMessage.template).join(OutboxMessage, OutboxMessage.account_id == Account.id)
            ).all()
        )
        cards = session.scalar(
            sa.select(sa.func.count())
            .select_from(LedgerEntry)
            .join(Ticket, Ticket.id == LedgerEntry.ticket_id)
            .where(Ticket.number == number, LedgerEntry.card == "red")
        )
        session.remove()
    assert {who for who, _ in told} >= {"water.liaison", B_POST, "water.head", "leader1"}
    assert A_POST not in {who for who, _ in told}
    assert cards == 3
    for username in (B_POST, "water.head", "leader1"):
        person(username, width=390).goes("/messages").sees(number[-6:])
    supervisor.goes("/desk/supervision").sees("海晏小区地下室返水")
    supervisor.finds_it_clean()

    # the leader names person, post and limit; the unit acknowledges; written off on evidence
    with linhai.app_context():
        order = db.session.scalar(sa.select(Supervision).join(Ticket, Ticket.id == Supervision.ticket_id).where(Ticket.number == number))
        assert order is not None, "thirty minutes after the breach the order is there by itself"
        order_id = order.id
        db.session.remove()
    leader = person("leader1").goes(f"/supervisions/{order_id}")
    leader.presses("顶格协调")
    form = leader.page.locator("dialog[open] form")
    leader.fills(
        form,
        person="王海",
        post="市水务集团值班经理",
        due=(at(62) + timedelta(hours=8)).astimezone(CITY_ZONE).strftime("%Y-%m-%dT%H:%M"),
        words="连夜排水",
    )
    leader.leaves_by("就这样定", within="dialog[open]")
    leader.sees("王海", "市水务集团值班经理")
    person("water.liaison", width=390).goes("/desk/orders").sees(number[-6:])
    leader.goes(f"/supervisions/{order_id}").presses("销号")
    form = leader.page.locator("dialog[open] form")
    leader.fills(form, evidence="现场看过，水已抽干，市民当面说满意。")
    form.locator("input[name='written_off_as']").first.evaluate("el => el.click()")
    leader.leaves_by("销号", within="dialog[open]")
    leader.sees("现场看过，水已抽干")
    with linhai.app_context():
        assert db.session.get(Supervision, order_id).closed_at is not None
        db.session.remove()
