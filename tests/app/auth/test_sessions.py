"""Signing in: the same words for every cause, the lock, the second factor that takes no code twice, passwords and sessions."""

from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from app.auth import sessions
from app.auth.models import Account, AuditEntry
from app.db import db
from app.errors import Invalid, TooMany, Unauthenticated
from tests.factories import PASSWORD


def account(session, username="agent1") -> Account:
    return session.scalar(sa.select(Account).where(Account.username == username))


def said(session, now, username="agent1", password=PASSWORD, code="") -> str:
    with pytest.raises(Unauthenticated) as no:
        sessions.sign_in(session, username, password, code, now)
    return str(no.value)


def test_the_right_password_opens(session, now):
    found = sessions.sign_in(session, " Agent1 ", PASSWORD, "", now)
    session.flush()
    assert found.username == "agent1"
    assert found.signed_in_at == now
    assert (
        session.scalars(sa.select(AuditEntry.action).where(AuditEntry.subject == "agent1").order_by(AuditEntry.id.desc()).limit(1)).one()
        == "sign-in"
    )


def test_nobody_who_writes_of_an_account_makes_its_sign_in_wait(session, now):
    with db.engine.begin() as another:
        another.execute(
            sa.text(
                "INSERT INTO audit_entries (at, actor_id, actor_name, action, subject, data) VALUES (:now, :who, '', 'export', '', '{}')"
            ),
            {"now": now, "who": account(session).id},
        )
        session.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
        assert sessions.sign_in(session, "agent1", PASSWORD, "", now)
        another.rollback()


def test_one_sentence_for_every_cause(session, now):
    """Nobody learns which accounts exist, which are at rest, which have a second factor (domain §11)."""
    resting = account(session, "publisher1")
    resting.active = False
    guarded = account(session, "auditor1")
    guarded.totp_secret = session.info["vault"].seal(pyotp.random_base32())
    session.flush()
    words = {
        said(session, now, "nobody-here"),
        said(session, now, "agent1", "wrong-password"),
        said(session, now, "publisher1"),
        said(session, now, "auditor1"),
        said(session, now, "auditor1", PASSWORD, "000000"),
    }
    assert len(words) == 1


def test_five_failures_lock_for_fifteen_minutes(session, now):
    for _attempt in range(5):
        said(session, now, password="wrong-password")
    with pytest.raises(TooMany):
        sessions.sign_in(session, "agent1", PASSWORD, "", now + timedelta(minutes=14))
    assert sessions.sign_in(session, "agent1", PASSWORD, "", now + timedelta(minutes=16)).failures == 0


def test_a_success_forgets_earlier_failures(session, now):
    for _attempt in range(4):
        said(session, now, password="wrong-password")
    sessions.sign_in(session, "agent1", PASSWORD, "", now)
    said(session, now, password="wrong-password")
    assert account(session).failures == 1


def test_a_code_is_taken_once(session, now):
    secret = sessions.new_totp()
    row = account(session)
    sessions.enable_totp(session, row, secret, pyotp.TOTP(secret).at(now), now)
    code = pyotp.TOTP(secret).at(now)
    assert sessions.sign_in(session, "agent1", PASSWORD, code, now)
    said(session, now, code=code)
    assert sessions.sign_in(session, "agent1", PASSWORD, pyotp.TOTP(secret).at(now + timedelta(seconds=60)), now + timedelta(seconds=60))


def test_a_wrong_code_does_not_turn_it_on(session, now):
    with pytest.raises(Invalid) as no:
        sessions.enable_totp(session, account(session), sessions.new_totp(), "000000", now)
    assert "code" in no.value.fields
    assert account(session).totp_secret is None


def test_turning_it_off_asks_for_the_password(session, now):
    row, secret = account(session), sessions.new_totp()
    sessions.enable_totp(session, row, secret, pyotp.TOTP(secret).at(now), now)
    with pytest.raises(Invalid):
        sessions.disable_totp(session, row, "wrong-password", now)
    sessions.disable_totp(session, row, PASSWORD, now)
    assert row.totp_secret is None


def test_a_new_password_ends_all_sessions(session, now):
    row = account(session)
    before = row.epoch
    with pytest.raises(Invalid):
        sessions.change_password(session, row, "wrong-password", "another-good-one", now)
    with pytest.raises(Invalid):
        sessions.change_password(session, row, PASSWORD, "short", now)
    with pytest.raises(Invalid):
        sessions.change_password(session, row, PASSWORD, PASSWORD, now)
    row.must_change = True
    sessions.change_password(session, row, PASSWORD, "another-good-one", now)
    assert row.epoch == before + 1
    assert row.must_change is False
    assert sessions.sign_in(session, "agent1", "another-good-one", "", now)
