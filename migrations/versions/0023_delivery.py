"""Delivery: more channels and the way from one to the next, who wants which, robots of units, edited words, letters that came in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0023"
down_revision = "0022"
CHANNEL, OUTCOME = "ck_outbox_messages_channel", "ck_delivery_attempts_outcome"
NEW = "'wechat', 'email', 'dingtalk', 'wecom', 'feishu'"
ALL = f"'inbox', 'sms', 'webhook', {NEW}"
OUTSIDE = f"'sms', {NEW}"


def upgrade() -> None:
    op.drop_constraint(CHANNEL, "outbox_messages", type_="check")
    op.create_check_constraint(CHANNEL, "outbox_messages", f"channel IN ({ALL})")
    op.drop_constraint(OUTCOME, "delivery_attempts", type_="check")
    op.create_check_constraint(OUTCOME, "delivery_attempts", "outcome IN ('accepted', 'retry', 'refused', 'unknown', 'withheld')")
    _create_preferences()
    _create_robots()
    _create_wordings()
    _create_letters()
    _widen_outbox()
    op.create_index("ix_delivery_attempts_trouble", "delivery_attempts", ["at"], postgresql_where=sa.text("outcome IN ('retry', 'refused', 'unknown')"))


def downgrade() -> None:
    op.drop_index("ix_delivery_attempts_trouble", "delivery_attempts")
    op.execute(f"UPDATE outbox_messages SET instead_of_id = NULL WHERE instead_of_id IN (SELECT id FROM outbox_messages WHERE channel IN ({NEW}))")
    op.execute(f"DELETE FROM delivery_attempts WHERE outcome = 'withheld' OR message_id IN (SELECT id FROM outbox_messages WHERE channel IN ({NEW}))")
    op.execute(f"DELETE FROM outbox_messages WHERE channel IN ({NEW})")
    for column in ("blanked_at", "words_id", "instead_of_id", "otherwise"):
        op.drop_column("outbox_messages", column)
    for table in ("letters", "channel_pulses", "message_wordings", "unit_robots", "ways", "channel_refusals"):
        op.drop_table(table)
    op.drop_constraint(OUTCOME, "delivery_attempts", type_="check")
    op.create_check_constraint(OUTCOME, "delivery_attempts", "outcome IN ('accepted', 'retry', 'refused', 'unknown')")
    op.drop_constraint(CHANNEL, "outbox_messages", type_="check")
    op.create_check_constraint(CHANNEL, "outbox_messages", "channel IN ('inbox', 'sms', 'webhook')")


def _widen_outbox() -> None:
    op.add_column("outbox_messages", sa.Column("otherwise", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("outbox_messages", sa.Column("instead_of_id", sa.BigInteger(), nullable=True))
    op.add_column("outbox_messages", sa.Column("words_id", sa.Integer(), nullable=True))
    op.add_column("outbox_messages", sa.Column("blanked_at", UTCDateTime(timezone=True), nullable=True))
    op.create_foreign_key("fk_outbox_messages_instead_of_id", "outbox_messages", "outbox_messages", ["instead_of_id"], ["id"])
    op.create_foreign_key("fk_outbox_messages_words_id", "outbox_messages", "message_wordings", ["words_id"], ["id"])
    op.create_index("ix_outbox_messages_instead_of", "outbox_messages", ["instead_of_id"], postgresql_where=sa.text("instead_of_id IS NOT NULL"))
    op.create_index("ix_outbox_messages_blanked", "outbox_messages", ["id"], postgresql_where=sa.text("blanked_at IS NOT NULL"))


def _create_preferences() -> None:
    op.create_table(
        "channel_refusals",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("out_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("back_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"channel IN ({OUTSIDE})", name="ck_channel_refusals_channel"),
        sa.PrimaryKeyConstraint("channel", "trace", name="pk_channel_refusals"),
    )
    op.create_table(
        "ways",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("trace", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("shown_to", sa.Text(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"channel IN ({OUTSIDE})", name="ck_ways_channel"),
        sa.CheckConstraint("(account_id IS NULL) <> (trace IS NULL)", name="ck_ways_of_one_person"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_ways_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ways"),
        sa.UniqueConstraint("account_id", "channel", name="uq_ways_account_id_channel"),
        sa.UniqueConstraint("trace", "channel", name="uq_ways_trace_channel"),
    )


def _create_robots() -> None:
    op.create_table(
        "unit_robots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('dingtalk', 'wecom', 'feishu')", name="ck_unit_robots_kind"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_unit_robots_unit_id"),
        sa.ForeignKeyConstraint(["made_by_id"], ["accounts.id"], name="fk_unit_robots_made_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_robots"),
        sa.UniqueConstraint("unit_id", name="uq_unit_robots_unit_id"),
    )


def _create_wordings() -> None:
    op.create_table(
        "message_wordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"channel IN ({OUTSIDE})", name="ck_message_wordings_channel"),
        sa.CheckConstraint("language IN ('zh', 'en')", name="ck_message_wordings_language"),
        sa.ForeignKeyConstraint(["made_by_id"], ["accounts.id"], name="fk_message_wordings_made_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_wordings"),
        sa.UniqueConstraint("template", "channel", "language", "version", name="uq_message_wordings_template_channel_language_version"),
    )


def _create_letters() -> None:
    op.create_table(
        "channel_pulses",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("last_ok_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_bad_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_code", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(f"channel IN ({ALL})", name="ck_channel_pulses_channel"),
        sa.PrimaryKeyConstraint("channel", name="pk_channel_pulses"),
    )
    op.create_table(
        "letters",
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('registered', 'supplemented', 'refused')", name="ck_letters_outcome"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_letters_ticket_id"),
        sa.PrimaryKeyConstraint("trace", name="pk_letters"),
    )
    op.create_index("ix_letters_ticket_id", "letters", ["ticket_id"])
