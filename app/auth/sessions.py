"""Signing in and out: password, lock-out after repeated failures, optional TOTP that never takes a code twice, session rotation."""

from datetime import datetime, timedelta

import pyotp
import sqlalchemy as sa
from flask import session as browser
from sqlalchemy.orm import Session

from app.auth.audit import audit
from app.auth.models import Account
from app.auth.passwords import hash_password, is_password
from app.errors import Invalid, TooMany, Unauthenticated, later

FAILURES = 5
LOCK = timedelta(minutes=15)
WRONG = later("账号、密码或动态码不对")  # one sentence for all, so that nobody learns which accounts exist or have TOTP
_DECOY = "$argon2id$v=19$m=65536,t=3,p=4$c2hhb3hpYW5nLWRlY295$BVYqOQxYWm7pVh7AFB8rTlgYq4qQjZEUoUjCEmlnq0M"


def sign_in(session: Session, username: str, password: str, code: str, now: datetime) -> Account:
    """Check name, password and, when the account has one, the TOTP code. Five failures lock the account for 15 minutes.

    Raises Unauthenticated (the same words for an unknown name and a wrong password), TooMany while locked. The caller must commit
    even when this raises: the count of failures is a row.
    """
    named = sa.select(Account).where(Account.username == username.strip().lower())
    account = session.scalar(named.with_for_update(key_share=True))  # whoever writes a row that names this account does not make it wait
    if account is None or not account.active:
        is_password(_DECOY, password)
        raise Unauthenticated(WRONG)
    if account.locked_until and account.locked_until > now:
        raise TooMany("试错太多，请 15 分钟后再来，或找管理员解锁")
    if not is_password(account.password_hash, password) or not _code_is_right(session, account, code, now):
        _count_failure(session, account, now)
        raise Unauthenticated(WRONG)
    account.failures, account.locked_until, account.signed_in_at = 0, None, now
    audit(session, account.id, account.name, "sign-in", account.username, now)
    return account


def open_session(account: Account, now: datetime) -> None:
    """A fresh browser session for this account: whatever was there before is gone (rotation)."""
    language = browser.get("lang")
    browser.clear()
    browser.permanent = True
    browser.update(account=account.id, epoch=account.epoch, since=now.isoformat())
    if language:
        browser["lang"] = language


def close_session() -> None:
    browser.clear()


def change_password(session: Session, account: Account, old: str, new: str, now: datetime) -> None:
    """A new password ends all other sessions. Raises Invalid when the old one is wrong or the new one too short."""
    if not is_password(account.password_hash, old):
        raise Invalid(old="原密码不对")
    if new == old:
        raise Invalid(password="新密码不能和原来的一样")  # noqa: S106 -- a sentence about a field
    account.password_hash, account.epoch, account.must_change = hash_password(new), account.epoch + 1, False
    audit(session, account.id, account.name, "change-password", account.username, now)


def new_totp() -> str:
    """A secret to show as QR; it counts only after `enable_totp` saw one right code."""
    return pyotp.random_base32()


def enable_totp(session: Session, account: Account, secret: str, code: str, now: datetime) -> None:
    """Turn TOTP on. Raises Invalid when the code does not fit the secret."""
    if not pyotp.TOTP(secret).verify(code, for_time=now, valid_window=1):
        raise Invalid(code="动态码不对，请看手机上最新的 6 位")
    account.totp_secret, account.epoch = session.info["vault"].seal(secret), account.epoch + 1
    audit(session, account.id, account.name, "enable-totp", account.username, now)


def disable_totp(session: Session, account: Account, password: str, now: datetime) -> None:
    """Turn TOTP off, which asks for the password again. Raises Invalid."""
    if not is_password(account.password_hash, password):
        raise Invalid(password="密码不对")  # noqa: S106 -- a sentence about a field
    account.totp_secret, account.totp_last_step, account.epoch = None, None, account.epoch + 1
    audit(session, account.id, account.name, "disable-totp", account.username, now)


def renew_session(account: Account) -> None:
    """This device goes on after a change that ended all sessions of the account."""
    browser["epoch"] = account.epoch


def _code_is_right(session: Session, account: Account, code: str, now: datetime) -> bool:
    if account.totp_secret is None:
        return True
    totp = pyotp.TOTP(session.info["vault"].open(account.totp_secret))
    step = int(now.timestamp()) // 30
    for candidate in (step - 1, step, step + 1):
        if code and pyotp.utils.strings_equal(code, totp.at(candidate * 30)) and candidate > (account.totp_last_step or 0):
            account.totp_last_step = candidate
            return True
    return False


def _count_failure(session: Session, account: Account, now: datetime) -> None:
    account.failures += 1
    if account.failures >= FAILURES:
        account.failures, account.locked_until = 0, now + LOCK
        audit(session, account.id, account.name, "lock", account.username, now)
