"""What people see of a clock: rings, strips of days, the grid of reasons, the API's entry. 24:00 is the day before's."""

from datetime import date, datetime, timedelta

from app.clock import CITY_ZONE
from escalation import faces
from escalation.due import read_marks
from escalation.queries import clocks_of, clocks_of_many
from tests import factories


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


def of(session, ticket) -> dict:
    return {view.code: view for view in clocks_of(session, ticket.id)}


def dispatched(session, happen, when):
    ticket = factories.a_ticket(session, at(when) - timedelta(minutes=1), "dispatched")
    happen()
    return ticket


def test_the_ring(timed, happen):
    sign = of(timed, dispatched(timed, happen, "2026-09-28 11:11"))["sign"]
    assert faces.ring(sign, at("2026-09-28 11:26")) == (900, 50)
    assert faces.ring(sign, at("2026-09-28 11:46")) == (-300, 0)


def test_the_strip_as_in_the_prototype(timed, happen, calendar):
    reply = of(timed, dispatched(timed, happen, "2026-09-28 11:11"))["general-reply"]
    assert faces.strip(reply, at("2026-09-30 10:26"), calendar) == ["done", "today", *["off"] * 7, "d", "d", "due swap"]


def test_the_strip_of_a_late_one_goes_on_to_today(timed, happen, calendar):
    reply = of(timed, dispatched(timed, happen, "2026-11-02 11:11"))["general-reply"]
    assert faces.strip(reply, at("2026-11-11 09:00"), calendar) == ["done"] * 4 + ["off", "off", "due", "over", "over"]


def test_the_grid_says_why_every_day(timed, happen, calendar):
    reply = of(timed, dispatched(timed, happen, "2026-09-28 11:11"))["general-reply"]
    grid = faces.grid(reply, at("2026-09-30 10:26"), calendar)
    assert [cell.kind for cell in grid] == ["start", "past", "now", *["off"] * 7, "", "", "due"]
    assert grid[3].words == ["国庆节", "节假日"]
    assert grid[-1].words == ["国庆节", "调休上班"]


def test_the_api_entry(timed, happen, calendar):
    ticket = dispatched(timed, happen, "2026-09-28 11:11")
    entry = faces.as_api(of(timed, ticket)["general-reply"], at("2026-09-30 10:26"), calendar)
    assert {
        name: entry[name]
        for name in ("code", "owner", "started", "due", "provisional", "paused", "stopped", "breached_at", "extended_by", "state")
    } == {
        "code": "general-reply",
        "owner": "ticket",
        "started": "2026-09-28T11:11:00+08:00",
        "due": "2026-10-11T00:00:00+08:00",
        "provisional": False,
        "paused": None,
        "stopped": None,
        "breached_at": None,
        "extended_by": 0,
        "state": "running",
    }
    assert entry["trace"][1] == {"day": "2026-09-29", "counts": True, "reason": "工作日"}
    assert sum(row["counts"] for row in entry["trace"]) == 5


def test_overdue_is_seen_before_any_sweep_and_dated_to_the_due_instant(timed, happen):
    sign = of(timed, dispatched(timed, happen, "2026-09-28 11:11"))["sign"]
    entry = faces.as_api(sign, at("2026-09-28 12:00"))
    assert (entry["state"], entry["breached_at"]) == ("overdue", "2026-09-28T11:41:00+08:00")
    assert "trace" not in entry


def test_provisional_days_are_named_so(timed, happen, calendar):
    ticket = factories.a_ticket(timed, at("2026-11-22 10:00"), "dispatched", track="consumer")
    happen()
    steps = faces.steps(of(timed, ticket)["mediation"], calendar)
    assert faces.reason_words(steps[-1])[-1] == "暂定"
    assert "暂定" not in faces.reason_words(steps[1])


def test_a_page_of_tickets_costs_one_statement(timed, happen, statements):
    ids = [dispatched(timed, happen, "2026-09-28 11:11").id for _ in range(3)]
    with statements() as seen:
        found = clocks_of_many(timed, ids, running=True)
    assert len(seen) == 1
    assert {len(views) for views in found.values()} == {5}
    with statements() as seen:
        assert clocks_of_many(timed, []) == {}
    assert seen == []


def test_marks_read_back_without_a_calendar():
    assert [step.counts for step in read_marks(date(2026, 9, 28), "swWhe")] == [False, True, True, False, True]
