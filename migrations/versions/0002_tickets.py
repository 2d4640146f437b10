"""Tickets and what hangs on them, with a history nobody can rewrite; the catalogue, the boundary list, the knowledge base."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0002"
down_revision = "0001"

APPEND_ONLY = "CREATE TRIGGER {0}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {0} EXECUTE FUNCTION refuse_change()"


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("path_name", sa.Text(), nullable=False),
        sa.Column("keywords", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="ck_categories_level"),
        sa.ForeignKeyConstraint(["parent_id"], ["categories.id"], name="fk_categories_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
        sa.UniqueConstraint("code", name="uq_categories_code"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("query_code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("head_hash", sa.Text(), nullable=False),
        sa.Column("touched_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("appeal_type", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), server_default="general", nullable=False),
        sa.Column("urgency", sa.Text(), server_default="ordinary", nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("grid_cell", sa.Text(), server_default="", nullable=False),
        sa.Column("accused", sa.Text(), server_default="", nullable=False),
        sa.Column("confidential", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sealed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reply_wanted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("risk_flags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("call_id", sa.Text(), server_default="", nullable=False),
        sa.Column("external_source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("upper_due_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("master_id", sa.BigInteger(), nullable=True),
        sa.Column("previous_id", sa.BigInteger(), nullable=True),
        sa.Column("registered_by_id", sa.Integer(), nullable=True),
        sa.Column("recused", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.Column("lead_unit_id", sa.Integer(), nullable=True),
        sa.Column("handler_a_id", sa.Integer(), nullable=True),
        sa.Column("handler_b_id", sa.Integer(), nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("slip", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("dispatched_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("signed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("first_contact_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("replied_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("promised_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("due_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sign_due_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("returns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reworks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("extensions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("urges", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("first_rating", sa.Integer(), nullable=True),
        sa.Column("final_rating", sa.Integer(), nullable=True),
        sa.Column("explained", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=False),
        sa.Column("sketch", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.CheckConstraint("(status = 'merged') = (master_id IS NOT NULL)", name="ck_tickets_merged_has_master"),
        sa.CheckConstraint(
            "appeal_type IN ('consult', 'help', 'complaint', 'report', 'suggestion', 'praise', 'other')", name="ck_tickets_appeal_type"
        ),
        sa.CheckConstraint(
            "channel IN ('phone', 'wechat', 'web', 'sms', 'email', 'open311', 'visit', 'patrol', 'transfer', 'api')", name="ck_tickets_channel"
        ),
        sa.CheckConstraint(
            "lead_unit_id IS NOT NULL OR status IN ('registered','direct-closed','emergency-transferred','refused','merged','archived')",
            name="ck_tickets_one_lead",
        ),
        sa.CheckConstraint(
            "status IN ('registered', 'direct-closed', 'emergency-transferred', 'refused', 'merged', 'dispatched', 'signed', 'handling', 'return-requested', 'disputed', 'suspended', 'replied', 'follow-up', 'ledgered', 'terminated', 'closed', 'archived')",
            name="ck_tickets_status",
        ),
        sa.CheckConstraint(
            "track IN ('general', 'urgent', 'enterprise', 'consumer', 'petition-simple', 'petition-ordinary', 'city-event')", name="ck_tickets_track"
        ),
        sa.CheckConstraint("urgency IN ('ordinary', 'urgent', 'critical')", name="ck_tickets_urgency"),
        sa.CheckConstraint("master_id <> id", name="ck_tickets_not_own_master"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_tickets_category_id"),
        sa.ForeignKeyConstraint(["handler_a_id"], ["accounts.id"], name="fk_tickets_handler_a_id"),
        sa.ForeignKeyConstraint(["handler_b_id"], ["accounts.id"], name="fk_tickets_handler_b_id"),
        sa.ForeignKeyConstraint(["lead_unit_id"], ["units.id"], name="fk_tickets_lead_unit_id"),
        sa.ForeignKeyConstraint(["master_id"], ["tickets.id"], name="fk_tickets_master_id"),
        sa.ForeignKeyConstraint(["previous_id"], ["tickets.id"], name="fk_tickets_previous_id"),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name="fk_tickets_region_code"),
        sa.ForeignKeyConstraint(["registered_by_id"], ["accounts.id"], name="fk_tickets_registered_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("external_source", "external_id", name="uq_tickets_external_source_external_id"),
        sa.UniqueConstraint("number", name="uq_tickets_number"),
        sa.UniqueConstraint("query_code", name="uq_tickets_query_code"),
    )
    op.create_index("ix_tickets_lead_received", "tickets", ["lead_unit_id", "received_at", "id"], unique=False)
    op.create_index("ix_tickets_lead_status_due", "tickets", ["lead_unit_id", "status", "due_at", "id"], unique=False)
    op.create_index("ix_tickets_master", "tickets", ["master_id"], unique=False, postgresql_where=sa.text("master_id IS NOT NULL"))
    op.create_index("ix_tickets_previous", "tickets", ["previous_id"], unique=False, postgresql_where=sa.text("previous_id IS NOT NULL"))
    op.create_index("ix_tickets_received", "tickets", ["received_at", "id"], unique=False)
    op.create_index("ix_tickets_search", "tickets", ["search"], unique=False, postgresql_using="gin")
    op.create_index("ix_tickets_sketch", "tickets", ["sketch"], unique=False, postgresql_using="gin")
    op.create_index("ix_tickets_status_received", "tickets", ["status", "received_at", "id"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'audio', 'document')", name="ck_attachments_kind"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_attachments_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_attachments_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
    )
    op.create_index("ix_attachments_ticket_id", "attachments", ["ticket_id"], unique=False)
    op.create_table(
        "dispatches",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), server_default="", nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("signed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_dispatches_by_id"),
        sa.ForeignKeyConstraint(["signed_by_id"], ["accounts.id"], name="fk_dispatches_signed_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_dispatches_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_dispatches_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dispatches"),
    )
    op.create_index("ix_dispatches_ticket_id", "dispatches", ["ticket_id"], unique=False)
    op.create_index("ix_dispatches_unit", "dispatches", ["unit_id", "at"], unique=False)
    op.create_index("uq_dispatches_live", "dispatches", ["ticket_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("contacted", sa.Boolean(), nullable=True),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.Column("satisfied", sa.Integer(), nullable=True),
        sa.Column("truthful", sa.Boolean(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("satisfied BETWEEN 1 AND 5", name="ck_follow_ups_satisfied"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_follow_ups_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_follow_ups_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_follow_ups"),
    )
    op.create_index("ix_follow_ups_ticket_id", "follow_ups", ["ticket_id"], unique=False)
    op.create_table(
        "identities",
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("masked_name", sa.Text(), nullable=False),
        sa.Column("masked_phone", sa.Text(), nullable=False),
        sa.Column("phone_trace", sa.Text(), nullable=True),
        sa.Column("tail_trace", sa.Text(), nullable=True),
        sa.Column("contactable", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'firm', 'organisation', 'anonymous')", name="ck_identities_kind"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_identities_ticket_id"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_identities"),
    )
    op.create_index("ix_identities_phone_trace", "identities", ["phone_trace"], unique=False)
    op.create_index("ix_identities_tail_trace", "identities", ["tail_trace"], unique=False)
    op.create_table(
        "ratings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="ck_ratings_score"),
        sa.ForeignKeyConstraint(["handler_id"], ["accounts.id"], name="fk_ratings_handler_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ratings_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_ratings_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ratings"),
        sa.UniqueConstraint("ticket_id", "round", name="uq_ratings_ticket_id_round"),
    )
    op.create_index("ix_ratings_unit_id", "ratings", ["unit_id"], unique=False)
    op.create_table(
        "replies",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), server_default="", nullable=False),
        sa.Column("time", sa.Text(), server_default="", nullable=False),
        sa.Column("person", sa.Text(), server_default="", nullable=False),
        sa.Column("promised_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("drafted_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("defect", sa.Text(), server_default="", nullable=False),
        sa.Column("review_words", sa.Text(), server_default="", nullable=False),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("result IN ('resolved', 'partly', 'explained', 'objectively-blocked', 'unreasonable')", name="ck_replies_result"),
        sa.CheckConstraint("state IN ('draft', 'sent', 'approved', 'rejected')", name="ck_replies_state"),
        sa.ForeignKeyConstraint(["approved_by_id"], ["accounts.id"], name="fk_replies_approved_by_id"),
        sa.ForeignKeyConstraint(["drafted_by_id"], ["accounts.id"], name="fk_replies_drafted_by_id"),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["accounts.id"], name="fk_replies_reviewed_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_replies_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_replies_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
    )
    op.create_index("ix_replies_ticket_id", "replies", ["ticket_id"], unique=False)
    op.create_index("uq_replies_live", "replies", ["ticket_id"], unique=True, postgresql_where=sa.text("state IN ('draft', 'sent')"))
    op.create_table(
        "requests",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("basis", sa.Text(), server_default="", nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("suggested_unit_id", sa.Integer(), nullable=True),
        sa.Column("promised_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decision_words", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("due_before", UTCDateTime(timezone=True), nullable=True),
        sa.Column("due_after", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('return', 'extension', 'suspension', 'ledger', 'dispute')", name="ck_requests_kind"),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="ck_requests_decided"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["accounts.id"], name="fk_requests_asked_by_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["accounts.id"], name="fk_requests_decided_by_id"),
        sa.ForeignKeyConstraint(["suggested_unit_id"], ["units.id"], name="fk_requests_suggested_unit_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_requests_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_requests_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_queue", "requests", ["kind", "asked_at"], unique=False, postgresql_where=sa.text("decision IS NULL"))
    op.create_index("ix_requests_ticket_id", "requests", ["ticket_id"], unique=False)
    op.create_index("uq_requests_waiting", "requests", ["ticket_id", "kind"], unique=True, postgresql_where=sa.text("decision IS NULL"))
    op.create_table(
        "reveals",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_reveals_account_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_reveals_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reveals"),
    )
    op.create_index("ix_reveals_at", "reveals", ["at"], unique=False)
    op.create_index("ix_reveals_ticket_id", "reveals", ["ticket_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("ask", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("signed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("replied_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("released_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("release_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("score_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("graded_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'signed', 'replied', 'released')", name="ck_tasks_state"),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="ck_tasks_score"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["accounts.id"], name="fk_tasks_asked_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_tasks_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_tasks_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
    )
    op.create_index("ix_tasks_ticket_id", "tasks", ["ticket_id"], unique=False)
    op.create_index("ix_tasks_unit_state", "tasks", ["unit_id", "state", "ticket_id"], unique=False)
    op.create_index("uq_tasks_unit", "tasks", ["ticket_id", "unit_id"], unique=True, postgresql_where=sa.text("state <> 'released'"))
    op.create_table(
        "ticket_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name="fk_ticket_events_actor_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_events_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_ticket_events_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_events"),
        sa.UniqueConstraint("ticket_id", "seq", name="uq_ticket_events_ticket_id_seq"),
    )
    op.create_table(
        "knowledge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), server_default="", nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("public", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("updated_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_knowledge_category_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_knowledge_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_knowledge"),
    )
    op.create_table(
        "boundaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead_unit_id", sa.Integer(), nullable=False),
        sa.Column("division", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("effective_from", UTCDateTime(timezone=True), nullable=False),
        sa.Column("effective_to", UTCDateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_boundaries_by_id"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_boundaries_category_id"),
        sa.ForeignKeyConstraint(["lead_unit_id"], ["units.id"], name="fk_boundaries_lead_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_boundaries"),
    )
    op.create_index("ix_boundaries_category_id", "boundaries", ["category_id"], unique=False)
    op.create_table(
        "catalogue_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("effective_from", UTCDateTime(timezone=True), nullable=False),
        sa.Column("effective_to", UTCDateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("ruling_ticket_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("effective_to IS NULL OR effective_from <= effective_to", name="ck_catalogue_entries_order"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_catalogue_entries_by_id"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_catalogue_entries_category_id"),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name="fk_catalogue_entries_region_code"),
        sa.ForeignKeyConstraint(["ruling_ticket_id"], ["tickets.id"], name="fk_catalogue_entries_ruling_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_catalogue_entries_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue_entries"),
    )
    op.create_index("ix_catalogue_entries_unit_id", "catalogue_entries", ["unit_id"], unique=False)
    op.create_index(
        "uq_catalogue_live",
        "catalogue_entries",
        ["category_id", sa.literal_column("coalesce(region_code, '')")],
        unique=True,
        postgresql_where=sa.text("effective_to IS NULL"),
    )
    for table in ("ticket_events", "reveals"):
        op.execute(APPEND_ONLY.format(table))


def downgrade() -> None:
    op.execute("DROP TABLE catalogue_entries CASCADE")
    op.execute("DROP TABLE boundaries CASCADE")
    op.execute("DROP TABLE knowledge CASCADE")
    op.execute("DROP TABLE ticket_events CASCADE")
    op.execute("DROP TABLE tasks CASCADE")
    op.execute("DROP TABLE reveals CASCADE")
    op.execute("DROP TABLE requests CASCADE")
    op.execute("DROP TABLE replies CASCADE")
    op.execute("DROP TABLE ratings CASCADE")
    op.execute("DROP TABLE identities CASCADE")
    op.execute("DROP TABLE follow_ups CASCADE")
    op.execute("DROP TABLE dispatches CASCADE")
    op.execute("DROP TABLE attachments CASCADE")
    op.execute("DROP TABLE tickets CASCADE")
    op.execute("DROP TABLE categories CASCADE")
