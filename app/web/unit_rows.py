"""The unit desk's rows: one statement for tickets and own sub-tasks, one for their clocks; grouped in order of pain. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.auth.access import visible
from app.auth.models import Account
from app.web.clock_faces import CONTACTS, Face, face_of, governing, is_soon, plain_face, running
from app.web.i18n import later
from app.web.naming import named_of
from app.web.seen import Seen
from escalation.calendar import Calendar
from escalation.queries import ClockView, clocks_of_many
from escalation.rules import calendar_for
from tickets.actors import HEAD, Actor
from tickets.away import gone
from tickets.codes import OWED, WITH_UNIT
from tickets.dispatch_models import Request, Task
from tickets.models import FollowUp, Reply, Ticket
from tickets.possible import fits_kind
from tickets.workflow import allowed_actions

STATUSES = tuple(sorted(WITH_UNIT | {"ledgered"}))
ENDED = ("terminated", "closed")  # here only while a notice is owed
NOTICE_CLOCKS = ("termination-notice", "reporter-told")
MOST = 300
# the groups in order of pain: code → title, what to know about it
GROUPS = {
    "sign": (later("待签收"), later("签收 = 收到了，不等于认账；签后仍可在窗口内申请退单")),
    "contact": (later("待联系"), later("签收了，还没和市民说上话")),
    "tasks": (later("协办"), later("回复给主办，不直接给市民")),
    "notice": (later("要告知"), later("办结了，还有人要告知；告知了才算完")),
    "overdue": (later("已逾期"), later("只有答复能摘牌，改期不能")),
    "release": (later("等你放行"), later("承办人写好了，你看过就答复市民")),
    "rework": (later("发回重办的"), later("3 个工作日内重新答复")),
    "soon": (later("快到期"), later("按到期先后；短横线是不计时的日子")),
    "hand": (later("在办"), ""),
    "centre": (later("等中心决定"), later("决定之前日期不变，和市民的联系不断")),
}


@dataclass
class Row:
    """One line of the desk. `task` is set when the unit only assists, `in_charge` when it named somebody for it; `asked` are kinds of request
    the centre has yet to decide."""

    ticket: Ticket
    task: Task | None
    seen: Seen
    face: Face | None
    group: str
    actions: list[str]
    has_draft: bool = False
    open_tasks: int = 0
    asked: list[str] = field(default_factory=list)
    rework_words: str = ""
    in_charge: str = ""
    due_at: datetime | None = None

    @property
    def key(self) -> str:
        """The row's id. A row that was signed is another row: the selection then moves on to what waits next."""
        if self.task is not None:
            return f"k-{self.task.id}-{self.task.state}"
        return f"s-{self.ticket.id}" if self.group == "sign" else f"t-{self.ticket.id}"


@dataclass(frozen=True)
class Desk:
    """All rows by group, and how many there would be without the limit."""

    groups: dict[str, list[Row]]
    total: int

    @property
    def rows(self) -> list[Row]:
        return [row for rows in self.groups.values() for row in rows]

    def count(self, group: str) -> int:
        return len(self.groups.get(group, ()))


def desk_of(session: Session, actor: Actor, now: datetime, narrowed: Iterable = ()) -> Desk:
    """Everything on this unit's table, narrowed by SQL tests. Two statements."""
    found = session.execute(_query(actor, now, narrowed)).all()
    clocks = clocks_of_many(session, [row.Ticket.id for row in found], running=True)
    calendar = calendar_for(session)
    rows = [_row(record, clocks.get(record.Ticket.id, []), actor, now, calendar) for record in found]
    last = datetime.max.replace(tzinfo=now.tzinfo)
    rows.sort(key=lambda row: (row.due_at or last, row.ticket.id))
    groups = {group: [row for row in rows if row.group == group] for group in GROUPS}
    return Desk({group: kept for group, kept in groups.items() if kept}, found[0].total if found else 0)


def _query(actor: Actor, now: datetime, narrowed: Iterable) -> sa.Select:
    unit = actor.unit_id
    led = sa.select(Ticket.id).where(Ticket.lead_unit_id == unit, Ticket.status.in_(STATUSES)).correlate(None)
    owed = sa.select(Ticket.id).where(Ticket.lead_unit_id == unit, Ticket.status.in_(ENDED), *to_tell()).correlate(None)
    helped = (
        sa.select(Task.ticket_id)
        .join(Ticket, Ticket.id == Task.ticket_id)
        .where(Task.unit_id == unit, Task.state.in_(("open", "signed")), Ticket.status.in_(STATUSES))
        .correlate(None)
    )
    draft = sa.exists().where(Reply.ticket_id == Ticket.id, Reply.state == "draft")
    still = (
        sa.select(sa.func.count())
        .where(Task.ticket_id == Ticket.id, Task.state.in_(("open", "signed")))
        .correlate(Ticket)
        .scalar_subquery()
    )
    asked = (
        sa.select(sa.func.array_agg(Request.kind))
        .where(Request.ticket_id == Ticket.id, Request.decision.is_(None))
        .correlate(Ticket)
        .scalar_subquery()
    )
    mine = aliased(Task)  # plain Task stays free for the tests that look for any sub-task
    own = sa.and_(mine.ticket_id == Ticket.id, mine.unit_id == unit, mine.state.in_(("open", "signed")))
    return (
        sa.select(
            Ticket,
            mine,
            draft.label("draft"),
            still.label("still"),
            asked.label("asked"),
            _rework_words().label("words"),
            sa.select(Account.name).where(Account.id == mine.person_id).scalar_subquery().label("in_charge"),
            gone(mine.person_id, mine.unit_id, now).label("gone"),
            sa.func.count().over().label("total"),
        )
        .outerjoin(mine, own)
        .where(Ticket.id.in_(sa.union_all(led, helped, owed)), visible(actor), *narrowed)
        .order_by(sa.case((Ticket.status == "dispatched", 0), else_=1), Ticket.due_at.nulls_last(), Ticket.id)
        .limit(MOST)
    )


def to_tell() -> list:
    """The SQL tests for a notice the unit itself owes: of a confidential matter the centre speaks to the reporter."""
    return [Ticket.notice.in_(OWED), sa.or_(Ticket.notice == "parties", sa.not_(Ticket.confidential))]


def _rework_words():
    """What the citizen or the audit said when it came back last."""
    call = (
        sa.select(FollowUp.words).where(FollowUp.ticket_id == Ticket.id, FollowUp.outcome == "rework").order_by(FollowUp.id.desc()).limit(1)
    )
    audit = (
        sa.select(Reply.review_words)
        .where(Reply.ticket_id == Ticket.id, Reply.state == "rejected", Reply.review_words != "")
        .order_by(Reply.id.desc())
        .limit(1)
    )
    return sa.case(
        (Ticket.reworks > 0, sa.func.coalesce(call.correlate(Ticket).scalar_subquery(), audit.correlate(Ticket).scalar_subquery()))
    )


def _row(record, clocks: list[ClockView], actor: Actor, now: datetime, calendar: Calendar) -> Row:
    ticket, own = record[0], record[1]
    mine = own if ticket.lead_unit_id != actor.unit_id else None
    allowed = allowed_actions(ticket, actor, frozenset({actor.unit_id} if own else ()))
    actions = [action for action in allowed if fits_kind(action, ticket, actor, now)]
    clock = _clock(ticket, mine, clocks)
    row = Row(
        ticket,
        mine,
        Seen(ticket, actor),
        _face(ticket, mine, clock, now, calendar),
        "",
        actions,
        record.draft,
        record.still,
        list(record.asked or ()),
        record.words or "",
        named_of(record.in_charge or "", record.gone if record.in_charge else ""),
        clock.due_at if clock else ticket.due_at,
    )
    row.group = _group(row, governing(ticket, clocks), actor, now, calendar)
    return row


def _clock(ticket: Ticket, task: Task | None, clocks: list[ClockView]) -> ClockView | None:
    """The clock that presses now: signing, then first contact, then the promise; a sub-task has its own."""
    if task is not None:
        return running(clocks, "task-sign" if task.state == "open" else "task-reply", task=task.id) or running(
            clocks, "task-reply", task=task.id
        )
    if ticket.status == "dispatched":
        return running(clocks, "sign")
    if ticket.status == "signed":
        contact = running(clocks, *CONTACTS)
        if contact is not None:
            return contact
    if ticket.status in ENDED:
        return running(clocks, *NOTICE_CLOCKS)
    found = governing(ticket, clocks)
    return found if found is not None and found.stopped_at is None else None


def _face(ticket: Ticket, task: Task | None, clock: ClockView | None, now: datetime, calendar: Calendar) -> Face | None:
    if clock is not None:
        return face_of(clock, now, calendar)
    if ticket.status == "ledgered" and ticket.promised_at:
        return plain_face(ticket.promised_at, now)
    due = task.due_at if task else ticket.due_at
    return plain_face(due, now, provisional=ticket.due_provisional) if due else None


def _group(row: Row, promise: ClockView | None, actor: Actor, now: datetime, calendar: Calendar) -> str:
    ticket = row.ticket
    due = (
        promise.due_at
        if promise is not None and promise.stopped_at is None
        else ticket.promised_at
        if ticket.status == "ledgered"
        else ticket.due_at
    )
    paused = promise is not None and promise.paused_at is not None
    tests = (
        ("tasks", row.task is not None),
        ("notice", ticket.status in ENDED),
        ("sign", ticket.status == "dispatched"),
        ("centre", ticket.status in ("return-requested", "disputed")),
        ("overdue", due is not None and now > due and not paused),
        ("contact", ticket.status == "signed"),
        ("release", row.has_draft and actor.has(HEAD)),
        ("centre", bool(row.asked)),
        ("rework", ticket.reworks > 0 and ticket.status == "handling"),
        ("soon", promise is not None and is_soon(promise, now, calendar)),
    )
    return next((group for group, fits in tests if fits), "hand")
