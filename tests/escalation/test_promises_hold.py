"""Random histories: whatever happens to a ticket, a due date moves only by an approved extension, an approved pause, a recorded change of
the limit or a calendar notice, each written down; a breach is dated by its due date (issue 3, Must show 6)."""

import os
from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app import wiring
from app.clock import CITY_ZONE
from app.db import db
from app.errors import Refused
from app.work import work
from escalation import rules
from escalation.calendar import Day, city_day
from escalation.editing import Edit, change_limit, limit_in_force
from escalation.models import Clock, ClockChange, ClockPause
from escalation.publish import load_notice
from escalation.recount_later import recount_some
from escalation.sweep import sweep_batch
from tests import factories
from tests.tickets import drive
from tickets.actors import SYSTEM_ACTOR, Actor
from tickets.models import Ticket
from tickets.workflow import EDGES

NOVEMBER = datetime(2026, 11, 23, 10, tzinfo=CITY_ZONE)
UNITS = (drive.LEAD, drive.HELPER, drive.OTHER)
# what concerns clocks, the turns that lead on to others more often
OFTEN = (
    "dispatch",
    "sign",
    "contact",
    "request-return",
    "accept-return",
    "dispute",
    "rule",
    "request-extension",
    "grant-extension",
    "request-suspension",
    "grant-suspension",
    "resume",
    "resume",
    "reply",
    "approve-reply",
    "rework",
    "reject-reply",
)
SELDOM = (
    "deny-return",
    "deny-extension",
    "deny-suspension",
    "set-urgency",
    "interim-reply",
    "add-task",
    "sign-task",
    "reply-task",
    "release-task",
    "recall",
    "request-ledger",
    "confirm-ledger",
    "fulfil",
    "follow-up",
    "close",
    "terminate",
    "note",
)
LIMITS = ("general-reply", "mediation", "enterprise-solve", "rework", "return-window")
# what may move a date → the word it is written down under; everything else may move none
MAY_MOVE = {"grant-extension": {"extension"}, "notice": {"calendar"}, "limit": {"limit"}}
ALSO_ENDS_A_PAUSE = {"pause"}  # resuming, and any act that stops a clock while it stands still

seen: Counter = Counter()


class History:
    """One ticket's way in a transaction of its own, watched after every step."""

    def __init__(self, session: Session, track: str, dice: Random):
        self.session, self.now, self.dice = session, NOVEMBER, dice
        self.actors: dict[tuple[str, str], Actor] = {}
        matter = {"track": track} | (
            {"appellant": factories.Appellant(name="临海小吃店", phone="13800002716", kind="firm")} if track == "enterprise" else {}
        )
        self.ticket = factories.a_ticket(session, self.now, **matter)
        self.settle()
        self.due: dict[int, datetime] = {}
        self.started: dict[int, datetime] = {}
        self.last_change = 0

    def settle(self) -> None:
        wiring.react(self.session)
        self.session.flush()

    def step(self) -> None:
        kind = self.dice.choice(["act"] * 10 + ["notice", "limit", "sweep"])
        self.now += timedelta(minutes=self.dice.choice([0, 7, 40, 600, 1500, 4000]))
        kept = self.session.begin_nested()
        try:
            name = getattr(self, kind)()
            self.settle()
            kept.commit()
        except Refused:
            kept.rollback()
            self.session.info["events"] = []
            if kind in ("notice", "limit"):
                rules.forget(self.session)
            name = "refused"
        self.session.expire_all()
        seen[name] += 1
        self.watch(name)

    def act(self) -> str:
        """A step the table knows here, by somebody whose step it is."""
        ticket = self.ticket
        here = [name for name in OFTEN * 5 + SELDOM if ticket.status in EDGES[name].sources and self.decidable(name)]
        if not here:
            return "nothing"
        action = self.dice.choice(here)
        edge = drive.edge_meant(action, ticket.status, self.dice.choice(sorted(EDGES[action].roles)))
        drive.TAKE[action](self.session, ticket, self.somebody(self.dice.choice(sorted(edge.roles)), self.unit_for(edge)), self.now)
        return action

    def decidable(self, action: str) -> bool:
        """A decision needs something asked."""
        verb, _, kind = action.partition("-")
        return verb not in ("grant", "deny", "accept") or drive.waiting(self.session, self.ticket, kind) is not None

    def unit_for(self, edge) -> str:
        if edge.party == "task":
            return drive.HELPER
        return next((code for code in UNITS if self.somebody("head", code).unit_id == self.ticket.lead_unit_id), drive.LEAD)

    def somebody(self, role: str, unit: str) -> Actor:
        if (role, unit) not in self.actors:
            self.actors[role, unit] = drive.actor_with(self.session, role, unit, self.now)
        return self.actors[role, unit]

    def notice(self) -> str:
        """Some days of the next weeks change their kind, as only the State Council may."""
        today, calendar = city_day(self.now), rules.calendar_for(self.session)
        days = {today + timedelta(self.dice.randint(1, 25)) for _ in range(4)}
        load_notice(self.session, [Day(day, not calendar.is_workday(day), "调休", "drawn") for day in sorted(days)], SYSTEM_ACTOR, self.now)
        rules.forget(self.session)
        return "notice"

    def limit(self) -> str:
        """An administrator changes a limit, mostly one that runs, mostly for open clocks too."""
        running = self.session.scalars(
            sa.select(Clock.code).where(Clock.ticket_id == self.ticket.id, Clock.stopped_at.is_(None), Clock.unit == "working-days")
        ).all()
        code = self.dice.choice([code for code in running if code in LIMITS] or LIMITS)
        old = limit_in_force(self.session, code, self.now)
        edit = Edit(self.dice.randint(1, old.length + 5), old.unit, old.extension.cap if old.extension else None, old.pauses, "市办", "试")
        change_limit(self.session, code, edit, old.id, self.dice.random() < 0.7, SYSTEM_ACTOR, self.now)
        rules.forget(self.session)
        while recount_some(self.session, self.now):
            pass
        return "limit"

    def sweep(self) -> str:
        sweep_batch(self.session, self.now)
        return "sweep"

    def watch(self, name: str) -> None:
        clocks = self.session.scalars(sa.select(Clock).where(Clock.ticket_id == self.ticket.id).order_by(Clock.id)).all()
        changes = self.session.scalars(
            sa.select(ClockChange)
            .where(ClockChange.id > self.last_change, ClockChange.clock_id.in_([one.id for one in clocks]))
            .order_by(ClockChange.id)
        ).all()
        for clock in clocks:
            self.no_silent_move(clock, [one for one in changes if one.clock_id == clock.id], name)
            if clock.breached_at is not None:
                assert clock.breached_at == clock.due_at, "a breach is dated by the due date"
            if clock.stop_reason in ("late", "met") and clock.kind != "window":
                assert (clock.stop_reason == "late") == (clock.stopped_at > clock.due_at) == (clock.breached_at is not None), name
        self.last_change = max([self.last_change, *(one.id for one in changes)])
        self.one_promise(clocks)

    def no_silent_move(self, clock: Clock, changes: list[ClockChange], name: str) -> None:
        before = self.due.get(clock.id)
        at = before
        for change in changes if before is not None else []:
            assert change.old_due == at, "the changes are a chain from the old date to the new one"
            assert change.why in MAY_MOVE.get(name, set()) | (ALSO_ENDS_A_PAUSE if self.was_paused(clock) else set()), (name, change.why)
            assert change.by_name
            at = change.new_due
            seen["moved by " + change.why] += 1
        assert before is None or clock.due_at == at, f"{clock.code} moved by {name} and nothing says so"
        assert self.started.setdefault(clock.id, clock.started_at) == clock.started_at
        self.due[clock.id] = clock.due_at

    def was_paused(self, clock: Clock) -> bool:
        return self.session.scalar(sa.select(sa.exists().where(ClockPause.clock_id == clock.id, ClockPause.to_at == self.now)))

    def one_promise(self, clocks: list[Clock]) -> None:
        """The citizen's clock never starts again, and the ticket says what it says."""
        own = Counter(
            one.code
            for one in clocks
            if one.owner_unit_id is None and one.task_id is None and one.stop_reason != "cancelled" and one.kind == "promise"
        )
        assert not [code for code, n in own.items() if n > 1], "a promise started twice"
        running = [one.due_at for one in clocks if one.kind == "promise" and one.stopped_at is None and one.task_id is None]
        if running:
            assert self.ticket.due_at == min(running)


@pytest.fixture(scope="module")
def histories(app):
    """Runs one history in a transaction that never commits. The calendar has the years they run through: it is read again after every notice."""
    with app.app_context(), work() as session:
        session.execute(sa.text("DELETE FROM calendar_days WHERE day NOT BETWEEN '2026-01-01' AND '2028-12-31'"))

    def run(track: str, dice: Random, steps: int) -> None:
        with app.app_context(), db.engine.connect() as connection:
            outer = connection.begin()
            session = Session(bind=connection, join_transaction_mode="create_savepoint")
            session.info.update(app.extensions["session_info"], events=[])
            rules.forget(session)
            try:
                history = History(session, track, dice)
                for _ in range(steps):
                    history.step()
                assert session.get(Ticket, history.ticket.id) is history.ticket
            finally:
                session.close()
                rules.forget(session)
                outer.rollback()

    return run


@settings(
    max_examples=int(os.environ.get("HISTORIES", "16")),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(track=st.sampled_from(["general", "general", "consumer", "enterprise", "petition-ordinary"]), seed=st.integers(0, 2**32))
def walk(histories, track, seed):
    histories(track, Random(seed), 30)


@pytest.mark.walk
@pytest.mark.timeout(300)
def test_a_due_date_never_moves_by_itself(histories):
    seen.clear()
    walk(histories)
    print(dict(seen.most_common()))
    assert {f"moved by {why}" for why in ("extension", "pause", "calendar", "limit")} <= set(seen), "the histories must be rich enough"
    assert {"dispatch", "accept-return", "grant-extension", "resume", "reply", "rework", "notice", "limit", "sweep"} <= set(seen)
