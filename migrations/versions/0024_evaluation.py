"""Evaluation: rules, draws, call-backs owed, the bad-rating loop, exclusions, reply quality."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0024"
down_revision = "0023"

TABLES = ("quality_marks", "quality_checks", "exclusions", "callbacks", "rectifications", "samples", "evaluation_rules")
CALL_KINDS = "kind IN ('reply', 'due', 'revisit', 'look-back')"
# an installation that has limits already gets the centre's own ones of this room; a fresh one gets all from `init`
LIMITS = """
INSERT INTO limits (code, profile, version, length, unit, article, owner, kind, start, stop, applies, pauses, off, effective_from)
SELECT code, 'default', 1, days, 'working-days', article, 'centre', 'duty', start, stop, CASE WHEN code = 'rating-contact-centre' THEN '[]'::jsonb ELSE '[[[], [], []]]'::jsonb END, '{}', false, '2000-01-01T00:00:00Z'
FROM (VALUES ('rating-review', 2, 'domain §7, SHB §30, practice', 'appeal-rating', ARRAY['rule-rating']),
             ('rating-contact-centre', 1, 'T29, domain §7: 保密件只由中心联系', 'bad-rating', ARRAY['contact-rater']),
             ('revisit', 2, 'domain §7, DZ 实名差评回访, practice', 'rectify', ARRAY['revisit']),
             ('exclusion-review', 5, 'domain §10, practice', 'ask-exclusion', ARRAY['decide-exclusion', 'withdraw-exclusion'])) AS new (code, days, article, start, stop)
WHERE EXISTS (SELECT 1 FROM limits) ON CONFLICT DO NOTHING"""
OURS = "code IN ('rating-contact-centre', 'rating-review', 'revisit', 'exclusion-review')"
# what waits for a call now goes on waiting
WAITING = """
INSERT INTO callbacks (ticket_id, kind, round, unit_id, reason, state, from_at)
SELECT id, 'reply', reworks + 1, lead_unit_id, CASE WHEN sealed THEN 'sealed' ELSE 'all' END, 'waiting', coalesce(replied_at, received_at) FROM tickets WHERE status = 'follow-up'"""


def upgrade() -> None:
    _draws()
    _loops()
    _reviews()
    op.add_column("tickets", sa.Column("rectified", sa.Integer(), server_default="0", nullable=False))
    op.add_column("follow_ups", sa.Column("kind", sa.Text(), server_default="reply", nullable=False))
    op.create_check_constraint("ck_follow_ups_kind", "follow_ups", CALL_KINDS)
    op.execute(sa.text(LIMITS))
    op.execute(f'UPDATE limits SET "off" = false WHERE {OURS} AND version = 1')
    op.execute(WAITING)


def downgrade() -> None:
    """Loops, call-backs owed, draws, exclusions and marks are lost; ratings and calls made stay, the second ratings of a loop aside."""
    for table in TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM follow_ups WHERE kind <> 'reply'")
    op.drop_constraint("ck_follow_ups_kind", "follow_ups", type_="check")
    op.drop_column("follow_ups", "kind")
    op.drop_column("tickets", "rectified")
    op.execute(f"UPDATE clocks SET stopped_at = now(), stop_reason = 'cancelled', next_step = NULL, next_step_at = NULL WHERE stopped_at IS NULL AND {OURS}")
    op.execute(f'UPDATE limits SET "off" = true WHERE {OURS}')
    op.execute(f"DELETE FROM limits WHERE {OURS} AND id NOT IN (SELECT limit_id FROM clocks)")


def _draws() -> None:
    op.create_table(
        "evaluation_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("on_reply", sa.Boolean(), nullable=False),
        sa.Column("on_due", sa.Boolean(), nullable=False),
        sa.Column("call_share", sa.Integer(), nullable=False),
        sa.Column("look_back_days", sa.Integer(), nullable=False),
        sa.Column("look_back_share", sa.Integer(), nullable=False),
        sa.Column("quality_share", sa.Integer(), nullable=False),
        sa.Column("double_share", sa.Integer(), nullable=False),
        sa.Column("effective_from", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("call_share BETWEEN 0 AND 100 AND look_back_share BETWEEN 0 AND 100 AND quality_share BETWEEN 0 AND 100 AND double_share BETWEEN 0 AND 100", name="ck_evaluation_rules_shares"),
        sa.CheckConstraint("look_back_days BETWEEN 1 AND 365", name="ck_evaluation_rules_days"),
        sa.CheckConstraint("on_reply OR on_due", name="ck_evaluation_rules_some_trigger"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_evaluation_rules_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_evaluation_rules"),
    )
    op.create_index("ix_evaluation_rules_profile", "evaluation_rules", ["profile", "effective_from"], unique=False)
    op.create_table(
        "samples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("until", UTCDateTime(timezone=True), nullable=False),
        sa.Column("population", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("chosen", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('call-back', 'look-back', 'quality')", name="ck_samples_kind"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_samples_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_samples"),
    )
    op.create_index("ix_samples_kind", "samples", ["kind", "at"], unique=False)


def _loops() -> None:
    op.create_table(
        "rectifications",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("rating_id", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), server_default="1", nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("by_centre", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("contacted_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("contacted_by_id", sa.Integer(), nullable=True),
        sa.Column("class_code", sa.Text(), nullable=True),
        sa.Column("class_words", sa.Text(), server_default="", nullable=False),
        sa.Column("classified_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("promised_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("refused_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("refused_words", sa.Text(), server_default="", nullable=False),
        sa.Column("appeal_words", sa.Text(), server_default="", nullable=False),
        sa.Column("appealed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("ruling", sa.Text(), nullable=True),
        sa.Column("ruling_words", sa.Text(), server_default="", nullable=False),
        sa.Column("ruled_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("ruled_by_id", sa.Integer(), nullable=True),
        sa.Column("measures", sa.Text(), server_default="", nullable=False),
        sa.Column("rectified_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("rectified_by_id", sa.Integer(), nullable=True),
        sa.Column("told_by", sa.Text(), server_default="", nullable=False),
        sa.Column("told_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("revisited_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("revisited_by_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_words", sa.Text(), server_default="", nullable=False),
        sa.Column("second_rating_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="ck_rectifications_closed"),
        sa.CheckConstraint("(state = 'counted') <> named", name="ck_rectifications_counted"),
        sa.CheckConstraint("class_code IN ('clear', 'complex', 'no-legal-basis', 'mistaken')", name="ck_rectifications_class_code"),
        sa.CheckConstraint("outcome IN ('settled', 'explained', 'upheld', 'unreachable', 'redone')", name="ck_rectifications_outcome"),
        sa.CheckConstraint("state IN ('counted', 'open', 'contacted', 'rectifying', 'appealed', 'told', 'upheld', 'closed')", name="ck_rectifications_state"),
        sa.ForeignKeyConstraint(["contacted_by_id"], ["accounts.id"], name="fk_rectifications_contacted_by_id"),
        sa.ForeignKeyConstraint(["handler_id"], ["accounts.id"], name="fk_rectifications_handler_id"),
        sa.ForeignKeyConstraint(["rating_id"], ["ratings.id"], name="fk_rectifications_rating_id"),
        sa.ForeignKeyConstraint(["rectified_by_id"], ["accounts.id"], name="fk_rectifications_rectified_by_id"),
        sa.ForeignKeyConstraint(["revisited_by_id"], ["accounts.id"], name="fk_rectifications_revisited_by_id"),
        sa.ForeignKeyConstraint(["ruled_by_id"], ["accounts.id"], name="fk_rectifications_ruled_by_id"),
        sa.ForeignKeyConstraint(["second_rating_id"], ["ratings.id"], name="fk_rectifications_second_rating_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_rectifications_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_rectifications_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rectifications"),
    )
    op.create_index("ix_rectifications_opened", "rectifications", ["opened_at"], unique=False)
    op.create_index("ix_rectifications_ticket_id", "rectifications", ["ticket_id"], unique=False)
    op.create_index("ix_rectifications_unit", "rectifications", ["unit_id", "opened_at"], unique=False)
    op.create_index("uq_rectifications_live", "rectifications", ["ticket_id"], unique=True, postgresql_where=sa.text("state NOT IN ('counted', 'closed')"))
    op.create_index("uq_rectifications_rating", "rectifications", ["rating_id", "turn"], unique=True)
    op.create_table(
        "callbacks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=True),
        sa.Column("rectification_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("from_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("texted_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("done_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(state IN ('done', 'skipped')) = (done_at IS NOT NULL)", name="ck_callbacks_done"),
        sa.CheckConstraint("finding IN ('good', 'relapse')", name="ck_callbacks_finding"),
        sa.CheckConstraint("kind IN ('reply', 'due', 'revisit', 'look-back')", name="ck_callbacks_kind"),
        sa.CheckConstraint("reason IN ('all', 'sampled', 'bad', 'sealed')", name="ck_callbacks_reason"),
        sa.CheckConstraint("result IN ('answered', 'unreachable', 'not-drawn', 'moved-on')", name="ck_callbacks_result"),
        sa.CheckConstraint("state IN ('drawing', 'waiting', 'done', 'skipped')", name="ck_callbacks_state"),
        sa.ForeignKeyConstraint(["done_by_id"], ["accounts.id"], name="fk_callbacks_done_by_id"),
        sa.ForeignKeyConstraint(["rectification_id"], ["rectifications.id"], name="fk_callbacks_rectification_id"),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name="fk_callbacks_sample_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_callbacks_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_callbacks_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_callbacks"),
    )
    op.create_index("ix_callbacks_from", "callbacks", ["from_at"], unique=False)
    op.create_index("ix_callbacks_ticket_id", "callbacks", ["ticket_id"], unique=False)
    op.create_index("ix_callbacks_waiting", "callbacks", ["from_at", "id"], unique=False, postgresql_where=sa.text("state IN ('drawing', 'waiting')"))
    op.create_index("uq_callbacks_live", "callbacks", ["ticket_id", "kind"], unique=True, postgresql_where=sa.text("state IN ('drawing', 'waiting')"))


def _reviews() -> None:
    op.create_table(
        "exclusions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("attachment_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("first_by_id", sa.Integer(), nullable=True),
        sa.Column("first_words", sa.Text(), server_default="", nullable=False),
        sa.Column("first_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("second_by_id", sa.Integer(), nullable=True),
        sa.Column("second_words", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("basis <> '' AND evidence <> ''", name="ck_exclusions_grounds"),
        sa.CheckConstraint("ground IN ('unreasonable', 'wrongly-dispatched', 'malicious', 'beyond-law', 'force-majeure')", name="ck_exclusions_ground"),
        sa.CheckConstraint("state <> 'approved' OR (first_by_id IS NOT NULL AND second_by_id IS NOT NULL)", name="ck_exclusions_approved_by_two"),
        sa.CheckConstraint("state IN ('asked', 'seconded', 'approved', 'denied', 'withdrawn')", name="ck_exclusions_state"),
        sa.CheckConstraint("first_by_id <> second_by_id", name="ck_exclusions_two_people"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["accounts.id"], name="fk_exclusions_asked_by_id"),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"], name="fk_exclusions_attachment_id"),
        sa.ForeignKeyConstraint(["first_by_id"], ["accounts.id"], name="fk_exclusions_first_by_id"),
        sa.ForeignKeyConstraint(["second_by_id"], ["accounts.id"], name="fk_exclusions_second_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_exclusions_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_exclusions_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_exclusions"),
    )
    op.create_index("ix_exclusions_decided", "exclusions", ["decided_at"], unique=False)
    op.create_index("ix_exclusions_open", "exclusions", ["asked_at"], unique=False, postgresql_where=sa.text("state IN ('asked', 'seconded')"))
    op.create_index("ix_exclusions_ticket_id", "exclusions", ["ticket_id"], unique=False)
    op.create_index("ix_exclusions_unit_id", "exclusions", ["unit_id"], unique=False)
    op.create_index("uq_exclusions_standing", "exclusions", ["ticket_id", "unit_id"], unique=True, postgresql_where=sa.text("state IN ('asked', 'seconded', 'approved')"))
    op.create_table(
        "quality_checks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("reply_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("double", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("accurate", sa.Boolean(), nullable=True),
        sa.Column("drawn_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'settled') = (accurate IS NOT NULL)", name="ck_quality_checks_settled"),
        sa.CheckConstraint("state IN ('open', 'split', 'settled')", name="ck_quality_checks_state"),
        sa.ForeignKeyConstraint(["reply_id"], ["replies.id"], name="fk_quality_checks_reply_id"),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name="fk_quality_checks_sample_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_quality_checks_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_quality_checks_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quality_checks"),
        sa.UniqueConstraint("reply_id", name="uq_quality_checks_reply_id"),
    )
    op.create_index("ix_quality_checks_drawn", "quality_checks", ["drawn_at"], unique=False)
    op.create_index("ix_quality_checks_open", "quality_checks", ["id"], unique=False, postgresql_where=sa.text("state <> 'settled'"))
    op.create_index("ix_quality_checks_ticket_id", "quality_checks", ["ticket_id"], unique=False)
    op.create_table(
        "quality_marks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("accurate", sa.Boolean(), nullable=False),
        sa.Column("elements", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tone", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("accurate OR words <> ''", name="ck_quality_marks_why_wrong"),
        sa.CheckConstraint("tone BETWEEN 1 AND 5", name="ck_quality_marks_tone"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_quality_marks_by_id"),
        sa.ForeignKeyConstraint(["check_id"], ["quality_checks.id"], name="fk_quality_marks_check_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quality_marks"),
        sa.UniqueConstraint("check_id", "by_id", name="uq_quality_marks_check_id_by_id"),
    )
