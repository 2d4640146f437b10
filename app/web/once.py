"""A form that creates something creates it once: its hidden token is a row, written in the same transaction as what it creates.

A double click, a reload or a second tab sends the same token again and is led to what the first one made. The same token with
other words is not swallowed: the caller is told, and asks the person. The REST half of the rule is app/api/idempotency.py.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa
from flask import session as browser
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.auth.models import IdempotencyKey

AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Earlier:
    """What this token has made before; `same` tells whether it was asked with the same words."""

    number: str
    same: bool


def token(what: str) -> str:
    """The token of this person's next `what` ("call"): the same in every tab until it is used up."""
    kept = browser.setdefault("once", {})
    if what not in kept:
        renew(what)
    return browser["once"][what]


def renew(what: str) -> str:
    """The token was used: the next form gets another."""
    browser["once"] = browser.get("once", {}) | {what: secrets.token_urlsafe(12)}
    return browser["once"][what]


def remember(what: str, asked: dict, number: str, now: datetime) -> None:
    """What this browser has just made. A browser that goes back fetches the form anew, with another token, and fills in the old words."""
    browser["made"] = browser.get("made", {}) | {what: [_digest(asked), number, now.timestamp()]}


def just_made(what: str, asked: dict, now: datetime) -> str:
    """The number of what this browser made with the very same words within AGAIN, else ""."""
    digest, number, at = browser.get("made", {}).get(what, ("", "", 0.0))
    return number if digest == _digest(asked) and now.timestamp() - at < AGAIN.total_seconds() else ""


def claim(session: Session, account_id: int | None, used: str, asked: dict, now: datetime) -> Earlier | None:
    """None when this is the first time; waits for another request that holds the same token at this very moment."""
    owner, digest = f"desk:{account_id}", _digest(asked)
    row = insert(IdempotencyKey).values(owner=owner, key=used, request_hash=digest, created_at=now)
    if session.execute(row.on_conflict_do_nothing().returning(IdempotencyKey.created_at)).first() is not None:
        return None
    kept = session.get(IdempotencyKey, (owner, used))
    return Earlier(kept.answer["number"], kept.request_hash == digest)


def keep(session: Session, account_id: int | None, used: str, number: str) -> None:
    """Remember what the token made."""
    session.execute(
        sa.update(IdempotencyKey)
        .where(IdempotencyKey.owner == f"desk:{account_id}", IdempotencyKey.key == used)
        .values(status=201, answer={"number": number})
    )


def _digest(asked: dict) -> str:
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()
