"""What is drawn, and from whom: calls on replies (抽样回访), second looks after closing (回头看), replies for quality (质检). The arithmetic is sampling.py's."""

from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import CITY_ZONE, local
from tickets import answering, callbacks, sampling
from tickets.actors import SYSTEM_ACTOR, Actor
from tickets.evaluation_models import Callback, QualityCheck, Sample
from tickets.evaluation_rules import rule_of
from tickets.models import Identity, Reply, Ticket
from tickets.reference import reference
from tickets.sampling import One

HOUR = 6  # of the city's day, when the draws of a day are made


def draw_calls(session: Session, now: datetime, actor: Actor = SYSTEM_ACTOR, seed: str = "") -> Sample | None:
    """Everything approved since the last draw: who is called, the others closed without a call. None when nothing waits for a draw."""
    names = reference(session)
    pairs = session.execute(
        sa.select(Callback, Ticket)
        .join(Ticket, Ticket.id == Callback.ticket_id)
        .where(Callback.state == "drawing", Callback.from_at <= now)
        .order_by(Callback.id)
        .with_for_update(of=Ticket)
    ).all()
    if not pairs:
        return None
    rows = [One(ticket.id, row.unit_id, sampling.top_category(names, ticket.category_id)) for row, ticket in pairs]
    sample = sampling.keep(session, "call-back", rows, rule_of(session).call_share, now, actor, now, seed)
    chosen = set(sample.chosen)
    for row, ticket in pairs:
        row.sample_id = sample.id
        if ticket.id in chosen:
            row.state = "waiting"
        else:
            row.state, row.result, row.done_at = "skipped", "not-drawn", now
            answering.close_undrawn(session, ticket, now)
    return sample


def draw_calls_of_day(session: Session, now: datetime) -> Sample | None:
    """The same once a day, by the clock; what was drawn by hand today does not count."""
    morning = datetime.combine(local(now).date(), time(HOUR), CITY_ZONE)
    done = session.scalar(sa.select(Sample.id).where(Sample.kind == "call-back", Sample.by_id.is_(None), Sample.at >= morning))
    return None if done or now < morning else draw_calls(session, now)


def draw_look_backs(session: Session, now: datetime, actor: Actor = SYSTEM_ACTOR, seed: str = "") -> Sample | None:
    """Of what was closed `look_back_days` ago, a share is looked at again; once per day, an empty draw kept too. None when done already or not wanted."""
    rule, names = rule_of(session), reference(session)
    end = datetime.combine(local(now).date() - timedelta(days=rule.look_back_days - 1), time(), CITY_ZONE)
    if not rule.look_back_share or session.scalar(sa.select(Sample.id).where(Sample.kind == "look-back", Sample.until == end)):
        return None
    reachable = sa.exists().where(Identity.ticket_id == Ticket.id, Identity.contactable)
    found = {
        ticket.id: ticket
        for ticket in session.scalars(
            sa.select(Ticket).where(
                Ticket.status.in_(("closed", "archived")),
                Ticket.closed_at >= end - timedelta(days=1),
                Ticket.closed_at < end,
                Ticket.reply_wanted,
                reachable,
                Ticket.lead_unit_id.is_not(None),
            )
        )
    }
    rows = [One(ticket.id, ticket.lead_unit_id, sampling.top_category(names, ticket.category_id)) for ticket in found.values()]
    sample = sampling.keep(session, "look-back", rows, rule.look_back_share, end, actor, now, seed)
    for ticket_id in sample.chosen:
        ticket = found[ticket_id]
        callbacks.owe(session, ticket, "look-back", "sealed" if ticket.sealed else "sampled", now, ticket.lead_unit_id, sample_id=sample.id)
    return sample


def draw_quality(session: Session, now: datetime, actor: Actor = SYSTEM_ACTOR, seed: str = "") -> Sample | None:
    """Of the replies approved on the day before, a share is marked (R76); of those again a share by two people. Once per day, an empty draw kept too."""
    rule, names = rule_of(session), reference(session)
    end = datetime.combine(local(now).date(), time(), CITY_ZONE)
    if not rule.quality_share or session.scalar(sa.select(Sample.id).where(Sample.kind == "quality", Sample.until == end)):
        return None
    since = session.scalar(sa.select(sa.func.max(Sample.until)).where(Sample.kind == "quality")) or end - timedelta(days=1)
    found = {
        reply.id: (reply, category)
        for reply, category in session.execute(
            sa.select(Reply, Ticket.category_id)
            .join(Ticket, Ticket.id == Reply.ticket_id)
            .where(
                Reply.state == "approved",
                Reply.reviewed_at >= since,
                Reply.reviewed_at < end,
                ~sa.exists().where(QualityCheck.reply_id == Reply.id),
            )
        )
    }
    return put_to_quality(session, found, rule.quality_share, rule.double_share, end, actor, now, seed, names)


def put_to_quality(
    session: Session, found: dict, share: int, double_share: int, end: datetime, actor: Actor, now: datetime, seed: str, names
) -> Sample:
    """The draw over replies at hand (id → reply, category id); its ids are reply ids."""
    rows = [One(reply.id, reply.unit_id, sampling.top_category(names, category)) for reply, category in found.values()]
    sample = sampling.keep(session, "quality", rows, share, end, actor, now, seed)
    twice = set(sampling.draw([One(id_, None, None) for id_ in sample.chosen], sample.seed + ":double", double_share))
    for reply_id in sample.chosen:
        reply = found[reply_id][0]
        session.add(
            QualityCheck(
                sample_id=sample.id,
                ticket_id=reply.ticket_id,
                reply_id=reply.id,
                unit_id=reply.unit_id,
                double=reply.id in twice,
                state="open",
                drawn_at=now,
            )
        )
    return sample


def is_hour(now: datetime) -> bool:
    """Whether the draws of this day are due."""
    return local(now).hour >= HOUR
