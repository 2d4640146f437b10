"""Who may be named to handle, and how an absence and a delegation end."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.auth.models import Account
from app.errors import Forbidden, Invalid, NotFound, WrongState
from tests import factories
from tickets import handling, posts
from tickets.organisations import Absence, Post, Unit

HOUR = timedelta(hours=1)


@pytest.fixture
def ids(session):
    """`ids("urban.handler")`: the account's id."""
    return lambda username: session.scalar(sa.select(Account.id).where(Account.username == username))


@pytest.fixture
def signed(session, now):
    """`signed(handler=…, backup=…)`: A and B of a fresh ticket after its signature."""

    def sign(**named):
        ticket = factories.a_ticket(session, now, "dispatched")
        ticket.recused = named.pop("recused", [])
        handling.sign(session, ticket, factories.person(session, "urban.liaison", now), now, **named)
        return ticket.handler_a_id, ticket.handler_b_id

    return sign


def test_nobody_named_means_the_posts_two_holders(signed, ids):
    assert signed() == (ids("urban.handler"), ids("urban.backup"))


def test_naming_one_leaves_the_other_to_the_post(signed, ids):
    assert signed(handler=ids("urban.backup")) == (ids("urban.backup"), ids("urban.handler"))
    assert signed(backup=ids("urban.handler")) == (ids("urban.backup"), ids("urban.handler"))
    assert signed(handler=ids("urban.liaison")) == (ids("urban.liaison"), ids("urban.backup"))


def test_only_live_people_of_the_unit_who_are_not_recused(signed, ids, session):
    for stranger in (ids("water.handler"), ids("agent1"), 2**31 - 1):
        with pytest.raises(Invalid) as no:
            signed(handler=stranger, backup=stranger)
        assert set(no.value.fields) == {"handler", "backup"}
    session.execute(sa.update(Account).where(Account.username == "urban.backup").values(active=False))
    with pytest.raises(Invalid) as no:
        signed(backup=ids("urban.backup"))
    assert set(no.value.fields) == {"backup"}
    with pytest.raises(Invalid) as no:
        signed(handler=ids("urban.handler"), recused=[ids("urban.handler")])
    assert "回避" in no.value.fields["handler"][0]


def test_one_person_is_not_both(signed, ids):
    with pytest.raises(Invalid) as no:
        signed(handler=ids("urban.handler"), backup=ids("urban.handler"))
    assert set(no.value.fields) == {"backup"}


def test_people_of_a_section_may_be_named_those_of_another_unit_below_may_not(signed, ids, session):
    urban = session.scalar(sa.select(Unit).where(Unit.code == "urban"))
    below = {
        kind: Unit(
            code=f"urban-{kind}",
            name=kind,
            name_en=kind,
            short_name=kind,
            kind=kind,
            parent_id=urban.id,
            path=f"{urban.path}.urban-{kind}",
            peers="",
        )
        for kind in ("section", "street")
    }
    session.add_all(below.values())
    session.flush()
    people = {
        kind: Account(username=f"urban.{kind}", name=kind, unit_id=unit.id, roles=["handler"], password_hash="-")
        for kind, unit in below.items()
    }
    session.add_all(people.values())
    session.flush()
    assert signed(handler=people["section"].id)[0] == people["section"].id
    with pytest.raises(Invalid):
        signed(handler=people["street"].id)


def test_an_absence_ends_once_and_by_its_own_person(session, now, ids):
    me, other, admin = (factories.person(session, name, now) for name in ("urban.handler", "urban.liaison", "admin1"))
    row = posts.set_absence(session, me.account_id, now, now + HOUR, "leave", me)
    session.flush()
    with pytest.raises(Forbidden):
        posts.end_absence(session, row.id, other, now)
    posts.end_absence(session, row.id, me, now + HOUR / 2)
    assert not posts.is_away(session, me.account_id, now + HOUR / 2)
    with pytest.raises(WrongState):
        posts.end_absence(session, row.id, admin, now + HOUR / 2)
    coming = posts.set_absence(session, me.account_id, now + HOUR, now + 2 * HOUR, "trip", me)
    session.flush()
    posts.end_absence(session, coming.id, admin, now)
    session.flush()
    assert session.scalars(sa.select(Absence.id).where(Absence.account_id == me.account_id)).all() == [row.id]
    with pytest.raises(NotFound):
        posts.end_absence(session, coming.id, admin, now)


def test_a_delegation_is_taken_back_once_by_who_gave_it(session, now, ids):
    leader, stranger = factories.person(session, "leader1", now), factories.person(session, "urban.head", now)
    post = session.scalar(sa.select(Post).join(Unit, Unit.id == Post.unit_id).where(Unit.code == "urban", Post.role == "head"))
    row = posts.delegate(session, post, ids("urban.backup"), now, now + HOUR, "出差", leader)
    posts.set_absence(session, post.holder_a_id, now, now + HOUR, "trip", stranger)
    session.flush()
    assert posts.on_duty(session, post.unit_id, "head", now) == ids("urban.backup")
    with pytest.raises(Forbidden):
        posts.revoke(session, row.id, stranger, now)
    posts.revoke(session, row.id, leader, now)
    assert posts.on_duty(session, post.unit_id, "head", now) is None
    with pytest.raises(WrongState):
        posts.revoke(session, row.id, leader, now)
