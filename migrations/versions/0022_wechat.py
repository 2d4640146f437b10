"""WeChat: people, messages and conversations."""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0022"
down_revision = "0021"
MOMENT = UTCDateTime(timezone=True)


def upgrade() -> None:
    _create_people()
    _create_messages()
    op.create_table(
        "wechat_matters",
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_wechat_matters_ticket_id"),
        sa.ForeignKeyConstraint(["person_id"], ["wechat_people.id"], name="fk_wechat_matters_person_id"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_wechat_matters"),
    )
    op.create_index("ix_wechat_matters_person_id", "wechat_matters", ["person_id"])
    _create_media()
    op.create_index("ix_outbox_messages_template", "outbox_messages", ["provider_id"], postgresql_where=sa.text("status = 'sent' AND channel = 'wechat'"))


def downgrade() -> None:
    op.drop_index("ix_outbox_messages_template", "outbox_messages")
    for table in ("wechat_media", "wechat_matters", "wechat_messages", "wechat_people"):
        op.drop_table(table)


def _create_people() -> None:
    op.create_table(
        "wechat_people",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("openid", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), server_default="zh", nullable=False),
        sa.Column("follows", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("wrote_at", MOMENT, nullable=True),
        sa.Column("consented_at", MOMENT, nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_trace", sa.Text(), nullable=True),
        sa.Column("bound_at", MOMENT, nullable=True),
        sa.Column("proof", sa.LargeBinary(), nullable=True),
        sa.Column("step", sa.Text(), server_default="", nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.Column("turned_at", MOMENT, nullable=True),
        sa.Column("reminded_at", MOMENT, nullable=True),
        sa.Column("misses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missed_at", MOMENT, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name="ck_wechat_people_language"),
        sa.CheckConstraint("(phone IS NULL) = (phone_trace IS NULL)", name="ck_wechat_people_phone_is_found_again"),
        sa.CheckConstraint("step = '' OR (draft IS NOT NULL AND turned_at IS NOT NULL)", name="ck_wechat_people_step_has_its_draft"),
        sa.PrimaryKeyConstraint("id", name="pk_wechat_people"),
        sa.UniqueConstraint("trace", name="uq_wechat_people_trace"),
    )
    op.create_index("ix_wechat_people_phone_trace", "wechat_people", ["phone_trace"])
    op.create_index("ix_wechat_people_talking", "wechat_people", ["turned_at"], postgresql_where=sa.text("step <> ''"))


def _create_messages() -> None:
    op.create_table(
        "wechat_messages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["wechat_people.id"], name="fk_wechat_messages_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_wechat_messages"),
        sa.UniqueConstraint("key", name="uq_wechat_messages_key"),
    )
    op.create_index("ix_wechat_messages_waiting", "wechat_messages", ["person_id", "sent_at", "serial", "id"], postgresql_where=sa.text("done_at IS NULL"))
    op.create_index("ix_wechat_messages_done_at", "wechat_messages", ["done_at"])


def _create_media() -> None:
    op.create_table(
        "wechat_media",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_id", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="wanted", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'audio')", name="ck_wechat_media_kind"),
        sa.CheckConstraint("state IN ('wanted', 'kept', 'lost')", name="ck_wechat_media_state"),
        sa.CheckConstraint("(state = 'wanted') = (next_try_at IS NOT NULL)", name="ck_wechat_media_wanted_has_its_time"),
        sa.ForeignKeyConstraint(["person_id"], ["wechat_people.id"], name="fk_wechat_media_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_wechat_media_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_wechat_media"),
    )
    op.create_index("ix_wechat_media_person_id", "wechat_media", ["person_id"])
    op.create_index("ix_wechat_media_ticket_id", "wechat_media", ["ticket_id"])
    op.create_index("ix_wechat_media_wanted", "wechat_media", ["next_try_at"], postgresql_where=sa.text("state = 'wanted'"))
