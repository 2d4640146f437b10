"""Who holds a unit's posts now, who is away until when, who stands in: one statement for all units asked about. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app import clock
from app.auth.models import Account
from tickets.organisations import Absence, Delegation, Post

FRESH = 3.0


@dataclass(frozen=True)
class Duty:
    """One post at an instant. `on`: who acts now, "" when nobody does; `away_until`: A's, when A is away; `delegate` stands in before B."""

    post_id: int
    unit_id: int
    role: str
    name: str
    a_id: int
    a: str
    b: str
    away_until: datetime | None
    b_away: bool
    delegate: str

    @property
    def on(self) -> str:
        """A unless away, then a delegate, then B (domain §9.7)."""
        if self.away_until is None:
            return self.a
        return self.delegate or ("" if self.b_away else self.b)

    @property
    def spare(self) -> str:
        """The other one, who is told together with whoever is on duty."""
        return self.b if self.on == self.a and not self.b_away else ""


def duty_of(session: Session, kept: dict, unit_id: int, now: datetime) -> list[Duty]:
    """One unit's posts for the head of its desk, at most FRESH seconds old in `kept`: what somebody may do is asked anew each time."""
    held = kept.get(unit_id)
    if held is None or clock.ticks() - held[0] > FRESH:
        held = kept[unit_id] = (clock.ticks(), duties(session, [unit_id], now).get(unit_id, []))
    return held[1]


def duties(session: Session, unit_ids: list[int], now: datetime) -> dict[int, list[Duty]]:
    """Unit id → its posts: liaison, handler, head. One statement."""
    one, two, stand_in = aliased(Account), aliased(Account), aliased(Account)
    away = sa.select(sa.func.max(Absence.ends_at)).where(Absence.starts_at <= now, Absence.ends_at > now)
    live = sa.and_(Delegation.post_id == Post.id, Delegation.starts_at <= now, Delegation.ends_at > now, Delegation.revoked_at.is_(None))
    order = sa.case((Post.role == "liaison", 0), (Post.role == "handler", 1), else_=2)
    query = (
        sa.select(
            Post.id,
            Post.unit_id,
            Post.role,
            Post.name,
            Post.holder_a_id,
            one.name,
            two.name,
            away.where(Absence.account_id == Post.holder_a_id).correlate(Post).scalar_subquery(),
            away.where(Absence.account_id == Post.holder_b_id).correlate(Post).scalar_subquery(),
            stand_in.name,
        )
        .join(one, one.id == Post.holder_a_id)
        .outerjoin(two, two.id == Post.holder_b_id)
        .outerjoin(Delegation, live)
        .outerjoin(stand_in, stand_in.id == Delegation.delegate_id)
        .where(Post.unit_id.in_(unit_ids))
        .order_by(Post.unit_id, order, Post.id, Delegation.id.desc())
    )
    found: dict[int, list[Duty]] = {}
    for _post, rows in groupby(session.execute(query), key=lambda row: row[0]):
        row = next(rows)
        found.setdefault(row[1], []).append(Duty(*row[:6], row[6] or "", row[7], row[8] is not None, row[9] or ""))
    return found


def absences_of(session: Session, unit_ids: list[int], now: datetime) -> list[tuple[Absence, Account]]:
    """Everybody of these units who is away now or will be, soonest first. One statement."""
    return [
        tuple(row)
        for row in session.execute(
            sa.select(Absence, Account)
            .join(Account, Account.id == Absence.account_id)
            .where(Account.unit_id.in_(unit_ids), Absence.ends_at > now)
            .order_by(Absence.starts_at, Absence.id)
            .limit(200)
        )
    ]


def delegations_of(session: Session, unit_ids: list[int], now: datetime) -> list[tuple]:
    """Delegations that hold now or will: (delegation, post, delegate's name, grantor's name), soonest first. One statement."""
    delegate, grantor = aliased(Account), aliased(Account)
    return [
        tuple(row)
        for row in session.execute(
            sa.select(Delegation, Post, delegate.name, grantor.name)
            .join(Post, Post.id == Delegation.post_id)
            .join(delegate, delegate.id == Delegation.delegate_id)
            .join(grantor, grantor.id == Delegation.grantor_id)
            .where(Post.unit_id.in_(unit_ids), Delegation.ends_at > now, Delegation.revoked_at.is_(None))
            .order_by(Delegation.starts_at, Delegation.id)
            .limit(200)
        )
    ]
