"""What tests of the two highest rungs build with: a ticket whose top coordination did not help."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app import wiring
from escalation import dossiers, supervision
from escalation.dossier_models import Dossier
from escalation.supervision_models import Supervision
from tests import factories
from tickets.models import Ticket

HOUR = timedelta(hours=1)
QUESTION, OBSTACLE = "请定由谁出资改造老旧水管", "两家产权单位互相推，协调过两次"


def stuck(session: Session, ticket: Ticket, now: datetime) -> Supervision:
    """An order on the ticket, and a coordination whose limit is over an hour after `now`."""
    who = factories.person(session, "leader1", now)
    order = supervision.issue(session, ticket, "overdue", "请主要负责人组织办理", who, now)
    wiring.react(session)
    session.flush()
    session.refresh(order)
    supervision.coordinate(session, ticket, order, "孙明", "局长", now + HOUR, who, now)
    wiring.react(session)
    session.flush()
    session.refresh(order)
    return order


def a_dossier(session: Session, ticket: Ticket, now: datetime) -> Dossier:
    """A dossier raised two hours after `now`."""
    stuck(session, ticket, now)
    row = dossiers.raise_dossier(session, ticket, QUESTION, OBSTACLE, factories.person(session, "supervisor1", now), now + 2 * HOUR)
    wiring.react(session)
    session.flush()
    return row
