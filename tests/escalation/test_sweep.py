"""Every step once, in order, oldest first; what a kill, a second sweep, a silence or a jumping clock must not change."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.clock import CITY_ZONE
from escalation.models import Clock, EscalationStep, LedgerEntry
from escalation.queries import clocks_of
from escalation.sweep import sweep_batch
from escalation.telling import late_untold, notices_of
from tests import factories
from tickets import handling, posts

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


@pytest.fixture
def urgent(timed, happen):
    """Dispatched at ten to midnight on a holiday, to sign and to answer in 30 minutes."""
    ticket = factories.a_ticket(timed, at("2026-10-01 23:49"), "dispatched", urgency="urgent")
    happen()
    timed.flush()
    return ticket


def sweep(session, now, batch=500):
    session.flush()
    swept = sweep_batch(session, now, batch)
    session.expire_all()
    return swept


def steps_of(session, ticket, code="sign") -> list:
    rows = session.scalars(
        sa.select(EscalationStep).where(EscalationStep.ticket_id == ticket.id, EscalationStep.code == code).order_by(EscalationStep.id)
    )
    return [row.step for row in rows]


def names(session, ids) -> list[str]:
    return [session.execute(sa.text("SELECT username FROM accounts WHERE id = :id"), {"id": one}).scalar_one() for one in ids]


def test_nothing_is_due_before_its_time(timed, urgent):
    assert sweep(timed, at("2026-10-02 00:04")).claimed == 0


def test_the_thirty_minutes_climb_minute_by_minute(timed, urgent):
    seen = {}
    for text in ("00:05", "00:15", "00:20", "00:35", "00:50"):
        seen[text] = [one.rung.step for one in sweep(timed, at(f"2026-10-02 {text}")).taken if one.code == "sign"]
    assert seen == {"00:05": ["remind-half"], "00:15": ["remind-last"], "00:20": ["breach"], "00:35": ["breach-15"], "00:50": ["breach-30"]}
    sign = next(view for view in clocks_of(timed, urgent.id) if view.code == "sign")
    assert (sign.breached_at, sign.next_step_at, sign.stopped_at) == (at("2026-10-02 00:20"), None, None), "the clock keeps running"


def test_a_breach_is_dated_to_the_due_instant_however_late_it_is_noticed(timed, urgent):
    sweep(timed, at("2026-10-05 09:00"))
    assert {clock.breached_at for clock in timed.scalars(sa.select(Clock).where(Clock.ticket_id == urgent.id, Clock.code == "sign"))} == {
        at("2026-10-02 00:20")
    }


def test_steps_missed_while_down_are_taken_in_order_and_marked_late(timed, urgent):
    swept = sweep(timed, at("2026-10-05 09:00"))
    assert steps_of(timed, urgent) == ["remind-half", "remind-last", "breach", "breach-15", "breach-30"]
    assert swept.late == swept.steps
    rows = list(
        timed.scalars(
            sa.select(EscalationStep)
            .where(EscalationStep.ticket_id == urgent.id, EscalationStep.code == "sign")
            .order_by(EscalationStep.id)
        )
    )
    assert [row.planned_at for row in rows] == sorted(row.planned_at for row in rows)
    assert all(row.late for row in rows)


def test_after_a_silence_each_person_gets_one_message(timed, urgent):
    now = at("2026-10-05 09:00")
    swept = sweep(timed, now)
    assert notices_of(swept.taken) == []
    notices = late_untold(timed, now)
    assert len({notice.account_id for notice in notices}) == len(notices) > 3
    liaison = next(notice for notice in notices if names(timed, [notice.account_id]) == ["urban.liaison"])
    assert liaison.late
    assert [item.planned_at for item in liaison.items] == sorted(item.planned_at for item in liaison.items)
    assert late_untold(timed, now) == []


def test_what_is_taken_in_time_is_told_at_once_one_message_a_person_and_ticket(timed, urgent):
    notices = notices_of(sweep(timed, at("2026-10-02 00:20") + timedelta(seconds=1)).taken)
    in_time = {tuple(names(timed, [notice.account_id])): {item.code for item in notice.items} for notice in notices}
    assert in_time["urban.head",] == {"sign", "urgent-response"}
    assert len({notice.key for notice in notices}) == len(notices)


def test_a_second_sweep_at_the_same_instant_does_nothing(timed, urgent):
    now = at("2026-10-02 00:40")
    sweep(timed, now)
    count = len(steps_of(timed, urgent))
    assert sweep(timed, now).claimed == 0
    assert len(steps_of(timed, urgent)) == count


def test_a_clock_that_jumps_an_hour_back_and_forth_doubles_nothing(timed, urgent):
    for text in ("00:36", "23:36", "00:37", "01:37", "00:38"):
        sweep(timed, at(f"2026-10-0{'1' if text > '23' else '2'} {text}"))
    steps = steps_of(timed, urgent)
    assert steps == ["remind-half", "remind-last", "breach", "breach-15", "breach-30"]


def test_a_step_already_recorded_is_not_recorded_again(timed, urgent):
    sweep(timed, at("2026-10-02 00:20"))
    timed.execute(
        sa.update(Clock)
        .where(Clock.ticket_id == urgent.id, Clock.code == "sign")
        .values(steps_done=[], next_step="remind-half", next_step_at=at("2026-10-02 00:05"))
    )
    again = sweep(timed, at("2026-10-02 00:20"))
    assert [one for one in again.taken if one.code == "sign"] == []
    assert steps_of(timed, urgent) == ["remind-half", "remind-last", "breach"]


def test_oldest_first_in_batches(timed, happen, urgent):
    later = factories.a_ticket(timed, at("2026-10-02 00:10"), "dispatched", urgency="urgent")
    happen()
    first = sweep(timed, at("2026-10-02 02:00"), batch=2)
    assert first.claimed == 2
    assert {one.ticket_id for one in first.taken} == {urgent.id}
    while sweep(timed, at("2026-10-02 02:00"), batch=2).claimed:
        pass
    assert steps_of(timed, later) == steps_of(timed, urgent)


def test_a_stopped_or_paused_clock_is_left_alone(timed, happen, now):
    done = factories.a_ticket(timed, now, "replied")
    happen()
    waiting = factories.a_ticket(timed, now, "handling")
    happen()
    request = handling.request_suspension(
        timed, waiting, "applicant-supplement", "补正通知书 12 号", factories.person(timed, "urban.handler", now), now
    )
    handling.decide_suspension(timed, waiting, request, True, "同意", factories.person(timed, "dispatcher1", now), now)
    happen()
    sweep(timed, now + 30 * DAY)
    assert timed.scalar(sa.select(sa.func.count()).where(EscalationStep.ticket_id.in_([done.id]))) == 0
    assert steps_of(timed, waiting, "general-reply") == []


def test_cards_go_to_the_ledger_and_a_reply_clears_them(timed, happen, now):
    ticket = factories.a_ticket(timed, now, "handling")
    happen()
    sweep(timed, ticket.due_at - DAY)
    sweep(timed, ticket.due_at + DAY)

    def ledger():
        rows = timed.scalars(sa.select(LedgerEntry).where(LedgerEntry.ticket_id == ticket.id).order_by(LedgerEntry.id))
        return [(row.level, row.card, row.status) for row in rows]

    assert ledger() == [("E1", "yellow", "open"), ("E2", "red", "open"), ("E3", "red", "open")]
    handling.reply(timed, ticket, factories.person(timed, "urban.head", now), ticket.due_at + 2 * DAY, **factories.a_reply())
    happen()
    timed.expire_all()
    assert {status for _, _, status in ledger()} == {"cleared"}


def test_what_a_leader_took_up_is_not_cleared_by_signing(timed, happen, urgent):
    sweep(timed, at("2026-10-02 01:00"))
    handling.sign(timed, urgent, factories.person(timed, "urban.liaison", at("2026-10-02 01:00")), at("2026-10-02 01:05"))
    happen()
    timed.expire_all()
    rows = timed.scalars(
        sa.select(LedgerEntry).join(Clock, Clock.id == LedgerEntry.clock_id).where(Clock.ticket_id == urgent.id, Clock.code == "sign")
    )
    assert {row.level: row.status for row in rows} == {"E2": "cleared", "E5": "open", "E6": "open"}


def test_an_extension_brings_the_yellow_card_again_for_the_new_date(timed, happen, now):
    ticket = factories.a_ticket(timed, now, "handling")
    happen()
    sweep(timed, ticket.due_at - DAY)
    when = ticket.due_at - timedelta(hours=3)
    request = handling.request_extension(
        timed, ticket, 5, "要等雨停", "雨停后三天完工", factories.person(timed, "urban.liaison", when), when
    )
    handling.decide_extension(timed, ticket, request, True, "同意", factories.person(timed, "dispatcher1", when), when)
    happen()
    sweep(timed, ticket.due_at - DAY)
    assert steps_of(timed, ticket, "general-reply").count("yellow") == 2
    assert steps_of(timed, ticket, "general-reply").count("remind-half") == 1


def test_a_window_that_is_over_closes_without_blame(timed, happen, now):
    ticket = factories.a_ticket(timed, now, "signed")
    happen()
    sweep(timed, now + 4 * DAY)
    window = next(view for view in clocks_of(timed, ticket.id) if view.code == "return-window")
    assert (window.stop_reason, window.stopped_at, window.breached_at) == ("expired", window.due_at, None)
    assert steps_of(timed, ticket, "return-window") == []


def test_b_is_told_because_a_is_on_leave(timed, happen, urgent):
    now = at("2026-10-02 00:05")
    liaison = factories.person(timed, "urban.liaison", now)
    posts.set_absence(timed, liaison.account_id, now - DAY, now + DAY, "leave", liaison)
    taken = [one for one in sweep(timed, now).taken if one.code == "sign"]
    assert names(timed, taken[0].people) == ["urban.backup", "urban.handler"]


def test_who_hears_of_a_breach(timed, urgent):
    heard = {one.rung.step: names(timed, one.people) for one in sweep(timed, at("2026-10-02 00:50")).taken if one.code == "sign"}
    assert heard["breach"] == ["urban.liaison", "urban.head", "dispatcher1"]
    assert heard["breach-15"] == ["urban.head", "leader1"]
    assert heard["breach-30"] == ["leader1"]


def test_the_centres_own_lateness_is_told_to_the_centre(timed, happen, now):
    ticket = factories.a_ticket(timed, now)
    happen()
    swept = sweep(timed, now + timedelta(hours=3))
    assert {one.unit_id for one in swept.taken if one.ticket_id == ticket.id} == {None}
    assert {name for one in swept.taken for name in names(timed, one.people)} <= {"dispatcher1", "supervisor1"}


def test_an_idle_sweep_is_one_statement(timed, urgent, statements):
    with statements() as seen:
        sweep_batch(timed, at("2026-10-01 23:51"))
    assert len([words for words in seen if not words.startswith("SAVEPOINT")]) == 1


def test_the_claim_reads_the_partial_index_only(timed):
    for way in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):  # a handful of rows is cheaper to sort; a million is not
        timed.execute(sa.text(f"SET LOCAL {way} = off"))
    plan = "\n".join(
        timed.scalars(
            sa.text("EXPLAIN SELECT id FROM clocks WHERE next_step_at <= now() ORDER BY next_step_at, id LIMIT 500 FOR UPDATE SKIP LOCKED")
        )
    )
    assert "ix_clocks_next_step" in plan
    assert "Sort" not in plan
