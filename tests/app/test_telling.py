"""What a sweep says reaches its people: every step with a recipient has its message, once; after a silence one message a person."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import sweeping, wiring
from app.auth.models import Account
from app.clock import CITY_ZONE
from app.errors import Forbidden, Invalid
from app.telling import subject_of
from app.work import session_now, work
from escalation.models import EscalationStep, LedgerEntry
from notifiers import digest
from notifiers.models import OutboxMessage
from notifiers.texts import parts_of, render
from tests import factories
from tests.statements import counted
from tests.tickets import whistle_drive
from tickets import summons, whistle_plans, whistles
from tickets.away import gone_of_steps
from tickets.models import Ticket
from tickets.whistle_events import events_of
from tickets.whistle_models import PlanStep


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


@pytest.fixture
def clean(app):
    """Nothing of another test is left."""
    with app.app_context():
        with work() as session:
            session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages"))
            session.execute(sa.text("TRUNCATE ledger_entries, escalation_steps CASCADE"))
            session.execute(
                sa.text(
                    "UPDATE clocks SET stopped_at = now(), stop_reason = 'cancelled', next_step = NULL, next_step_at = NULL WHERE stopped_at IS NULL"
                )
            )
        yield session_now


def put_ticket(now: datetime, status: str = "dispatched", **matter) -> int:
    with work() as session:
        return factories.a_ticket(session, now, status, **matter).id


def messages(session, **where) -> list[OutboxMessage]:
    return list(session.scalars(sa.select(OutboxMessage).filter_by(channel="inbox", **where).order_by(OutboxMessage.id)))


def names(session, account_ids) -> set[str]:
    return set(session.execute(sa.text("SELECT username FROM accounts WHERE id = ANY(:ids)"), {"ids": list(account_ids)}).scalars())


def said_and_taken(session) -> tuple[set, set]:
    """(person, ticket, step's words) as the messages have it, and as the steps' rows have it."""
    from_messages = {
        (message.account_id, part["subject"], part["template"])
        for message in messages(session)
        for part in parts_of(message.template, message.values)
    }
    from_steps = {
        (account, subject_of(step.ticket_id), sweeping.wiring.telling.template_of(step.step))
        for step in session.scalars(sa.select(EscalationStep))
        for account in step.recipients
    }
    return from_messages, from_steps


def test_the_outbox_equals_the_ledger(clean):
    for n in range(4):
        put_ticket(at("2026-10-01 23:49") + timedelta(minutes=n), urgency="urgent")
    put_ticket(at("2026-09-14 10:00"), "handling")
    session = clean()
    for text in (
        "2026-10-02 00:06",
        "2026-10-02 00:15",
        "2026-10-02 00:24",
        "2026-10-02 00:39",
        "2026-10-02 00:54",
        "2026-10-09 09:00",
        "2026-10-20 09:30",
    ):
        sweeping.sweep(at(text))
        sweeping.sweep(at(text))
    from_messages, from_steps = said_and_taken(session)
    assert from_messages == from_steps
    assert len(from_steps) > 20
    carded = session.scalars(
        sa.select(LedgerEntry.ticket_id)
        .join(EscalationStep, EscalationStep.id == LedgerEntry.step_id)
        .where(EscalationStep.recipients != [])
    )
    assert {subject_of(ticket) for ticket in carded} <= {subject for message in messages(session) for subject in message.subjects}


def test_each_rung_is_told_to_its_people_at_once_in_the_night(clean):
    ticket = put_ticket(at("2026-10-01 23:49"), urgency="urgent")
    session = clean()
    heard = {}
    for text in ("00:05", "00:15", "00:20", "00:35", "00:50"):
        before = {message.id for message in messages(session)}
        sweeping.sweep(at(f"2026-10-02 {text}"))
        fresh = [message for message in messages(session) if message.id not in before]
        assert {message.status for message in fresh} == {"delivered"}, "thirty minutes wait for no morning"
        assert {subject for message in fresh for subject in message.subjects} == {subject_of(ticket)}
        heard[text] = ({message.template for message in fresh}, names(session, [message.account_id for message in fresh]))
    assert heard["00:05"] == ({"remind"}, {"urban.liaison", "urban.handler"})
    assert heard["00:20"] == ({"breach"}, {"urban.liaison", "urban.head", "dispatcher1"})
    assert heard["00:35"] == ({"breach"}, {"urban.head", "leader1"})
    assert heard["00:50"] == ({"coordinate"}, {"leader1"})


def test_one_message_a_person_and_ticket_names_what_it_is_about(clean):
    ticket = put_ticket(at("2026-10-01 23:49"), urgency="urgent")
    session = clean()
    sweeping.sweep(at("2026-10-02 00:20"))
    tail = session.get(Ticket, ticket).number[-6:]
    told = [message for message in messages(session) if names(session, [message.account_id]) == {"urban.head"}]
    assert len(told) == 1
    text = render(told[0].template, told[0].values, "zh")
    assert len(text.lines) == 2, "to sign and to answer"
    for line in text.lines:
        assert tail in line.words
        assert "urban" in line.words
        assert "10 月 2 日 00:20" in line.words
        assert line.subject == subject_of(ticket)
    assert "签收" in text.plain
    assert "Sign" in render(told[0].template, told[0].values, "en").plain


def test_cards_of_the_night_come_as_one_in_the_morning(clean):
    for n in range(3):
        put_ticket(at("2026-09-14 10:00") + timedelta(minutes=n), "handling")
    session = clean()
    sweeping.sweep(at("2026-09-14 10:30"))
    with work() as writing:
        writing.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages"))
    for text in ("2026-09-15 12:00", "2026-09-18 00:00"):
        sweeping.sweep(at(text))
    liaison = session.scalar(sa.text("SELECT id FROM accounts WHERE username = 'urban.liaison'"))
    waiting = messages(session, account_id=liaison)
    assert {(message.template, message.status, message.next_try_at) for message in waiting if message.template == "yellow-card"} == {
        ("yellow-card", "pending", at("2026-09-18 07:00"))
    }
    with work() as writing:
        digest.release(writing, at("2026-09-18 07:00"))
    delivered = messages(session, account_id=liaison, status="delivered")
    assert [(message.template, len(message.values["items"])) for message in delivered] == [("digest", 3)]


def test_after_three_days_down_everybody_has_one_message_in_order(clean):
    for n in range(5):
        put_ticket(at("2026-10-01 23:40") + timedelta(minutes=n), urgency="urgent")
    session = clean()
    sweeping.sweep(at("2026-10-05 09:00"))
    sweeping.sweep(at("2026-10-05 09:00"))
    told = messages(session)
    assert {message.template for message in told} == {"late"}
    assert len({message.account_id for message in told}) == len(told) > 3
    for message in told:
        planned = [part["planned"]["at"] for part in message.values["items"]]
        assert planned == sorted(planned)
    assert said_and_taken(session)[0] == said_and_taken(session)[1]


def test_a_batch_of_notices_costs_two_statements(app, clean):
    for n in range(6):
        put_ticket(at("2026-10-01 23:40") + timedelta(seconds=n), urgency="urgent")
    clean()
    with counted(app) as sent:
        sweeping.sweep(at("2026-10-01 23:57"))
    ours = [one for one in sent if "outbox_messages" in one or "right(tickets.number" in one]
    assert len(ours) == 2, sent


def test_who_hears_of_a_whistle_and_when(session):
    """The other leader of the street, the district's leader and the office of a TOUGH one; A and B of whom a step of the plan is for."""
    now, heard, posts = at("2026-09-14 10:00"), 0, ("liaison", "handler", "backup", "head")

    def told() -> set[tuple[str, str]]:
        nonlocal heard
        wiring.react(session)
        session.flush()
        rows = session.execute(
            sa.select(Account.username, OutboxMessage.template, OutboxMessage.id)
            .join(OutboxMessage, OutboxMessage.account_id == Account.id)
            .where(OutboxMessage.channel == "inbox", OutboxMessage.id > heard)
        ).all()
        heard = max((row.id for row in rows), default=heard)
        return {(row.username, row.template) for row in rows}

    def by(name: str):
        return whistle_drive.person(session, name, now)

    told()
    tough = whistles.blow(session, whistle_drive.a_call(kind="tough"), by("dongmen.head"), now)
    assert told() == {("dongmen.secretary", "whistle-to-sign")}
    whistles.approve(session, tough, True, "", by("dongmen.secretary"), now)
    assert told() == {("dispatcher1", "whistle-to-triage"), ("east.head", "whistle-begun")}
    whistles.triage(session, tough, "urban", ("power",), "", by("dispatcher1"), now)
    assert told() == {("east.head", "whistle-to-coordinate")} | {
        (f"{unit}.{who}", "whistle-called") for unit in ("urban", "power") for who in posts
    }
    mate = Account(username="power.night", name="段长", unit_id=by("power.head").unit_id, roles=["handler"], password_hash="-")
    session.add(mate)
    session.flush()
    step = whistle_drive.of(session, tough, "power"), "迁出接头", date(2026, 9, 16), by("urban.head"), now, mate.id
    whistle_plans.plan(session, tough, *step)
    assert told() == {(f"power.{who}", "whistle-planned") for who in (*posts, "night")}, "who is named for it, too (R79c)"
    said = messages(session, template="whistle-planned")[0]
    assert "迁出接头，最晚 9 月 16 日" in render(said.template, said.values, "zh").plain
    a_step_is_handed_over(session, tough, mate, by, told, now)
    whistles.blow(session, whistle_drive.a_call(kind="emergency"), by("dongmen.liaison"), now)
    assert {("dongmen.head", "whistle-to-ratify"), ("dongmen.secretary", "whistle-to-ratify"), ("power.backup", "whistle-called")} <= told()
    whistles.blow(session, whistle_drive.a_call(), by("dongmen.head"), now)
    assert told() == {("dispatcher1", "whistle-to-triage")}
    summons.change_lead(session, tough, whistle_drive.of(session, tough, "power"), "涉电为主", by("dispatcher1"), now)
    assert told() == {(f"power.{who}", "whistle-leads") for who in posts}
    refused = whistles.blow(session, whistle_drive.a_call(), by("dongmen.liaison"), now)
    assert {template for _who, template in told()} == {"whistle-to-sign"}
    whistles.approve(session, refused, False, "自己先办", by("dongmen.head"), now)
    assert {(who.partition(".")[0], template) for who, template in told()} == {("dongmen", "whistle-unsigned")}


def a_step_is_handed_over(session, tough, mate, by, told, now):
    """R79c: by its own department, with a reason, to one of its people; both hear of it, also when the account of the one before is at rest."""
    step, former = session.query(PlanStep).filter_by(person_id=mate.id).one(), mate.name
    with pytest.raises(Forbidden):
        whistle_plans.hand_over_step(session, tough, step, mate.id, "休假", by("urban.head"), now)
    for to, reason, fields in (
        (mate.id, "休假", {"person"}),
        (by("urban.head").account_id, "", {"person", "reason"}),
        (None, "休假", {"person"}),
    ):
        with pytest.raises(Invalid) as no:
            whistle_plans.hand_over_step(session, tough, step, to, reason, by("power.handler"), now)
        assert set(no.value.fields) == fields
    mate.active = False
    session.flush()
    assert gone_of_steps(session, tough.id, now) == {step.id: "at-rest"}
    whistle_plans.hand_over_step(session, tough, step, by("power.backup").account_id, "他调走了", by("power.handler"), now)
    assert told() == {(f"power.{who}", "whistle-handed-over") for who in ("night", "backup")}
    said = messages(session, template="whistle-handed-over")[0]
    assert f"迁出接头，最晚 9 月 16 日 24:00 办好。段长 {former} → power.backup：他调走了" in render(said.template, said.values, "zh").plain
    assert events_of(session, tough.id)[-1].data["former_name"] == former
