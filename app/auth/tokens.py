"""API tokens: made once and shown once, kept as a hash, always expiring; scopes "read" and "write"."""

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Account, ApiToken
from app.errors import Invalid, NotFound, Unauthenticated
from tickets.posts import covered_by

SCOPES = ("read", "write")
LONGEST = timedelta(days=365)
_A, _T = Account.__table__.c, ApiToken.__table__.c  # plain columns: every call of the API asks this
_HELD = covered_by(_A.id).subquery("held")
_COVERED = sa.select(sa.func.jsonb_object_agg(_HELD.c.role, _HELD.c.holder_a_id)).scalar_subquery()
_BY_TOKEN = (
    sa.select(
        *(_A.id, _A.username, _A.name, _A.unit_id, _A.roles, _A.language, _A.active, _A.must_change),
        *(_T.scopes, _T.expires_at, _T.revoked_at),
        _COVERED.label("covered"),
    )
    .join_from(ApiToken.__table__, Account.__table__, _T.account_id == _A.id)
    .where(_T.token_hash == sa.bindparam("hash"))
)


def make_token(
    session: Session, account: Account, now: datetime, name: str = "", scopes=SCOPES, lasts: timedelta = timedelta(days=90)
) -> str:
    """A new token for the account; only its hash stays. Raises Invalid for an unknown scope or more than a year."""
    if not set(scopes) <= set(SCOPES) or not scopes:
        raise Invalid(scopes="权限只有 read、write")
    if not timedelta(0) < lasts <= LONGEST:
        raise Invalid(days="有效期最长一年")
    token = "sx_" + secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            account_id=account.id,
            name=name or "token",
            token_hash=_hash(token),
            scopes=list(scopes),
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return token


def account_of_token(session: Session, token: str, now: datetime) -> tuple[sa.Row, frozenset[str]]:
    """The account behind a bearer token (id, username, name, unit_id, roles, language, must_change, and what it holds for others at `now`:
    posts.covered_roles) and the token's scopes; one lean statement.

    Raises Unauthenticated.
    """
    row = session.execute(_BY_TOKEN, {"hash": _hash(token), "at": now}).first()
    if row is None:
        raise Unauthenticated("令牌不对，请重新申请")
    if row.revoked_at is not None or row.expires_at <= now:
        raise Unauthenticated("令牌已过期或被收回，请重新申请")
    if not row.active:
        raise Unauthenticated("这个账号已停用")
    return row, frozenset(row.scopes)


def tokens_of(session: Session, account: Account) -> list[ApiToken]:
    """This account's tokens, newest first."""
    return list(session.scalars(sa.select(ApiToken).where(ApiToken.account_id == account.id).order_by(ApiToken.id.desc())))


def revoke_token(session: Session, account: Account, token_id: int, now: datetime) -> ApiToken:
    """Take one's own token back at once. Raises NotFound."""
    row = session.get(ApiToken, token_id, with_for_update=True)
    if row is None or row.account_id != account.id:
        raise NotFound("没有这个令牌")
    row.revoked_at = row.revoked_at or now
    return row


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
