"""Open clocks counted again behind a changed limit: one batch a transaction, the oldest change first, resumed where a kill left it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.editing import change_to
from escalation.recount_models import Recounting
from escalation.recounting import KEPT, Done, Outcome, carry_out_some
from escalation.rules import Rules, forget, rules_for
from tickets.actors import ADMIN, Actor


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did: the recounting it belongs to, and its moves."""

    recounting: Recounting
    outcome: Outcome


def recount_some(session: Session, now: datetime) -> Batch | None:
    """Count the next batch of the oldest unfinished change again, as of `now`; the caller commits. None when nothing waits, or when
    another worker is at it: changes are carried out in the order they were saved, never two at once."""
    first = sa.select(sa.func.min(Recounting.id)).where(Recounting.finished_at.is_(None)).scalar_subquery()
    wanted = sa.select(Recounting).where(Recounting.id == first, Recounting.finished_at.is_(None)).with_for_update(skip_locked=True)
    row = session.scalar(wanted.execution_options(populate_existing=True))
    if row is None:
        return None
    change = change_to(_rules(session, row.limit_id), session.info.get("profile", "default"), row.limit_id, row.reason)
    outcome = Outcome()
    done = carry_out_some(session, change, Actor(row.by_name, frozenset({ADMIN}), row.by_id), now, Done(row.after_ticket, row.after_whistle), outcome)
    row.after_ticket, row.after_whistle = done.ticket, done.whistle
    row.looked_at, row.moved, row.kept = row.looked_at + outcome.looked_at, row.moved + len(outcome.moves), row.kept + outcome.counts[KEPT]
    row.finished_at = now if done.over else None
    session.flush()
    return Batch(row, outcome)


def waiting(session: Session) -> Recounting | None:
    """The oldest change whose open clocks have not all been counted again."""
    return session.scalar(sa.select(Recounting).where(Recounting.finished_at.is_(None)).order_by(Recounting.id).limit(1))


def recountings_of(session: Session, limit_ids: Sequence[int]) -> dict[int, Recounting]:
    """Limit row id → how far its open clocks have been counted again, for versions that were saved for those too."""
    return {row.limit_id: row for row in session.scalars(sa.select(Recounting).where(Recounting.limit_id.in_(limit_ids)))}


def _rules(session: Session, limit_id: int) -> Rules:
    """The rules in force, read again when this process has not seen the version yet."""
    rules = rules_for(session)
    if limit_id not in rules.book.by_id:
        forget(session)
        rules = rules_for(session)
    return rules
