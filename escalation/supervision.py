"""The verbs of a supervision order (督办单): issue, acknowledge, inspect, coordinate, list, write off. Cards are ledger.py's.

Each is called with the ticket locked, refuses loudly, and appends one event to the ticket's chain; the order's clock follows the event
(clocks.py), the order follows the ticket (`follow`).
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Invalid, NotFound, WrongState
from escalation.models import Clock, LedgerEntry
from escalation.supervision_models import CLASSES, MODES, REASONS, STANDING_OF, Coordination, Inspection, Supervision
from escalation.supervision_rules import SUPERVISABLE, permit, said
from tickets.actors import Actor
from tickets.events import Event, record
from tickets.models import Attachment, Ticket

ONE_NUMBER = 0x5348_0031  # advisory lock: numbers of a year run without gaps or doubles
CLOCK = "supervision"
HIGH = ("E5", "E6", "E7")  # what a leader took up is not cleared by acting, only by an order's end


def issue(
    session: Session, ticket: Ticket, reason: str, words: str, actor: Actor, now: datetime, entries: tuple[LedgerEntry, ...] = ()
) -> Supervision:
    """Put the lead unit under supervision, with its own time (T18); `entries`: the ledger entries that led to it (E5, JN §28); those a
    leader had taken up go with it anyway.

    Raises Invalid; WrongState when the ticket is with nobody, over, or has a live order already (R50: no second one).
    """
    permit("supervise", actor, ticket.lead_unit_id)
    if reason not in REASONS:
        raise Invalid(reason="请选督办的事由")
    wanted = said(words, Invalid(words="请写明要求单位做什么"))
    if ticket.lead_unit_id is None or ticket.status not in SUPERVISABLE:
        raise WrongState("这件工单不在单位手里，没有可督办的单位")
    there = live_of(session, ticket)
    if there is not None:
        raise WrongState("这件已有在办督办 %(number)s，不再另开；请在那一单上督查", number=there.number)
    year, serial = _next_number(session, now)
    order = Supervision(
        year=year,
        serial=serial,
        ticket_id=ticket.id,
        unit_id=ticket.lead_unit_id,
        reason=reason,
        words=wanted,
        state="issued",
        standing="not-begun",
        issued_at=now,
        issued_by_id=actor.account_id,
        issued_by_name=actor.name,
    )
    session.add(order)
    session.flush()
    session.execute(sa.update(LedgerEntry).where(_taken_up(ticket, order)).values(supervision_id=order.id, status="ordered"))
    take_in(order, entries)
    _note(session, ticket, "supervise", order, actor, now, reason=reason, words=wanted)
    return order


def take_in(order: Supervision, entries: tuple[LedgerEntry, ...] | list[LedgerEntry]) -> None:
    """These ledger entries are dealt with by the order from now on."""
    for entry in entries:
        if entry.closed_at is None:
            entry.supervision_id, entry.status = order.id, "ordered"


def acknowledge(session: Session, ticket: Ticket, order: Supervision, plan: str, actor: Actor, now: datetime) -> None:
    """回执: the unit has it, and says what it will do by when. Once. Raises Invalid, Forbidden, WrongState."""
    permit("accept-order", actor, order.unit_id)
    _must_live(order)
    if order.state == "acknowledged":
        raise WrongState("已经回执过了")
    order.plan = said(plan, Invalid(plan="请写明打算怎么办、什么时候办好"))
    order.state, order.acknowledged_at, order.acknowledged_by_id, order.acknowledged_by_name = (
        "acknowledged",
        now,
        actor.account_id,
        actor.name,
    )
    if order.standing == "not-begun":
        order.standing = "under-way"
    _note(session, ticket, "accept-order", order, actor, now, words=order.plan)


def inspect(session: Session, ticket: Ticket, order: Supervision, mode: str, finding: str, actor: Actor, now: datetime) -> Inspection:
    """One of the four modes (R48): 已落实查效果, 正在落实查进度, 尚未落实查原因, 难落实再督查. The order stands by the last. Raises Invalid, WrongState."""
    permit("inspect", actor, order.unit_id)
    _must_live(order)
    if mode not in MODES:
        raise Invalid(mode="请选督查方式")
    row = Inspection(
        supervision_id=order.id,
        mode=mode,
        finding=said(finding, Invalid(finding="请写下查到了什么")),
        at=now,
        by_id=actor.account_id,
        by_name=actor.name,
    )
    session.add(row)
    order.standing = STANDING_OF[mode]
    _note(session, ticket, "inspect", order, actor, now, mode=mode, words=row.finding)
    return row


def coordinate(
    session: Session,
    ticket: Ticket,
    order: Supervision,
    person: str,
    post: str,
    due_at: datetime | None,
    actor: Actor,
    now: datetime,
    words: str = "",
    person_id: int | None = None,
) -> Coordination:
    """顶格协调 (R47): person, post and limit, none may be missing; the order's clock ends at that limit from now on.

    Raises Invalid naming what is missing, WrongState. A new limit never touches what the citizen was promised.
    """
    permit("coordinate", actor, order.unit_id)
    _must_live(order)
    row = Coordination(
        supervision_id=order.id,
        person=_named(person, Invalid(person="请写明落实到哪个人")),
        person_id=person_id,
        post=_named(post, Invalid(post="请写明是什么岗位")),
        due_at=_ahead(due_at, now),
        words=words.strip(),
        at=now,
        by_id=actor.account_id,
        by_name=actor.name,
    )
    session.add(row)
    session.flush()
    _note(session, ticket, "coordinate", order, actor, now, person=row.person, post=row.post, due=row.due_at.isoformat(), words=row.words)
    return row


def list_publicly(
    session: Session, ticket: Ticket, order: Supervision, until: date | None, words: str, actor: Actor, now: datetime
) -> None:
    """挂牌督办: on the public list from now to the end of the day `until`. Raises Invalid, WrongState."""
    permit("list-publicly", actor, order.unit_id)
    _must_live(order)
    if until is None or until < local(now).date():
        raise Invalid(until="挂到哪一天要写明，不能早于今天")
    why = said(words, Invalid(words="请写明为什么挂牌"))
    order.listed_since, order.listed_until = order.listed_since or now, until
    _note(session, ticket, "list-publicly", order, actor, now, until=until.isoformat(), words=why)


def write_off(
    session: Session,
    ticket: Ticket,
    order: Supervision,
    written_off_as: str,
    evidence: str,
    actor: Actor,
    now: datetime,
    attachment_id: int | None = None,
) -> None:
    """销号 (R49): only on evidence, never by the unit itself. Closes the order, its clock, and the ledger entries a leader had taken up.

    `written_off_as`: implemented, satisfied-after-rework, judged, deferred, handed-over. Raises Invalid, Forbidden, WrongState.
    """
    permit("write-off", actor, order.unit_id)
    _must_live(order)
    if written_off_as not in CLASSES:
        raise Invalid(written_off_as="请选按哪一类销号")
    words = said(evidence, Invalid(evidence="请写明凭什么销号：看到了什么、谁说满意、附了什么"))
    if attachment_id is not None:
        _must_hang_on(session, ticket, attachment_id)
    order.state, order.closed_at, order.closed_by_id, order.closed_by_name = "written-off", now, actor.account_id, actor.name
    order.written_off_as, order.evidence, order.evidence_id = written_off_as, words, attachment_id
    own = sa.select(Clock.id).where(Clock.ticket_id == ticket.id, Clock.code == CLOCK)
    taken = sa.or_(LedgerEntry.supervision_id == order.id, _taken_up(ticket, order), LedgerEntry.clock_id.in_(own))
    session.execute(
        sa.update(LedgerEntry)
        .where(LedgerEntry.ticket_id == ticket.id, LedgerEntry.closed_at.is_(None), taken)
        .values(status="written-off", closed_at=now, evidence=words, closed_by_name=actor.name)
    )
    _note(session, ticket, "write-off", order, actor, now, written_off_as=written_off_as, words=words)


def live_of(session: Session, ticket: Ticket) -> Supervision | None:
    """The order that is live on this ticket."""
    return session.scalar(sa.select(Supervision).where(Supervision.ticket_id == ticket.id, Supervision.closed_at.is_(None)))


def order_of(session: Session, ticket: Ticket, order_id: int) -> Supervision:
    """An order of this ticket, locked (the ticket is first). Raises NotFound."""
    order = session.get(Supervision, order_id, with_for_update=True)
    if order is None or order.ticket_id != ticket.id:
        raise NotFound("没有这张督办单，或者不归您看")
    return order


def follow(session: Session, event: Event) -> None:
    """A reaction of wiring's: the order follows its ticket. Its clock is the one clocks.py started; an answer makes it done, a rework
    under way again; another lead unit inherits it and owes an acknowledgement of its own."""
    changes: dict = {}
    if event.kind in ("reply", "fulfil"):
        changes = {"standing": "done"}
    elif event.kind in ("reject-reply", "rework"):
        changes = {"standing": "under-way"}
    elif event.kind in ("supervise", "coordinate"):
        changes = {"clock_id": _clock(event)}
    elif event.data.get("previous_unit_id") not in (None, event.data.get("unit_id")):
        changes = {
            "unit_id": event.data["unit_id"],
            "state": "issued",
            "standing": "not-begun",
            "acknowledged_at": None,
            "acknowledged_by_id": None,
            "acknowledged_by_name": "",
            "plan": "",
            "clock_id": sa.func.coalesce(_clock(event), Supervision.clock_id),
        }
    if changes:
        session.flush()
        session.execute(
            sa.update(Supervision)
            .where(Supervision.ticket_id == event.ticket.id, Supervision.closed_at.is_(None))
            .values(**changes)
            .execution_options(synchronize_session="fetch")
        )


FOLLOWED = ("reply", "fulfil", "reject-reply", "rework", "supervise", "coordinate", "dispatch", "accept-return", "rule")


def _taken_up(ticket: Ticket, order: Supervision):
    """The SQL test for what stands against the unit on a leader's level, on this ticket."""
    return sa.and_(
        LedgerEntry.ticket_id == ticket.id,
        LedgerEntry.unit_id == order.unit_id,
        LedgerEntry.closed_at.is_(None),
        LedgerEntry.level.in_(HIGH),
    )


def _clock(event: Event):
    """The running supervision clock of the event's ticket, as a subquery."""
    return sa.select(Clock.id).where(Clock.ticket_id == event.ticket.id, Clock.code == CLOCK, Clock.stopped_at.is_(None)).scalar_subquery()


def _note(session: Session, ticket: Ticket, kind: str, order: Supervision, actor: Actor, now: datetime, **data) -> None:
    said_of = {"supervision": order.id, "number": order.number, "unit_id": order.unit_id}
    record(session, Event(ticket, kind, actor, now, said_of | data, ticket.status, ticket.status))


def _must_live(order: Supervision) -> None:
    if order.closed_at is not None:
        raise WrongState("%(number)s 已经销号", number=order.number)


def _next_number(session: Session, now: datetime) -> tuple[int, int]:
    year = local(now).year
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_NUMBER)))
    last = session.scalar(sa.select(sa.func.max(Supervision.serial)).where(Supervision.year == year))
    return year, (last or 0) + 1


def _named(text: str, no: Invalid) -> str:
    clean = text.strip()
    if not clean or len(clean) > 50:
        raise no
    return clean


def _ahead(due_at: datetime | None, now: datetime) -> datetime:
    if due_at is None:
        raise Invalid(due="请写明什么时候办好")
    if due_at <= now:
        raise Invalid(due="时限要在现在之后")
    return due_at


def _must_hang_on(session: Session, ticket: Ticket, attachment_id: int) -> None:
    row = session.get(Attachment, attachment_id)
    if row is None or row.ticket_id != ticket.id:
        raise Invalid(attachment="附件不在这件工单上，请重新选")
