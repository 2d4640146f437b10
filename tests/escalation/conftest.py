"""The calendar as a value, and a session whose clocks follow what happens in it."""

from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import event

from escalation import clocks, rules
from escalation.calendar import Calendar
from escalation.notices import FIRST_YEAR, LAST_OFFICIAL_YEAR, official_days, statutory_days
from tests import factories


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    official = [day for year in range(FIRST_YEAR, LAST_OFFICIAL_YEAR + 1) for day in official_days(year)]
    return Calendar(official + [day for year in (2027, 2028) for day in statutory_days(year)])


@pytest.fixture
def timed(session):
    """A session with rules, rolled back afterwards like everybody's."""
    rules.rules_for(session)
    return session


@pytest.fixture
def own_rules(timed):
    """For a test that changes the calendar or the limits: nobody else sees what it changed."""
    yield timed
    rules.forget(timed)


@pytest.fixture
def happen(timed):
    """Let the clocks follow everything recorded since the last call, as wiring does inside a unit of work."""

    def follow() -> None:
        while timed.info["events"]:
            clocks.react(timed, timed.info["events"].pop(0))
        timed.flush()

    return follow


@pytest.fixture
def statements(timed):
    """`with statements() as seen:` collects the SQL sent meanwhile."""

    @contextmanager
    def watch():
        seen: list[str] = []

        def keep(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        engine = timed.get_bind().engine
        event.listen(engine, "before_cursor_execute", keep)
        yield seen
        event.remove(engine, "before_cursor_execute", keep)

    return watch


@pytest.fixture
def make(timed, happen):
    """`make("handling", at=…, …)`: a ticket brought there, its clocks following."""

    def build(status: str, when: datetime, **how):
        ticket = factories.a_ticket(timed, when, status, **how)
        happen()
        return ticket

    return build
