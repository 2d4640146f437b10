"""A person's own messages: counted, paged, read once, nobody else's; and the digest of what could wait."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.clock import CITY_ZONE
from app.errors import Invalid
from notifiers import digest, inbox, outbox
from notifiers.message import CAN_WAIT
from notifiers.models import OutboxMessage
from tests.notifiers.conftest import a_part, to_person

MINUTE = timedelta(minutes=1)


def told(session, account_id: int, **how) -> list[str]:
    return [message.key for message in inbox.page(session, account_id, **how).items]


def test_pages_follow_each_other_newest_first(session, account, now):
    head = account("urban.head")
    for n in range(7):
        outbox.put(session, [to_person(head, f"m{n}")], now + (n // 2) * MINUTE)
    seen, cursor = [], ""
    while True:
        page = inbox.page(session, head, cursor, limit=3)
        seen += [message.key for message in page.items]
        if not (cursor := page.next):
            break
    assert seen == ["m6", "m5", "m4", "m3", "m2", "m1", "m0"]


@pytest.mark.parametrize("cursor", ["x", "1", "1.x", ".", "9" * 30 + ".1", "1." + "9" * 30, "-1.1", "１.１x"])
def test_a_cursor_that_is_none_is_refused(session, account, cursor):
    with pytest.raises(Invalid):
        inbox.page(session, account("urban.head"), cursor)


def test_reading_is_once_and_one_s_own(session, account, now):
    head, liaison = account("urban.head"), account("urban.liaison")
    outbox.put(session, [to_person(head)], now)
    message = session.scalar(sa.select(OutboxMessage))
    assert inbox.open_message(session, liaison, message.id, now) is None
    assert session.scalar(inbox.unread(head)) == 1
    assert inbox.open_message(session, head, message.id, now + MINUTE).read_at == now + MINUTE
    assert inbox.open_message(session, head, message.id, now + 9 * MINUTE).read_at == now + MINUTE
    assert session.scalar(inbox.unread(head)) == 0
    assert told(session, head) == ["step:1"]
    assert told(session, head, only_unread=True) == []


def test_all_read_is_what_one_saw_not_what_came_since(session, account, now):
    head = account("urban.head")
    outbox.put(session, [to_person(head, "a"), to_person(head, "b")], now)
    seen = session.scalar(sa.select(sa.func.max(OutboxMessage.id)))
    outbox.put(session, [to_person(head, "c")], now + MINUTE)
    assert inbox.read_all(session, head, seen, now) == 2
    assert told(session, head, only_unread=True) == ["c"]


def test_counting_stops_at_a_hundred(session, account, now):
    head = account("urban.head")
    outbox.put(session, [to_person(head, f"m{n}") for n in range(130)], now)
    assert session.scalar(inbox.unread(head)) == 100


def test_what_waits_is_not_there_yet(session, account, now):
    head = account("urban.head")
    outbox.put(session, [to_person(head, urgency=CAN_WAIT)], now)
    assert told(session, head) == []
    assert digest.release(session, now + timedelta(seconds=59)) == set()
    assert digest.release(session, now + MINUTE) == {head}
    assert told(session, head) == ["step:1"]


def test_a_night_s_messages_are_one_in_the_morning(session, account):
    head, liaison = account("urban.head"), account("urban.liaison")
    midnight = datetime(2026, 9, 15, 0, 0, tzinfo=CITY_ZONE)
    for n in range(40):
        outbox.put(
            session, [to_person(head, f"n{n}", urgency=CAN_WAIT, part={"subject": f"ticket:{n}", "tail": f"{n:06}"})], midnight + n * MINUTE
        )
    outbox.put(session, [to_person(liaison, "alone", urgency=CAN_WAIT)], midnight)
    assert digest.release(session, midnight + timedelta(hours=6, minutes=59)) == set()
    morning = midnight + timedelta(hours=7)
    assert digest.release(session, morning) == {head, liaison}
    assert digest.release(session, morning) == set()
    [one] = inbox.page(session, head).items
    assert (one.template, len(one.values["items"]), one.status) == ("digest", 40, "delivered")
    assert [part["tail"] for part in one.values["items"]] == [f"{n:06}" for n in range(40)]
    assert told(session, liaison) == ["alone"]
    carried = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.reason == "in-digest")).all()
    assert {message.status for message in carried} == {"suppressed"}
    assert len(carried) == 40


def test_a_subject_s_history_has_everybody_and_the_digest_once(session, account, now):
    head, liaison = account("urban.head"), account("urban.liaison")
    outbox.put(
        session,
        [
            to_person(head, "a", urgency=CAN_WAIT),
            to_person(head, "b", urgency=CAN_WAIT, part={"subject": "ticket:8"}),
            to_person(liaison, "c"),
            to_person(liaison, "d", part={"subject": "ticket:8"}),
        ],
        now,
    )
    digest.release(session, now + MINUTE)
    found = inbox.about(session, "ticket:7", 20)
    assert [(message.account_id, message.template) for message in found] == [(head, "digest"), (liaison, "red-card")]


def test_a_waiting_late_message_keeps_its_parts_in_a_digest(session, account, now):
    head = account("urban.head")
    parts = [a_part(), a_part(template="breach", subject="ticket:9")]
    outbox.put(
        session,
        [to_person(head, "late:1", template="late", values={"items": parts}, urgency=CAN_WAIT), to_person(head, "x", urgency=CAN_WAIT)],
        now,
    )
    digest.release(session, now + MINUTE)
    [one] = inbox.page(session, head).items
    assert len(one.values["items"]) == 3
