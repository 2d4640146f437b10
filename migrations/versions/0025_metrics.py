"""Daily rollups, frozen months, restatements; what is published, what is told of it, and the settings of both."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"

FIGURES = ["received", "outcome_direct", "outcome_transferred", "outcome_refused", "outcome_merged", "outcome_closed", "outcome_terminated", "outcome_open", "type_consult", "type_help", "type_complaint", "type_report", "type_suggestion", "type_praise", "type_other", "at_once", "accept_due", "accept_met", "repeated", "proactive", "from_firm", "matters", "rateable", "due_all", "excluded_unreasonable", "excluded_wrong", "excluded_other", "paused", "due", "closed_on_time", "closed_late", "overdue", "reworking", "ledgered", "answered", "kept", "judged", "dissatisfied", "worked_days", "worked", "ended", "one_go", "replied", "reworked", "invited", "rated", "sent", "sent_returned", "sent_extended", "sign_due", "sign_met", "respond_due", "respond_met", "handle_due", "handle_done", "tell_due", "tell_done", "feedback_due", "feedback_done", "contact_due", "contact_met", "rectify_due", "rectify_met", "calls", "reached", "contacted_asked", "contacted_yes", "solved_asked", "solved_yes", "satisfied_asked", "satisfied_yes", "ratings", "good", "score_5", "score_4", "score_3", "score_2", "score_1", "by_web", "by_wechat", "by_sms", "by_phone", "by_hall", "again", "bad_named", "bad_rectified", "bad_revisited"]
INSTANT = sa.DateTime(timezone=True)


def _figures(kind) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=True) for name in FIGURES]


def _key(first: str) -> list[sa.Column]:
    return [sa.Column(first, sa.Date(), nullable=False), sa.Column("unit_id", sa.Integer(), nullable=False), sa.Column("category_id", sa.Integer(), nullable=False),
            sa.Column("channel", sa.Text(), nullable=False)]


def upgrade() -> None:
    op.create_table("metric_facts", sa.Column("ticket_id", sa.BigInteger(), nullable=False), sa.Column("version", sa.Integer(), nullable=False), *_key("day"), *_figures(sa.SmallInteger()))
    op.create_index("ix_metric_facts_ticket", "metric_facts", ["ticket_id"])
    op.create_index("ix_metric_facts_day", "metric_facts", ["day", "unit_id"])
    op.create_table("metric_days", *_key("day"), *_figures(sa.Integer()), sa.PrimaryKeyConstraint("day", "unit_id", "category_id", "channel", name="pk_metric_days"))
    op.create_table("metric_months", sa.Column("month", sa.Date(), primary_key=True), sa.Column("frozen_at", INSTANT, nullable=False), sa.Column("by_name", sa.Text(), nullable=False),
                    sa.Column("others", postgresql.JSONB(), nullable=False))
    op.create_table("metric_month_cells", *_key("month"), *_figures(sa.Integer()), sa.PrimaryKeyConstraint("month", "unit_id", "category_id", "channel", name="pk_metric_month_cells"))
    op.create_table(
        "metric_restatements", sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True), sa.Column("month", sa.Date(), nullable=False), sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False), sa.Column("figure", sa.Text(), nullable=False), sa.Column("was", sa.Integer(), nullable=False), sa.Column("becomes", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False), sa.Column("by_name", sa.Text(), nullable=False), sa.Column("at", INSTANT, nullable=False))
    op.create_index("ix_metric_restatements_month", "metric_restatements", ["month", "id"])
    op.create_table("metric_marks", sa.Column("name", sa.Text(), primary_key=True), sa.Column("sure", sa.BigInteger(), nullable=False), sa.Column("last", sa.BigInteger(), nullable=False),
                    sa.Column("at", INSTANT, nullable=False))
    _decided()


def _decided() -> None:
    op.create_table("metric_settings", sa.Column("id", sa.Integer(), sa.Identity(), primary_key=True), sa.Column("name", sa.Text(), nullable=False),
                    sa.Column("value", postgresql.JSONB(), nullable=False), sa.Column("at", INSTANT, nullable=False), sa.Column("by_name", sa.Text(), nullable=False))
    op.create_index("ix_metric_settings_name", "metric_settings", ["name", "id"])
    op.create_table(
        "publications", sa.Column("month", sa.Date(), primary_key=True), sa.Column("opened_at", INSTANT, nullable=False), sa.Column("opened_by_name", sa.Text(), nullable=False),
        sa.Column("appeals_until", INSTANT, nullable=False), sa.Column("published_at", INSTANT, nullable=True), sa.Column("published_by_name", sa.Text(), nullable=True),
        sa.CheckConstraint("(published_at IS NULL) = (published_by_name IS NULL)", name="published"))
    op.create_table(
        "publication_appeals", sa.Column("id", sa.Integer(), sa.Identity(), primary_key=True), sa.Column("month", sa.Date(), sa.ForeignKey("publications.month"), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("units.id"), nullable=False), sa.Column("metric", sa.Text(), nullable=False), sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False), sa.Column("at", INSTANT, nullable=False), sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decision_words", sa.Text(), server_default="", nullable=False), sa.Column("decided_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True), sa.CheckConstraint("words <> ''", name="words"),
        sa.CheckConstraint("decision IN ('upheld', 'rejected')", name="decision"), sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"))
    op.create_index("ix_publication_appeals_month", "publication_appeals", ["month"])
    op.create_index("uq_publication_appeals_waiting", "publication_appeals", ["month", "unit_id", "metric"], unique=True, postgresql_where=sa.text("decision IS NULL"))
    op.create_table(
        "report_subscriptions", sa.Column("id", sa.Integer(), sa.Identity(), primary_key=True), sa.Column("account_id", sa.Integer(), sa.ForeignKey("accounts.id"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("report", "cadence", "channel")), sa.Column("since", INSTANT, nullable=False), sa.Column("by_name", sa.Text(), nullable=False),
        sa.CheckConstraint("cadence IN ('daily', 'weekly', 'monthly')", name="cadence"), sa.CheckConstraint("channel IN ('inbox', 'email', 'robot')", name="channel"),
        sa.UniqueConstraint("account_id", "report", "cadence", "channel"))


def downgrade() -> None:
    """Sums are counted anew from what is there; frozen months and restatements are lost."""
    for table in ("report_subscriptions", "publication_appeals", "publications", "metric_settings", "metric_marks", "metric_restatements", "metric_month_cells", "metric_months", "metric_days", "metric_facts"):
        op.drop_table(table)
