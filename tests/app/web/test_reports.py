"""The page of the report `escalations`: what it shows, where its figures lead, its files, what it costs, who may see it."""

import csv
import io
import json
import re
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa

from app import clock
from app.db import db
from app.reports.written import BOM, FORMATS
from app.sweeping import sweep
from app.work import session_now, work
from escalation.reports import Asked, escalations
from tests import factories
from tests.app.web.seats import seat, token_of
from tests.browser import axe, overflow, ready
from tests.statements import counted
from tickets import reference
from tickets.organisations import Unit
from tickets.roster import put_on, shifts_of
from tickets.specials import unmanned

PAGE = "/desk/reports/escalations"


@pytest.fixture(scope="module")
def city_in_time(app):
    """Tickets of the last days, some answered late, some never signed, with the steps they led to."""
    with app.app_context():
        now = clock.now()
        for days, status, lead in (
            (9, "dispatched", "urban"),
            (6, "handling", "water"),
            (5, "replied", "urban"),
            (2, "dispatched", "power"),
            (1, "signed", "water"),
        ):
            with work() as session:
                factories.a_ticket(session, now - timedelta(days=days), status, lead, urgency="urgent")
        sweep(now)
    return app


@pytest.fixture
def found(city_in_time):
    """The same figures from below."""
    with city_in_time.app_context():
        now = clock.now()
        today = clock.local(now).date()
        yield escalations(session_now(), Asked(today - timedelta(days=20), today), now)


def address(found, **more) -> str:
    return "&".join([f"{PAGE}?from={found.asked.since}&to={found.asked.until}", *(f"{name}={value}" for name, value in more.items())])


def read(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def test_the_figures_are_those_from_below(city_in_time, found):
    page = read(seat(city_in_time, "supervisor1"), address(found))
    total = found.total()
    assert total.overdue > 3
    assert total.on_time
    foot = page.split("<tfoot>")[1].split("</tfoot>")[0]
    assert [int(n) for n in re.findall(r">(\d+)<", foot)][:4] == [total.counted, total.on_time, total.late, total.overdue]
    assert f"{total.rate * 100:.2f}%" in foot
    assert f"{total.on_time:,}" in page


def test_every_link_of_the_page_leads_somewhere_and_lists_what_it_counted(city_in_time, found):
    client = seat(city_in_time, "leader1")
    page = read(client, address(found))
    links = set(re.findall(r'<a href="(/desk/reports/escalations/(?:clocks|steps)\?[^"]+)">([\d,]+)</a>', page))
    assert len(links) > 20
    for href, n in sorted(links)[:40]:
        listed = read(client, href.replace("&amp;", "&"))
        assert listed.count("<tr data-row>") == min(int(n.replace(",", "")), 50), href


@pytest.mark.parametrize(
    "narrow",
    [
        {"unit": "urban"},
        {"unit": "citizen"},
        {"unit": "centre"},
        {"group": "department"},
        {"code": "sign"},
        {"group": "street", "code": "sign"},
    ],
)
def test_narrowed(city_in_time, found, narrow):
    read(seat(city_in_time, "supervisor1"), address(found, **narrow))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (f"{PAGE}?from=2026-02-02&to=2026-02-01", "to"),
        (f"{PAGE}?from=2026-13-01&to=0001-01-01&unit=nowhere&group=planet&code=never", "from to unit group code"),
        ("/desk/reports/units?from=2026-13-01&to=0001-01-01&channel=pigeon&category=x", "from to channel category"),
        ("/desk/reports/units?month=2026&unit=nowhere", "month unit"),
        ("/desk/reports/whistles?from=1990-01-01&to=x&kind=loud&street=urban", "from to kind street"),
        ("/desk/reports/hotspots?from=2026-13-01&to=0001-01-01", "from to"),
        ("/desk/tickets?since=x&until=y", "since until"),
        ("/api/v1/reports/units?from=2026-13-01&to=0001-01-01", "from to"),
    ],
)
def test_every_bad_filter_is_named_not_only_the_first(city_in_time, wrong, named):
    answer = seat(city_in_time, "supervisor1").get(wrong)
    assert answer.status_code == 422
    said = (
        answer.get_json()["errors"]
        if answer.is_json or "json" in answer.mimetype
        else re.findall(r"(?:：| · )([a-z]+) ", re.search(r"<p class=\"big mb-0\">(.*?)</p>", answer.text)[1])
    )
    assert sorted(said) == sorted(named.split())


@pytest.mark.parametrize("path", ["/clocks?which=nothing", "/files/exe"])
def test_what_there_is_not(city_in_time, path):
    assert seat(city_in_time, "supervisor1").get(PAGE + path).status_code == 404


@pytest.mark.parametrize("path", ["/clocks?after=x", "/clocks?bucket=99", "/steps?after=-1"])
def test_numbers_that_are_none(city_in_time, path):
    assert seat(city_in_time, "supervisor1").get(PAGE + path).status_code == 422


def test_a_quiet_day_is_no_rate_and_no_fault(city_in_time):
    page = read(seat(city_in_time, "supervisor1"), f"{PAGE}?from=2020-01-01&to=2020-01-02&code=mediation")
    assert "—" in page
    assert "没有到期的时限" in page


@pytest.mark.parametrize("username", ["agent1", "urban.head", "admin1", "publisher1"])
def test_others_do_not_get_in(city_in_time, username):
    client = seat(city_in_time, username)
    assert [client.get(path).status_code for path in ("/desk/reports", PAGE, PAGE + "/clocks", PAGE + "/steps", PAGE + "/files/csv")] == [
        403
    ] * 5


def test_it_costs_few_statements(city_in_time, found):
    client = seat(city_in_time, "supervisor1")
    read(client, address(found))
    with counted(city_in_time) as sent:
        read(client, address(found))
    assert len(sent) <= 8, sent


class TestFiles:
    @pytest.fixture
    def files(self, city_in_time, found):
        client = seat(city_in_time, "supervisor1")
        return {kind: client.get(address(found).replace(PAGE, f"{PAGE}/files/{kind}")).data for kind in FORMATS}

    def test_json(self, files, found):
        said = json.loads(files["json"])
        assert (
            said["total"]["due"]
            == found.total().counted
            == sum(row["due"] for row in said["by_unit"])
            == sum(row["due"] for row in said["by_limit"])
        )
        assert sum(row["taken"] for row in said["steps"]) == sum(one.taken for one in found.steps.values())

    def test_csv(self, files, found):
        text = files["csv"].decode()
        assert text.startswith(BOM)
        rows = list(csv.DictReader(io.StringIO(text.removeprefix(BOM))))
        assert sum(int(row["到期"]) for row in rows) == found.total().counted
        assert {row["按时率"] for row in rows if row["到期"] == "0"} <= {"—"}

    def test_xlsx_sums_by_formulas_that_give_the_same(self, files, found):
        book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
        sheet = book["按单位"]
        heads = [cell.value for cell in sheet[4]]
        rows = list(sheet.iter_rows(min_row=5))
        column = heads.index("按时")
        assert sum(row[column].value for row in rows[:-1]) == found.total().on_time
        assert rows[-1][column].value == f"=SUM({rows[0][column].coordinate}:{rows[-2][column].coordinate})"
        at = rows[0][0].row
        letter = {head: sheet.cell(4, place).column_letter for place, head in enumerate(heads, 1)}
        assert sheet[f"{letter['到期']}{at}"].value == f"={letter['按时']}{at}+{letter['超期办结']}{at}+{letter['超期未办']}{at}"
        assert sheet[f"{letter['按时率']}{at}"].value == f'=IF({letter["到期"]}{at}=0,"—",{letter["按时"]}{at}/{letter["到期"]}{at})'

    def test_pdf_carries_its_own_chinese(self, files):
        assert files["pdf"].startswith(b"%PDF")
        assert b"NotoSansSC" in files["pdf"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(city_in_time, found, open_page, serve, width):
    base = serve(city_in_time)
    page = open_page(base + "/sign-in", width=width)
    page.fill("[name=username]", "supervisor1")
    page.fill("[name=password]", factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)
    for path in (address(found), PAGE + "/clocks?which=standing", PAGE + "/steps"):
        page.goto(base + path)
        ready(page)
        assert axe(page) == [], path
        assert overflow(page) == 0, path
    page.goto(base + address(found))
    ready(page, ".plot svg")
    assert page.said_wrong == []


def test_companies_complained_about_are_joined_counted_and_led_to(app):
    """R58: by credit code or by the name without its legal form; people are counted and not named; what one may not read is not shown."""
    written = (
        "临海安居物业有限公司 91990100MA0012015A",
        "安居物业",
        "海晏烧烤店 13812345678",
        "安居物业有限公司",
        "ＫＴＶ零点",
        "王小明",
        "91990100ma0012015a",
    )
    with app.app_context():
        now = clock.now()
        with work() as session:
            session.execute(sa.update(Unit).where(Unit.kind == "city").values(name="临海市"))
            numbers = [
                factories.a_ticket(
                    session,
                    now - timedelta(minutes=20 - n),
                    "closed" if n == 1 else "dispatched",
                    appeal_type="complaint",
                    accused=accused,
                    title=f"第{n}回反映",
                ).number
                for n, accused in enumerate(written)
            ]
            factories.a_ticket(session, now - timedelta(minutes=5), appeal_type="report", accused="安居物业有限公司", title="密封的")
        reference.forget(session_now())
        db.session.remove()
    client = seat(app, "supervisor1")
    page = read(client, "/desk/reports/companies")
    said = json.loads(client.get("/desk/reports/companies/files/json").data)
    assert [(row["company"], row["credit_code"], row["complaints"], row["ended"]) for row in said["companies"]] == [
        ("临海安居物业有限公司", "91990100MA0012015A", 4, 1),
        ("ＫＴＶ零点", "", 1, 0),
        ("海晏烧烤店 138****5678", "", 1, 0),
    ]
    assert (said["people"], said["undisclosed"]) == (1, 1)
    assert "王小明" not in page
    link = re.search(r'href="(/desk/reports/companies/tickets[^"]+)">临海安居', page).group(1).replace("&amp;", "&")
    behind = read(client, link)
    assert all(number[-6:] in behind for number in (numbers[0], numbers[1], numbers[3], numbers[6]))
    assert behind.count("<tr data-row>") == 4
    assert client.get("/desk/reports/companies/tickets?company=没有这家").status_code == 404
    assert [client.get(f"/desk/reports/companies/files/{kind}").status_code for kind in ("csv", "xlsx", "pdf", "doc")] == [
        200,
        200,
        200,
        404,
    ]
    assert [seat(app, who).get("/desk/reports/companies").status_code for who in ("urban.head", "leader1", "agent1")] == [403, 200, 403]


def test_a_special_topic_has_a_queue_a_seat_and_a_report(app):
    """R08: opened by the administrator, its matters by category and day, the roster's gap of 24 hours, received = by day = by channel, finished beside it."""
    admin, agent, leader = seat(app, "admin1"), seat(app, "agent1"), seat(app, "leader1")
    assert "还没有专题" in read(agent, "/desk/specials")
    with app.app_context():
        now = clock.now()
        with work() as session:
            numbers = [
                factories.a_ticket(
                    session, now - timedelta(minutes=30 + n), status, "market", category="commerce.short-weight", title=f"专题第{n}件"
                ).number
                for n, status in enumerate(("closed", "handling", "registered"))
            ]
            factories.a_ticket(session, now - timedelta(minutes=30), title="别的事")
        db.session.remove()
    today = clock.local(now).date()
    wanted = {
        "csrf_token": token_of(read(admin, "/admin/specials")),
        "code": "prices",
        "name": "物价专家咨询",
        "categories": "commerce",
        "unit": "market",
        "phone": "12315",
        "opened_on": today.isoformat(),
    }
    assert admin.post("/admin/specials", data=wanted | {"categories": "nothing", "opened_on": ""}).status_code == 422
    assert admin.post("/admin/specials", data=wanted).status_code == 302
    assert admin.post("/admin/specials", data=wanted).status_code == 422, "its code is taken"
    assert "商贸旅游" in read(admin, "/admin/specials"), "a kind of matter is shown by its name"
    desk = read(agent, "/desk/specials")
    assert (desk.count("<tr data-row>"), "12315" in desk, "此刻没有人值班" in desk, "别的事" in desk) == (2, True, True, False)
    assert read(agent, "/desk/specials?topic=prices&all=1").count("<tr data-row>") == 3
    assert numbers[0][-6:] not in desk
    with app.app_context():
        with work() as session:
            head = factories.person(session, "market.head", now)
            put_on(session, head.unit_id, head.account_id, today, 2, "whole", head, now)
            shifts = shifts_of(session, [head.unit_id], now)
            assert unmanned(shifts, shifts[0].starts_at) is None
            assert unmanned(shifts, shifts[0].starts_at - timedelta(hours=1)) == shifts[0].starts_at - timedelta(hours=1)
            assert unmanned(shifts, shifts[1].starts_at + timedelta(hours=1)) == shifts[1].ends_at
        db.session.remove()
    said = json.loads(leader.get("/desk/reports/specials/files/json").data)
    (topic,) = said["specials"]
    assert (topic["received"], topic["ended"], topic["direct"]) == (3, 1, 0)
    assert sum(row["received"] for row in said["days"]) == sum(row["received"] for row in said["channels"]) == 3
    with app.app_context():
        called = "INSERT INTO calls (direction, state, outcome, arrived_at, ended_at, answered_at, answer_seconds, wait_seconds, special_id) SELECT 'inbound', 'ended', :how, :at, :at, CASE WHEN :how = 'answered' THEN CAST(:at AS timestamptz) END, CASE WHEN :how = 'answered' THEN 9 END, 9, id FROM special_topics"
        db.session.execute(
            sa.text(called), [{"how": how, "at": now - timedelta(minutes=9)} for how in ("answered", "answered", "abandoned", "unreached")]
        )
        db.session.commit()
        db.session.remove()
    page = read(leader, "/desk/reports/specials?topic=prices")
    (heard,) = json.loads(leader.get("/desk/reports/specials/files/json").data)["calls"]
    assert (heard["received"], heard["handed"], heard["answered"], heard["waited"]) == (3, 0, 2, 18)
    assert "66.67%" in page
    assert "33.33%（1 ÷ 3）" in page
    assert [
        leader.get(f"/desk/reports/specials{rest}").status_code
        for rest in ("?topic=none", "/files/xlsx", "/files/pdf?topic=prices", "/files/doc")
    ] == [404, 200, 200, 404]
    changed = (
        {"csrf_token": wanted["csrf_token"], "topic": "prices"}
        | wanted
        | {"closed_on": (today - timedelta(days=1)).isoformat(), "opened_on": (today - timedelta(days=9)).isoformat()}
    )
    assert admin.post("/admin/specials", data=changed).status_code == 302
    assert read(agent, "/desk/specials").count("<tr data-row>") == 0, "closed yesterday, so none of today's belong"
