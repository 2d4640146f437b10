"""The outbox keeps a message once, hands it to one worker at a time, and lets every message end."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifiers import outbox, retention
from notifiers.channels.base import ACCEPTED, REFUSED, RETRY, UNKNOWN, Outcome
from notifiers.message import CAN_WAIT
from notifiers.models import OutboxMessage
from notifiers.retry import MOST_TRIES
from tests.notifiers.conftest import by_sms, to_person
from tests.statements import counted

SECOND = timedelta(seconds=1)
LATER = timedelta(hours=3)


def the(session, key: str = "sms:1") -> OutboxMessage:
    session.flush()
    session.expire_all()
    return session.scalar(sa.select(OutboxMessage).where(OutboxMessage.key == key))


@pytest.fixture
def claimed(session, now):
    """One telephone message, claimed."""
    outbox.put(session, [by_sms()], now)
    return outbox.claim(session, "sms", now, 10)[0]


def test_the_same_key_is_kept_once(session, account, now):
    head = account("urban.head")
    assert outbox.put(session, [to_person(head), to_person(head, "step:2")], now) == {"step:1", "step:2"}
    assert outbox.put(session, [to_person(head), to_person(head, "step:3")], now + SECOND) == {"step:3"}
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 3
    assert the(session, "step:1").created_at == now


def test_a_thousand_are_one_statement(app, session, account, now):
    head = account("urban.head")
    with counted(app) as sent:
        assert len(outbox.put(session, [to_person(head, f"step:{n}") for n in range(1000)], now)) == 1000
    assert len([one for one in sent if not one.startswith("SAVEPOINT")]) == 1, sent


def test_none_is_no_statement(app, session, now):
    with counted(app) as sent:
        outbox.put(session, [], now)
    assert sent == []


def test_the_inbox_has_it_as_soon_as_it_is_written_unless_it_can_wait(session, account, now):
    outbox.put(session, [to_person(account("urban.head"), "a"), to_person(account("urban.head"), "b", urgency=CAN_WAIT)], now)
    assert (the(session, "a").status, the(session, "a").sent_at) == ("delivered", now)
    assert (the(session, "b").status, the(session, "b").next_try_at) == ("pending", now + timedelta(minutes=1))


def test_an_address_is_sealed_and_only_its_mask_can_be_read(session, now):
    outbox.put(session, [by_sms()], now)
    raw = session.execute(sa.text("SELECT outbox_messages::text FROM outbox_messages")).scalar_one()
    assert "13800002716" not in raw
    assert session.info["vault"].open(the(session).address) == "+8613800002716"
    assert the(session).shown_to == "138****2716"


def test_what_is_only_on_record_is_never_claimed(session, now):
    outbox.put(session, [by_sms(suppressed="no-channel")], now)
    assert outbox.claim(session, "sms", now + LATER, 10) == []
    assert (the(session).status, the(session).reason, the(session).settled_at) == ("suppressed", "no-channel", now)


def test_urgent_ones_go_first_whatever_waits(session, now):
    outbox.put(session, [by_sms(f"old:{n}", urgency=CAN_WAIT) for n in range(20)], now)
    outbox.put(session, [by_sms("urgent")], now + 5 * SECOND)
    assert outbox.claim(session, "sms", now + 70 * SECOND, 5)[0].key == "urgent"


def test_a_claim_is_not_given_twice_and_each_try_is_on_record(session, now, claimed):
    assert outbox.claim(session, "sms", now, 10) == []
    assert (claimed.status, claimed.attempts) == ("sending", 1)
    tries = outbox.attempts_of(session, [claimed.id])[claimed.id]
    assert [(one.number, one.at, one.outcome) for one in tries] == [(1, now, None)]


def test_accepted_delivered_read(session, now, claimed):
    assert outbox.settle(session, claimed.id, 1, Outcome(ACCEPTED, "SM1"), now + SECOND)
    assert (the(session).status, the(session).provider_id, the(session).sent_at) == ("sent", "SM1", now + SECOND)
    assert outbox.receive(session, claimed.id, "delivered", "SM1", "", now + 2 * SECOND)
    assert (the(session).status, the(session).settled_at) == ("delivered", now + 2 * SECOND)


@pytest.mark.parametrize("order", [["delivered", "delivered"], ["delivered", "failed"], ["read", "delivered"], ["failed", "delivered"]])
def test_receipts_late_doubled_or_out_of_order_change_nothing_more(session, now, claimed, order):
    outbox.settle(session, claimed.id, 1, Outcome(ACCEPTED, "SM1"), now)
    first, second = (outbox.receive(session, claimed.id, status, "SM1", "", now + SECOND) for status in order)
    assert (first, second) == (True, False)
    assert the(session).status == order[0]


def test_a_receipt_may_overtake_our_own_settling(session, now, claimed):
    assert outbox.receive(session, claimed.id, "delivered", "SM1", "", now + SECOND)
    assert not outbox.settle(session, claimed.id, 1, Outcome(ACCEPTED, "SM1"), now + 2 * SECOND)
    assert (the(session).status, the(session).provider_id) == ("delivered", "SM1")


def test_a_receipt_for_another_sending_is_not_ours(session, now, claimed):
    outbox.settle(session, claimed.id, 1, Outcome(ACCEPTED, "SM1"), now)
    assert not outbox.receive(session, claimed.id, "failed", "SM2", "30003", now)
    assert not outbox.receive(session, 2**40, "failed", "SM2", "30003", now)


def test_tries_end_and_an_administrator_may_send_again(session, now):
    outbox.put(session, [by_sms()], now)
    at = now
    for attempt in range(1, MOST_TRIES + 1):
        message = outbox.claim(session, "sms", at, 10)[0]
        assert message.attempts == attempt
        outbox.settle(session, message.id, attempt, Outcome(RETRY, code="503"), at)
        assert outbox.claim(session, "sms", at, 10) == [], "it waits"
        at += LATER
    assert (the(session).status, the(session).reason) == ("dead", "503")
    assert outbox.claim(session, "sms", at, 10) == []
    assert outbox.send_again(session, [the(session).id], at) == 1
    assert outbox.send_again(session, [the(session).id], at) == 0
    message = outbox.claim(session, "sms", at, 10)[0]
    outbox.settle(session, message.id, message.attempts, Outcome(RETRY, code="503"), at)
    assert the(session).status == "pending", "all its tries are there again"


def test_what_the_provider_refuses_has_failed_at_once(session, now, claimed):
    outbox.settle(session, claimed.id, 1, Outcome(REFUSED, code="21211", words="no such number"), now)
    assert (the(session).status, the(session).reason) == ("failed", "21211")


def test_what_a_crash_left_is_driven_again_in_doubt(session, now, claimed):
    assert outbox.take_back(session, now + 299 * SECOND) == 0
    assert outbox.take_back(session, now + 301 * SECOND) == 1
    again = outbox.claim(session, "sms", now + LATER, 10)[0]
    assert (again.attempts, again.in_doubt) == (2, True)
    tries = outbox.attempts_of(session, [again.id])[again.id]
    assert [(one.number, one.outcome, one.code) for one in tries] == [(1, "unknown", "worker-gone"), (2, None, "")]


def test_a_worker_that_was_given_up_changes_nothing_by_failing_late(session, now, claimed):
    outbox.take_back(session, now + LATER)
    outbox.claim(session, "sms", now + 2 * LATER, 10)
    assert not outbox.settle(session, claimed.id, 1, Outcome(RETRY, code="503"), now + 2 * LATER)
    assert (the(session).status, the(session).attempts) == ("sending", 2)


def test_what_it_did_get_accepted_counts_however_late_we_hear(session, now, claimed):
    outbox.take_back(session, now + LATER)
    assert outbox.settle(session, claimed.id, 1, Outcome(ACCEPTED, "SM1"), now + LATER)
    assert (the(session).status, the(session).provider_id) == ("sent", "SM1")
    assert outbox.claim(session, "sms", now + 2 * LATER, 10) == [], "it is not sent a second time"


def test_an_answer_nobody_heard_leaves_a_doubt(session, now, claimed):
    outbox.settle(session, claimed.id, 1, Outcome(UNKNOWN, code="timeout"), now)
    assert (the(session).status, the(session).in_doubt) == ("pending", True)


@pytest.mark.parametrize("proof", ["answered", "receipt"])
def test_of_two_that_say_the_same_one_receipt_is_one_messages(session, now, proof):
    """`first` asked and found words like its own: they were `second`'s, whose answer or receipt came only then. Neither is lost, none has the other's."""
    outbox.put(session, [by_sms("first"), by_sms("second")], now)
    first, second = outbox.claim(session, "sms", now, 10)
    outbox.settle(session, first.id, 1, Outcome(ACCEPTED, "SM1", found=True), now)
    if proof == "answered":
        outbox.settle(session, second.id, 1, Outcome(ACCEPTED, "SM1"), now)
    else:
        outbox.receive(session, second.id, "delivered", "SM1", "", now)
    assert (the(session, "second").provider_id, the(session, "second").status) == ("SM1", "sent" if proof == "answered" else "delivered")
    assert (the(session, "first").status, the(session, "first").provider_id, the(session, "first").in_doubt) == ("pending", "", True)
    [again] = outbox.claim(session, "sms", now, 10)
    assert again.key == "first"
    outbox.settle(session, again.id, 2, Outcome(ACCEPTED, "SM1", found=True), now)
    assert the(session, "first").status == "pending", "what is known to be another's is not found again"


def test_the_claim_reads_its_partial_index_in_its_order(session):
    session.execute(
        sa.text("""INSERT INTO outbox_messages (key, address, channel, template, "values", language, urgency, subjects, status, created_at, next_try_at)
                               SELECT 'bulk:' || n, '', 'sms', 'accepted', '{}', 'zh', 'can-wait', '{}', 'pending', now(), now() FROM generate_series(1, 3000) AS n""")
    )
    session.execute(sa.text("ANALYZE outbox_messages"))
    claim = outbox._CLAIM.text.replace(":channel", "'sms'").replace(":now", "now()").replace(":batch", "10").replace(":others", "10")
    plan = "\n".join(session.scalars(sa.text("EXPLAIN " + claim)))
    assert plan.count("Index Scan using ix_outbox_messages_pending") == 2, plan


def test_after_the_days_the_house_keeps_them_words_and_addresses_are_gone_and_rows_stay(session, now):
    outbox.put(session, [by_sms("old:1"), by_sms("old:2"), by_sms("waits")], now)
    for message in outbox.claim(session, "sms", now, 2):
        outbox.settle(session, message.id, 1, Outcome(ACCEPTED, "SM"), now)
    outbox.put(session, [by_sms("young", suppressed="no-channel")], now + timedelta(days=100))
    later = now + timedelta(days=181)
    assert [retention.blank(session, 180, later), retention.blank(session, 180, later)] == [2, 0]
    assert (the(session, "old:1").values, the(session, "old:1").address, the(session, "old:1").status) == ({}, b"", "sent")
    assert the(session, "old:1").blanked_at == later
    assert the(session, "waits").values != {}
    assert the(session, "young").values != {}
