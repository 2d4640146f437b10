"""What somebody did outside tickets becomes an append-only row; of a change it keeps what differs."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.auth.models import AuditEntry


def audit(session: Session, actor_id: int | None, actor_name: str, action: str, subject: str, now: datetime, **data) -> None:
    session.add(AuditEntry(at=now, actor_id=actor_id, actor_name=actor_name, action=action, subject=subject, data=data))


def difference(before: dict, after: dict) -> dict:
    """Only what changed, both sides, as JSON can hold it."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        "before": {name: _plain(before[name]) for name in names if name in before},
        "after": {name: _plain(after[name]) for name in names if name in after},
    }


def _plain(value):
    return value.isoformat() if isinstance(value, datetime) else value
