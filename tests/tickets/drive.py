"""How a test takes any action of the lifecycle table: `TAKE[action](session, ticket, actor, now)` with data that is right for it,
and `in_state` brings a ticket to any of the seventeen states by the real verbs."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import factories
from tickets import answering, codes, dispatch, handling, intake, procedures, sorting, standards, tasks
from tickets.actors import ALL_ROLES, UNIT_ROLES, Actor
from tickets.dispatch_models import Request, Task
from tickets.models import Attachment, Ticket
from tickets.organisations import Unit
from tickets.procedures import Told
from tickets.requests import waiting
from tickets.workflow import EDGES, Edge

LATER = timedelta(days=30)
LEAD, HELPER, OTHER = "urban", "power", "market"


def the_request(session: Session, ticket: Ticket, kind: str) -> Request:
    """The waiting request of a kind, or one decided long ago (to see a verb refuse)."""
    return waiting(session, ticket, kind) or Request(ticket_id=ticket.id, kind=kind, from_status=ticket.status, days=3, decision="deny")


def the_task(session: Session, ticket: Ticket, *states: str) -> Task:
    """The assisting unit's sub-task, preferably in one of the states."""
    found = list(session.scalars(sa.select(Task).where(Task.ticket_id == ticket.id).order_by(Task.id)))
    unit = session.scalar(sa.select(Unit).where(Unit.code == HELPER))
    return next(
        (task for task in found if task.state in states),
        found[0] if found else Task(ticket_id=ticket.id, unit_id=unit.id, state="open", ask="看看"),
    )


def helper_id(session: Session, now: datetime) -> int:
    """Somebody of the assisting unit."""
    return factories.person(session, f"{HELPER}.backup", now).account_id


def another(session: Session, ticket: Ticket, now: datetime) -> Ticket:
    return factories.a_ticket(session, now, title="附近还有一件", content="同一条路上路灯不亮，晚上看不见路")


def _reply(session, ticket, actor, now):
    handling.reply(session, ticket, actor, now, **factories.a_reply())


def _tell_parties(session, ticket, actor, now):
    if ticket.notice == "parties":
        attach_proof(session, ticket, now)
    procedures.tell_parties(session, ticket, Told("phone", now), Told("mail", now), actor, now)


def _check_on_site(session, ticket, actor, now):
    session.add(
        Attachment(
            ticket_id=ticket.id,
            kind="photo",
            purpose="evidence",
            name="现场.jpg",
            mime="image/jpeg",
            size=1,
            sha256="0" * 64,
            by_id=actor.account_id,
            at=now,
        )
    )
    session.flush()
    standards.check_on_site(session, ticket, "路面补好了，平整", actor, now)


def attach_proof(session: Session, ticket: Ticket, now: datetime) -> None:
    """A receipt on the ticket, without its file."""
    session.add(
        Attachment(ticket_id=ticket.id, kind="photo", purpose="proof", name="回执.jpg", mime="image/jpeg", size=1, sha256="0" * 64, at=now)
    )
    session.flush()


TAKE = {
    "answer-directly": lambda s, t, a, n: intake.answer_directly(s, t, "可以凭身份证到窗口办理，当天办好。", a, n),
    "transfer-emergency": lambda s, t, a, n: intake.transfer_emergency(s, t, "119", a, n),
    "refuse": lambda s, t, a, n: intake.refuse(s, t, "litigation", a, n),
    "merge": lambda s, t, a, n: intake.merge(s, t, another(s, t, n), a, n),
    "split": intake.split,
    "classify": lambda s, t, a, n: sorting.classify(s, t, a, n, "commerce"),
    "set-urgency": lambda s, t, a, n: sorting.set_urgency(s, t, "urgent", "", a, n),
    "urge": lambda s, t, a, n: intake.urge(s, t, a, n, "请快些"),
    "supplement": lambda s, t, a, n: intake.supplement(s, t, "门口也淹了", a, n),
    "recuse": lambda s, t, a, n: sorting.recuse(s, t, 1, "有亲属关系", a, n),
    "dispatch": lambda s, t, a, n: dispatch.dispatch(s, t, LEAD, a, n, (HELPER,)),
    "dispatch-by-rule": dispatch.dispatch_by_rule,
    "recall": dispatch.recall,
    "request-return": lambda s, t, a, n: dispatch.request_return(s, t, "not-our-duty", "三定方案没有此项职责", a, n, OTHER),
    "accept-return": lambda s, t, a, n: dispatch.decide_return(s, t, the_request(s, t, "return"), True, "理由成立", a, n, OTHER),
    "deny-return": lambda s, t, a, n: dispatch.decide_return(s, t, the_request(s, t, "return"), False, "属你单位职责", a, n),
    "dispute": lambda s, t, a, n: dispatch.dispute(s, t, "该路段已移交管养单位", a, n),
    "rule": lambda s, t, a, n: dispatch.rule(s, t, OTHER, "按边界清单裁定", a, n),
    "sign": handling.sign,
    "contact": lambda s, t, a, n: handling.contact(s, t, "phone", "reached", a, n),
    "contact-again": lambda s, t, a, n: handling.contact(s, t, "phone", "reached", a, n),
    "note": lambda s, t, a, n: handling.note(s, t, "现场看过，管道已清", a, n),
    "request-extension": lambda s, t, a, n: handling.request_extension(s, t, 5, "要等配件", "周五换好", a, n),
    "grant-extension": lambda s, t, a, n: handling.decide_extension(s, t, the_request(s, t, "extension"), True, "属实", a, n),
    "deny-extension": lambda s, t, a, n: handling.decide_extension(s, t, the_request(s, t, "extension"), False, "不属实", a, n),
    "request-suspension": lambda s, t, a, n: handling.request_suspension(s, t, "applicant-supplement", "补正材料清单 12 号", a, n),
    "grant-suspension": lambda s, t, a, n: handling.decide_suspension(s, t, the_request(s, t, "suspension"), True, "属实", a, n),
    "deny-suspension": lambda s, t, a, n: handling.decide_suspension(s, t, the_request(s, t, "suspension"), False, "不属实", a, n),
    "resume": lambda s, t, a, n: handling.resume(s, t, a, n, "报告已出"),
    "request-termination": lambda s, t, a, n: procedures.request_termination(s, t, "no-agreement", "调解三次，双方差距太大", a, n),
    "deny-termination": lambda s, t, a, n: procedures.decide_termination(s, t, the_request(s, t, "termination"), False, "再调一次", a, n),
    "terminate": lambda s, t, a, n: handling.terminate(s, t, "appellant-withdrew", a, n),
    "draft-reply": lambda s, t, a, n: handling.draft_reply(s, t, a, n, **factories.a_reply()),
    "reply": _reply,
    "fulfil": _reply,
    "add-task": lambda s, t, a, n: tasks.add_task(s, t, OTHER, "查一下执照", a, n, 3),
    "sign-task": lambda s, t, a, n: tasks.sign_task(s, t, the_task(s, t, "open"), a, n),
    "hand-over-task": lambda s, t, a, n: tasks.hand_over_task(s, t, the_task(s, t, "signed"), helper_id(s, n), "他休假了", a, n),
    "reply-task": lambda s, t, a, n: tasks.reply_task(s, t, the_task(s, t, "signed"), "已断电检查，正常", a, n),
    "release-task": lambda s, t, a, n: tasks.release_task(s, t, the_task(s, t, "open", "signed"), "不再需要", a, n),
    "grade-task": lambda s, t, a, n: tasks.grade_task(s, t, the_task(s, t, "replied"), 5, "", a, n),
    "approve-reply": lambda s, t, a, n: answering.review(s, t, True, a, n),
    "reject-reply": lambda s, t, a, n: answering.review(s, t, False, a, n, "not-answered"),
    "request-ledger": lambda s, t, a, n: handling.ledger(s, t, a, n, "列入改造计划", n + LATER),
    "confirm-ledger": handling.ledger,
    "follow-up": lambda s, t, a, n: answering.follow_up(s, t, a, n, reached=False),
    "close": lambda s, t, a, n: answering.follow_up(
        s, t, a, n, reached=True, outcome="close", contacted=True, solved=True, satisfied=4, truthful=True
    ),
    "rework": lambda s, t, a, n: answering.follow_up(s, t, a, n, reached=True, outcome="rework", words="还是没修好"),
    "rate": lambda s, t, a, n: answering.rate(s, t, 4, n, actor=a),
    "archive": lambda s, t, a, n: answering.archive(s, t, n),
    "accept": lambda s, t, a, n: procedures.accept(s, t, a, n, codes.ELIGIBILITY),
    "interim-reply": lambda s, t, a, n: procedures.interim_reply(s, t, "已约商家下周一到现场调解，届时告诉您", a, n),
    "check-on-site": _check_on_site,
    "find-violation": lambda s, t, a, n: procedures.find_violation(s, t, "电子秤没有检定标志", a, n),
    "conclude-check": lambda s, t, a, n: procedures.conclude_check(s, t, "filed", "查实未经检定，立案", a, n),
    "tell-reporter": lambda s, t, a, n: procedures.tell_reporter(s, t, Told("phone", n), a, n),
    "tell-parties": _tell_parties,
}
# one verb, several edges: which one depends on where the ticket stands, or on who speaks
FAMILIES = (("contact", "contact-again"), ("reply", "fulfil"))
# taken by the system inside another verb, never asked for by a person
INSIDE = {"close-unasked", "open-case", "close-case"}


def edge_meant(action: str, status: str, role: str) -> Edge:
    """The edge a verb takes when it is asked for `action` in this state by this role."""
    if action in ("request-ledger", "confirm-ledger"):
        return EDGES["confirm-ledger" if role == "dispatcher" else "request-ledger"]
    family = next((family for family in FAMILIES if action in family), (action,))
    return next((EDGES[name] for name in family if status in EDGES[name].sources), EDGES[family[-1]])


def actor_with(session: Session, role: str, unit: str, now: datetime) -> Actor:
    """Somebody holding exactly one role: a unit's role in `unit`, any other at the centre."""
    code = unit if role in UNIT_ROLES else "centre"
    row = session.scalar(sa.select(Unit).where(Unit.code == code))
    account = factories.person(session, f"{unit}.head" if role in UNIT_ROLES else "supervisor1", now).account_id
    return Actor(name=f"{code} {role}", roles=frozenset({role}), account_id=account, unit_id=row.id, unit_ids=frozenset({row.id}))


def in_state(session: Session, status: str, now: datetime) -> Ticket:
    """A ticket in this state, led by LEAD with HELPER assisting where a unit holds it, with a request waiting where one may."""
    plain = {"registered", "dispatched", "signed", "handling"}
    if status in plain:
        return factories.a_ticket(session, now, status, LEAD, (HELPER,))
    if status in ("replied", "follow-up", "closed"):
        return factories.a_ticket(session, now, status, LEAD)
    start, action, role = {
        "direct-closed": ("registered", "answer-directly", "agent"),
        "emergency-transferred": ("registered", "transfer-emergency", "agent"),
        "refused": ("registered", "refuse", "agent"),
        "merged": ("registered", "merge", "agent"),
        "return-requested": ("signed", "request-return", "liaison"),
        "disputed": ("signed", "dispute", "liaison"),
        "suspended": ("handling", "grant-suspension", "dispatcher"),
        "ledgered": ("replied", "confirm-ledger", "dispatcher"),
        "terminated": ("handling", "terminate", "dispatcher"),
        "archived": ("closed", "archive", "system"),
    }[status]
    ticket = in_state(session, start, now)
    prepare(session, ticket, action, now)
    TAKE[action](session, ticket, actor_with(session, role, LEAD, now), now + timedelta(minutes=9))
    session.flush()
    assert ticket.status == status
    return ticket


def prepare(session: Session, ticket: Ticket, action: str, now: datetime) -> None:
    """What must stand before an action can be right: a request to decide, a task in the right state, a recent dispatch of one's own."""
    asked = {
        "grant-extension": ("request-extension", "liaison"),
        "deny-extension": ("request-extension", "liaison"),
        "grant-suspension": ("request-suspension", "handler"),
        "deny-suspension": ("request-suspension", "handler"),
        "confirm-ledger": ("request-ledger", "liaison"),
        "deny-termination": ("request-termination", "liaison"),
    }
    if action in ("request-termination", "deny-termination"):
        ticket.track = "consumer"
    if action in asked:
        first, role = asked[action]
        TAKE[first](session, ticket, actor_with(session, role, LEAD, now), now + timedelta(minutes=8))
    task = session.scalar(sa.select(Task).where(Task.ticket_id == ticket.id))
    if task is None and action == "grade-task":
        unit = session.scalar(sa.select(Unit).where(Unit.code == HELPER))
        task = Task(ticket_id=ticket.id, unit_id=unit.id, ask="看看", state="replied", asked_at=now, reply="看过了")
        session.add(task)
    if task is not None:
        task.state = {"reply-task": "signed", "hand-over-task": "signed", "grade-task": "replied"}.get(action, task.state)
        if action in ("reply", "fulfil", "conclude-check"):
            task.state = "replied"
    if action == "rate" and ticket.status == "merged":
        session.get(Ticket, ticket.master_id).replied_at = now
    if action in ("accept", "find-violation"):
        ticket.track = "consumer"
    if action == "conclude-check":
        ticket.appeal_type = "report"
    if action == "tell-reporter":
        ticket.checked_at, ticket.notice = now, "reporter"
    if action == "tell-parties":
        ticket.notice = "parties"
    if action == "recall":
        live = dispatch.live_dispatch(session, ticket)
        live.by_id = None
    session.flush()


EVERY_ROLE = ALL_ROLES
