"""A random walk over tickets with several units: whatever is tried by whomever, no illegal state, no lost event, no broken chain."""

import os
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from app import wiring
from app.db import db
from app.errors import Refused
from escalation import clocks
from escalation.models import Clock
from tests import factories
from tests.conftest import MONDAY
from tests.tickets import drive
from tickets.actors import ALL_ROLES
from tickets.codes import OPEN, STATUSES
from tickets.dispatch_models import Dispatch, Request, Task
from tickets.events import TicketEvent
from tickets.history import verify
from tickets.models import Reply, Ticket
from tickets.workflow import EDGES, STAYS

STEPS = 10_000
UNITS = (drive.LEAD, drive.HELPER, drive.OTHER, "water", "dongmen")
ENDINGS = {"answer-directly", "transfer-emergency", "refuse", "merge", "terminate", "archive"}  # tried too, but seldom: a walk should go on
walked: list[int] = []
taken: set[str] = set()


def machine(app) -> type[RuleBasedStateMachine]:  # noqa: C901 -- Hypothesis wants one class; its rules are small
    actors: dict = {}  # the city's people, the same for every walk

    class Walk(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.connection = db.engine.connect()
            self.outer = self.connection.begin()
            self.session = Session(bind=self.connection, join_transaction_mode="create_savepoint")
            self.session.info.update(app.extensions["session_info"], events=[])
            self.now: datetime = MONDAY
            self.recorded: dict[int, int] = {}
            self.tickets: list[int] = []

        @initialize(sealed=st.booleans(), firm=st.booleans())
        def three_come_in(self, sealed, firm):
            who = factories.Appellant(name="陈小芳", phone="13800002716", kind="firm" if firm else "person")
            for kind, track in (
                ("report" if sealed else "help", ""),
                ("complaint", "consumer"),
                ("consult", "petition-simple" if firm else ""),
            ):
                self.tickets.append(factories.a_ticket(self.session, self.now, appeal_type=kind, appellant=who, track=track).id)
            self._settle()

        @rule(
            which=st.integers(0, 11),
            pick=st.integers(0, 999),
            role=st.sampled_from(ALL_ROLES),
            fitting=st.integers(0, 9),
            unit=st.sampled_from(UNITS),
            minutes=st.sampled_from([0, 1, 7, 40, 600, 3000]),
        )
        def act(self, which, pick, role, fitting, unit, minutes):
            """Nine times of ten a step the table knows here, by somebody whose step it is; once anything by anybody."""
            walked.append(which)
            self.now += timedelta(minutes=minutes)
            ticket = self.session.get(Ticket, self.tickets[which % len(self.tickets)])
            here = (
                [name for name in drive.TAKE if ticket.status in EDGES[name].sources and not _ends(name, ticket)]
                if fitting
                else list(drive.TAKE)
            )
            here += [name for name in here if EDGES[name].to != STAYS or name.startswith("request-")] * 3
            here = here or list(drive.TAKE) if pick % 40 else list(drive.TAKE)
            action = here[pick % len(here)]
            edge = drive.edge_meant(action, ticket.status, role)
            if fitting:
                role = sorted(edge.roles)[fitting % len(edge.roles)]
                unit = self._party(ticket, edge) or unit
            before, kept = ticket.status, ticket.version
            savepoint = self.session.begin_nested()
            try:
                drive.TAKE[action](self.session, ticket, self._actor(role, unit), self.now)
                self._settle()
                savepoint.commit()
            except Refused:
                savepoint.rollback()
                self.session.info["events"] = []
                self.session.refresh(ticket)
                assert (ticket.status, ticket.version) == (before, kept), "a refusal left something behind"
                return
            assert ticket.version > kept, "a step without an event"
            assert _legal(before, ticket.status), f"{before} → {ticket.status} by {action}"
            self._one_lead(ticket)
            taken.add(action)
            self.tickets += [ident for ident in self.recorded if ident not in self.tickets and action == "find-violation"]

        def teardown(self):
            try:
                self._check_all()
            finally:
                self.session.close()
                self.outer.rollback()
                self.connection.close()

        def _check_all(self):
            ids = list(self.recorded)
            found = (
                dict(
                    self.session.execute(
                        sa.select(TicketEvent.ticket_id, sa.func.count())
                        .where(TicketEvent.ticket_id.in_(ids))
                        .group_by(TicketEvent.ticket_id)
                    ).all()
                )
                if ids
                else {}
            )
            assert found == self.recorded, "an event was lost"
            assert not [fault for _, fault in verify(self.session) if fault]
            self._no_leftovers()

        def _one_lead(self, ticket):
            live = self.session.scalars(
                sa.select(Dispatch.unit_id).where(Dispatch.ticket_id == ticket.id, Dispatch.ended_at.is_(None))
            ).all()
            assert live == ([ticket.lead_unit_id] if ticket.lead_unit_id else [])

        def _no_leftovers(self):
            """Nothing runs on, waits or is drafted on a ticket that is over, but a notice somebody is still owed."""
            over = [status for status in STATUSES if status not in OPEN]
            for table, still in (
                (Clock, sa.and_(Clock.stopped_at.is_(None), Clock.code.not_in(clocks.OUTLIVES))),
                (Request, Request.decision.is_(None)),
                (Reply, Reply.state == "sent"),
                (Task, Task.state.in_(("open", "signed"))),
            ):
                left = self.session.execute(
                    sa.select(Ticket.number, Ticket.status)
                    .join(table, table.ticket_id == Ticket.id)
                    .where(Ticket.status.in_(over), Ticket.id.in_(list(self.recorded)), still)
                ).all()
                assert not left, f"{table.__tablename__} of a ticket that is over: {left}"

        def _settle(self):
            for event in wiring.react(self.session):
                self.recorded[event.ticket.id] = self.recorded.get(event.ticket.id, 0) + 1
            self.session.flush()

        def _actor(self, role, unit):
            if (role, unit) not in actors:
                actors[role, unit] = drive.actor_with(self.session, role, unit, MONDAY)
            return actors[role, unit]

        def _party(self, ticket, edge):
            if edge.party == "lead" and ticket.lead_unit_id:
                return next((code for code in UNITS if self._actor("head", code).unit_id == ticket.lead_unit_id), "")
            return drive.HELPER if edge.party == "task" else ""

    return Walk


def _ends(name: str, ticket: Ticket) -> bool:
    """An ending, tried seldom; a mediation's is not one: both sides must be told."""
    return name in ENDINGS and not (name == "terminate" and ticket.track == "consumer" and not ticket.found_in_id)


def _legal(before: str, after: str) -> bool:
    """Some edge leads there, or two of one verb do (an audit that closes at once because nobody is to be called)."""
    if before == after:
        return True
    direct = any(before in edge.sources and edge.to in (after, "back") for edge in EDGES.values() if edge.to != STAYS)
    return direct or (before, after) == ("replied", "closed")


@pytest.mark.walk
@pytest.mark.timeout(600)
def test_ten_thousand_random_steps(app):
    walked.clear()
    with app.app_context():
        run_state_machine_as_test(
            machine(app),
            settings=settings(
                max_examples=int(os.environ.get("WALKS", "110")),
                stateful_step_count=105,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                print_blob=False,
            ),
        )
    print(f"{len(walked)} steps walked, {len(taken)} kinds of action taken; never: {sorted(set(drive.TAKE) - taken)}")
    assert len(walked) >= STEPS
