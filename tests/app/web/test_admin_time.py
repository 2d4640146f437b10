"""Limits, business hours and the calendar as an administrator edits them: tried first, written once, told to the second."""

import io
import json
import re
from datetime import datetime

import pytest
import sqlalchemy as sa

from app import clock
from app.auth.models import AuditEntry
from app.clock import CITY_ZONE
from app.db import db
from app.jobs import recount_clocks
from escalation.hours_models import BusinessHours, UnitHours
from escalation.limit_data import DEFAULT
from escalation.models import CalendarDay, Clock, ClockChange, LimitRow
from escalation.rules import forget
from tests.app.web.at_admin import send
from tests.app.web.seats import put, seat

NOVEMBER = datetime(2026, 11, 23, 10, tzinfo=CITY_ZONE)
NEW = {
    "length": "4",
    "unit": "working-days",
    "cap": "10",
    "pauses": "applicant-supplement",
    "article": "市办〔2026〕1 号",
    "reason": "市里要求提速",
}
INVENTED = json.dumps(
    {
        "year": 2027,
        "days": [
            {"date": day, "name": name, "isOffDay": off}
            for day, name, off in (
                ("2027-01-01", "元旦", True),
                ("2027-01-04", "元旦", True),
                ("2027-02-05", "春节", True),
                ("2027-02-06", "春节", True),
                ("2027-02-08", "春节", True),
                ("2027-02-20", "春节", False),
            )
        ],
    }
)


@pytest.fixture(autouse=True)
def it_is_november(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOVEMBER)


@pytest.fixture
def admin(app):
    return seat(app, "admin1")


def rows(app, query):
    with app.app_context():
        found = db.session.execute(query).all()
        db.session.remove()
    return found


def seen(client) -> str:
    return re.search(
        r'name="seen" value="(\d+)"', client.get("/admin/limits/general-reply", query_string=NEW | {"try": "1", "length": "2"}).text
    )[1]


def due_of(app, number, code="general-reply"):
    return rows(
        app,
        sa.text("SELECT c.due_at, c.id FROM clocks c JOIN tickets t ON t.id = c.ticket_id WHERE t.number = :n AND c.code = :c").bindparams(
            n=number, c=code
        ),
    )[0]


# ---- limits


@pytest.mark.parametrize(
    "path",
    [
        "/admin/limits",
        "/admin/hours",
        "/admin/calendar",
        "/admin/calendar?year=1999",
        "/admin/calendar?year=2027",
        "/admin/calendar?year=x",
    ],
)
def test_pages_open_for_an_administrator_and_for_nobody_else(app, admin, path):
    assert admin.get(path).status_code == 200
    assert seat(app, "leader1").get(path).status_code == 403


def test_every_limit_has_its_page(admin):
    for limit in DEFAULT:
        page = admin.get(f"/admin/limits/{limit.code}")
        assert page.status_code == 200, limit.code
        assert "系统装好时" in page.text
    assert admin.get("/admin/limits/nothing").status_code == 404


def test_the_trial_lists_the_open_clocks_and_writes_nothing(app, admin):
    number = put(app, "handling")
    page = admin.get("/admin/limits/general-reply", query_string=NEW | {"try": "1"}).text
    assert number[-6:] in page
    assert "地下室" not in page, "numbers only"
    assert "5 工作日 改成 4 工作日" in page
    assert rows(
        app, sa.select(sa.func.count()).select_from(LimitRow).where(LimitRow.code == "general-reply", LimitRow.by_id.is_not(None))
    ) == [(0,)]


def test_what_cannot_stand_is_said_at_the_field(admin):
    page = admin.get("/admin/limits/general-reply", query_string=NEW | {"try": "1", "length": "abc", "article": ""}).text
    assert "请填整数" in page
    page = admin.get("/admin/limits/general-reply", query_string=NEW | {"try": "1", "cap": "11", "article": ""}).text
    assert "延期最多 10 个工作日" in page
    assert "请写明依据" in page
    answer = send(
        admin,
        "/admin/limits/general-reply?length=2&unit=working-days&article=x&reason=y&try=1",
        "/admin/limits/general-reply",
        **(NEW | {"cap": "", "pauses": "nonsense"}),
        seen=seen(admin),
    )
    assert answer.status_code == 422
    assert "没有这种暂停情形" in answer.text


def test_two_administrators_one_wins_the_other_is_told_and_open_clocks_move_only_when_asked(app, admin):
    number = put(app, "handling")
    before = due_of(app, number)
    looked = seen(admin)
    page = "/admin/limits/general-reply?" + "&".join(f"{name}={value}" for name, value in NEW.items()) + "&try=1"
    first = send(admin, page, "/admin/limits/general-reply", **NEW, seen=looked, scope="new")
    assert first.status_code == 302
    second = send(admin, page, "/admin/limits/general-reply", **(NEW | {"length": "3"}), seen=looked, scope="open")
    assert second.status_code == 412
    assert "刚被别人改过" in second.text
    assert 'value="3"' in second.text, "what was typed is still there"
    assert due_of(app, number) == before
    again = send(admin, page, "/admin/limits/general-reply", **(NEW | {"length": "3"}), seen=seen(admin), scope="open")
    assert again.status_code == 302
    assert due_of(app, number) == before, "the request saves the version; the clocks follow behind it"
    assert "正在重算" in admin.get("/admin/limits/general-reply").text
    with app.app_context():
        assert recount_clocks() > 0
        assert recount_clocks() == 0
    progress = admin.get("/admin/limits/general-reply?part=recount", headers={"HX-Request": "true", "HX-Request-Type": "partial"}).text
    assert "重算完了" in progress
    assert "hx-trigger" not in progress
    moved = due_of(app, number)
    assert moved.due_at < before.due_at
    change = rows(app, sa.select(ClockChange.why, ClockChange.words, ClockChange.by_name).where(ClockChange.clock_id == moved.id))
    assert change == [("limit", "市里要求提速", "admin1")]
    log = rows(app, sa.select(AuditEntry.data).where(AuditEntry.action == "limit").order_by(AuditEntry.id.desc()))[0].data
    assert (log["before"]["length"], log["after"]["length"], log["after"]["scope"]) == (4, 3, "open")
    page = seat(app, "dispatcher1").get(f"/tickets/{number}").text
    assert "期限调整" in page
    assert "市里要求提速" in page
    history = admin.get("/admin/limits/general-reply").text
    assert history.count("市里要求提速") >= 2
    assert admin.get("/admin/limits").text.count("第 3 版") == 1


# ---- business hours


def test_hours_from_nothing_to_a_clock_that_closes_at_night(app, admin):
    assert send(admin, "/admin/hours", "/admin/hours/new", name="早晚", spans="9点到5点").status_code == 422
    assert (
        send(admin, "/admin/hours", "/admin/hours/new", name="机关", name_en="Office", spans="08:30-12:00 13:30-17:30").status_code == 302
    )
    hours = rows(app, sa.select(BusinessHours.id))[0].id
    refused = send(admin, "/admin/hours", "/admin/hours/units", unit="urban", code="sign", hours=hours, basis="街道公示")
    assert refused.status_code == 422
    assert "要全天候" in refused.text
    assert (
        send(admin, "/admin/hours", "/admin/hours/units", unit="urban", code="first-contact", hours=hours, basis="街道公示").status_code
        == 302
    )
    clocks = (
        {
            code: (due, kept)
            for code, due, kept in rows(
                app,
                sa.select(Clock.code, Clock.due_at, Clock.hours).where(
                    Clock.ticket_id == sa.select(sa.func.max(Clock.ticket_id)).scalar_subquery()
                ),
            )
        }
        if put(app, "signed")
        else {}
    )
    assert clocks["first-contact"][0] == datetime(2026, 11, 26, 11, 31, tzinfo=CITY_ZONE), "24 hours, 7½ a day, from Monday 10:01"
    assert clocks["sign"][1] is None
    assert "在用" not in admin.get("/admin/hours").text.split("谁在用")[0]
    assert send(admin, "/admin/hours", f"/admin/hours/{hours}/endings").status_code == 409
    row = rows(app, sa.select(UnitHours.id))[0].id
    assert send(admin, "/admin/hours", f"/admin/hours/units/{row}/endings").status_code == 302
    assert send(admin, "/admin/hours", f"/admin/hours/{hours}/endings").status_code == 302
    assert send(admin, "/admin/hours", f"/admin/hours/{hours}/endings").status_code == 404


# ---- the calendar


def a_file(text: str, name: str = "2027.json") -> dict:
    return {"file": (io.BytesIO(text.encode()), name)}


def test_from_the_first_of_november_administrators_are_warned(admin):
    assert "2027 年的放假安排还没装进来" in admin.get("/admin").text
    assert "2027 年的放假安排还没装进来" in admin.get("/admin/calendar").text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,is_workday,name\n2027-01-01,maybe,\n", "第 2 行的 is_workday"),
        ('{"year": 2027, "days": [{"date": "2027-13-01", "isOffDay": true}]}', "第 1 条的 date"),
        ('{"year": 2027}', "year（年份）"),
        ("date,is_workday,name\n2031-01-01,0,元旦\n", "缺少 2029-01-01"),
        ("", "CSV 第一行"),
        ('{"year":2027,"days":' + "[" * 99_000, "套得太深"),
        ('{"year":2027,"days":[{"date":"2027-01-01","isOffDay":true,"name":"\\ud800\\u0000"}]}', "会改什么"),
    ],
)
def test_what_cannot_be_read_is_said_by_line_and_field(admin, text, says):
    answer = send(admin, "/admin/calendar", "/admin/calendar/trial", **a_file(text))
    assert says in answer.text
    assert answer.status_code == (200 if says == "会改什么" else 422)


def test_a_notice_is_tried_then_loaded_and_the_clocks_move_with_a_trace(app, admin):
    number = put(app, "dispatched", track="consumer")
    before = due_of(app, number, "mediation")
    tried = send(admin, "/admin/calendar", "/admin/calendar/trial", **a_file(INVENTED)).text
    assert number[-6:] in tried
    assert "2 月 20 日" in tried
    assert rows(app, sa.select(CalendarDay.provisional).where(CalendarDay.day == sa.func.date("2027-02-20"))) == [(True,)], (
        "a trial writes nothing"
    )
    text = re.search(r'<textarea name="text" hidden>(.*?)</textarea>', tried, re.DOTALL)[1].replace("&#34;", '"')
    loaded = send(admin, "/admin/calendar", text=text, source="2027.json")
    assert loaded.status_code == 302
    assert loaded.location == "/admin/calendar?year=2027"
    assert due_of(app, number, "mediation").due_at == before.due_at, "the request counts no clock"
    assert "在办的时钟正在重算" in admin.get("/admin/calendar").text
    with app.app_context():
        assert recount_clocks() > 0
        assert recount_clocks() == 0
    assert (
        "在办的时钟重算完了" in admin.get("/admin/calendar?part=recount", headers={"HX-Request": "true", "HX-Request-Type": "partial"}).text
    )
    after = due_of(app, number, "mediation")
    assert after.due_at > before.due_at
    ticket = seat(app, "dispatcher1").get(f"/tickets/{number}").text
    assert "放假安排公布" in ticket
    assert "2027.json" in ticket
    page = admin.get("/admin/calendar?year=2027").text
    assert "还没装进来" not in page
    assert "调休上班" in page
    assert "还没装进来" not in admin.get("/admin").text
    again = send(admin, "/admin/calendar", "/admin/calendar/trial", **a_file(INVENTED)).text
    assert "没有要改的" in again


@pytest.fixture(autouse=True, scope="module")
def fresh_rules(app):
    yield
    with app.app_context():
        forget(db.session())
        db.session.remove()
