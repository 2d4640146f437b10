"""Accounts, API tokens and the log of what was done to configuration and accounts. No rule lives here."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db


class Account(db.Model):
    """A person who signs in. `epoch` grows whenever all their sessions must end (password, TOTP, lock); `must_change`: the password
    was given out by an administrator and opens nothing but the page that changes it."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"), index=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    password_hash: Mapped[str]
    totp_secret: Mapped[bytes | None]
    totp_last_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    failures: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    demo: Mapped[bool] = mapped_column(server_default=sa.false())
    epoch: Mapped[int] = mapped_column(server_default="0")
    signed_in_at: Mapped[datetime | None]
    must_change: Mapped[bool] = mapped_column(server_default=sa.false())


class ApiToken(db.Model):
    """A bearer token, kept only as a SHA-256; `scopes` are "read" and "write"; it always expires."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AuditEntry(db.Model):
    """What somebody did outside tickets: sign-ins, accounts, posts, catalogue, settings. Append-only, held by a trigger."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    actor_name: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict] = mapped_column(JSONB)


class SavedView(db.Model):
    """A list somebody wants to come back to: a desk, a name, the query string of its URL."""

    __tablename__ = "saved_views"
    __table_args__ = (sa.UniqueConstraint("account_id", "desk", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    desk: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]


class IdempotencyKey(db.Model):
    """One create, once: the key per actor, the hash of what was asked, and the answer given."""

    __tablename__ = "idempotency_keys"

    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    answer: Mapped[dict | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(index=True)
