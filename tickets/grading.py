"""After the release: the street grades each department once, the department may appeal once, the lead grades its assistants, and
找茬 opens the whistle again (domain §6, R42, R60). No grade is ever edited: what an appeal changes stands beside the original."""

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState, later
from tickets import whistle_codes as codes
from tickets.actors import SYSTEM_ACTOR, Actor
from tickets.organisations import Unit
from tickets.whistle_events import WhistleHappened, record
from tickets.whistle_models import Reopening, Score, Summons, Whistle
from tickets.whistle_workflow import call_again, move, permit


@dataclass(frozen=True)
class Grade:
    """1 (worst) to 5 for speed, handling and result; 0 to 5 on top."""

    speed: int
    handling: int
    result: int
    bonus: int = 0

    @property
    def low(self) -> bool:
        return min(self.speed, self.handling, self.result) <= codes.LOW

    @property
    def total(self) -> int:
        """Out of 100: the three parts weigh the same, a bonus point is one point on top, never more than 100."""
        return min(100, round((self.speed + self.handling + self.result) / 15 * 100) + self.bonus)


def score(
    session: Session,
    whistle: Whistle,
    summons: Summons,
    grade: Grade,
    reason: str,
    evidence: str,
    actor: Actor,
    now: datetime,
    photos: int = 0,
) -> Score:
    """One assessment per department and round; a part of 1 or 2 says why and shows it, in words or by `photos` that come along. The last one due closes the whistle.

    Raises Invalid naming the part, `reason` or `evidence`; WrongState before the release or for a second grade.
    """
    permit(whistle, "score", actor, summons)
    evidence = evidence.strip() or (f"照片 {photos} 张" if photos else "")
    _check(grade, reason, evidence)
    if session.scalar(sa.select(Score.id).where(Score.summons_id == summons.id, Score.round == whistle.round)):
        raise WrongState("已经打过分，不能改；单位可以申诉一次")
    row = Score(
        summons_id=summons.id,
        round=whistle.round,
        **asdict(grade),
        reason=reason.strip(),
        evidence=evidence,
        by_id=actor.account_id,
        by_name=actor.name,
        at=now,
    )
    session.add(row)
    session.flush()
    data = {"score": row.id, "reason": row.reason, "evidence": row.evidence} | asdict(grade)
    _record(session, whistle, "score", summons, actor, now, data)
    close_when_graded(session, whistle, now)
    return row


def appeal(session: Session, whistle: Whistle, row: Score, reason: str, actor: Actor, now: datetime) -> None:
    """The department does not accept its grade, once, with reasons. Raises Invalid, WrongState."""
    summons = session.get(Summons, row.summons_id)
    permit(whistle, "appeal", actor, summons)
    if not reason.strip():
        raise Invalid(reason="请写明申诉的理由和依据")
    if row.appealed_at is not None:
        raise WrongState("每次打分只能申诉一次")
    row.appeal, row.appealed_at = reason.strip(), now
    _record(session, whistle, "appeal", summons, actor, now, {"score": row.id, "words": row.appeal})


def decide_appeal(session: Session, whistle: Whistle, row: Score, grade: Grade | None, words: str, actor: Actor, now: datetime) -> None:
    """The whistle office decides once: `grade` stands beside the original from now, None leaves it. Raises Invalid, WrongState."""
    summons = session.get(Summons, row.summons_id)
    permit(whistle, "decide-appeal", actor, summons)
    if row.appealed_at is None or row.appeal_decision is not None:
        raise WrongState("没有等着决定的申诉")
    if not words.strip():
        raise Invalid(reason="请写明理由")
    if grade is not None:
        _bounds(grade)
    row.appeal_decision = "accept" if grade else "deny"
    row.appeal_words, row.appeal_decided_at, row.revised = words.strip(), now, asdict(grade) if grade else None
    _record(
        session,
        whistle,
        "decide-appeal",
        summons,
        actor,
        now,
        {"score": row.id, "decision": row.appeal_decision, "words": row.appeal_words, "revised": row.revised},
    )


def rate_assistant(session: Session, whistle: Whistle, summons: Summons, points: int, reason: str, actor: Actor, now: datetime) -> None:
    """The lead grades an assisting department, 1–5, once (R42). Raises Invalid, WrongState; Forbidden for grading itself."""
    lead = session.scalar(sa.select(Summons.unit_id).where(Summons.whistle_id == whistle.id, Summons.lead))
    permit(whistle, "rate-assistant", actor, summons, lead)
    if summons.lead:
        raise WrongState("牵头单位由街道打分，不给自己打")
    if not 1 <= points <= codes.BEST:
        raise Invalid(score="打分是 1 到 5")
    if points <= codes.LOW and not reason.strip():
        raise Invalid(reason="打低分要写理由")
    if summons.lead_score is not None:
        raise WrongState("已经打过分，不能改")
    summons.lead_score, summons.lead_score_reason = points, reason.strip()
    _record(session, whistle, "rate-assistant", summons, actor, now, {"score": points, "reason": summons.lead_score_reason})


def reopen(session: Session, whistle: Whistle, reason: str, actor: Actor, now: datetime) -> Reopening:
    """找茬: what was closed is not done. Within 10 working days of closing (the time engine holds the window) all who had a part are
    called again, in a new round; grades and arrivals of the first stay. Raises Invalid, WrongState."""
    permit(whistle, "reopen", actor)
    if not reason.strip():
        raise Invalid(reason="请写明哪里没办好")
    row = Reopening(
        whistle_id=whistle.id,
        round=whistle.round + 1,
        reason=reason.strip(),
        by_id=actor.account_id,
        by_name=actor.name,
        at=now,
        closed_before=whistle.closed_at,
    )
    session.add(row)
    before, after = move(whistle, "reopen", actor)
    whistle.round, whistle.sounded_at, whistle.meet_at = row.round, now, None
    whistle.released_at = whistle.evaluated_at = whistle.closed_at = None
    units = []
    for summons in session.scalars(
        sa.select(Summons).where(Summons.whistle_id == whistle.id, Summons.state != "excused").order_by(Summons.id)
    ):
        _begin_again(summons, now)
        units.append(summons.unit_id)
    session.flush()
    record(
        session, WhistleHappened(whistle, "reopen", actor, now, {"words": row.reason, "round": row.round, "unit_ids": units}, before, after)
    )
    return row


def score_of(session: Session, whistle: Whistle, score_id: int) -> Score:
    """The score with this id on this whistle. Raises NotFound."""
    row = session.scalar(
        sa.select(Score)
        .join(Summons, Summons.id == Score.summons_id)
        .where(Score.id == score_id, Summons.whistle_id == whistle.id)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("没有这次打分")
    return row


def scores_of(session: Session, whistle: Whistle) -> list[Score]:
    """All scores of a whistle, of every round, oldest first."""
    return list(
        session.scalars(
            sa.select(Score).join(Summons, Summons.id == Score.summons_id).where(Summons.whistle_id == whistle.id).order_by(Score.id)
        )
    )


def ungraded(session: Session, whistle: Whistle) -> list[Summons]:
    """The departments the street still owes a grade: those that came, and those that did not and should have."""
    graded = sa.exists().where(Score.summons_id == Summons.id, Score.round == whistle.round)
    owed = sa.or_(Summons.state == "no-show", sa.and_(Summons.state == "released", Summons.checked_in_at.is_not(None)))
    return list(session.scalars(sa.select(Summons).where(Summons.whistle_id == whistle.id, owed, ~graded).order_by(Summons.id)))


def close_when_graded(session: Session, whistle: Whistle, now: datetime) -> None:
    """Everybody has a grade, or nobody who would get one was there: evaluated and closed."""
    if ungraded(session, whistle):
        return
    for action in ("evaluate", "close"):
        before, after = move(whistle, action, SYSTEM_ACTOR)
        setattr(whistle, f"{after}_at", now)
        record(session, WhistleHappened(whistle, action, SYSTEM_ACTOR, now, {}, before, after))


def _begin_again(summons: Summons, now: datetime) -> None:
    call_again(summons)
    for name in (
        "signed_at",
        "contacted_at",
        "contact_method",
        "set_out_at",
        "arriving_at",
        "checked_in_at",
        "result_at",
        "released_at",
        "objected_at",
        "objection_decision",
        "objection_decided_at",
        "lead_score",
        "no_show_at",
        "sign_due_at",
        "contact_due_at",
        "check_in_due_at",
    ):
        setattr(summons, name, None)
    for name in ("signed_by_name", "result", "objection", "objection_words", "lead_score_reason"):
        setattr(summons, name, "")
    summons.called_at = now


def _check(grade: Grade, reason: str, evidence: str) -> None:
    _bounds(grade)
    missing = {}
    if grade.low and not reason.strip():
        missing["reason"] = "打低分要写理由"
    if grade.low and not evidence.strip():
        missing["evidence"] = later("打低分要有佐证（现场记录、照片编号等）")
    if missing:
        raise Invalid(**missing)


def _bounds(grade: Grade) -> None:
    wrong = {name: "打分是 1 到 5" for name in codes.GRADES if not 1 <= getattr(grade, name) <= codes.BEST}
    if not 0 <= grade.bonus <= codes.MOST_BONUS:
        wrong["bonus"] = later("加分是 0 到 5")
    if wrong:
        raise Invalid(**wrong)


def _record(session: Session, whistle: Whistle, kind: str, summons: Summons, actor: Actor, now: datetime, data: dict) -> None:
    unit = session.get(Unit, summons.unit_id)
    record(
        session,
        WhistleHappened(whistle, kind, actor, now, {"unit": unit.code, "unit_id": unit.id} | data, whistle.status, whistle.status, summons),
    )
