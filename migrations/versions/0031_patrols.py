"""The grid patrol: cells with their grade, visits, and the intervals between them, counted as kept, missed or void."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
APPEND_ONLY = "CREATE TRIGGER patrol_visits_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON patrol_visits EXECUTE FUNCTION refuse_change()"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "patrol_cells",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("grade", sa.SmallInteger(), nullable=False),
        sa.Column("active_since", INSTANT, nullable=False),
        sa.Column("active_until", INSTANT, nullable=True),
        sa.CheckConstraint("grade BETWEEN 1 AND 3", name="ck_patrol_cells_grade"),
        sa.CheckConstraint("code <> '' AND name <> ''", name="ck_patrol_cells_named"),
        sa.CheckConstraint("active_until IS NULL OR active_since <= active_until", name="ck_patrol_cells_order"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_patrol_cells_unit_id"),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name="fk_patrol_cells_region_code"),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_cells"),
        sa.UniqueConstraint("code", name="uq_patrol_cells_code"),
    )
    op.create_index("ix_patrol_cells_unit", "patrol_cells", ["unit_id"], postgresql_where=sa.text("active_until IS NULL"))
    op.create_table(
        "patrol_visits",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cell_id"], ["patrol_cells.id"], name="fk_patrol_visits_cell_id"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_patrol_visits_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_visits"),
        sa.UniqueConstraint("request_key", name="uq_patrol_visits_request_key"),
    )
    op.create_index("ix_patrol_visits_cell", "patrol_visits", ["cell_id", "at"])
    op.execute(APPEND_ONLY)
    _intervals()


def _intervals() -> None:
    op.create_table(
        "patrol_intervals",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("limit_id", sa.Integer(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.Text(), server_default="running", nullable=False),
        sa.Column("misses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.CheckConstraint("outcome IN ('running', 'kept', 'missed', 'void')", name="ck_patrol_intervals_outcome"),
        sa.CheckConstraint("(outcome = 'running') = (ended_at IS NULL)", name="ck_patrol_intervals_ended"),
        sa.CheckConstraint("began_at < due_at AND (ended_at IS NULL OR began_at <= ended_at)", name="ck_patrol_intervals_order"),
        sa.CheckConstraint("outcome <> 'kept' OR (visit_id IS NOT NULL AND ended_at <= due_at AND misses = 0)", name="ck_patrol_intervals_kept"),
        sa.CheckConstraint("outcome <> 'missed' OR (visit_id IS NULL AND ended_at = due_at)", name="ck_patrol_intervals_missed"),
        sa.ForeignKeyConstraint(["cell_id"], ["patrol_cells.id"], name="fk_patrol_intervals_cell_id"),
        sa.ForeignKeyConstraint(["limit_id"], ["limits.id"], name="fk_patrol_intervals_limit_id"),
        sa.ForeignKeyConstraint(["visit_id"], ["patrol_visits.id"], name="fk_patrol_intervals_visit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_intervals"),
    )
    op.create_index("uq_patrol_intervals_running", "patrol_intervals", ["cell_id"], unique=True, postgresql_where=sa.text("outcome = 'running'"))
    op.create_index("ix_patrol_intervals_cell", "patrol_intervals", ["cell_id", "began_at"])
    op.create_index("ix_patrol_intervals_due", "patrol_intervals", ["due_at"], postgresql_where=sa.text("outcome = 'running'"))
    op.create_index("ix_patrol_intervals_decided", "patrol_intervals", ["ended_at"], postgresql_include=["cell_id", "outcome"],
                    postgresql_where=sa.text("outcome IN ('kept', 'missed')"))
    op.create_index("ix_patrol_intervals_untold", "patrol_intervals", ["id"], postgresql_where=sa.text("outcome = 'missed' AND told_at IS NULL"))


def downgrade() -> None:
    for table in ("patrol_intervals", "patrol_visits", "patrol_cells"):
        op.drop_table(table)
