"""The whistle office, the street's desk, grades and the wall: what each shows, what it does, what it costs, in a browser at both widths."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.db import db
from app.web import city_map
from app.work import work
from tests import factories
from tests.app.web.seats import cookie_of, seat, token_of
from tests.browser import WIDTHS, axe, overflow, ready, too_small
from tests.statements import counted
from tests.tickets import whistle_drive as drive
from tickets import grading, summons
from tickets.whistle_models import Score, Summons, Whistle

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
OFFICE, STREET, WALL = "/desk/whistle-office", "/desk/street", "/desk/whistle-wall"


@pytest.fixture(scope="module")
def rung(app):
    """Whistles at every station: a draft, one to triage, one sounding with an objection and a no-show, one to grade, one closed and appealed."""
    numbers = {}
    with app.app_context():
        now = clock.now()
        with work() as session:
            numbers["draft"] = drive.in_status(session, "draft", now).number
            numbers["triage"] = drive.in_status(session, "approved", now).number
            live = drive.sounded(session, now - 40 * MINUTE, "enforcement")
            numbers["live"] = live.number
            summons.object_to(
                session,
                live,
                drive.of(session, live, "power"),
                "不归我们管",
                drive.person(session, "power.head", now - 39 * MINUTE),
                now - 39 * MINUTE,
            )
            summons.mark_no_show(session, live, drive.of(session, live, "urban"), now)
            numbers["grade"] = drive.in_status(session, "released", now - DAY).number
            closed = drive.in_status(session, "closed", now - 2 * DAY)
            numbers["closed"] = closed.number
            row = grading.scores_of(session, closed)[0]
            grading.appeal(session, closed, row, "当时在另一处抢险", drive.person(session, "urban.head", now), now)
            factories.a_ticket(session, now, "dispatched", "urban", ("dongmen",))
    return app, numbers


def number_of(rung, name: str) -> str:
    return rung[1][name]


def post(client, page: str, path: str, **fields):
    return client.post(path, data={"csrf_token": token_of(client.get(page).text), **fields})


def seen(app, number: str) -> dict:
    with app.app_context():
        row = db.session.execute(sa.select(Whistle.status, Whistle.version).where(Whistle.number == number)).one()
        found = {"status": row.status, "version": row.version}
        db.session.remove()
    return found


def test_the_office_sees_what_waits(rung):
    page = seat(rung[0], "dispatcher1").get(OFFICE).text
    for words in ("等分派", "不归我们管", "当时在另一处抢险", "到点没来，缺席", "再响一遍"):
        assert words in page


@pytest.mark.parametrize(
    ("who", "path"),
    [("dongmen.head", STREET), ("supervisor1", "/desk/hotspots"), ("supervisor1", "/desk/supervision"), ("supervisor1", "/desk/hall")],
)
def test_desks_are_whole_in_a_city_without_a_map(rung, monkeypatch, who, path):
    desk = seat(rung[0], who)
    assert 'class="map ' in desk.get(path).text
    monkeypatch.setattr(city_map, "_drawing", lambda: None)
    page = desk.get(path)
    assert page.status_code == 200
    assert 'class="map' not in page.text
    assert "leaflet" not in page.text


def test_one_key_accepts_the_streets_call_and_it_sounds(rung):
    client, number = seat(rung[0], "dispatcher1"), None
    with rung[0].app_context(), work() as session:
        number = drive.in_status(session, "approved", clock.now()).number
    page = f"{OFFICE}?w={number}"
    assert 'data-key="A"' in client.get(page).text
    answer = post(
        client, page, f"{OFFICE}/{number}/acts/triage", lead="urban", assisting=["urban", "power"], version=seen(rung[0], number)["version"]
    )
    assert answer.status_code == 302
    assert seen(rung[0], number)["status"] == "sounded"


def test_another_lead_wants_a_reason_and_keeps_what_was_typed(rung):
    client, number = seat(rung[0], "dispatcher1"), number_of(rung, "triage")
    answer = post(
        client,
        OFFICE,
        f"{OFFICE}/{number}/acts/triage",
        lead="power",
        assisting=["power", "urban"],
        version=seen(rung[0], number)["version"],
    )
    assert answer.status_code == 422
    assert "改了街道叫的单位" in answer.text
    assert seen(rung[0], number)["status"] == "approved"


def test_who_was_first_is_said(rung):
    client, number = seat(rung[0], "dispatcher1"), number_of(rung, "triage")
    answer = post(client, OFFICE, f"{OFFICE}/{number}/acts/send-back", reason="先用自己的办法", version=1)
    assert answer.status_code == 412
    assert "有人先一步" in answer.text


def test_it_sounds_again_and_decides(rung):
    client, number = seat(rung[0], "dispatcher1"), number_of(rung, "live")
    assert post(client, OFFICE, f"{OFFICE}/{number}/acts/remind", unit="urban").status_code == 302
    assert post(client, OFFICE, f"{OFFICE}/{number}/acts/decide-objection", unit="power", decision="deny", reason="").status_code == 422
    assert (
        post(client, OFFICE, f"{OFFICE}/{number}/acts/decide-objection", unit="power", decision="deny", reason="权责清单有").status_code
        == 302
    )
    with rung[0].app_context():
        assert (
            db.session.scalar(
                sa.select(Summons.objection_decision)
                .join(Whistle, Whistle.id == Summons.whistle_id)
                .where(Whistle.number == number, Summons.objected_at.is_not(None))
            )
            == "deny"
        )
        db.session.remove()


def test_an_appeal_changes_the_grade_beside_the_original(rung):
    client, number = seat(rung[0], "dispatcher1"), number_of(rung, "closed")
    with rung[0].app_context():
        row = db.session.scalar(sa.select(Score).where(Score.appealed_at.is_not(None)))
        score, before = row.id, (row.speed, row.handling, row.result)
        db.session.remove()
    assert (
        post(
            client,
            OFFICE,
            f"{OFFICE}/{number}/acts/decide-appeal",
            score=score,
            unit="urban",
            decision="accept",
            speed=5,
            handling=5,
            result=4,
            bonus=1,
            reason="看过出警记录",
        ).status_code
        == 302
    )
    page = seat(rung[0], "urban.head").get(f"/whistles/{number}/grades").text
    assert "改了分" in page
    assert "→" in page
    with rung[0].app_context():
        row = db.session.get(Score, score)
        assert (row.speed, row.handling, row.result) == before
        db.session.remove()


def test_the_street_sees_its_whistles_by_what_they_wait_for(rung):
    page = seat(rung[0], "dongmen.head").get(STREET).text
    for words in ("等签发", "正在响", "要打分", "刚办结", "在办诉求", "签发"):
        assert words in page
    assert "签发<kbd" not in seat(rung[0], "dongmen.liaison").get(STREET).text.replace(" ", "")
    assert number_of(rung, "live") not in seat(rung[0], "nanhu.head").get(STREET).text
    assert seat(rung[0], "urban.head").get(STREET).status_code == 403


def test_of_anothers_matter_the_street_sees_where_and_what_kind_only(rung):
    with rung[0].app_context(), work() as session:
        theirs = {"region": "990101001", "address": "海晏小区18幢302室"}
        factories.a_ticket(session, clock.now(), "dispatched", "water", title="李家厨房返水", content="厨房地漏返水，李先生家", **theirs)
        factories.a_ticket(
            session, clock.now(), "dispatched", "water", title="举报某店", content="举报偷排", appeal_type="report", **theirs
        )
    page = seat(rung[0], "dongmen.head").get(STREET).text
    assert "待签收" in page
    for words in ("李家", "302", "举报"):
        assert words not in page


def test_the_head_signs_and_another_streets_head_does_not(rung):
    number = number_of(rung, "draft")
    stranger = seat(rung[0], "nanhu.head")
    assert post(stranger, STREET, f"{STREET}/{number}/acts/approve").status_code == 404
    assert post(seat(rung[0], "dongmen.head"), STREET, f"{STREET}/{number}/acts/approve").status_code == 302
    assert seen(rung[0], number)["status"] == "approved"


def test_grading_is_the_streets_alone_and_a_low_grade_says_why(rung):
    number = number_of(rung, "grade")
    page, path = f"/whistles/{number}/grades", f"/whistles/{number}/grades/score"
    good = {"unit": "urban", "speed": 5, "handling": 4, "result": 5, "bonus": 0}
    assert post(seat(rung[0], "urban.head"), page, path, **good).status_code == 403
    street = seat(rung[0], "dongmen.head")
    answer = post(street, page, path, **(good | {"speed": 1}))
    assert answer.status_code == 422
    assert "打低分要写理由" in answer.text
    assert post(street, page, path, **good).status_code == 302
    assert post(street, page, path, **good).status_code == 409
    department = seat(rung[0], "urban.head").get(page).text
    assert "只能申诉一次" in department
    assert "打分，不能改" not in department


def test_the_wall_shows_who_is_absent(rung):
    client = seat(rung[0], "supervisor1")
    assert "缺席" in client.get(WALL).text
    assert number_of(rung, "live") in client.get(f"{WALL}?only=late").text


@pytest.mark.parametrize(
    ("user", "path", "whole", "refreshed"), [("dispatcher1", OFFICE, 10, 6), ("dongmen.head", STREET, 8, 6), ("supervisor1", WALL, 4, 3)]
)
def test_it_costs_as_few_statements_as_a_ticket_and_its_queue(rung, user, path, whole, refreshed):
    client = seat(rung[0], user)
    client.get(path)
    for headers, most in (({}, whole), ({"HX-Request": "true"}, refreshed)):
        with counted(rung[0]) as sent:
            client.get(path, headers=headers)
        assert len(sent) <= most, sent


@pytest.mark.browser
def test_axe_finds_nothing_at_both_widths(rung, open_page, serve):
    base = serve(rung[0])
    for user, paths in {
        "dispatcher1": [OFFICE, f"{OFFICE}?w={number_of(rung, 'triage')}&as=advice", f"{OFFICE}?w={number_of(rung, 'closed')}"],
        "dongmen.head": [STREET, f"{STREET}?do=reopen&w={number_of(rung, 'closed')}", f"/whistles/{number_of(rung, 'grade')}/grades"],
        "supervisor1": [WALL, "/desk/reports/whistles", "/desk/reports/whistles/called"],
    }.items():
        page = open_page(base + paths[0], storage_state={"cookies": [cookie_of(rung[0], user)], "origins": []})
        for path in paths:
            page.set_viewport_size({"width": 1280, "height": WIDTHS[1280]})
            page.goto(base + path)
            ready(page)
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": WIDTHS[width]})
                assert (axe(page), overflow(page)) == ([], 0), f"{path} at {width}"
            assert user == "supervisor1" or too_small(page) == [], path
        assert page.said_wrong == [], user


@pytest.mark.browser
def test_the_office_triages_by_one_key(rung, open_page, serve):
    with rung[0].app_context(), work() as session:
        number = drive.in_status(session, "approved", clock.now()).number
    page = open_page(f"{serve(rung[0])}{OFFICE}?w={number}", storage_state={"cookies": [cookie_of(rung[0], "dispatcher1")], "origins": []})
    page.keyboard.press("a")
    page.wait_for_url(lambda url: number not in url)
    assert seen(rung[0], number)["status"] == "sounded"
