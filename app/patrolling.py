"""The grid patrol as the scheduler, the `sweep` command and the tests have it counted: batches in units of work of their own, then the street is told."""

from datetime import datetime

from sqlalchemy.orm import Session

from app import wiring
from app.telling import topic_of
from app.work import work
from escalation.patrol_models import PatrolCell
from escalation.patrol_notices import Missed, PatrolNotice, untold
from escalation.patrols import BATCH, sweep_cells
from escalation.sweep import LATE_AFTER
from notifiers import outbox, staff
from notifiers.message import INBOX, NOW, Message
from tickets.reference import reference

ALL = "patrols"  # the live topic of whoever watches every street


def sweep(now: datetime, batch: int = BATCH) -> int:
    """Write down every round missed by `now` and tell whom it concerns, one message a person. Returns how many rounds."""
    total, drained = 0, False
    while not drained:
        with work() as session:
            done = sweep_cells(session, now, batch)
            drained = done.drained or not done.missed
            total += done.missed
            for unit in done.units:
                session.info["topics"] |= topics_of(unit)
            if drained:
                tell(session, now)
    return total


def topics_of(unit_id: int) -> set[str]:
    """The live pages that show this street's cells."""
    return {ALL, f"patrol:{unit_id}"}


def subject_of(cell: PatrolCell) -> str:
    """The name under which messages about a cell are found again."""
    return f"cell:{cell.id}"


def tell(session: Session, now: datetime) -> None:
    """Put the messages of every miss before `now` that nobody was told of; inside the caller's transaction."""
    messages = [_message(session, notice, now) for notice in untold(session, now)]
    outbox.put_quietly(session, [*messages, *staff.outside(session, messages, wiring.channels(), now)], now)
    session.info.setdefault("topics", set()).update(topic_of(message.account_id) for message in messages if message.account_id)


def _message(session: Session, notice: PatrolNotice, now: datetime) -> Message:
    """Those missed again first: the title is theirs."""
    parts = [_part(session, one, now) for one in sorted(notice.cells, key=lambda one: (not one.again, one.due_at, one.cell.id))]
    return Message(
        notice.key,
        INBOX,
        parts[0]["template"],
        {"items": parts},
        NOW,
        account_id=notice.account_id,
        subjects=tuple(part["subject"] for part in parts),
    )


def _part(session: Session, one: Missed, now: datetime) -> dict:
    street = reference(session).units[one.cell.unit_id]
    part = {
        "template": "patrol-missed-again" if one.again else "patrol-missed",
        "subject": subject_of(one.cell),
        "cell": one.cell.name,
        "code": one.cell.code,
        "unit": {"zh": street.short_name, "en": street.name_en or street.short_name},
        "times": one.times,
        "due": {"due": one.due_at.isoformat()},
    }
    return part | {"late": True, "planned": {"at": one.due_at.isoformat()}} if now - one.due_at > LATE_AFTER else part
