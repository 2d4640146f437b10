"""Reads of whistles: pages of a list, and everything that hangs on some of them in a handful of statements. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.errors import Invalid
from tickets.away import gone
from tickets.models import Ticket
from tickets.posts import ACCOUNTS
from tickets.text import whole_number
from tickets.whistle_codes import LIVE
from tickets.whistle_models import Approval, CheckIn, Look, PlanStep, Score, Summons, Whistle, WhistlePhoto, WhistleRating, WhistleTicket

LONGEST_PAGE = 100


@dataclass
class Hung:
    """What hangs on one whistle. `arrivals` are this round's, by summons id; `people`: the names of those in charge of steps of the plan, by
    account; `ratings` the citizens' scores."""

    summonses: list[Summons] = field(default_factory=list)
    tickets: list[tuple[str, str]] = field(default_factory=list)
    arrivals: dict[int, CheckIn] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    photos: list[WhistlePhoto] = field(default_factory=list)
    plan: list[PlanStep] = field(default_factory=list)
    people: dict[int, str] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    ratings: list[int] = field(default_factory=list)

    @property
    def lead(self) -> Summons | None:
        return next((row for row in self.summonses if row.lead), None)

    def of_unit(self, unit_id: int | None) -> Summons | None:
        """The summons of this unit, if it is called."""
        return next((row for row in self.summonses if row.unit_id == unit_id), None)


def hung_on(session: Session, whistles: Sequence[Whistle]) -> dict[int, Hung]:
    """Whistle id → what hangs on it; nine statements however many, none for none."""
    found = {one.id: Hung() for one in whistles}
    if not found:
        return found
    ids, rounds = list(found), {one.id: one.round for one in whistles}
    owner = {}
    for row in session.scalars(sa.select(Summons).where(Summons.whistle_id.in_(ids)).order_by(Summons.lead.desc(), Summons.id)):
        found[row.whistle_id].summonses.append(row)
        owner[row.id] = row.whistle_id
    linked = sa.select(WhistleTicket.whistle_id, Ticket.number, Ticket.title).join(Ticket, Ticket.id == WhistleTicket.ticket_id)
    for whistle_id, number, title in session.execute(linked.where(WhistleTicket.whistle_id.in_(ids)).order_by(Ticket.id)):
        found[whistle_id].tickets.append((number, title))
    for arrival in session.scalars(sa.select(CheckIn).where(CheckIn.summons_id.in_(list(owner)))):
        if arrival.round == rounds[owner[arrival.summons_id]]:
            found[owner[arrival.summons_id]].arrivals[arrival.summons_id] = arrival
    for score in session.scalars(sa.select(Score).where(Score.summons_id.in_(list(owner))).order_by(Score.id)):
        found[owner[score.summons_id]].scores.append(score)
    for approval in session.scalars(sa.select(Approval).where(Approval.whistle_id.in_(ids)).order_by(Approval.id)):
        found[approval.whistle_id].approvals.append(approval)
    for photo in session.scalars(sa.select(WhistlePhoto).where(WhistlePhoto.whistle_id.in_(ids)).order_by(WhistlePhoto.id)):
        found[photo.whistle_id].photos.append(photo)
    _afterwards(session, found)
    return found


def _afterwards(session: Session, found: dict[int, Hung]) -> None:
    """Plan, second looks, the citizens' word: three statements."""
    ids = list(found)
    named = sa.select(ACCOUNTS.name).where(ACCOUNTS.id == PlanStep.person_id).scalar_subquery()
    steps = sa.select(PlanStep, named).where(PlanStep.whistle_id.in_(ids)).order_by(PlanStep.due_on, PlanStep.id)
    for step, name in session.execute(steps):
        found[step.whistle_id].plan.append(step)
        if name:
            found[step.whistle_id].people[step.person_id] = name
    for look in session.scalars(sa.select(Look).where(Look.whistle_id.in_(ids)).order_by(Look.id)):
        found[look.whistle_id].looks.append(look)
    for whistle_id, score in session.execute(
        sa.select(WhistleRating.whistle_id, WhistleRating.score).where(WhistleRating.whistle_id.in_(ids)).order_by(WhistleRating.id)
    ):
        found[whistle_id].ratings.append(score)


def calling(session: Session, unit_id: int | None, at: datetime) -> list[tuple[Summons, Whistle, list[list[str]]]]:
    """The whistles that call this unit now and have not let it go, emergencies and the nearest limit first; with those in charge of its
    open steps of the plan, each as a name and why they are not there at `at` (away.gone). One statement."""
    who = sa.func.jsonb_build_array(ACCOUNTS.name, gone(ACCOUNTS.id, Summons.unit_id, at))
    named = (
        sa.select(sa.func.jsonb_agg(sa.distinct(who), type_=JSONB))
        .where(PlanStep.summons_id == Summons.id, PlanStep.done_at.is_(None), ACCOUNTS.id == PlanStep.person_id)
        .correlate(Summons)
        .scalar_subquery()
    )
    wanted = (
        sa.select(Summons, Whistle, named)
        .join(Whistle, Whistle.id == Summons.whistle_id)
        .where(Summons.unit_id == unit_id, Whistle.status.in_(LIVE), Summons.state != "excused", Summons.released_at.is_(None))
        .order_by((Whistle.kind == "emergency").desc(), Summons.check_in_due_at, Summons.id)
        .limit(LONGEST_PAGE)
    )
    return [(row[0], row[1], row[2] or []) for row in session.execute(wanted)]


def page(
    session: Session,
    scope,
    status: Sequence[str] = (),
    kind: str = "",
    unit_id: int | None = None,
    street_id: int | None = None,
    cursor: str = "",
    limit: int = 25,
) -> tuple[list[Whistle], str | None]:
    """Whistles the reader may see, newest first, and the cursor of the next page. Raises Invalid for a cursor that is none."""
    wanted = sa.select(Whistle).where(scope)
    if status:
        wanted = wanted.where(Whistle.status.in_(status))
    if kind:
        wanted = wanted.where(Whistle.kind == kind)
    if street_id is not None:
        wanted = wanted.where(Whistle.street_id == street_id)
    if unit_id is not None:
        wanted = wanted.where(sa.exists().where(Summons.whistle_id == Whistle.id, Summons.unit_id == unit_id))
    if cursor:
        below = whole_number(cursor)
        if below is None:
            raise Invalid(cursor="翻页位置不对，请从第一页重新开始")
        wanted = wanted.where(Whistle.id < below)
    rows = list(session.scalars(wanted.order_by(Whistle.id.desc()).limit(limit + 1)))
    return rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None
