"""The life of a whistle, step by step, and every refusal a street or a department can meet (domain §6)."""

from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Forbidden, Invalid, WrongState
from tests import factories
from tests.tickets import whistle_drive as drive
from tickets import arrivals, grading, summons, whistles
from tickets.grading import Grade
from tickets.whistle_calls import Asked
from tickets.whistle_events import verify
from tickets.whistle_models import Summons

HOUR = timedelta(hours=1)


def test_a_liaisons_whistle_waits_for_the_head_and_sounds_after_triage(session, now):
    whistle = drive.blown(session, now)
    assert (whistle.status, whistle.number) == ("draft", "SH20260914-001")
    whistles.approve(session, whistle, True, "同意", drive.person(session, "dongmen.head", now), now)
    assert whistle.status == "approved"
    whistles.triage(session, whistle, "power", ("urban",), "涉电为主", drive.person(session, "dispatcher1", now), now)
    drive.follow(session)
    assert whistle.status == "sounded"
    assert [(row.lead, row.ask) for row in whistles.summonses_of(session, whistle)] == [(True, "先断 3 幢电"), (False, "围挡、清淤")]


def test_an_emergency_sounds_at_once_and_is_ratified_afterwards(session, now):
    whistle = drive.blown(session, now, kind="emergency")
    assert (whistle.status, whistle.ratified_at) == ("sounded", None)
    head = drive.person(session, "dongmen.head", now)
    whistles.approve(session, whistle, True, "", head, now + HOUR)
    assert whistle.ratified_at == now + HOUR
    with pytest.raises(WrongState):
        whistles.approve(session, whistle, True, "", head, now + HOUR)


def test_a_tough_whistle_takes_the_secretary_and_the_director(session, now):
    whistle = drive.blown(session, now, by="dongmen.head", kind="tough")
    assert whistle.status == "draft"
    with pytest.raises(Forbidden):
        whistles.approve(session, whistle, True, "", drive.person(session, "dongmen.liaison", now), now)
    with pytest.raises(WrongState):
        whistles.approve(session, whistle, True, "", drive.person(session, "dongmen.head", now), now)
    whistles.approve(session, whistle, True, "", drive.person(session, "dongmen.secretary", now), now)
    assert whistle.status == "approved"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"own_measures": " "}, "own_measures"),
        ({"problem": ""}, "problem"),
        ({"address": ""}, "place"),
        ({"summons": ()}, "summons"),
        ({"summons": (Asked("urban", ""),)}, "summons"),
        ({"summons": (Asked("urban", "来"), Asked("urban", "来"))}, "summons"),
        ({"summons": (Asked("urban", "来", True), Asked("power", "来", True))}, "summons"),
        ({"summons": (Asked("dongmen", "来"),)}, "summons"),
        ({"summons": (Asked("nobody", "来"),)}, "summons"),
        ({"kind": "emergency", "remote_allowed": True}, "remote_allowed"),
        ({"kind": "loud"}, "kind"),
        ({"kind": "enforcement", "meet_at": datetime(2099, 12, 31, tzinfo=UTC)}, "meet_at"),
        ({"tickets": ("202601019901000000001",)}, "tickets"),
    ],
)
def test_what_a_whistle_must_say(session, now, changed, field):
    with pytest.raises(Invalid) as refused:
        drive.blown(session, now, **changed)
    assert field in refused.value.fields


def test_only_a_street_whistles_and_only_about_its_own_area(session, now):
    with pytest.raises(Forbidden):
        drive.blown(session, now, by="urban.head")
    elsewhere = factories.a_ticket(session, now, region="990102001")
    own = factories.a_ticket(session, now, title="另一件返水", content="海晏小区 5 幢一楼马桶返水，水有异味")
    with pytest.raises(Invalid):
        drive.blown(session, now, tickets=(elsewhere.number,))
    due = own.due_at
    assert drive.blown(session, now, tickets=(own.number,)).source == "ticket"
    assert own.due_at == due, "a whistle never moves the citizen's date"


def test_triage_may_send_back_and_must_say_why_it_changes(session, now, monkeypatch):
    office = drive.person(session, "dispatcher1", now)
    whistle = drive.in_status(session, "approved", now)
    with pytest.raises(Invalid):
        whistles.triage(session, whistle, "power", (), "", office, now)
    monkeypatch.setattr(whistles, "MOST_UNITS", 1)
    with pytest.raises(Invalid) as many:
        whistles.triage(session, whistle, "power", ("urban",), "都要来", office, now)
    assert set(many.value.fields) == {"assisting"}
    with pytest.raises(Invalid):
        whistles.send_back(session, whistle, " ", office, now)
    whistles.send_back(session, whistle, "先用街道自己的力量", office, now)
    assert (whistle.status, whistle.sent_back) == ("draft", 1)
    whistles.revise(session, whistle, whistle.problem, "街道已组织两次清淤", drive.person(session, "dongmen.liaison", now), now)
    whistles.approve(session, whistle, True, "", drive.person(session, "dongmen.head", now), now)
    assert whistle.status == "approved"


def test_arrival_is_proven(session, now):
    whistle = drive.sounded(session, now, "emergency")
    row = drive.of(session, whistle, "power")
    actor = drive.person(session, "power.backup", now)

    def come(**said):
        return arrivals.check_in(session, whistle, row, arrivals.Arrival(**({"person": "刘凯"} | said)), actor, now + HOUR / 4)

    for said, field in (
        ({"remote": True}, "remote"),
        ({}, "code"),
        ({"lng": 121.6, "lat": 29.1}, "lng"),
        ({"code": "0" * 16}, "code"),
        (drive.PIN | {"person": ""}, "person"),
        (drive.PIN | {"remote": True}, "code"),
        ({"code": arrivals.arrival_code(session, whistle, now)}, "code"),
    ):
        with pytest.raises(Invalid) as refused:
            come(**said)
        assert field in refused.value.fields
    here = come(code=arrivals.arrival_code(session, whistle, now + HOUR / 4, back=1))
    assert (here.how, here.proxy, here.post) == ("qr", True, "联络员 B 岗")
    assert (whistle.status, row.state, row.signed_at) == ("joint-handling", "checked-in", now + HOUR / 4)


def test_remote_arrival_only_when_the_street_allows(session, now):
    whistle = drive.sounded(session, now, remote_allowed=True)
    drive.arrive(session, whistle, "power", now + HOUR, lng=None, lat=None, remote=True)
    shut = drive.sounded(session, now)
    with pytest.raises(Invalid):
        drive.arrive(session, shut, "power", now + HOUR, lng=None, lat=None, remote=True)


def test_an_objection_does_not_end_the_duty_to_come(session, now):
    whistle = drive.sounded(session, now)
    row, head, office = (
        drive.of(session, whistle, "power"),
        drive.person(session, "power.head", now),
        drive.person(session, "dispatcher1", now),
    )
    summons.object_to(session, whistle, row, "不归我们管", head, now + HOUR / 2)
    drive.arrive(session, whistle, "power", now + HOUR)
    summons.decide_objection(session, whistle, row, False, "权责清单第 3 条", office, now + 2 * HOUR)
    assert (row.state, row.objection_decision) == ("checked-in", "deny")
    late = drive.sounded(session, now)
    with pytest.raises(WrongState):
        summons.object_to(session, late, drive.of(session, late, "power"), "不归我们管", head, now + 2 * HOUR)


def test_nobody_is_rung_again_at_every_press(session, now):
    whistle, street = drive.sounded(session, now), drive.person(session, "dongmen.head", now)
    row, other = drive.of(session, whistle, "power"), drive.of(session, whistle, drive.LEAD)
    summons.remind(session, whistle, row, street, now)
    summons.remind(session, whistle, other, street, now)
    with pytest.raises(WrongState):
        summons.remind(session, whistle, row, street, now + summons.RING_AGAIN - timedelta(seconds=1))
    summons.remind(session, whistle, row, street, now + summons.RING_AGAIN)


def test_an_objection_upheld_lets_the_department_stay_away(session, now):
    whistle = drive.sounded(session, now)
    row, office = drive.of(session, whistle, "power"), drive.person(session, "dispatcher1", now)
    summons.object_to(session, whistle, row, "不归我们管", drive.person(session, "power.head", now), now)
    summons.decide_objection(session, whistle, row, True, "确不归它", office, now)
    drive.follow(session)
    drive.arrive(session, whistle, "urban", now + HOUR)
    drive.let_go(session, whistle, now + 2 * HOUR, "urban")
    assert (row.state, whistle.status) == ("excused", "released")
    drive.grade(session, whistle, "urban", now + 2 * HOUR)
    assert whistle.status == "closed"


def test_nobody_leaves_without_the_street_and_a_no_show_stays_one(session, now):
    whistle = drive.sounded(session, now, "emergency")
    drive.arrive(session, whistle, "urban", now + HOUR / 4)
    row = drive.of(session, whistle, "urban")
    with pytest.raises(Forbidden):
        summons.release(session, whistle, [row], drive.person(session, "urban.head", now), now + HOUR)
    with pytest.raises(WrongState):
        drive.grade(session, whistle, "urban", now + HOUR)
    drive.let_go(session, whistle, now + HOUR, "urban")
    assert whistle.status == "joint-handling", "power may still come"
    drive.let_go(session, whistle, now + HOUR)
    absent = drive.of(session, whistle, "power")
    assert (whistle.status, absent.state, absent.no_show_at) == ("released", "no-show", now + HOUR / 2)


def test_late_is_still_an_arrival(session, now):
    whistle = drive.sounded(session, now, "emergency")
    row = drive.of(session, whistle, "power")
    summons.mark_no_show(session, whistle, row, now + 31 * drive.MINUTE)
    drive.arrive(session, whistle, "power", now + 40 * drive.MINUTE)
    assert (row.state, row.no_show_at) == ("checked-in", now + HOUR / 2)


def test_grades_appeal_and_final_scores(session, now):
    whistle = drive.in_status(session, "released", now)
    at = now + HOUR
    for said in (("", "照片 3"), ("迟到", "")):
        with pytest.raises(Invalid):
            drive.grade(session, whistle, "power", at, drive.BAD, *said)
    with pytest.raises(Forbidden):
        grading.score(
            session, whistle, drive.of(session, whistle, "power"), drive.GOOD, "", "", drive.person(session, "power.head", at), at
        )
    drive.grade(session, whistle, "power", at, drive.BAD, "迟到", "照片 3")
    with pytest.raises(WrongState):
        drive.grade(session, whistle, "power", at)
    drive.grade(session, whistle, "urban", at)
    assert whistle.status == "closed"
    score = next(row for row in grading.scores_of(session, whistle) if row.speed == 1)
    grading.appeal(session, whistle, score, "在另一处抢险", drive.person(session, "power.head", at), at)
    with pytest.raises(WrongState):
        grading.appeal(session, whistle, score, "再说一次", drive.person(session, "power.head", at), at)
    grading.decide_appeal(session, whistle, score, Grade(3, 3, 3), "属实", drive.person(session, "dispatcher1", at), at)
    assert (score.speed, score.revised["speed"]) == (1, 3), "the original stays visible"


def test_the_lead_grades_its_assistants_and_nobody_else_does(session, now):
    whistle = drive.in_status(session, "released", now)
    at, helper = now + HOUR, drive.of(session, whistle, "power")
    with pytest.raises(Forbidden):
        grading.rate_assistant(session, whistle, helper, 5, "", drive.person(session, "power.head", at), at)
    with pytest.raises(WrongState):
        grading.rate_assistant(session, whistle, drive.of(session, whistle, "urban"), 5, "", drive.person(session, "urban.head", at), at)
    with pytest.raises(Invalid):
        grading.rate_assistant(session, whistle, helper, 2, "", drive.person(session, "urban.head", at), at)
    grading.rate_assistant(session, whistle, helper, 2, "到得晚", drive.person(session, "urban.head", at), at)
    assert helper.lead_score == 2


def test_the_chain_of_a_whistle_tells_what_was_touched(session, now):
    whistle = drive.in_status(session, "closed", now)
    session.flush()
    assert not [fault for _, fault in verify(session) if fault]
    whistle.head_hash = "1" * 64
    session.flush()
    assert [fault.number for _, fault in verify(session) if fault] == [whistle.number]


def test_exactly_one_lead(session, now):
    whistle = drive.sounded(session, now)
    summons.change_lead(session, whistle, drive.of(session, whistle, "power"), "涉电为主", drive.person(session, "dispatcher1", now), now)
    session.flush()
    assert [row.lead for row in session.query(Summons).filter_by(whistle_id=whistle.id).order_by(Summons.lead.desc())] == [True, False]
