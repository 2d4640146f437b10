"""The unit of work: reactions run inside it, everything or nothing is kept, and the database itself guards the history."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.work import session_now, work
from escalation.models import Clock
from tests import factories
from tickets.history import verify
from tickets.models import Ticket


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield


def test_a_dispatch_starts_the_clocks_in_the_same_transaction(in_app, now):
    with work() as session:
        number = factories.a_ticket(session, now, "dispatched").number
    session = session_now()
    ticket = session.scalar(sa.select(Ticket).where(Ticket.number == number))
    codes = set(session.scalars(sa.select(Clock.code).where(Clock.ticket_id == ticket.id, Clock.stopped_at.is_(None))))
    assert {"sign", "general-reply"} <= codes
    assert ticket.due_at is not None
    assert ticket.sign_due_at is not None


def test_a_failure_leaves_nothing(in_app, now):
    before = session_now().scalar(sa.select(sa.func.count()).select_from(Ticket))
    with pytest.raises(RuntimeError):
        _register_and_fail(now)
    assert session_now().scalar(sa.select(sa.func.count()).select_from(Ticket)) == before


def _register_and_fail(now):
    with work() as session:
        factories.a_ticket(session, now)
        raise RuntimeError


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket_events SET kind = 'x'",
        "DELETE FROM ticket_events",
        "TRUNCATE ticket_events CASCADE",
        "DELETE FROM reveals",
        "UPDATE audit_entries SET action = 'x'",
    ],
)
def test_the_database_refuses_to_rewrite_history(in_app, now, statement):
    with work() as session:
        factories.a_ticket(session, now)
    with pytest.raises(DBAPIError, match="append-only"), work() as session:
        session.execute(sa.text(statement))


def test_verify_names_the_row_after_one_byte_is_changed(in_app, now):
    with work() as session:
        number = factories.a_ticket(session, now, "handling").number
    _rewrite_by_hand(number, "phonE")
    faults = [fault for _, fault in verify(session_now()) if fault]
    assert [(fault.number, fault.seq) for fault in faults] == [(number, 4)]
    _rewrite_by_hand(number, "phone")
    assert not [fault for _, fault in verify(session_now()) if fault]


def _rewrite_by_hand(number, method):
    """What somebody with the database's own password can do."""
    with work() as session:
        session.execute(sa.text("ALTER TABLE ticket_events DISABLE TRIGGER USER"))
        session.execute(
            sa.text("""UPDATE ticket_events SET data = jsonb_set(data, '{method}', to_jsonb(CAST(:method AS text)))
                                   WHERE kind = 'contact' AND ticket_id = (SELECT id FROM tickets WHERE number = :number)"""),
            {"method": method, "number": number},
        )
        session.execute(sa.text("ALTER TABLE ticket_events ENABLE TRIGGER USER"))
