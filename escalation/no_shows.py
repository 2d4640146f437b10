"""Who was called, missed its limit and is not there: found by the clock, written into the whistle's history. The sweep itself waits for no whistle."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.summons import mark_no_show
from tickets.whistle_codes import AWAITED, LIVE
from tickets.whistle_models import Summons, Whistle


def mark_due(session: Session, now: datetime, most: int = 50) -> int:
    """Mark every awaited department whose check-in limit has passed at `now`, oldest first, at most `most` whistles a call.

    Returns how many whistles were changed; those somebody is working on wait for the next call. Running it again marks nothing twice.
    """
    late = sa.exists().where(Summons.whistle_id == Whistle.id, Summons.state.in_(AWAITED), Summons.check_in_due_at < now)
    due = list(
        session.scalars(
            sa.select(Whistle)
            .where(Whistle.status.in_(LIVE), late)
            .order_by(Whistle.id)
            .limit(most)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )
    for whistle in due:
        rows = sa.select(Summons).where(Summons.whistle_id == whistle.id, Summons.state.in_(AWAITED), Summons.check_in_due_at < now)
        for row in session.scalars(rows.execution_options(populate_existing=True)).all():
            mark_no_show(session, whistle, row, now)
    return len(due)
