"""Hotspots as the house runs them: read on what came in, tell the supervisors the moment five people say the same, ask a street to whistle."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app import clock
from app.auth.models import Account
from app.queue import put
from app.telling import topic_of as person_topic
from app.work import session_now, work
from notifiers import outbox
from notifiers.message import INBOX, NOW, Message
from tickets.actors import DISPATCHER, HEAD, LEADER, LIAISON, SUPERVISOR
from tickets.models import Ticket
from tickets.reference import reference
from tickets.topic_models import Topic, TopicReading
from tickets.topic_words import label_of
from tickets.topics import Reader, forget_cold

BATCH = 100
COLD = 5000
EVERY = 20  # seconds; a job that is done keeps its name for an hour, so the name says when
FRESH = timedelta(days=7)  # of an older one nobody is told: somebody brought old tickets in


def subject_of(topic: Topic) -> str:
    """The name under which messages about a hotspot are found again."""
    return f"hotspot:{topic.id}"


def read_on(now: datetime, reader: Reader | None = None) -> int:
    """Read every ticket that came, a unit of work a batch. Returns how many topics turned hot; whom it concerns is told at once."""
    reader, total = reader or Reader(), 0
    while True:
        with work() as session:
            read = reader.read_on(session, now, BATCH)
            for topic in read.hot:
                if topic.last_at > now - FRESH:
                    tell(session, topic, now)
        total += len(read.hot)
        if read.tickets < BATCH:
            return total


def wake(now: datetime) -> None:
    """Put the reading on the queue when something came in since the last; two index lookups."""
    session = session_now()
    newest, read_to = session.execute(
        sa.select(sa.select(sa.func.max(Ticket.id)).scalar_subquery(), sa.select(sa.func.max(TopicReading.read_to)).scalar_subquery())
    ).one()
    session.rollback()
    if newest is not None and newest > (read_to or 0):
        put(current_app.extensions["redis"], "bulk", "app.hotspotting.read_job", f"hotspots-{int(now.timestamp()) // EVERY}", timeout=3600)


def read_job() -> int:
    return read_on(clock.now())


def forget_job() -> int:
    """Topics nobody speaks of any more go, a unit of work a batch."""
    total = 0
    while True:
        with work() as session:
            gone = forget_cold(session, clock.now(), COLD)
        total += gone
        if gone < COLD:
            return total


def tell(session: Session, topic: Topic, now: datetime) -> None:
    """Early warning (R26b, R33): supervisors, leaders and dispatchers hear of a new hotspot once."""
    accounts = session.scalars(sa.select(Account.id).where(Account.active, Account.roles.overlap([SUPERVISOR, LEADER, DISPATCHER]))).all()
    _send(session, topic, "hotspot", {}, accounts, now)


def ask_to_whistle(session: Session, topic: Topic, street_id: int, now: datetime) -> int:
    """The street's head and liaison are asked to look whether to blow (R60). Returns how many people were told."""
    accounts = session.scalars(
        sa.select(Account.id).where(Account.active, Account.unit_id == street_id, Account.roles.overlap([HEAD, LIAISON]))
    ).all()
    street = reference(session).units[street_id]
    _send(
        session, topic, "hotspot-whistle", {"street": {"zh": street.short_name, "en": street.name_en or street.short_name}}, accounts, now
    )
    return len(accounts)


def _send(session: Session, topic: Topic, template: str, values: dict, accounts: Sequence[int], now: datetime) -> None:
    values |= {"people": str(topic.people), "about": " · ".join(label_of(topic.terms))}
    outbox.put(
        session,
        [
            Message(
                f"{subject_of(topic)}:{template}:{account}", INBOX, template, values, NOW, account_id=account, subjects=(subject_of(topic),)
            )
            for account in accounts
        ],
        now,
    )
    session.info.setdefault("topics", set()).update(person_topic(account) for account in accounts)
