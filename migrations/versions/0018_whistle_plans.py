"""Whistles: who is on the way, a plan with dates, the second look, the citizens' word, and the area of a street that a pin must lie in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0018"
down_revision = "0017"

TABLES = ("region_areas", "whistle_ratings", "whistle_looks", "whistle_plan_steps")
# an installation that has limits already learns the new ones here; a fresh one gets all from `init`
LIMIT = """
INSERT INTO limits (code, profile, version, length, unit, article, owner, kind, start, stop, applies, pauses, off, effective_from)
SELECT '{code}', 'default', 1, {length}, '{unit}', '{article}', 'summons', 'duty', '{start}', '{stop}', '[]', '{{}}', false, '2000-01-01T00:00:00Z'
WHERE EXISTS (SELECT 1 FROM limits) ON CONFLICT DO NOTHING"""
LIMITS = ({"code": "whistle-plan", "length": 0, "unit": "calendar-days", "article": "domain §6 TOUGH, GL; R41", "start": "plan", "stop": "{plan-done}"},
          {"code": "whistle-look", "length": 5, "unit": "working-days", "article": "R79b 回头看, practice", "start": "close", "stop": "{look-again,reopen}"})


def upgrade() -> None:
    for name in ("set_out_at", "arriving_at"):
        op.add_column("summonses", sa.Column(name, UTCDateTime(), nullable=True))
    op.create_table(
        "whistle_plan_steps", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("whistle_id", sa.BigInteger(), sa.ForeignKey("whistles.id"), nullable=False),
        sa.Column("summons_id", sa.BigInteger(), sa.ForeignKey("summonses.id"), nullable=False), sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False), sa.Column("due_on", sa.Date(), nullable=False), sa.Column("by_id", sa.Integer(), sa.ForeignKey("accounts.id"), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False), sa.Column("at", UTCDateTime(), nullable=False), sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.Column("done_words", sa.Text(), server_default="", nullable=False), sa.Column("done_by_name", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("what <> ''", name="what"), sa.CheckConstraint("done_at IS NULL OR done_words <> ''", name="done"))
    op.create_index(op.f("ix_whistle_plan_steps_whistle_id"), "whistle_plan_steps", ["whistle_id"])
    op.create_table(
        "whistle_looks", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("whistle_id", sa.BigInteger(), sa.ForeignKey("whistles.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False), sa.Column("held", sa.Boolean(), nullable=False), sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("accounts.id"), nullable=True), sa.Column("by_name", sa.Text(), nullable=False), sa.Column("at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("whistle_id", "round"))
    op.create_table(
        "whistle_ratings", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("whistle_id", sa.BigInteger(), sa.ForeignKey("whistles.id"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), sa.ForeignKey("tickets.id"), nullable=False), sa.Column("score", sa.Integer(), nullable=False), sa.Column("at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("whistle_id", "ticket_id"), sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"))
    op.create_index(op.f("ix_whistle_ratings_ticket_id"), "whistle_ratings", ["ticket_id"])
    op.create_table("region_areas", sa.Column("code", sa.Text(), sa.ForeignKey("regions.code"), primary_key=True),
                    sa.Column("polygons", postgresql.JSONB(astext_type=sa.Text()), nullable=False))
    for limit in LIMITS:
        op.execute(sa.text(LIMIT.format(**limit)))


def downgrade() -> None:
    """Plans, second looks, the citizens' words and the areas are lost, and what was counted for them."""
    ours = "code IN ('whistle-plan', 'whistle-look')"
    op.execute("ALTER TABLE clock_changes DISABLE TRIGGER USER")  # append-only, but what it tells of is gone
    for table in ("ledger_entries", "escalation_steps", "clock_changes", "clock_pauses"):
        op.execute(f"DELETE FROM {table} WHERE clock_id IN (SELECT id FROM clocks WHERE {ours})")
    op.execute("ALTER TABLE clock_changes ENABLE TRIGGER USER")
    op.execute(f"DELETE FROM clocks WHERE {ours}")
    op.execute(f"DELETE FROM limits WHERE {ours}")
    for table in TABLES:
        op.drop_table(table)
    for name in ("arriving_at", "set_out_at"):
        op.drop_column("summonses", name)
