"""Pictures of a whistle: of the scene, of a result, as evidence of a low grade. Checked and stored as a ticket's attachments are."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState
from tickets.actors import Actor
from tickets.attachments import Checked, keep
from tickets.whistle_models import Summons, Whistle, WhistlePhoto

MOST = 60


def add(
    session: Session,
    whistle: Whistle,
    files: Sequence[Checked],
    purpose: str,
    folder: Path,
    actor: Actor,
    now: datetime,
    summons: Summons | None = None,
) -> list[WhistlePhoto]:
    """Keep checked pictures; the verb that brings them records how many. Raises Invalid for what is no picture, WrongState past 60."""
    if any(checked.kind != "photo" for checked in files):
        raise Invalid(photos="这里只收照片（JPG、PNG、WEBP）")
    if files and (session.scalar(sa.select(sa.func.count()).where(WhistlePhoto.whistle_id == whistle.id)) or 0) + len(files) > MOST:
        raise WrongState("一哨最多 60 张照片")
    rows = [
        WhistlePhoto(
            whistle_id=whistle.id,
            summons_id=summons.id if summons else None,
            purpose=purpose,
            mime=checked.mime,
            size=len(checked.data),
            sha256=keep(folder, checked),
            width=checked.width,
            height=checked.height,
            by_id=actor.account_id,
            at=now,
        )
        for checked in files
    ]
    session.add_all(rows)
    return rows


def photos_of(session: Session, whistle_id: int) -> list[WhistlePhoto]:
    """All pictures of a whistle, oldest first."""
    return list(session.scalars(sa.select(WhistlePhoto).where(WhistlePhoto.whistle_id == whistle_id).order_by(WhistlePhoto.id)))


def photo_of(session: Session, whistle: Whistle, photo_id: int) -> WhistlePhoto:
    """One picture of this whistle. Raises NotFound."""
    row = session.get(WhistlePhoto, photo_id)
    if row is None or row.whistle_id != whistle.id:
        raise NotFound("没有这张照片")
    return row
