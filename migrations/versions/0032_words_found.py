"""Words found by their index alone: tickets_with(words, most) never walks the table, however common the planner thinks the words are.

Revision ID: 0032
Revises: 0031
"""

from alembic import op

revision = "0032"
down_revision = "0031"

FUNCTION = """
CREATE FUNCTION tickets_with(words tsquery, most int) RETURNS SETOF bigint LANGUAGE sql STABLE
    SET enable_seqscan = off SET enable_indexscan = off SET jit = off
AS $$ SELECT id FROM tickets WHERE search @@ words LIMIT most $$
"""


def upgrade() -> None:
    op.execute(FUNCTION)


def downgrade() -> None:
    op.execute("DROP FUNCTION tickets_with")
