"""One line: what somebody did outside tickets becomes an append-only row."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.auth.models import AuditEntry


def audit(session: Session, actor_id: int | None, actor_name: str, action: str, subject: str, now: datetime, **data) -> None:
    session.add(AuditEntry(at=now, actor_id=actor_id, actor_name=actor_name, action=action, subject=subject, data=data))
