"""Tables of the figures: each ticket's facts, their daily sums, frozen months, restatements. Columns only; null means nought."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from app.db import UTCDateTime, db
from escalation.metrics.figures import FIGURES

KEYS = ("day", "unit_id", "category_id", "channel")


def _figures(kind: type[sa.types.TypeEngine]) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=True) for name in FIGURES]


def _key(first: str, primary: bool) -> list[sa.Column]:
    return [
        sa.Column(first, sa.Date, primary_key=primary, nullable=False),
        sa.Column("unit_id", sa.Integer, primary_key=primary, nullable=False, autoincrement=False),
        sa.Column("category_id", sa.Integer, primary_key=primary, nullable=False, autoincrement=False),
        sa.Column("channel", sa.Text, primary_key=primary, nullable=False),
    ]


# what one ticket adds to one cell; `version` is the ticket's when it was counted
facts = sa.Table(
    "metric_facts",
    db.metadata,
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    *_key("day", False),
    *_figures(sa.SmallInteger),
    sa.Index("ix_metric_facts_ticket", "ticket_id"),
    sa.Index("ix_metric_facts_day", "day", "unit_id"),
)
days = sa.Table("metric_days", db.metadata, *_key("day", True), *_figures(sa.Integer))
# a month as it stood at its cut-off, for ever: `others` are figures that no ticket adds up to, {unit id: {figure: n}}
months = sa.Table(
    "metric_months",
    db.metadata,
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("frozen_at", UTCDateTime, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("others", JSONB, nullable=False),
)
cells = sa.Table("metric_month_cells", db.metadata, *_key("month", True), *_figures(sa.Integer))
restatements = sa.Table(
    "metric_restatements",
    db.metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("month", sa.Date, nullable=False),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("unit_id", sa.Integer, nullable=False),
    sa.Column("figure", sa.Text, nullable=False),
    sa.Column("was", sa.Integer, nullable=False),
    sa.Column("becomes", sa.Integer, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Index("ix_metric_restatements_month", "month", "id"),
)
# how far the log was read: "events", "changes", "steps"; `sure` is behind `last` by more than any transaction lasts
marks = sa.Table(
    "metric_marks",
    db.metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sure", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
)
