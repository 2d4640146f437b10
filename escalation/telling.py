"""What a sweep has to say to people, as values: on time one notice per person and ticket, after a silence one per person for all of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.models import EscalationStep
from escalation.sweep import LATE_AFTER, Taken

ONE_TELLER = 0x5348_0002  # advisory lock: of several sweeps that end together one tells


@dataclass(frozen=True, slots=True)
class Item:
    """One rung in a notice. `due_at`: the promise it is about; `planned_at`: when it should have been said; no `unit_id`: the centre's own."""

    ticket_id: int | None
    clock_id: int
    unit_id: int | None
    code: str
    step: str
    level: str
    due_at: datetime
    planned_at: datetime
    whistle_id: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person is told in one message. `late`: several passed steps merged after the system was down.

    `key` is the same however often the same notice is made: a message is put once per key.
    """

    account_id: int
    items: tuple[Item, ...]
    late: bool
    key: str


Teller = Callable[[Session, Sequence[Notice], datetime], None]


def notices_of(taken: Iterable[Taken]) -> list[Notice]:
    """The notices of steps taken in time: everything one person must hear of one ticket goes into one."""
    heard: dict[tuple[int, int | None, int | None], list[Item]] = {}
    for one in taken:
        if not one.late:
            item = Item(
                one.ticket_id,
                one.clock_id,
                one.unit_id,
                one.code,
                one.rung.step,
                one.rung.level,
                one.due_at,
                one.planned_at,
                one.whistle_id,
            )
            for account in one.people:
                heard.setdefault((account, one.ticket_id, one.whistle_id), []).append(item)
    return [Notice(account, tuple(items), False, f"step:{account}:{_named(items)}") for (account, *_), items in heard.items()]


def late_untold(session: Session, now: datetime) -> list[Notice]:
    """One notice a person for every late step not yet told, once the backlog is drained; the steps are marked told.

    While clocks are still more than LATE_AFTER behind, or another sweep is telling, there is nothing to say yet.
    """
    behind = sa.text("SELECT EXISTS (SELECT 1 FROM clocks WHERE next_step_at <= :edge)")
    if not session.scalar(sa.select(sa.exists().where(EscalationStep.told_at.is_(None)))):
        return []
    if session.scalar(behind, {"edge": now - LATE_AFTER}) or not session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(ONE_TELLER))):
        return []
    told = (
        sa.update(EscalationStep)
        .where(EscalationStep.told_at.is_(None))
        .values(told_at=now)
        .returning(
            EscalationStep.id,
            EscalationStep.ticket_id,
            EscalationStep.clock_id,
            EscalationStep.unit_id,
            EscalationStep.code,
            EscalationStep.step,
            EscalationStep.level,
            EscalationStep.for_due,
            EscalationStep.planned_at,
            EscalationStep.whistle_id,
            EscalationStep.recipients,
        )
    )
    heard: dict[int, list[tuple[int, Item]]] = {}
    for step_id, *what, recipients in sorted(session.execute(told), key=lambda row: (row[8], row[0])):
        for account in recipients:
            heard.setdefault(account, []).append((step_id, Item(*what)))
    return [Notice(account, tuple(item for _, item in items), True, f"late:{account}:{items[-1][0]}") for account, items in heard.items()]


def _named(items: Sequence[Item]) -> str:
    """The steps a notice is about, as part of its key."""
    return ",".join(f"{item.clock_id}.{item.step}.{int(item.due_at.timestamp())}" for item in items)
