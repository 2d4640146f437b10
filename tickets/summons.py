"""What a summoned department does before and after it is there: sign, contact, object, report its result, keep the shared log; and the no-show.

Arriving is arrivals.py's. The department's own part is its sub-task: all run in parallel under one lead (R43).
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState
from tickets import whistle_codes as codes
from tickets.actors import SYSTEM_ACTOR, Actor
from tickets.grading import close_when_graded
from tickets.organisations import Unit
from tickets.whistle_events import WhistleEvent, WhistleHappened, record
from tickets.whistle_models import Summons, Whistle
from tickets.whistle_plans import has_plan
from tickets.whistle_workflow import move, permit

RING_AGAIN = timedelta(minutes=2)  # a department is not called more often by hand


def summons_of(session: Session, whistle: Whistle, unit_code: str) -> Summons:
    """The summons of this unit in this whistle. Raises NotFound."""
    row = session.scalar(
        sa.select(Summons)
        .join(Unit, Unit.id == Summons.unit_id)
        .where(Summons.whistle_id == whistle.id, Unit.code == unit_code)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("这一哨没有叫这个单位")
    return row


def sign(session: Session, whistle: Whistle, summons: Summons, actor: Actor, now: datetime) -> None:
    """Received. The duty to come stands, whatever the department thinks of the call (先报到后议)."""
    before, after = move(whistle, "sign", actor, summons)
    summons.signed_at, summons.signed_by_name = now, actor.name
    _record(session, whistle, "sign", summons, actor, now, before, after)


def contact(session: Session, whistle: Whistle, summons: Summons, method: str, actor: Actor, now: datetime, words: str = "") -> None:
    """The department has spoken with the street. Raises Invalid on an unknown method."""
    permit(whistle, "contact", actor, summons)
    if method not in codes.METHODS:
        raise Invalid(method="联系方式不认识")
    before, after = move(whistle, "contact", actor, summons)
    summons.contacted_at, summons.contact_method = now, method
    _record(session, whistle, "contact", summons, actor, now, before, after, method=method, words=words.strip())


def object_to(session: Session, whistle: Whistle, summons: Summons, reason: str, actor: Actor, now: datetime) -> None:
    """Not ours, with reasons, within the sign window; the check-in clock runs on (先报到后议). Raises Invalid, WrongState."""
    permit(whistle, "object", actor, summons)
    if summons.sign_due_at is not None and now > summons.sign_due_at:
        raise WrongState("异议要在签收时限内提出，现在已过；请先报到")
    if not reason.strip():
        raise Invalid(reason="请写明异议的理由和依据")
    if summons.objected_at is not None:
        raise WrongState("已经提过异议")
    summons.objection, summons.objected_at = reason.strip(), now
    _record(session, whistle, "object", summons, actor, now, whistle.status, whistle.status, words=summons.objection)


def remind(session: Session, whistle: Whistle, summons: Summons, actor: Actor, now: datetime, words: str = "") -> None:
    """再响一遍: who is awaited is called once more, by the street or the whistle office; no clock moves. Raises WrongState when it is there,
    or was called a moment ago: every call rings everybody of the department."""
    permit(whistle, "remind", actor, summons)
    if was_just_reminded(session, whistle, summons, now):
        raise WrongState("刚刚才响过一遍，过两分钟再响")
    _record(session, whistle, "remind", summons, actor, now, whistle.status, whistle.status, words=words.strip())


def was_just_reminded(session: Session, whistle: Whistle, summons: Summons, now: datetime) -> bool:
    """Whether this department was called once more within RING_AGAIN."""
    earlier = sa.select(WhistleEvent.id).where(
        WhistleEvent.whistle_id == whistle.id,
        WhistleEvent.kind == "remind",
        WhistleEvent.at > now - RING_AGAIN,
        WhistleEvent.data["unit_id"].as_integer() == summons.unit_id,
    )
    return bool(session.scalar(sa.select(earlier.exists())))


def decide_objection(session: Session, whistle: Whistle, summons: Summons, accept: bool, words: str, actor: Actor, now: datetime) -> None:
    """The whistle office decides once: accepted, who is not there yet need not come; who is there stays until released. Raises Invalid, WrongState."""
    permit(whistle, "decide-objection", actor, summons)
    if summons.objected_at is None or summons.objection_decision is not None:
        raise WrongState("没有等着决定的异议")
    if not words.strip():
        raise Invalid(reason="请写明理由")
    awaited = summons.state in codes.AWAITED | {"no-show"}
    if accept and awaited and summons.lead and _others(session, whistle, summons):
        raise WrongState("它是牵头单位，请先改定牵头再同意")
    action = "uphold-objection" if accept and awaited else "decide-objection"
    before, after = move(whistle, action, actor, summons)
    summons.objection_decision = "accept" if accept else "deny"
    summons.objection_words, summons.objection_decided_at = words.strip(), now
    _record(
        session, whistle, action, summons, actor, now, before, after, decision=summons.objection_decision, words=summons.objection_words
    )
    end_when_empty(session, whistle, now)


def change_lead(session: Session, whistle: Whistle, summons: Summons, words: str, actor: Actor, now: datetime) -> None:
    """The whistle office gives the lead to another department that is called (R40: always exactly one). Raises Invalid, WrongState."""
    permit(whistle, "change-lead", actor, summons)
    if summons.lead:
        raise WrongState("它已经是牵头单位")
    if not words.strip():
        raise Invalid(reason="请写明理由")
    session.execute(sa.update(Summons).where(Summons.whistle_id == whistle.id, Summons.lead).values(lead=False))
    summons.lead = True
    session.flush()
    _record(session, whistle, "change-lead", summons, actor, now, whistle.status, whistle.status, words=words.strip())


def submit_outcome(session: Session, whistle: Whistle, summons: Summons, result: str, actor: Actor, now: datetime, photos: int = 0) -> None:
    """What the department did and what came of it; the last word counts, the earlier ones stay in the history. Raises Invalid, WrongState.

    `photos`: how many pictures come with it (whistle_photos.keep).
    """
    action = "outcome-after" if summons.state == "released" else "outcome"
    permit(whistle, action, actor, summons)
    if summons.checked_in_at is None:
        raise WrongState("没有到场，没有结果可报")
    if not result.strip():
        raise Invalid(result="请写明做了什么、结果怎样")
    before, after = move(whistle, action, actor, summons)
    summons.result, summons.result_at = result.strip(), now
    _record(session, whistle, action, summons, actor, now, before, after, result=summons.result, photos=photos)


def note(
    session: Session, whistle: Whistle, words: str, actor: Actor, now: datetime, summons: Summons | None = None, photos: int = 0
) -> None:
    """A line in the log all on site share; `photos`: how many pictures come with it. Raises Invalid when empty."""
    permit(whistle, "note", actor, summons)
    if not words.strip():
        raise Invalid(words="请写下做了什么")
    record(
        session,
        WhistleHappened(
            whistle,
            "note",
            actor,
            now,
            {"words": words.strip()} | ({"photos": photos} if photos else {}),
            whistle.status,
            whistle.status,
            summons,
        ),
    )


def mark_no_show(session: Session, whistle: Whistle, summons: Summons, now: datetime) -> None:
    """Its check-in limit passed and nobody came: written down once, for ever; it may still come, late (BJS §44)."""
    before, after = move(whistle, "no-show", SYSTEM_ACTOR, summons)
    summons.no_show_at = summons.check_in_due_at or now
    _record(session, whistle, "no-show", summons, SYSTEM_ACTOR, now, before, after, due=summons.no_show_at.isoformat())


def release(session: Session, whistle: Whistle, rows: list[Summons], actor: Actor, now: datetime, words: str = "") -> None:
    """事不完,人不走: only the street lets a department leave, or waits for it no longer; who missed its limit stays a no-show.

    When nobody is left, the whistle can be graded. The lead of a TOUGH one leaves behind a plan with dates (domain §6, GL).
    Raises WrongState when none of them is held any more, or the plan is missing.
    """
    if whistle.kind == codes.TOUGH and any(row.lead and row.state in codes.PRESENT for row in rows) and not has_plan(session, whistle):
        raise WrongState("攻坚哨要先有方案：牵头单位写明谁、做什么、哪天办好，才能放行")
    held = [row for row in rows if row.released_at is None and row.state != "excused"]
    for row in held or rows[:1]:
        if row.state in codes.AWAITED and row.check_in_due_at is not None and now > row.check_in_due_at:
            mark_no_show(session, whistle, row, now)
        action = "let-go" if row.state == "no-show" else "release"
        if row.released_at is not None:
            permit(whistle, "release", actor, row)
            raise WrongState("已经放行了")
        before, after = move(whistle, action, actor, row)
        row.released_at = now
        _record(session, whistle, action, row, actor, now, before, after, came=row.checked_in_at is not None, words=words.strip())
    session.flush()
    end_when_empty(session, whistle, now)


def end_when_empty(session: Session, whistle: Whistle, now: datetime) -> None:
    """Nobody is awaited, there, or might still come late: the joint work is over."""
    held = sa.exists().where(Summons.whistle_id == whistle.id, Summons.state != "excused", Summons.released_at.is_(None))
    if whistle.status not in codes.LIVE or session.scalar(sa.select(held)):
        return
    before, after = move(whistle, "end", SYSTEM_ACTOR)
    whistle.released_at = now
    record(session, WhistleHappened(whistle, "end", SYSTEM_ACTOR, now, {}, before, after))
    close_when_graded(session, whistle, now)


def _others(session: Session, whistle: Whistle, summons: Summons) -> bool:
    wanted = sa.select(sa.exists().where(Summons.whistle_id == whistle.id, Summons.id != summons.id, Summons.state != "excused"))
    return bool(session.scalar(wanted))


def _record(
    session: Session, whistle: Whistle, kind: str, summons: Summons, actor: Actor, now: datetime, before: str, after: str, **data
) -> None:
    unit = session.get(Unit, summons.unit_id)
    record(session, WhistleHappened(whistle, kind, actor, now, {"unit": unit.code, "unit_id": unit.id} | data, before, after, summons))
