"""A limit is edited: what it would move is known before, what it moves is written down, the past keeps what it was promised."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.clock import CITY_ZONE
from app.errors import Invalid, NotFound, Stale, WrongState
from escalation.editing import Edit, change_limit, limit_in_force, try_limit, versions_of
from escalation.models import Clock, ClockChange, LimitRow
from escalation.queries import clocks_of
from escalation.recount_later import recount_some
from escalation.recounting import KEPT, LEFT, Outcome
from escalation.rules import forget
from tests import factories
from tickets import handling, tasks
from tickets.actors import SYSTEM_ACTOR

NOW = datetime(2026, 11, 6, 10, tzinfo=CITY_ZONE)  # a Friday among plain weeks: five days end on Friday, four on Thursday
EDIT = Edit(4, "working-days", 10, ("applicant-supplement",), "市办〔2026〕1 号", "市里要求提速")


@pytest.fixture
def open_ticket(own_rules, happen):
    def make(at=NOW, status="handling", **matter):
        ticket = factories.a_ticket(own_rules, at, status, **matter)
        happen()
        return ticket

    return make


def promise(session, ticket, code="general-reply"):
    session.flush()
    return next(view for view in clocks_of(session, ticket.id) if view.code == code)


def seen(session, code="general-reply", now=NOW):
    return limit_in_force(session, code, now).id


def edit(session, open_too, *, edit=EDIT, code="general-reply", now=NOW + timedelta(hours=2)):
    done = change_limit(session, code, edit, seen(session, code, now), open_too, SYSTEM_ACTOR, now)
    session.flush()
    forget(session)
    return replace(done, outcome=recount_all(session, now))


def recount_all(session, now) -> Outcome:
    """All batches, as the worker would do them."""
    whole = Outcome()
    while batch := recount_some(session, now):
        whole.moves += batch.outcome.moves
        whole.counts += batch.outcome.counts
    return whole


def test_five_to_four_days_lists_the_open_clocks_before_anything_is_written(own_rules, open_ticket):
    tickets = [open_ticket(), open_ticket(at=NOW - timedelta(days=3))]
    closed = open_ticket(status="closed")
    before = [promise(own_rules, ticket).due_at for ticket in tickets]
    tried = try_limit(own_rules, "general-reply", EDIT, NOW + timedelta(hours=2))
    mine = [one for one in tried.outcome.moves if one.code == "general-reply"]
    assert {one.number for one in mine} == {ticket.number for ticket in tickets}
    assert closed.number not in {one.number for one in tried.outcome.moves}
    assert {(one.old_due, one.new_due) for one in mine} == {(due, due - timedelta(days=1)) for due in before}
    assert (tried.old.length, tried.new.length) == (5, 4)
    assert [promise(own_rules, ticket).due_at for ticket in tickets] == before, "a trial writes nothing"
    assert len(versions_of(own_rules, "general-reply")) == 1


def test_by_default_open_clocks_keep_their_promise_and_new_ones_get_the_new_limit(own_rules, open_ticket):
    old = open_ticket()
    before = promise(own_rules, old).due_at
    assert edit(own_rules, False).outcome.moves == []
    new = open_ticket(at=NOW + timedelta(hours=3))
    assert promise(own_rules, old).due_at == before
    assert promise(own_rules, new).due_at == before - timedelta(days=1)
    assert promise(own_rules, old).article != promise(own_rules, new).article


def test_open_clocks_too_move_as_foreseen_and_each_move_is_written_down(own_rules, open_ticket):
    ticket = open_ticket()
    before = promise(own_rules, ticket)
    foreseen = try_limit(own_rules, "general-reply", EDIT, NOW + timedelta(hours=2)).outcome
    done = edit(own_rules, True).outcome
    done.moves.sort(key=lambda one: (one.new_due, one.clock_id))
    assert (done.moves, done.counts) == (foreseen.moves, foreseen.counts)
    after = promise(own_rules, ticket)
    assert after.due_at == ticket.due_at == before.due_at - timedelta(days=1)
    assert (after.length, after.marks[0], len(after.marks)) == (4, "s", len(before.marks) - 1)
    row = own_rules.scalars(sa.select(ClockChange).where(ClockChange.clock_id == after.id)).one()
    assert (row.why, row.words, row.old_due, row.new_due, row.old_trace["marks"]) == (
        "limit",
        EDIT.reason,
        before.due_at,
        after.due_at,
        before.marks,
    )
    share = promise(own_rules, ticket, "unit-reply")
    assert share.due_at == after.due_at, "the unit's share of the promise follows it"


def test_closed_overdue_and_nearly_due_keep_what_they_were_promised(own_rules, open_ticket):
    closed, overdue, last_day = (
        open_ticket(status="closed"),
        open_ticket(at=NOW - timedelta(days=12)),
        open_ticket(at=NOW - timedelta(days=7)),
    )
    before = {ticket.id: promise(own_rules, ticket) for ticket in (closed, overdue, last_day)}
    done = edit(own_rules, True)
    assert {ticket_id: promise(own_rules, ticket) for ticket_id, ticket in zip(before, (closed, overdue, last_day), strict=True)} == before
    assert done.outcome.counts[KEPT] == 2, "its new day would be yesterday: it keeps today (the promise and the unit's share in it)"
    assert done.outcome.counts[LEFT] >= 2
    assert own_rules.scalar(sa.select(sa.func.count()).select_from(ClockChange)) == 0


def test_an_extension_and_a_pause_stay_counted_in(own_rules, open_ticket, happen):
    ticket = open_ticket()
    at = NOW + timedelta(hours=4)
    head, dispatcher = factories.person(own_rules, "urban.liaison", at), factories.person(own_rules, "dispatcher1", at)
    asked = handling.request_extension(own_rules, ticket, 5, "要等配件", "周五换好", head, at)
    own_rules.flush()
    handling.decide_extension(own_rules, ticket, asked, True, "属实", dispatcher, at)
    happen()
    before = promise(own_rules, ticket)
    edit(own_rules, True, now=at)
    after = promise(own_rules, ticket)
    assert (before.extended_by, after.extended_by, after.due_at) == (5, 5, before.due_at - timedelta(days=1))
    edit(own_rules, True, edit=replace(EDIT, cap=None, length=3), now=at)
    assert promise(own_rules, ticket).due_at == after.due_at, "what was granted is not taken back"


def test_a_given_date_and_a_length_of_its_own_stay(own_rules, open_ticket, happen):
    ticket = open_ticket(assisting=())
    upper = open_ticket(upper_due_at=NOW + timedelta(days=20))
    at = NOW + timedelta(hours=1)
    tasks.add_task(own_rules, ticket, "power", "断电", factories.person(own_rules, "urban.liaison", at), at, 2)
    happen()
    before = promise(own_rules, ticket, "task-reply"), promise(own_rules, upper)
    edit(own_rules, True)
    edit(own_rules, True, edit=replace(EDIT, length=1, cap=None, pauses=()), code="task-reply")
    assert (promise(own_rules, ticket, "task-reply"), promise(own_rules, upper)) == before


def test_the_second_of_two_administrators_is_told(own_rules):
    looked = seen(own_rules)
    change_limit(own_rules, "general-reply", EDIT, looked, False, SYSTEM_ACTOR, NOW)
    with pytest.raises(Stale, match="别人改过"):
        change_limit(own_rules, "general-reply", replace(EDIT, length=3), looked, False, SYSTEM_ACTOR, NOW)


def test_a_version_ends_and_the_next_begins_at_the_same_instant(own_rules):
    first = seen(own_rules)
    edit(own_rules, False)
    new, old = versions_of(own_rules, "general-reply")
    assert (old.id, old.effective_to, old.length) == (first, new.effective_from, 5)
    assert (new.version, new.effective_to, new.length, new.reason, new.article) == (2, None, 4, EDIT.reason, EDIT.article)


def test_another_profile_gets_a_row_of_its_own_and_the_preset_stays(own_rules):
    own_rules.info["profile"] = "haikou"
    try:
        edit(own_rules, False)
        edit(own_rules, False, edit=replace(EDIT, length=3))
        assert limit_in_force(own_rules, "general-reply", NOW + timedelta(hours=2)).length == 3
    finally:
        own_rules.info["profile"] = "default"
    assert limit_in_force(own_rules, "general-reply", NOW + timedelta(hours=2)).length == 5
    rows = own_rules.execute(
        sa.select(LimitRow.profile, LimitRow.version).where(LimitRow.code == "general-reply", LimitRow.profile == "haikou")
    ).all()
    assert sorted(rows) == [("haikou", 1), ("haikou", 2)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"length": None}, "length"),
        ({"length": 0}, "length"),
        ({"length": 251}, "length"),
        ({"unit": "weeks", "cap": None}, "unit"),
        ({"cap": 0}, "cap"),
        ({"cap": 999}, "cap"),
        ({"unit": "hours", "length": 24}, "cap"),
        ({"pauses": ("holiday",)}, "pauses"),
        ({"article": "  "}, "article"),
        ({"reason": ""}, "reason"),
        ({"article": "x" * 301}, "article"),
        ({"length": 5, "article": "T10, SD20, JN §24, WF §20"}, "length"),
    ],
)
def test_what_cannot_stand_is_named_by_field(own_rules, changes, field):
    with pytest.raises(Invalid) as refused:
        try_limit(own_rules, "general-reply", replace(EDIT, **changes), NOW)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    ("code", "changes", "field"),
    [
        ("sign", {"length": 20, "unit": "minutes"}, "cap"),
        ("return-window", {"length": 3, "cap": None}, "pauses"),
        ("interim-reply", {"pauses": ()}, "cap"),
    ],
)
def test_only_promises_are_extended_and_windows_never_stand_still(own_rules, code, changes, field):
    with pytest.raises(Invalid) as refused:
        try_limit(own_rules, code, replace(EDIT, **changes), NOW)
    assert list(refused.value.fields) == [field]


def test_what_has_no_length_of_its_own_or_is_unknown_is_refused(own_rules):
    with pytest.raises(WrongState):
        try_limit(own_rules, "ledger-promise", EDIT, NOW)
    with pytest.raises(NotFound):
        try_limit(own_rules, "nothing", EDIT, NOW)


def test_a_shortened_limit_sets_the_next_step_anew(own_rules, open_ticket):
    ticket = open_ticket()
    edit(own_rules, True)
    clock = own_rules.scalars(sa.select(Clock).where(Clock.ticket_id == ticket.id, Clock.code == "general-reply")).one()
    assert clock.next_step == "remind-half"
    assert clock.next_step_at < clock.due_at
