"""The calendar as a value, and a session in whose database the calendar and the limits are seeded."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.db import db
from escalation import clocks, rules
from escalation.calendar import Calendar
from escalation.notices import FIRST_YEAR, LAST_OFFICIAL_YEAR, official_days, statutory_days
from escalation.seed import seed_calendar, seed_limits


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    official = [day for year in range(FIRST_YEAR, LAST_OFFICIAL_YEAR + 1) for day in official_days(year)]
    return Calendar(official + [day for year in (2027, 2028) for day in statutory_days(year)])


@pytest.fixture(scope="session")
def timed_app(app):
    with app.app_context():
        seed_calendar(db.session())
        seed_limits(db.session())
        db.session.commit()
        db.session.remove()
    return app


@pytest.fixture
def timed(timed_app, session):
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
