"""What RQ workers run: each job takes plain values, is idempotent, and calls one verb over a batch. Its truth is in the database."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app

from app import clock, imap, wiring
from app.auth.audit import audit
from app.auth.models import IdempotencyKey
from app.outward import HousePace
from app.queue import URGENT
from app.relay import LANES
from app.work import session_now, work
from escalation.recount_later import recount_some
from notifiers import bursts, retention
from notifiers.delivery import deliver
from notifiers.message import ROBOTS
from tickets.answering import archive
from tickets.codes import OWED
from tickets.evaluation_models import Rectification
from tickets.models import Ticket

ARCHIVE_AFTER = timedelta(days=60)  # as long as a matter may still come back as a repeat (domain §10)
KEYS_KEPT = timedelta(days=3)
BATCH = 200
ENDED = ("closed", "direct-closed", "terminated", "refused", "emergency-transferred")


def archive_ended(now: str | None = None) -> int:
    """Edge #22: tickets that ended 60 days ago are sealed for good, 200 a transaction. Returns how many.

    `now`: ISO instant, default this one. Running twice or in two workers seals each once: rows are claimed SKIP LOCKED.
    """
    at = datetime.fromisoformat(now) if now else clock.now()
    done = 0
    while sealed := _archive_batch(at):
        done += sealed
    return done


def forget_keys(now: str | None = None) -> int:
    """Idempotency keys are kept three days. Returns how many went."""
    at = datetime.fromisoformat(now) if now else clock.now()
    with work() as session:
        return len(
            session.scalars(sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < at - KEYS_KEPT).returning(IdempotencyKey.key)).all()
        )


def recount_clocks() -> int:
    """Open clocks behind a changed limit or calendar are counted again, a batch a unit of work, until nothing waits. Returns how many batches.

    Running twice or in two workers does each batch once; a kill leaves the mark of the last batch, and the next job goes on from it.
    """
    done = 0
    while _recount_batch():
        done += 1
    return done


def fetch_mail() -> int:
    """Letters that came in become matters. Returns how many were new."""
    return imap.fetch(current_app.config["SETTINGS"], clock.now())


def blank_messages(now: str | None = None) -> int:
    """Words and addresses of messages older than the house keeps them go. Returns how many."""
    at, days, done = datetime.fromisoformat(now) if now else clock.now(), current_app.config["SETTINGS"].message_days, 0
    while blanked := _blank_batch(days, at):
        done += blanked
    return done


def send_messages(lane: str) -> int:
    """What is due in the channels of a lane leaves, several notices for one robot as one text. Returns how many tries were made. Any number of workers at once:
    each message is one's."""
    ours = {channel: sender for channel, sender in wiring.senders(current_app.config["SETTINGS"]).items() if channel in LANES[lane]}
    if not set(ROBOTS).isdisjoint(ours):
        with work() as session:
            bursts.merge(session, clock.now())
    return deliver(work, ours, clock.now, pace=HousePace(), urgent_only=lane == URGENT)


def _recount_batch() -> bool:
    session_now().expire_all()
    with work() as session:
        now = clock.now()
        batch = recount_some(session, now)
        if batch is None:
            return False
        wiring.tell_moved(session, batch.outcome.moves, now)
        session.info["topics"].add("centre")
        row = batch.recounting
        if row.finished_at:
            subject = f"limit {row.limit_id}" if row.limit_id else f"calendar {row.first_day}"
            audit(session, row.by_id, row.by_name, "limit-recounted", subject, now, looked_at=row.looked_at, moved=row.moved, kept=row.kept)
        return True


def _blank_batch(days: int, at: datetime) -> int:
    with work() as session:
        return retention.blank(session, days, at)


def _archive_batch(at: datetime) -> int:
    session_now().expire_all()
    in_loop = sa.exists().where(Rectification.ticket_id == Ticket.id, Rectification.closed_at.is_(None), Rectification.named)
    with work() as session:
        ended = session.scalars(
            sa.select(Ticket)
            .where(Ticket.status.in_(ENDED), Ticket.closed_at < at - ARCHIVE_AFTER, Ticket.notice.not_in(OWED), sa.not_(in_loop))
            .order_by(Ticket.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for ticket in ended:
            archive(session, ticket, at)
        return len(ended)
