"""What the demo city decided for some categories: closing standards of city management, a special topic with its experts and their calls.
After the tickets are played: their units answered before these held. Only where nothing was decided yet."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.access import actor_of
from app.auth.models import Account
from app.clock import local
from app.phone.models import Call
from tickets import experts, roster, specials, standards
from tickets.models import Category, Ticket
from tickets.organisations import Unit
from tickets.reference import forget, reference
from tickets.specials import Special, Wanted
from tickets.standards import Standard

STANDARDS = {
    "urban.appearance": Standard(staged=True, words="恢复原状，最好附办理前后对比照片"),
    "urban.road": Standard(staged=True),
    "urban.lighting": Standard(staged=True),
    "urban.sanitation": Standard(staged=True),
    "urban.appearance.signboard": Standard(1, True, True, "拆除或加固，附办理前后对比照片"),
}
EXPERTS = "health"


def load(session: Session, now: datetime) -> None:
    """Lay both."""
    if session.scalar(sa.select(sa.exists().where(Category.standard.is_not(None)))) or session.scalar(
        sa.select(sa.exists().select_from(Special))
    ):
        return
    for row in session.scalars(sa.select(Category).where(Category.code.in_(STANDARDS))):
        standards.change(session, row, STANDARDS[row.code])
    opened = local(now).date() - timedelta(days=60)
    topic, *_audited = specials.write(
        session,
        None,
        Wanted(
            "health-advice",
            "公共卫生专家咨询",
            "Public health advice",
            ["health.hospital", "health.public"],
            EXPERTS,
            "12320",
            opened,
            None,
            "12320",
        ),
    )
    operators = session.scalars(sa.select(Account.id).where(Account.username.in_(("agent1", "agent2"))))
    experts.appoint(session, topic, operators)
    called = sa.select(Ticket.id).where(specials.belongs(reference(session), topic))
    session.execute(sa.update(Call).where(Call.ticket_id.in_(called)).values(special_id=topic.id))
    unit = session.scalars(sa.select(Unit).where(Unit.code == EXPERTS)).one()
    liaison = session.scalars(sa.select(Account).where(Account.username == f"{EXPERTS}.liaison")).one()
    roster.put_on(session, unit.id, liaison.id, local(now).date(), 7, "whole", actor_of(session, liaison, now), now)
    forget(session)
