"""Words an administrator wrote in place of the house's own (wording.py): by template, channel and language, every version kept."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifiers.models import MessageWording


def current(session: Session, channel: str) -> dict[tuple[str, str], MessageWording]:
    """The texts of a channel that were edited and not put back: (template, language) → its newest version; one statement."""
    rows = session.scalars(sa.select(MessageWording).where(MessageWording.channel == channel).order_by(MessageWording.version))
    newest = {(row.template, row.language): row for row in rows}
    return {what: row for what, row in newest.items() if row.line}
