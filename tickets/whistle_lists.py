"""What waits on whom, of all whistles at once: to triage, to decide, to chase, to grade. A statement a list, each bounded; reads only."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.whistle_codes import AWAITED, LIVE
from tickets.whistle_models import Approval, Score, Summons, Whistle

MOST = 100
OPEN = ("draft", "approved", "sounded", "joint-handling", "released", "evaluated")


def to_triage(session: Session) -> list[Whistle]:
    """Signed by the street, not sounded yet; the longest waiting first."""
    return list(
        session.scalars(sa.select(Whistle).where(Whistle.status == "approved").order_by(Whistle.approved_at, Whistle.id).limit(MOST))
    )


def objections(session: Session) -> list[tuple[Summons, Whistle]]:
    """Objections nobody has decided; the oldest first."""
    wanted = (
        sa.select(Summons, Whistle)
        .join(Whistle, Whistle.id == Summons.whistle_id)
        .where(Whistle.status.in_(LIVE), Summons.objected_at.is_not(None), Summons.objection_decision.is_(None))
        .order_by(Summons.objected_at, Summons.id)
        .limit(MOST)
    )
    return [(row[0], row[1]) for row in session.execute(wanted)]


def appeals(session: Session) -> list[tuple[Score, Summons, Whistle]]:
    """Appeals against grades that nobody has decided; the oldest first."""
    wanted = (
        sa.select(Score, Summons, Whistle)
        .join(Summons, Summons.id == Score.summons_id)
        .join(Whistle, Whistle.id == Summons.whistle_id)
        .where(Whistle.status.in_(("released", "evaluated", "closed")), Score.appealed_at.is_not(None), Score.appeal_decision.is_(None))
        .order_by(Score.appealed_at, Score.id)
        .limit(MOST)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(wanted)]


def awaited(session: Session, scope) -> list[tuple[Summons, Whistle]]:
    """Called and not there: unsigned, not spoken with, on the way, or past the limit and still not let off; what is due next first."""
    nearest = sa.case(
        (Summons.state == "called", Summons.sign_due_at),
        (sa.and_(Summons.state == "signed", Summons.contact_due_at.is_not(None)), Summons.contact_due_at),
        else_=Summons.check_in_due_at,
    )
    wanted = (
        sa.select(Summons, Whistle)
        .join(Whistle, Whistle.id == Summons.whistle_id)
        .where(
            Whistle.status.in_(LIVE),
            scope,
            sa.or_(Summons.state.in_(AWAITED), sa.and_(Summons.state == "no-show", Summons.released_at.is_(None))),
        )
        .order_by(nearest, Summons.id)
        .limit(MOST)
    )
    return [(row[0], row[1]) for row in session.execute(wanted)]


def of_streets(session: Session, street_ids: Sequence[int], closed_since) -> list[tuple[Whistle, int]]:
    """A street's own: all that are open, and those closed at `closed_since` or later; the newest first. Each with how many grades it still owes."""
    graded = sa.exists().where(Score.summons_id == Summons.id, Score.round == Whistle.round).correlate(Summons, Whistle)
    came = sa.or_(Summons.state == "no-show", sa.and_(Summons.state == "released", Summons.checked_in_at.is_not(None)))
    owed = (
        sa.select(sa.func.count())
        .where(Summons.whistle_id == Whistle.id, Whistle.status == "released", came, ~graded)
        .correlate(Whistle)
        .scalar_subquery()
    )
    wanted = (
        sa.select(Whistle, owed)
        .where(Whistle.street_id.in_(street_ids), sa.or_(Whistle.status.in_(OPEN), Whistle.closed_at >= closed_since))
        .order_by(Whistle.id.desc())
        .limit(MOST)
    )
    return [(row[0], row[1]) for row in session.execute(wanted)]


def live(session: Session, scope) -> list[Whistle]:
    """All that sound now; emergencies first, then the newest."""
    return list(
        session.scalars(
            sa.select(Whistle)
            .where(Whistle.status.in_(LIVE), scope)
            .order_by((Whistle.kind == "emergency").desc(), Whistle.sounded_at.desc())
            .limit(MOST)
        )
    )


def summonses_by(session: Session, whistles: Sequence[Whistle]) -> dict[int, list[Summons]]:
    """Whistle id → its departments, the lead first; no statement for none."""
    found: dict[int, list[Summons]] = {one.id: [] for one in whistles}
    if found:
        for row in session.scalars(sa.select(Summons).where(Summons.whistle_id.in_(list(found))).order_by(Summons.lead.desc(), Summons.id)):
            found[row.whistle_id].append(row)
    return found


def said_of_drafts(session: Session, whistles: Sequence[Whistle]) -> tuple[dict[int, list[str]], dict[int, str]]:
    """Of drafts, by whistle id: who has signed it as it stands, and why the office sent it back last. One statement, none without drafts."""
    stages = {one.id: one.sent_back + 1 for one in whistles if one.status == "draft"}
    signed: dict[int, list[str]] = {}
    back: dict[int, str] = {}
    wanted = (
        sa.select(Approval).where(Approval.whistle_id.in_(list(stages)), Approval.kind.in_(("approve", "send-back"))).order_by(Approval.id)
    )
    for row in session.scalars(wanted) if stages else ():
        if row.kind == "send-back":
            back[row.whistle_id] = row.words
        elif row.stage == stages[row.whistle_id]:
            signed.setdefault(row.whistle_id, []).append(row.by_name)
    return signed, back
