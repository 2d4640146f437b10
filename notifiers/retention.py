"""How long what was said to people is kept: after so many days words and addresses are blanked, the rows stay as proof that something left (domain §11.4)."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifiers.models import PENDING, SENDING, OutboxMessage

BATCH = 1000


def blank(session: Session, days: int, now: datetime, batch: int = BATCH) -> int:
    """Blank the next messages put `days` ago, oldest first, those still under way left alone. Returns how many; 0 when all are done.

    Goes on after the last one blanked: two partial looks at an index, however many messages are kept.
    """
    done = sa.select(sa.func.coalesce(sa.func.max(OutboxMessage.id), 0)).where(OutboxMessage.blanked_at.is_not(None)).scalar_subquery()
    old = (
        sa.select(OutboxMessage.id, OutboxMessage.created_at)
        .where(OutboxMessage.id > done)
        .order_by(OutboxMessage.id)
        .limit(batch)
        .cte("next")
    )
    gone = sa.update(OutboxMessage).where(
        OutboxMessage.id.in_(sa.select(old.c.id).where(old.c.created_at < now - timedelta(days=days))),
        OutboxMessage.status.not_in((PENDING, SENDING)),
    )
    blanked = gone.values(
        blanked_at=now,
        values=sa.text("'{}'::jsonb"),
        otherwise=sa.text("'[]'::jsonb"),
        address=sa.case((OutboxMessage.address.is_not(None), sa.text("''::bytea")), else_=None),
    )
    return len(session.scalars(blanked.returning(OutboxMessage.id), execution_options={"synchronize_session": False}).all())
