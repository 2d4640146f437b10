"""How a test takes any action of the whistle table, and brings a whistle to any of its states by the real verbs.

The small city: dongmen blows, urban leads, power assists; the whistle office is dispatcher1.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.auth.access import actor_of
from app.auth.models import Account
from app.errors import Forbidden
from escalation import whistle_clocks
from tests import factories
from tests.tickets import drive
from tickets import arrivals, grading, summons, whistle_plans, whistle_ratings, whistles
from tickets.actors import CITIZEN, UNIT_ROLES, Actor
from tickets.arrivals import Arrival
from tickets.grading import Grade
from tickets.organisations import Unit
from tickets.whistle_calls import Asked, Call
from tickets.whistle_events import WhistleHappened
from tickets.whistle_models import PlanStep, Summons, Whistle

STREET, LEAD, HELPER, OTHER = "dongmen", "urban", "power", "nanhu"
PIN = {"lng": 121.50, "lat": 29.10}
GOOD, BAD = Grade(5, 4, 5), Grade(1, 2, 2)
MINUTE = timedelta(minutes=1)


def a_call(**changed) -> Call:
    base = {
        "kind": "routine",
        "problem": "海晏小区 3 幢地下室污水倒灌，水到电表箱",
        "own_measures": "社区已劝离 6 户，沙袋堵住楼道",
        "summons": (Asked(LEAD, "围挡、清淤", True), Asked(HELPER, "先断 3 幢电")),
        "address": "3 幢东侧单元门",
        **PIN,
    }
    return Call(**(base | changed))


def person(session: Session, username: str, now: datetime) -> Actor:
    account = session.query(Account).filter_by(username=username).one()
    return actor_of(session, account, now)


def actor_with(session: Session, role: str, unit: str, now: datetime) -> Actor:
    """Somebody with exactly this role, of this unit when it is a unit's."""
    return drive.actor_with(session, role, unit if role in UNIT_ROLES else "", now)


def follow(session: Session) -> int:
    """Let the clocks follow what was recorded, as wiring does. Returns how much happened to whistles."""
    count = 0
    while session.info["events"]:
        event = session.info["events"].pop(0)
        if isinstance(event, WhistleHappened):
            whistle_clocks.react(session, event)
            count += 1
    session.flush()
    return count


def of(session: Session, whistle: Whistle, unit: str) -> Summons:
    return summons.summons_of(session, whistle, unit)


def here(**changed) -> Arrival:
    return Arrival(**({"person": "刘凯", **PIN} | changed))


def blown(session: Session, now: datetime, by: str = "dongmen.liaison", **changed) -> Whistle:
    whistle = whistles.blow(session, a_call(**changed), person(session, by, now), now)
    follow(session)
    return whistle


def sounded(session: Session, now: datetime, kind: str = "routine", **changed) -> Whistle:
    """A whistle that has just sounded, at `now`."""
    if kind == "emergency":
        return blown(session, now, kind=kind, **changed)
    whistle = blown(session, now - 2 * MINUTE, by="dongmen.head", kind=kind, **changed)
    if kind == "tough":
        whistles.approve(session, whistle, True, "", person(session, "dongmen.secretary", now), now - MINUTE)
    whistles.triage(session, whistle, LEAD, (HELPER,), "", person(session, "dispatcher1", now), now)
    follow(session)
    return whistle


def arrive(session: Session, whistle: Whistle, unit: str, at: datetime, **changed) -> None:
    arrivals.check_in(session, whistle, of(session, whistle, unit), here(**changed), person(session, f"{unit}.handler", at), at)
    follow(session)


def planned(session: Session, whistle: Whistle, unit: str, at: datetime, days: int = 3, what: str = "查清雨污混接") -> PlanStep:
    """One step of the lead's plan, due that many days later."""
    lead = next(row for row in whistles.summonses_of(session, whistle) if row.lead)
    head = f"{session.get(Unit, lead.unit_id).code}.head"
    step = whistle_plans.plan(
        session, whistle, of(session, whistle, unit), what, (at + timedelta(days=days)).date(), person(session, head, at), at
    )
    follow(session)
    return step


def let_go(session: Session, whistle: Whistle, at: datetime, *units: str) -> None:
    rows = [of(session, whistle, unit) for unit in units] or whistles.summonses_of(session, whistle)
    summons.release(session, whistle, rows, person(session, "dongmen.head", at), at)
    follow(session)


def grade(session: Session, whistle: Whistle, unit: str, at: datetime, points: Grade = GOOD, reason: str = "", evidence: str = "") -> None:
    grading.score(session, whistle, of(session, whistle, unit), points, reason, evidence, person(session, "dongmen.head", at), at)
    follow(session)


def in_status(session: Session, status: str, now: datetime) -> Whistle:
    """A routine whistle at this station of its way; the helper is always one step behind the lead."""
    if status in ("draft", "approved", "withdrawn"):
        whistle = blown(session, now, by="dongmen.head" if status == "approved" else "dongmen.liaison")
        if status == "withdrawn":
            whistles.withdraw(session, whistle, "社区自己处理了", person(session, "dongmen.head", now), now)
    else:
        whistle = sounded(session, now)
        if status != "sounded":
            arrive(session, whistle, LEAD, now + MINUTE)
        if status in ("released", "evaluated", "closed"):
            arrive(session, whistle, HELPER, now + 2 * MINUTE)
            let_go(session, whistle, now + 3 * MINUTE)
        if status == "closed":
            grade(session, whistle, LEAD, now + 4 * MINUTE)
            grade(session, whistle, HELPER, now + 4 * MINUTE)
        if status == "evaluated":  # passed through within one act: put there by hand
            whistle.status, whistle.evaluated_at = "evaluated", now
    follow(session)
    assert whistle.status == status
    return whistle


def put(row: Summons, state: str) -> None:
    """The department in a state it did not come to by itself, for a test of what may follow."""
    row.state = state


def _a_score(session, whistle, row, at):
    found = [one for one in grading.scores_of(session, whistle) if one.summons_id == row.id]
    if found:
        return found[-1]
    return grading.Score(
        id=0,
        summons_id=row.id,
        round=1,
        speed=3,
        handling=3,
        result=3,
        bonus=0,
        reason="",
        evidence="",
        by_name="",
        at=at,
        appeal="",
        appealed_at=None,
        appeal_decision=None,
    )


def _appeal(session, whistle, row, actor, at):
    grading.appeal(session, whistle, _a_score(session, whistle, row, at), "当时正在另一处抢险", actor, at)


def _decide_appeal(session, whistle, row, actor, at):
    grading.decide_appeal(session, whistle, _a_score(session, whistle, row, at), None, "维持", actor, at)


def _step(session, whistle, row, at):
    """The department's open step; one done long ago when it has none (to see a verb refuse)."""
    step = session.query(PlanStep).filter_by(summons_id=row.id, done_at=None).order_by(PlanStep.id).first()
    return step or PlanStep(
        id=0, summons_id=row.id, whistle_id=whistle.id, round=1, what="查清", due_on=at.date(), by_name="", at=at, done_at=at
    )


def _finish(session, whistle, row, actor, at):
    whistle_plans.finish(session, whistle, _step(session, whistle, row, at), "查清三处混接", actor, at)


def _hand_over(session, whistle, row, actor, at):
    mate = person(session, f"{HELPER}.backup", at).account_id
    whistle_plans.hand_over_step(session, whistle, _step(session, whistle, row, at), mate, "他休假了", actor, at)


def _rate(session, whistle, _row, actor, at):
    """A citizen has no other way to it than the rating link."""
    if not actor.has(CITIZEN):
        raise Forbidden("您的岗位不能办这一步")
    whistle_ratings.rate(session, whistle, factories.a_ticket(session, at, content=f"海晏小区返水 {at:%H%M%S}"), 4, at)


# action → how it is taken on a whistle and the summons of the helper
TAKE = {
    "revise": lambda s, w, r, a, n: whistles.revise(s, w, "水又涨了", "社区已断电", a, n),
    "approve": lambda s, w, r, a, n: whistles.approve(s, w, True, "", a, n),
    "reject": lambda s, w, r, a, n: whistles.approve(s, w, False, "一家能办", a, n),
    "withdraw": lambda s, w, r, a, n: whistles.withdraw(s, w, "社区自己处理了", a, n),
    "triage": lambda s, w, r, a, n: whistles.triage(s, w, HELPER, (LEAD,), "涉电", a, n),
    "send-back": lambda s, w, r, a, n: whistles.send_back(s, w, "街道先用自己的办法", a, n),
    "add-summons": lambda s, w, r, a, n: whistles.add_summons(s, w, Asked("water", "抽水"), a, n),
    "remind": summons.remind,
    "decide-objection": lambda s, w, r, a, n: summons.decide_objection(s, w, r, False, "权责清单有", a, n),
    "uphold-objection": lambda s, w, r, a, n: summons.decide_objection(s, w, r, True, "不归它", a, n),
    "change-lead": lambda s, w, r, a, n: summons.change_lead(s, w, r, "涉电为主", a, n),
    "sign": summons.sign,
    "contact": lambda s, w, r, a, n: summons.contact(s, w, r, "phone", a, n),
    "set-out": lambda s, w, r, a, n: arrivals.set_out(s, w, r, 12, a, n),
    "object": lambda s, w, r, a, n: summons.object_to(s, w, r, "不归我们管", a, n),
    "check-in": lambda s, w, r, a, n: arrivals.check_in(s, w, r, here(), a, n),
    "outcome": lambda s, w, r, a, n: summons.submit_outcome(s, w, r, "已断电", a, n),
    "outcome-after": lambda s, w, r, a, n: summons.submit_outcome(s, w, r, "已断电", a, n),
    "note": lambda s, w, r, a, n: summons.note(s, w, "水位在降", a, n, r),
    "plan": lambda s, w, r, a, n: whistle_plans.plan(s, w, r, "查清雨污混接", n.date() + timedelta(days=3), a, n),
    "plan-done": _finish,
    "hand-over-step": _hand_over,
    "no-show": lambda s, w, r, _a, n: summons.mark_no_show(s, w, r, n),
    "release": lambda s, w, r, a, n: summons.release(s, w, [r], a, n),
    "let-go": lambda s, w, r, a, n: summons.release(s, w, [r], a, n),
    "score": lambda s, w, r, a, n: grading.score(s, w, r, GOOD, "", "", a, n),
    "rate-assistant": lambda s, w, r, a, n: grading.rate_assistant(s, w, r, 5, "", a, n),
    "appeal": _appeal,
    "decide-appeal": _decide_appeal,
    "rate": _rate,
    "look-again": lambda s, w, r, a, n: whistle_plans.look_again(s, w, True, "没有再返水", a, n),
    "reopen": lambda s, w, r, a, n: grading.reopen(s, w, "又返水了", a, n),
}
INSIDE = {
    "blow",
    "co-sign",
    "sound-at-once",
    "ratify",
    "end",
    "evaluate",
    "close",
}  # taken by another verb, told apart by the kind or the count
