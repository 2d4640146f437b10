"""Who answers for what, as rows: units, regions, posts with their A and B holders, absences, delegations. Questions are in posts.py."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of
from tickets.codes import UNIT_KINDS


class Region(db.Model):
    """A district or street on the map. `parent_code` is empty for a district."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(sa.ForeignKey("regions.code"))


class Unit(db.Model):
    """A node of the city's tree. `path` lists the codes from the city down ("linhai.east.dongmen"): scope is a prefix of it.

    `peers` is the group it is compared within; `superior_id` the account that supervises it (the next in the chain, R84).
    A unit takes tickets only when `live`, and it cannot be made live without a liaison (R51): a trigger holds that.
    """

    __tablename__ = "units"
    __table_args__ = (sa.CheckConstraint(one_of("kind", UNIT_KINDS), name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    short_name: Mapped[str]
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"))
    path: Mapped[str] = mapped_column(index=True)
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("regions.code"))
    peers: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    superior_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id", use_alter=True))
    live: Mapped[bool] = mapped_column(server_default=sa.false())


class Post(db.Model):
    """A post held by two: A leads, B takes over when A is away (R52, R70). Only a head may lack a B; then a delegation stands in."""

    __tablename__ = "posts"
    __table_args__ = (
        sa.UniqueConstraint("unit_id", "role"),
        sa.CheckConstraint("holder_a_id <> holder_b_id", name="two_people"),
        sa.CheckConstraint("holder_b_id IS NOT NULL OR role = 'head'", name="has_b"),
        sa.CheckConstraint(one_of("role", ("liaison", "handler", "head")), name="role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    role: Mapped[str]
    name: Mapped[str]
    holder_a_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    holder_b_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)


class Absence(db.Model):
    """Somebody is away (leave, trip, meeting, training) from `starts_at` until `ends_at`; their B acts by itself (R71)."""

    __tablename__ = "absences"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.CheckConstraint(one_of("reason", ("leave", "trip", "meeting", "training", "other")), name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")


class Delegation(db.Model):
    """A leader in charge authorises somebody to hold a post for a while; the grantor stays on record (R72)."""

    __tablename__ = "delegations"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.CheckConstraint("grantor_id <> delegate_id", name="not_oneself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(sa.ForeignKey("posts.id"), index=True)
    delegate_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    grantor_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]
    revoked_at: Mapped[datetime | None]


class DutyShift(db.Model):
    """One night, day or holiday on which this person answers for the unit beside its posts (issue 3: nights)."""

    __tablename__ = "duty_shifts"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.UniqueConstraint("account_id", "starts_at"),
        sa.Index("ix_duty_shifts_unit_id", "unit_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    set_by_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
