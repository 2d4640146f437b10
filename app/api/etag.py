"""The version of a ticket or a whistle as ETag: a write may say which version it saw (If-Match), a reader which one it has (If-None-Match)."""

from datetime import datetime

from flask import request

from app.errors import Stale
from tickets.models import Ticket
from tickets.whistle_models import Whistle


def mark(version: int) -> str:
    return f'"{version}"'


def refuse_stale(row: Ticket | Whistle) -> None:
    """Raises Stale when the caller saw another version. A proxy may have made the tag weak: that is the same version."""
    if request.if_match.star_tag or "If-Match" not in request.headers:
        return
    if not request.if_match.contains_weak(str(row.version)):
        raise Stale("有人先一步办了这一哨，请看最新的再办" if isinstance(row, Whistle) else "有人先一步改了这件工单，请看最新的再办")


def is_known(ticket: Ticket, now: datetime) -> bool:
    """Whether the reader's copy still holds: same version, and no due date passed or may have moved since that version was made."""
    if not request.if_none_match.contains_weak(str(ticket.version)):
        return False
    return not (ticket.due_provisional or (ticket.due_at is not None and ticket.touched_at < ticket.due_at <= now))
