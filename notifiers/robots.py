"""The group robots of units (DingTalk, WeCom, Feishu): where each is called and with which secret. Calling them is channels/robots.py's."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db, one_of
from app.errors import Invalid, NotFound
from app.vault import Vault
from notifiers.channels.robots import Robot, is_address
from notifiers.message import ROBOTS, WECOM


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


def set_robot(
    session: Session, unit_id: int, kind: str, url: str, secret: str, by_id: int | None, now: datetime, inside: bool
) -> UnitRobot:
    """The one robot of a unit, new or in place of the one before; in use at once. Raises Invalid naming what is wrong."""
    url, secret, bad = url.strip(), secret.strip(), dict[str, str]()
    if kind not in ROBOTS:
        bad["kind"] = "请选是哪家的机器人"
    elif not is_address(kind, url, inside):
        bad["url"] = "请把机器人的 Webhook 地址整条粘进来：https:// 开头，主机是这个平台自己的"
    if kind == WECOM and secret:
        bad["signing"] = "企业微信的机器人没有密钥，请空着"
    if len(secret) > 200:
        bad["signing"] = "密钥太长，请只粘密钥本身"
    if bad:
        raise Invalid(**bad)
    vault = session.info["vault"]
    row = session.scalar(sa.select(UnitRobot).where(UnitRobot.unit_id == unit_id).with_for_update()) or UnitRobot(unit_id=unit_id)
    row.kind, row.url, row.secret = kind, vault.seal(url), vault.seal(secret) if secret else None
    row.active, row.made_by_id, row.made_at = True, by_id, now
    session.add(row)
    session.flush()
    return row


def switch(session: Session, robot_id: int, active: bool) -> UnitRobot:
    """In use, or not. Raises NotFound."""
    row = one(session, robot_id)
    row.active = active
    return row


def one(session: Session, robot_id: int) -> UnitRobot:
    """That one, locked. Raises NotFound."""
    row = session.get(UnitRobot, robot_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这个机器人")
    return row


def in_clear(row: UnitRobot, vault: Vault) -> Robot:
    """Address and secret, for whoever calls it now."""
    return Robot(row.kind, vault.open(row.url), vault.open(row.secret) if row.secret else "")
