"""Open clocks counted again behind a changed limit or calendar: one batch a transaction, the oldest change first, resumed where a kill left it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.editing import change_to
from escalation.publish import change_from
from escalation.recount_models import Recounting
from escalation.recounting import KEPT, Change, Done, Outcome, carry_out_some
from escalation.rules import forget, load, rules_for
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
    change = _change(session, row)
    outcome = Outcome()
    done = carry_out_some(
        session, change, Actor(row.by_name, frozenset({ADMIN}), row.by_id), now, Done(row.after_ticket, row.after_whistle), outcome
    )
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


def recounted_notice(session: Session) -> Recounting | None:
    """How far the open clocks of the newest notice have been counted again."""
    return session.scalar(sa.select(Recounting).where(Recounting.limit_id.is_(None)).order_by(Recounting.id.desc()).limit(1))


def _change(session: Session, row: Recounting) -> Change:
    """What counting again means, by the rules in force: those of the database, when this process may not have seen them yet."""
    if row.limit_id is None:
        return change_from(load(session), row.first_day, row.reason)
    rules = rules_for(session)
    if row.limit_id not in rules.book.by_id:
        forget(session)
        rules = rules_for(session)
    return change_to(rules, session.info.get("profile", "default"), row.limit_id, row.reason)
