"""The group robots of units (DingTalk, WeCom, Feishu): where each is called and with which secret. Calling them is channels/robots.py's."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of
from notifiers.message import ROBOTS


class UnitRobot(db.Model):
    """One unit's robot. Its address holds a token, so it is sealed like the secret."""

    __tablename__ = "unit_robots"
    __table_args__ = (sa.CheckConstraint(one_of("kind", ROBOTS), name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"), unique=True)
    kind: Mapped[str]
    url: Mapped[bytes]
    secret: Mapped[bytes | None]
    active: Mapped[bool]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    made_at: Mapped[datetime]
