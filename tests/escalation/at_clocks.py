"""What tests of a ticket's clocks ask: which run, what the last of a kind was, who acts."""

from datetime import datetime, timedelta

from app.clock import CITY_ZONE
from escalation.queries import clocks_of
from tests import factories

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


def running(session, ticket) -> dict:
    return {view.code: view for view in clocks_of(session, ticket.id) if view.stopped_at is None}


def last(session, ticket, code):
    return [view for view in clocks_of(session, ticket.id) if view.code == code][-1]


def who(session, name, now):
    return factories.person(session, name, now)
