"""What is decided about figures: settings, publication with the units' appeals, and who gets which report. Columns and constraints only."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of

REPORT_CHANNELS = ("inbox", "email", "robot")
CADENCES = ("daily", "weekly", "monthly")


class MetricSetting(db.Model):
    """One setting as it holds from `at`; the newest row of a name holds, the older ones say what held."""

    __tablename__ = "metric_settings"
    __table_args__ = (sa.Index("ix_metric_settings_name", "name", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    value: Mapped[dict] = mapped_column(JSONB)
    at: Mapped[datetime]
    by_name: Mapped[str]


class Publication(db.Model):
    """A frozen month on its way to the public: shown to the units first, published when no appeal waits any more."""

    __tablename__ = "publications"
    __table_args__ = (sa.CheckConstraint("(published_at IS NULL) = (published_by_name IS NULL)", name="published"),)

    month: Mapped[date] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime]
    opened_by_name: Mapped[str]
    appeals_until: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by_name: Mapped[str | None]


class PublicationAppeal(db.Model):
    """A unit says a figure of its own is wrong, before it is published; the centre answers. It is never dropped."""

    __tablename__ = "publication_appeals"
    __table_args__ = (
        sa.CheckConstraint("words <> ''", name="words"),
        sa.CheckConstraint(one_of("decision", ("upheld", "rejected")), name="decision"),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
        sa.Index("uq_publication_appeals_waiting", "month", "unit_id", "metric", unique=True, postgresql_where=sa.text("decision IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(sa.ForeignKey("publications.month"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    metric: Mapped[str]
    words: Mapped[str]
    by_name: Mapped[str]
    at: Mapped[datetime]
    decision: Mapped[str | None]
    decision_words: Mapped[str] = mapped_column(server_default="")
    decided_by_name: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]


class ReportSubscription(db.Model):
    """Somebody gets a report by itself: which, how often, by which channel. A period is sent once, whoever is killed meanwhile."""

    __tablename__ = "report_subscriptions"
    __table_args__ = (
        sa.CheckConstraint(one_of("cadence", CADENCES), name="cadence"),
        sa.CheckConstraint(one_of("channel", REPORT_CHANNELS), name="channel"),
        sa.UniqueConstraint("account_id", "report", "cadence", "channel"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    report: Mapped[str]
    cadence: Mapped[str]
    channel: Mapped[str]
    since: Mapped[datetime]
    by_name: Mapped[str]
