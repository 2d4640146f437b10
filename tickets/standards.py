"""What must be shown before a matter of a category may be closed (结案标准, R38), and the centre's check on the spot (现场核查, R37).

A category without a standard of its own takes its nearest ancestor's.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, WrongState, later
from tickets.actors import Actor
from tickets.dispatch import live_dispatch
from tickets.events import Event, TicketEvent, record
from tickets.models import Attachment, Category, Ticket
from tickets.reference import Reference
from tickets.workflow import permit

MOST_PHOTOS = 6
LONGEST = 300
OF_UNIT = ("reply", "evidence", "task")  # purposes of a unit's own files


@dataclass(frozen=True)
class Standard:
    """`photos`: how many the unit's reply must come with; `on_site`: checked on the spot before the audit passes it; `staged`: shown in six
    stages; `words`: what else, in words for the handler."""

    photos: int = 0
    on_site: bool = False
    staged: bool = False
    words: str = ""


NONE = Standard()


def standard_of(names: Reference, category_id: int | None) -> Standard:
    """The standard of a category as the names in memory have it: for pages."""
    row = names.categories.get(category_id or 0)
    while row is not None:
        if row.standard:
            return Standard(**row.standard)
        row = names.categories.get(row.parent_id or 0)
    return NONE


def standard_for(session: Session, category_id: int | None) -> Standard:
    """The standard of a category as the database has it now: for verbs."""
    if category_id is None:
        return NONE
    line = (
        sa.select(Category.id, Category.parent_id, Category.standard, Category.level)
        .where(Category.id == category_id)
        .cte("line", recursive=True)
    )
    line = line.union_all(
        sa.select(Category.id, Category.parent_id, Category.standard, Category.level).join(line, Category.id == line.c.parent_id)
    )
    own = session.scalar(sa.select(line.c.standard).where(line.c.standard.is_not(None)).order_by(line.c.level.desc()).limit(1))
    return Standard(**own) if own else NONE


def change(session: Session, row: Category, standard: Standard | None) -> tuple[dict, dict]:
    """Give a locked category a standard of its own, None to follow its parent again; what was and what is. Raises Invalid."""
    if standard is not None:
        bad = {}
        if not 0 <= standard.photos <= MOST_PHOTOS:
            bad["photos"] = "照片 0 到 6 张"
        if len(standard.words) > LONGEST:
            bad["words"] = "最多 300 字"
        if bad:
            raise Invalid(**bad)
    before, row.standard = row.standard, asdict(standard) if standard else None
    session.flush()
    return {"standard": before}, {"standard": row.standard}


def refuse_unshown(session: Session, ticket: Ticket) -> None:
    """A reply needs its photos, taken since the unit got the ticket or since its last reply. Raises Invalid."""
    standard = standard_for(session, ticket.category_id)
    if standard.photos and _photos(session, ticket, Attachment.purpose.in_(OF_UNIT)) < standard.photos:
        raise Invalid(file="照片不够：这类事项要拍下办好后的现场才能答复，请按结案标准补齐")


def refuse_unchecked(session: Session, ticket: Ticket) -> None:
    """The audit may not pass a reply nobody checked on the spot, where the standard asks for that. Raises WrongState."""
    if not standard_for(session, ticket.category_id).on_site or checked_at(session, ticket) is not None:
        return
    raise WrongState("这类事项要先到现场核查、拍照，才能通过；请先在工单上记现场核查")


def checked_at(session: Session, ticket: Ticket) -> datetime | None:
    """When the reply that stands was checked on the spot."""
    return session.scalar(
        sa.select(sa.func.max(TicketEvent.at)).where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.kind == "check-on-site",
            TicketEvent.at > (ticket.replied_at or ticket.received_at),
        )
    )


def check_on_site(session: Session, ticket: Ticket, words: str, actor: Actor, now: datetime) -> None:
    """现场核查: the centre's person was there after the reply and says what they saw; a photo of theirs hangs on the ticket already. Raises Invalid."""
    permit(ticket, "check-on-site", actor)
    bad: Mapping[str, str] = {"words": later("请写下在现场看到什么")} if len(words.strip()) < 2 else {}
    if not _photos(session, ticket, Attachment.by_id == actor.account_id):
        bad = {**bad, "file": later("请附上现场照片")}
    if bad:
        raise Invalid(**bad)
    record(
        session, Event(ticket, "check-on-site", actor, now, {"words": words.strip(), "round": ticket.round}, ticket.status, ticket.status)
    )


def _photos(session: Session, ticket: Ticket, whose) -> int:
    """Photos since the last reply, before the first one since the unit got the ticket."""
    since = Attachment.at > ticket.replied_at if ticket.replied_at else Attachment.at >= live_dispatch(session, ticket).at
    return (
        session.scalar(sa.select(sa.func.count()).where(Attachment.ticket_id == ticket.id, Attachment.kind == "photo", since, whose)) or 0
    )
