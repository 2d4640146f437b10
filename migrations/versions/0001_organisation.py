"""The organisation: regions, units, posts, absences, delegations, accounts, tokens; the audit log nobody can rewrite."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0001"
down_revision = None

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$"""
LIVE = """
CREATE FUNCTION unit_has_liaison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM posts WHERE unit_id = NEW.id AND role = 'liaison') THEN
        RAISE EXCEPTION 'unit % has no liaison and cannot take tickets (R51)', NEW.code USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$"""
APPEND_ONLY = "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries EXECUTE FUNCTION refuse_change()"
UNIT_LIVE = """
CREATE CONSTRAINT TRIGGER units_live AFTER INSERT OR UPDATE OF live ON units DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.live) EXECUTE FUNCTION unit_has_liaison()"""


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "regions",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["parent_code"], ["regions.code"], name="fk_regions_parent_code"),
        sa.PrimaryKeyConstraint("code", name="pk_regions"),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("peers", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("superior_id", sa.Integer(), nullable=True),
        sa.Column("live", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("kind IN ('city', 'centre', 'district', 'department', 'street', 'company', 'section')", name="ck_units_kind"),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name="fk_units_parent_id"),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name="fk_units_region_code"),
        sa.ForeignKeyConstraint(["superior_id"], ["accounts.id"], name="fk_units_superior_id", use_alter=True),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
        sa.UniqueConstraint("code", name="uq_units_code"),
    )
    op.create_index("ix_units_path", "units", ["path"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", UTCDateTime(timezone=True), nullable=True),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("signed_in_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_accounts_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("username", name="uq_accounts_username"),
    )
    op.create_index("ix_accounts_unit_id", "accounts", ["unit_id"], unique=False)
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("reason IN ('leave', 'trip', 'meeting', 'training', 'other')", name="ck_absences_reason"),
        sa.CheckConstraint("starts_at < ends_at", name="ck_absences_order"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_absences_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_absences"),
    )
    op.create_index("ix_absences_account_id", "absences", ["account_id"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_api_tokens_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
    )
    op.create_index("ix_api_tokens_account_id", "api_tokens", ["account_id"], unique=False)
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name="fk_audit_entries_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"], unique=False)
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder_a_id", sa.Integer(), nullable=False),
        sa.Column("holder_b_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("holder_b_id IS NOT NULL OR role = 'head'", name="ck_posts_has_b"),
        sa.CheckConstraint("role IN ('liaison', 'handler', 'head')", name="ck_posts_role"),
        sa.CheckConstraint("holder_a_id <> holder_b_id", name="ck_posts_two_people"),
        sa.ForeignKeyConstraint(["holder_a_id"], ["accounts.id"], name="fk_posts_holder_a_id"),
        sa.ForeignKeyConstraint(["holder_b_id"], ["accounts.id"], name="fk_posts_holder_b_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_posts_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        sa.UniqueConstraint("unit_id", "role", name="uq_posts_unit_id_role"),
    )
    op.create_index("ix_posts_holder_a_id", "posts", ["holder_a_id"], unique=False)
    op.create_index("ix_posts_holder_b_id", "posts", ["holder_b_id"], unique=False)
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_saved_views_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("account_id", "desk", "name", name="uq_saved_views_account_id_desk_name"),
    )
    op.create_table(
        "delegations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("grantor_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revoked_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("grantor_id <> delegate_id", name="ck_delegations_not_oneself"),
        sa.CheckConstraint("starts_at < ends_at", name="ck_delegations_order"),
        sa.ForeignKeyConstraint(["delegate_id"], ["accounts.id"], name="fk_delegations_delegate_id"),
        sa.ForeignKeyConstraint(["grantor_id"], ["accounts.id"], name="fk_delegations_grantor_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_delegations_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delegations"),
    )
    op.create_index("ix_delegations_delegate_id", "delegations", ["delegate_id"], unique=False)
    op.create_index("ix_delegations_post_id", "delegations", ["post_id"], unique=False)
    op.create_foreign_key("fk_units_superior_id", "units", "accounts", ["superior_id"], ["id"])
    for statement in (REFUSE, LIVE, APPEND_ONLY, UNIT_LIVE):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE delegations CASCADE")
    op.execute("DROP TABLE saved_views CASCADE")
    op.execute("DROP TABLE posts CASCADE")
    op.execute("DROP TABLE audit_entries CASCADE")
    op.execute("DROP TABLE api_tokens CASCADE")
    op.execute("DROP TABLE absences CASCADE")
    op.execute("DROP TABLE accounts CASCADE")
    op.execute("DROP TABLE units CASCADE")
    op.execute("DROP TABLE regions CASCADE")
    op.execute("DROP TABLE idempotency_keys CASCADE")
    op.execute("DROP FUNCTION refuse_change, unit_has_liaison")
