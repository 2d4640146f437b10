"""What is drawn, and from whom: calls on replies (抽样回访), second looks after closing (回头看), replies and direct answers for quality (质检).
The arithmetic is sampling.py's."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import CITY_ZONE, local
from tickets import answering, callbacks, sampling
from tickets.actors import SYSTEM_ACTOR, Actor
from tickets.evaluation_models import Callback, QualityCheck, Sample
from tickets.evaluation_rules import rule_of
from tickets.events import TicketEvent
from tickets.models import Identity, Reply, Ticket
from tickets.reference import reference
from tickets.sampling import One

HOUR = 6  # of the city's day, when the draws of a day are made
SUBJECT = {"quality": "reply_id", "direct": "answer_id"}  # a draw for quality → what of a check is drawn


class Answer(NamedTuple):
    """What may be marked: the id of a reply or of a direct answer's event; no unit, the centre's own."""

    id: int
    ticket_id: int
    unit_id: int | None
    category_id: int | None


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
    return _draw_answers(session, "quality", now, actor, seed)


def draw_direct(session: Session, now: datetime, actor: Actor = SYSTEM_ACTOR, seed: str = "") -> Sample | None:
    """The same of what was answered at the seat on the day before (R76: 咨询服务的答复准确率)."""
    return _draw_answers(session, "direct", now, actor, seed)


def _draw_answers(session: Session, kind: str, now: datetime, actor: Actor, seed: str) -> Sample | None:
    end = datetime.combine(local(now).date(), time(), CITY_ZONE)
    share = rule_of(session).quality_share
    if not share or session.scalar(sa.select(Sample.id).where(Sample.kind == kind, Sample.until == end)):
        return None
    since = session.scalar(sa.select(sa.func.max(Sample.until)).where(Sample.kind == kind)) or end - timedelta(days=1)
    return put_to_quality(session, kind, answers_of(session, kind, since, end), share, end, actor, now, seed)


def answers_of(session: Session, kind: str, since: datetime, until: datetime) -> list[Answer]:
    """What was answered in [since, until) and is not drawn yet: replies approved ("quality"), or direct answers ("direct")."""
    if kind == "quality":
        wanted = (
            sa.select(Reply.id, Reply.ticket_id, Reply.unit_id, Ticket.category_id)
            .join(Ticket, Ticket.id == Reply.ticket_id)
            .where(Reply.state == "approved", Reply.reviewed_at >= since, Reply.reviewed_at < until)
        )
    else:
        wanted = (
            sa.select(TicketEvent.id, TicketEvent.ticket_id, sa.null(), Ticket.category_id)
            .join(Ticket, Ticket.id == TicketEvent.ticket_id)
            .where(TicketEvent.kind == "answer-directly", Ticket.status == "direct-closed")
            .where(Ticket.replied_at >= since, Ticket.replied_at < until)
        )
    id_ = wanted.selected_columns[0]
    drawn = sa.exists().where(getattr(QualityCheck, SUBJECT[kind]) == id_)
    return [Answer(*row) for row in session.execute(wanted.where(~drawn).order_by(id_))]


def put_to_quality(
    session: Session, kind: str, found: Iterable[Answer], share: int, end: datetime, actor: Actor, now: datetime, seed: str = ""
) -> Sample:
    """The draw over answers at hand; its ids are theirs."""
    names, answers = reference(session), {one.id: one for one in found}
    rows = [One(one.id, one.unit_id, sampling.top_category(names, one.category_id)) for one in answers.values()]
    sample = sampling.keep(session, kind, rows, share, end, actor, now, seed)
    twice = set(sampling.draw([One(id_, None, None) for id_ in sample.chosen], sample.seed + ":double", rule_of(session).double_share))
    for id_ in sample.chosen:
        one = answers[id_]
        check = QualityCheck(
            sample_id=sample.id, ticket_id=one.ticket_id, unit_id=one.unit_id, double=id_ in twice, state="open", drawn_at=now
        )
        setattr(check, SUBJECT[kind], id_)
        session.add(check)
    return sample


def is_hour(now: datetime) -> bool:
    """Whether the draws of this day are due."""
    return local(now).hour >= HOUR
