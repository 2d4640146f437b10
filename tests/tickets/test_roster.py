"""值班表: who may keep it, what it opens to whom, whom it reaches at night; and 段长: who is named for a part of the work hears of it first."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app import wiring
from app.auth.access import actor_of
from app.auth.models import Account
from app.errors import Forbidden, Invalid, NotFound, WrongState
from escalation.recipients import People
from escalation.sweep import sweep_batch
from notifiers.models import OutboxMessage
from notifiers.texts import render
from tests.factories import a_ticket, person
from tickets import handling, posts, roster, tasks
from tickets.away import gone_of_tasks
from tickets.history import events_of
from tickets.organisations import DutyShift, Post, Unit

FRIDAY = date(2026, 9, 18)


@pytest.fixture
def mate(session, now) -> Account:
    """Somebody of the bureau who holds no post."""
    unit = session.scalar(sa.select(Unit).where(Unit.code == "urban"))
    mate = Account(username="urban.night", name="夜里的人", unit_id=unit.id, roles=["handler"], password_hash="-")
    session.add(mate)
    session.flush()
    return mate


def put(session, mate: Account, now, **changed) -> list[DutyShift]:
    asked = {
        "unit_id": mate.unit_id,
        "account_id": mate.id,
        "first": FRIDAY,
        "days": 1,
        "shift": "night",
        "actor": person(session, "urban.head", now),
        "now": now,
    } | changed
    made = roster.put_on(session, **asked)
    session.flush()
    return made


def test_a_night_ends_the_next_morning_and_runs_on_for_days(session, mate, now):
    first, second = put(session, mate, now, days=2)
    assert first.starts_at.isoformat() == "2026-09-18T18:00:00+08:00"
    assert first.ends_at.isoformat() == "2026-09-19T08:30:00+08:00"
    assert second.starts_at - first.starts_at == timedelta(days=1)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"shift": "noon"}, "shift"),
        ({"days": 0}, "days"),
        ({"days": 32}, "days"),
        ({"first": date(2026, 9, 1)}, "first"),
        ({"first": date(2027, 9, 1)}, "first"),
        ({"account_id": 0}, "person"),
    ],
)
def test_what_cannot_be_is_named(session, mate, now, changed, field):
    with pytest.raises(Invalid) as no:
        put(session, mate, now, **changed)
    assert field in no.value.fields


def test_nobody_is_put_on_twice_at_a_time(session, mate, now):
    put(session, mate, now)
    with pytest.raises(Invalid):
        put(session, mate, now, shift="whole")


def test_only_the_units_own_head_and_liaison_keep_it(session, mate, now):
    for username in ("water.head", "urban.handler", "dispatcher1"):
        with pytest.raises(Forbidden):
            put(session, mate, now, actor=person(session, username, now))
    [shift] = put(session, mate, now, actor=person(session, "urban.liaison", now))
    with pytest.raises(Forbidden):
        roster.take_off(session, shift.id, person(session, "water.head", now), now)
    roster.take_off(session, shift.id, person(session, "urban.head", now), now)
    session.flush()
    with pytest.raises(NotFound):
        roster.take_off(session, shift.id, person(session, "urban.head", now), now)


def test_a_shift_that_has_begun_ends_and_stays(session, mate, now):
    [shift] = put(session, mate, now)
    night = shift.starts_at + timedelta(hours=1)
    roster.take_off(session, shift.id, person(session, "urban.head", night), night)
    assert shift.ends_at == night
    with pytest.raises(WrongState):
        roster.take_off(session, shift.id, person(session, "urban.head", night), night)


def test_on_duty_one_is_told_beside_the_posts_and_may_sign(session, mate, now):
    [shift] = put(session, mate, now)
    night = shift.starts_at + timedelta(hours=3)
    ticket = a_ticket(session, night, "dispatched", "urban")
    told = People(session, {ticket.id}, {mate.unit_id}, night).of(("liaison", "handler-a"), ticket.id, mate.unit_id, "unit")
    assert mate.id in told
    assert len(told) == len(set(told)) == 3
    assert mate.id not in People(session, {ticket.id}, {mate.unit_id}, shift.ends_at).of(("liaison",), ticket.id, mate.unit_id, "unit")
    with pytest.raises(Forbidden):
        handling.sign(session, ticket, actor_of(session, mate, shift.starts_at - timedelta(minutes=1)), night)
    handling.sign(session, ticket, actor_of(session, mate, night), night)
    assert ticket.status == "signed"


def test_nobody_at_the_post_and_somebody_on_duty_spares_the_head(session, mate, now):
    [shift] = put(session, mate, now)
    night = shift.starts_at + timedelta(hours=3)
    ticket = a_ticket(session, night, "dispatched", "urban")
    for post in session.scalars(sa.select(Post).where(Post.unit_id == mate.unit_id, Post.role == "liaison")):
        for holder in {post.holder_a_id, post.holder_b_id} - {None}:
            away = actor_of(session, session.get(Account, holder), night)
            posts.set_absence(session, holder, night - timedelta(days=1), night + timedelta(days=1), "leave", away)
    session.flush()
    told = People(session, {ticket.id}, {mate.unit_id}, night).of(("liaison",), ticket.id, mate.unit_id, "unit")
    assert mate.id in told


@pytest.mark.parametrize("gone", ["", "away", "inactive", "moved"])
def test_who_is_in_charge_of_a_sub_task_hears_of_it_first(session, mate, now, gone):
    """R79c: named by the unit when it signs, of its own people only; then before the posts, as long as they are there."""
    ticket = a_ticket(session, now, "handling", "power")
    task = tasks.add_task(session, ticket, "urban", "查井盖", person(session, "power.liaison", now), now, 2)
    wiring.react(session)
    signer, resting = person(session, "urban.liaison", now), Account(username="old", name="-", unit_id=mate.unit_id, active=False)
    resting.roles, resting.password_hash, ticket.recused = ["handler"], "-", [signer.account_id]
    session.add(resting)
    session.flush()
    for stranger in (person(session, "water.handler", now).account_id, resting.id, signer.account_id, 0):
        with pytest.raises(Invalid) as no:
            tasks.sign_task(session, ticket, task, signer, now, stranger)
        assert (set(no.value.fields), task.state) == ({"person"}, "open")
    tasks.sign_task(session, ticket, task, signer, now, mate.id)
    wiring.react(session)
    if gone == "away":
        posts.set_absence(session, mate.id, now, now + timedelta(days=9), "leave", actor_of(session, mate, now))
    mate.active = gone != "inactive"
    mate.unit_id = person(session, "water.handler", now).unit_id if gone == "moved" else mate.unit_id
    session.flush()
    said = {"": {}, "inactive": {task.id: "at-rest"}}.get(gone, {task.id: gone})
    assert gone_of_tasks(session, ticket.id, now) == said, "the desks say so beside the name"
    handler = person(session, "urban.handler", now).account_id
    told = [one.people for one in sweep_batch(session, now + timedelta(days=3)).taken if one.code == "task-reply"]
    reached = [people for people in told if handler in people]
    assert reached
    assert [people[0] == mate.id for people in reached] == [not gone] * len(reached)
    assert gone == "" or not any(mate.id in people for people in told)


def test_a_sub_task_is_handed_over_within_the_unit(session, mate, now):
    """R79c: by whoever may sign it or its head, with a reason; one event, both are told, the new one hears first from then on."""
    ticket = a_ticket(session, now, "handling", "power")
    task = tasks.add_task(session, ticket, "urban", "查井盖", person(session, "power.liaison", now), now, 2)
    head, before, after = (person(session, f"urban.{role}", now) for role in ("head", "handler", "backup"))

    def hand_over(to, reason="休假一周", by=head):
        tasks.hand_over_task(session, ticket, task, to, reason, by, now)

    with pytest.raises(WrongState):
        hand_over(after.account_id)
    tasks.sign_task(session, ticket, task, person(session, "urban.liaison", now), now, before.account_id)
    stranger = person(session, "water.handler", now).account_id
    for to, reason, fields in (
        (stranger, "休假", {"person"}),
        (before.account_id, "休假", {"person"}),
        (None, " ", {"person", "reason"}),
        (after.account_id, "", {"reason"}),
    ):
        with pytest.raises(Invalid) as no:
            hand_over(to, reason)
        assert set(no.value.fields) == fields
    for other in ("power.liaison", "water.head", "urban.handler"):
        with pytest.raises(Forbidden):
            hand_over(after.account_id, by=person(session, other, now))
    wiring.react(session)
    session.execute(sa.delete(OutboxMessage))
    hand_over(after.account_id)
    wiring.react(session)
    said = events_of(session, ticket.id)[-1]
    assert (said.kind, said.data["former_name"], said.data["in_charge_name"], said.data["reason"]) == (
        "hand-over-task",
        before.name,
        after.name,
        "休假一周",
    )
    told = session.execute(sa.select(OutboxMessage.account_id, OutboxMessage.template, OutboxMessage.values)).all()
    assert {(row.account_id, row.template) for row in told} == {(one.account_id, "task-handed-over") for one in (before, after)}
    assert f"{before.name} → {after.name}：休假一周" in render("task-handed-over", told[0].values, "zh").plain
    swept = [one.people for one in sweep_batch(session, now + timedelta(days=3)).taken if one.code == "task-reply"]
    reached = [people for people in swept if before.account_id in people]
    assert [people[0] for people in reached] == [after.account_id] * len(reached) != []
    tasks.reply_task(session, ticket, task, "查过了", head, now)
    with pytest.raises(WrongState):
        hand_over(before.account_id)


def test_an_account_at_rest_holds_no_post(session, mate, now):
    """Nobody is silently dropped: B stands in for an A at rest, the duty roster and the head for both, who supervises for the head."""
    ticket = a_ticket(session, now, "handling", "urban")
    rows = {role: session.get(Account, person(session, f"urban.{role}", now).account_id) for role in ("handler", "backup", "head")}
    superior = session.get(Unit, mate.unit_id).superior_id
    for resting, reached in (
        ((), "handler"),
        (("handler",), "backup"),
        (("handler", "backup"), "head"),
        (("handler", "backup", "head"), None),
    ):
        for role, row in rows.items():
            row.active = role not in resting
        session.flush()
        told = People(session, {ticket.id}, {mate.unit_id}, now).of(("handler-a",), ticket.id, mate.unit_id, "unit")
        assert told == [rows[reached].id if reached else superior]
