"""What an administrator may do with accounts, and what nobody may: lose the last administrator, or their own place."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.auth import accounts, sessions, tokens
from app.auth.models import Account
from app.auth.passwords import hash_password
from app.errors import Forbidden, Invalid, NotFound, TooMany, Unauthenticated, WrongState
from tickets.organisations import Unit


def account(session, username) -> Account:
    return session.scalar(sa.select(Account).where(Account.username == username))


def unit(session, code) -> int:
    return session.scalar(sa.select(Unit.id).where(Unit.code == code))


def test_a_new_account_must_change_its_password(session, now):
    password = accounts.one_time_password()
    row = accounts.create(session, "New.Liaison", "新人", unit(session, "urban"), ("liaison",), hash_password(password))
    assert (row.username, row.must_change, row.roles) == ("new.liaison", True, ["liaison"])
    assert sessions.sign_in(session, "new.liaison", password, "", now).id == row.id


def test_all_bad_fields_are_named_at_once(session):
    with pytest.raises(Invalid) as no:
        accounts.create(session, "9", "", None, ("agent",), "long-enough-1")
    assert set(no.value.fields) == {"username", "name", "unit"}
    with pytest.raises(Invalid) as no:
        accounts.create(session, "agent1", "周敏", unit(session, "centre"), ("agent",), "long-enough-1")
    assert set(no.value.fields) == {"username"}


@pytest.mark.parametrize(("code", "roles"), [("centre", ("liaison",)), ("urban", ("agent",)), ("urban", ()), ("urban", ("emperor",))])
def test_posts_belong_to_their_place(session, code, roles):
    with pytest.raises(Invalid) as no:
        accounts.create(session, "somebody", "某人", unit(session, code), roles, "long-enough-1")
    assert "roles" in no.value.fields


def test_the_last_administrator_stays(session):
    admin, other = account(session, "admin1"), account(session, "agent1")
    with pytest.raises(Forbidden):
        accounts.set_active(session, admin, admin.id, False)
    with pytest.raises(WrongState):
        accounts.set_active(session, admin, other.id, False)
    with pytest.raises(WrongState):
        accounts.change(session, admin, other.id, "许诚", admin.unit_id, ("publisher",))
    accounts.change(session, other, admin.id, "周敏", other.unit_id, ("admin",))
    before, after = accounts.set_active(session, admin, other.id, False)
    assert (before["active"], after["active"]) == (True, False)


def test_rest_ends_sessions_and_tokens(session, now):
    row, admin = account(session, "agent1"), account(session, "admin1")
    token = tokens.make_token(session, row, now)
    session.flush()
    accounts.set_active(session, row, admin.id, False)
    with pytest.raises(Unauthenticated):
        tokens.account_of_token(session, token, now)
    assert row.epoch == 1


def test_lock_and_unlock(session, now):
    row, admin = account(session, "agent1"), account(session, "admin1")
    with pytest.raises(Forbidden):
        accounts.lock(admin, admin.id, now)
    accounts.lock(row, admin.id, now)
    with pytest.raises(TooMany):
        sessions.sign_in(session, "agent1", "whatever-it-is", "", now + timedelta(days=100))
    accounts.unlock(row)
    accounts.give_password(row, "given-out-2026")
    assert sessions.sign_in(session, "agent1", "given-out-2026", "", now).must_change


def test_dropping_a_second_factor_that_is_not_there(session):
    with pytest.raises(WrongState):
        accounts.drop_totp(account(session, "agent1"))


def test_tokens_are_ones_own_to_revoke(session, now):
    row, other = account(session, "agent1"), account(session, "dispatcher1")
    token = tokens.make_token(session, row, now, "报表")
    session.flush()
    kept = tokens.tokens_of(session, row)[0]
    with pytest.raises(NotFound):
        tokens.revoke_token(session, other, kept.id, now)
    tokens.revoke_token(session, row, kept.id, now)
    with pytest.raises(Unauthenticated):
        tokens.account_of_token(session, token, now)
