"""Reports of figures: what a page shows is what lies below it, every counted cell leads to its tickets, files say the same, months freeze and are published."""

import csv
import io
import json
import re
import shutil
import subprocess
from datetime import date, datetime, timedelta

import openpyxl
import pytest

from app import clock, figuring
from app.clock import CITY_ZONE
from app.reports.catalogue import REPORTS
from app.reports.others import others
from app.reports.written import BOM, as_xlsx
from app.sweeping import sweep
from app.work import session_now, work
from escalation.metrics import months, publication
from escalation.metrics.settings import ReportSettings, change
from tests import factories
from tests.app.web.seats import seat, token_of
from tests.browser import axe, overflow, ready
from tickets import answering, intake

BASE = "/desk/reports"
DAY = timedelta(days=1)
NAMES = ("units", "ratings", "channels", "enterprise", "metrics")
AUGUST = datetime(2026, 8, 3, 9, 0, tzinfo=CITY_ZONE)
SPAN = "from=2026-08-01&to=2026-08-31"


@pytest.fixture(scope="module")
def august(app):
    """Fourteen matters of August, most answered in time; six of one unit called back; two ratings; figures counted."""
    with app.app_context():
        with work() as session:
            for number in range(6):
                factories.a_ticket(session, AUGUST + number * DAY, "closed", "water")
            for lead, status, channel in (
                ("urban", "closed", "wechat"),
                ("urban", "handling", "phone"),
                ("power", "replied", "web"),
                ("market", "closed", "wechat"),
                ("dongmen", "signed", "visit"),
            ):
                factories.a_ticket(session, AUGUST, status, lead, channel=channel, category="urban.street-trade")
            for title in ("办证要带什么", "公积金怎么提"):
                intake.answer_directly(
                    session,
                    factories.a_ticket(session, AUGUST, title=title, appeal_type="consult", channel="wechat"),
                    "带身份证就行，网上也能办。",
                    factories.person(session, "agent1", AUGUST),
                    AUGUST,
                )
            rated = factories.a_ticket(session, AUGUST, "closed", "urban")
            answering.rate(session, rated, 2, AUGUST + DAY, channel="sms")
            change(session, ReportSettings(fewest_ranked=1), factories.person(session, "supervisor1", AUGUST), AUGUST)
        figuring.refresh(clock.now())
    return app


def read(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def test_received_is_by_channel_is_by_outcome_is_by_type(august):
    data = json.loads(seat(august, "leader1").get(f"{BASE}/channels/files/json?{SPAN}").data)
    received = {row["channel"]: row["received"] for row in data["by_channel"]}
    assert received == {"phone": 8, "wechat": 4, "web": 1, "visit": 1}
    for row in (data["total"], *data["by_channel"]):
        assert sum(row["outcomes"].values()) == sum(row["types"].values()) == row["received"]
    assert (sum(received.values()), data["total"]["types"]["consult"]) == (14, 2)


@pytest.mark.parametrize("name", NAMES)
def test_every_counted_cell_leads_to_as_many_tickets_and_all_files_are_there(august, name):
    client = seat(august, "supervisor1")
    page = read(client, f"{BASE}/{name}?{SPAN}")
    assert speechless(page) == []
    links = set(re.findall(r'<a href="(/desk/reports/behind\?[^"]+)">([\d,]+)</a>', page))
    assert name == "enterprise" or len(links) > 5
    for href, n in sorted(links)[:12]:
        if "worked_days" not in href:
            assert read(client, href.replace("&amp;", "&")).count("<tr data-row>") == int(n), href
    for kind in ("json", "csv", "xlsx", "pdf"):
        assert client.get(f"{BASE}/{name}/files/{kind}?{SPAN}").status_code == 200, kind


def test_a_rate_under_its_line_leads_to_what_it_lacks(august):
    """R25: the gap list: of twelve due nine were closed in time, three were not."""
    client = seat(august, "supervisor1")
    links = {
        href.replace("&amp;", "&")
        for href in re.findall(r'<a href="(/desk/reports/behind[^"]+without=[^"]+)">没到', read(client, f"{BASE}/metrics?{SPAN}"))
    }
    wanted = next(href for href in links if "figure=due&" in href and href.count("without=") == 1 and "without=closed_on_time" in href)
    page = read(client, wanted)
    assert page.count("<tr data-row>") == 3
    assert "没做到的" in page
    assert client.get(f"{BASE}/behind?figure=due&without=nothing").status_code == 422


def test_a_survey_stands_beside_the_other_rates(august):
    """社会知晓度 (R76): what was typed comes back with every wrong field named; then one rate with its parts and source, page, desk and report."""
    publisher, address = seat(august, "publisher1"), f"{BASE}/awareness"
    typed = {"csrf_token": token_of(read(publisher, address)), "first_on": "2026-08-01", "asked": "x", "source": "街头问卷"}
    refused = publisher.post(address, data=typed)
    assert refused.status_code == 422
    assert all(f'href="#f-{name}"' in refused.text for name in ("last_on", "aware", "asked"))
    assert 'value="街头问卷"' in refused.text
    assert publisher.post(address, data=typed | {"last_on": "2026-08-09", "asked": "400", "aware": "312"}).status_code == 302
    for where, who in ((address, "leader1"), ("/desk/quality", "supervisor1"), (f"{BASE}/metrics?{SPAN}", "publisher1")):
        page = read(seat(august, who), where)
        assert all(said in page for said in ("78.00%", "312", "400"))
        assert "metrics" in where or "街头问卷" in page


def test_a_survey_of_a_frozen_month_is_a_restatement(august):
    publisher, address = seat(august, "publisher1"), f"{BASE}/awareness"
    with august.app_context(), work() as session:
        months.freeze(session, date(2026, 7, 1), others, clock.now())
    typed = {"csrf_token": token_of(read(publisher, address)), "first_on": "2026-06-20", "last_on": "2026-07-09", "source": "入户调查"}
    assert publisher.post(address, data=typed | {"asked": "500", "aware": "300"}).status_code == 302
    page = read(publisher, address)
    assert all(said in page for said in ("2026-07 冻结了：冻结的数不动", f'href="{BASE}/books/2026-07"', "最近是 2026-07"))
    assert read(seat(august, "supervisor1"), f"{BASE}/books/2026-07").count("<td>调查问到的人</td>") == 1


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_the_api_says_what_the_page_says(august, name):
    """api.md: rows, totals and formulas, numerator and denominator beside every rate; every report, every table, every file."""
    leader, address = seat(august, "leader1"), f"/api/v1/reports/{name}"
    said = leader.get(f"{address}?{SPAN}").get_json()
    assert {"name", "from", "to", "frozen_at", "rows", "totals", "formulas"} <= set(said)
    assert (said["name"], said["from"], said["to"]) == (name, "2026-08-01", "2026-08-31")
    rates = {key for row in said["rows"] for key, cell in row.items() if isinstance(cell, dict) and "numerator" in cell}
    assert rates <= set(said["formulas"]), "no rate without its formula"
    assert not [row for row in said["rows"] for cell in row.values() if isinstance(cell, float) and "numerator" not in row], (
        "no rate without its parts"
    )
    other = leader.get(f"{address}?by=nothing").get_json()["errors"]["by"][0].split("：")[1].split()
    for by in other:
        assert leader.get(f"{address}?{SPAN}&by={by}").get_json()["by"] == by
    if name == "units":
        assert said["totals"]["closed-on-time"] == {"numerator": 9, "denominator": 12, "value": 9 / 12}
    assert leader.get(f"{address}?{SPAN}&format=xlsx").data.startswith(b"PK")


@pytest.mark.parametrize(
    ("who", "asked", "status"),
    [
        ("publisher1", "escalations", 200),
        ("publisher1", "companies", 403),
        ("discipline1", "units", 200),
        ("discipline1", "escalations", 403),
        ("urban.head", "units", 200),
        ("urban.liaison", "escalations?by=unit", 200),
        ("urban.head", "units?unit=water", 403),
        ("urban.head", "units?group=company", 403),
        ("urban.head", "hotspots", 403),
        ("urban.head", "whistles", 403),
        ("dongmen.head", "whistles", 200),
        ("urban.handler", "units", 403),
        ("leader1", "poems", 404),
        ("leader1", "units?from=x", 422),
        ("leader1", "units?colour=red", 422),
        ("leader1", "escalations?unit=nowhere", 422),
    ],
)
def test_the_api_gives_each_their_own(august, who, asked, status):
    answer = seat(august, who).get(f"/api/v1/reports/{asked}")
    assert answer.status_code == status
    if status == 200 and who.startswith("urban"):
        assert {row["code"] for row in answer.get_json()["rows"]} <= {"urban"}


def test_a_publisher_reads_figures_and_no_ticket(august):
    client = seat(august, "publisher1")
    assert "/desk/reports/behind?" not in read(client, f"{BASE}/units?{SPAN}")
    behind = read(client, f"{BASE}/behind?figure=received&{SPAN}")
    assert "还有 14 件算在这个数里，但不归您看" in behind
    assert "<tr data-row>" not in behind
    assert seat(august, "water.head").get(f"{BASE}/units").status_code == 403


def test_units_stand_inside_their_peer_group_with_ties_and_lists(august):
    data = json.loads(seat(august, "supervisor1").get(f"{BASE}/units/files/json?{SPAN}").data)
    units = {row["unit"]: row for row in data["by_unit"]}
    assert units["water"]["metrics"]["closed-on-time"] == {
        "numerator": 6,
        "denominator": 6,
        "value": 1.0,
        "excluded": {"excluded_unreasonable": 0, "excluded_wrong": 0, "excluded_other": 0, "paused": 0},
    }
    assert (units["urban"]["figures"]["overdue"], units["dongmen"]["figures"]["overdue"]) == (1, 1), (
        "open and overdue is beside the rate, never out of it"
    )
    assert (units["urban"]["rank"], units["market"]["rank"]) == (1, 1), "the same score, the same rank"
    assert units["power"]["rank"] is None, "nobody was called: no score, no rank"
    page = read(seat(august, "supervisor1"), f"{BASE}/units?{SPAN}&group=company")
    assert "单位water" in page
    assert "单位urban" not in page.split("<tbody>")[1].split("</tbody>")[0]


def test_a_spreadsheet_counts_the_same(august):
    with august.app_context():
        paper = REPORTS["units"](session_now(), AUGUST.date().replace(day=1), AUGUST.date().replace(day=31), clock.now())
        book = openpyxl.load_workbook(io.BytesIO(as_xlsx(paper)))
    sheet = book["按单位"]
    heads = [cell.value for cell in sheet[4]]
    assert str(sheet.cell(5, heads.index("结案率") + 1).value).startswith("=IF(")
    assert str(sheet.cell(5, heads.index("未办结") + 1).value).count("-") == 2
    assert "*30" in str(book["三率和名次"].cell(5, len(book["三率和名次"][4])).value)
    rows = list(csv.DictReader(io.StringIO(seat(august, "leader1").get(f"{BASE}/units/files/csv?{SPAN}").data.decode().removeprefix(BOM))))
    assert sum(int(row["派遣总数（应办结）"]) for row in rows) == 12


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here: apt-get install libreoffice-calc")
def test_libreoffice_opens_it_with_the_same_totals(august, tmp_path):
    data = seat(august, "leader1").get(f"{BASE}/channels/files/xlsx?{SPAN}").data
    (tmp_path / "channels.xlsx").write_bytes(data)
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/office",
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2",
            "--outdir",
            str(tmp_path),
            str(tmp_path / "channels.xlsx"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    lines = list(csv.reader(next(tmp_path.glob("*.csv")).read_text(encoding="utf-8").splitlines()))
    total = next(line for line in lines if line[0] == "合计")
    assert (total[1], total[-2], total[-1]) == ("14", "14", "0")


@pytest.fixture(scope="module")
def frozen(august):
    with august.app_context(), work() as session:
        months.freeze(session, AUGUST.date().replace(day=1), others, datetime(2026, 9, 5, tzinfo=CITY_ZONE))
    return august


def post(client, path: str, page: str, **values):
    token = token_of(client.get(page).get_data(as_text=True))
    return client.post(path, data={"csrf_token": token, **values})


def test_a_month_is_shown_to_its_units_heard_and_published(frozen):
    publisher, unit, supervisor = (seat(frozen, name) for name in ("publisher1", "urban.head", "supervisor1"))
    assert "冻结" in read(publisher, f"{BASE}/units?month=2026-08")
    frozen_at = [publisher.get(f"/api/v1/reports/units?month=2026-08{live}").get_json()["frozen_at"] for live in ("", "&live=1")]
    assert frozen_at == ["2026-09-05T00:00:00+08:00", None]
    assert post(publisher, f"{BASE}/books/2026-08/opening", f"{BASE}/books").status_code == 302
    assert "公布之前可以申诉" in read(unit, f"{BASE}/own")
    assert post(unit, f"{BASE}/own/2026-08", f"{BASE}/own", metric="closed-on-time", words="8 月 3 日那件不是我们的").status_code == 302
    row = re.search(r"/books/appeals/(\d+)", read(supervisor, f"{BASE}/books"))[1]
    refused = post(publisher, f"{BASE}/books/2026-08/publication", f"{BASE}/books")
    assert refused.status_code in (409, 422)
    assert (
        post(supervisor, f"{BASE}/books/appeals/{row}", f"{BASE}/books", decision="rejected", words="派单目录写明归你局").status_code == 302
    )
    assert all(words in read(unit, f"{BASE}/own") for words in ("派单目录写明归你局", "好评差评按人"))
    assert frozen.test_client().get("/figures/months/2026-08").status_code == 404
    with frozen.app_context(), work() as session:
        later = clock.now() + 30 * DAY
        publication.publish(session, AUGUST.date().replace(day=1), factories.person(session, "publisher1", later), later)
    public = read(frozen.test_client(), "/figures/months/2026-08")
    cells = dict(re.findall(r'<tr><th scope="row">([^<]+)</th><td class="num">([^<]+)</td></tr>', public))
    assert cells == {"电话": "8", "微信": "—", "网页": "—", "走访": "—"}, "below five is left out"


def test_the_walls_figures_are_composed_once_and_hold_nobodys_words(august):
    page = read(seat(august, "supervisor1"), "/desk/hall")
    assert "返水" not in page
    assert "陈" not in page.split("<main")[1]
    kept = august.extensions["redis"].get("wall:picture:zh")
    again = seat(august, "leader1").get("/desk/hall", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert kept == august.extensions["redis"].get("wall:picture:zh"), "the second wall reads what the first composed"
    assert again.lstrip().startswith('<div class="wall">')
    assert seat(august, "publisher1").get("/desk/hall").status_code == 403


def speechless(page: str) -> list[str]:
    """Pictures that say nothing to who cannot see them."""
    drawn = re.findall(r"<svg[^>]*>|<div[^>]*data-plot[^>]*>", page)
    return [one for one in drawn if 'aria-hidden="true"' not in one and not re.search(r'aria-label="[^"]+"', one)]


def test_every_figure_on_the_wall_leads_to_its_tickets_for_those_who_may_read_them(august):
    """Issue 6, Must show 9: each number a leader sees opens; nobody else learns a ticket from the same address; pictures say what they show."""
    with august.app_context():
        now = clock.now()
        with work() as session:
            numbers = [
                factories.a_ticket(session, now - timedelta(minutes=20), "closed", "urban").number,
                factories.a_ticket(session, now - timedelta(hours=2), "dispatched", "water", urgency="urgent").number,
            ]
        sweep(now)
        figuring.refresh(now)
    august.extensions["redis"].delete("wall:picture:zh")
    leader, wall = seat(august, "leader1"), {}
    page = read(leader, "/desk/hall").split("<main", 1)[1]
    assert speechless(page) == []
    assert not re.findall(r'class="(?:mega[^"]*|of)">[^<]*\d', page), "a number that leads nowhere"
    for who in ("leader1", "dispatcher1"):
        seen = read(seat(august, who), "/desk/hall")
        wall[who] = {
            href.replace("&amp;", "&"): re.sub(r"<[^>]+>", "", text).strip()
            for href, text in re.findall(r'<a[^>]*href="(/(?:desk/(?!hall)|tickets/|whistles/)[^"]+)"[^>]*>(.*?)</a>', seen, re.DOTALL)
        }
        for href, text in wall[who].items():
            opened = read(seat(august, who), href)
            if "behind?" in href or "/clocks?" in href:
                assert opened.count("<tr data-row>") == int(text), href
            if "standing=1" in href:
                assert opened.count('<li class="job"') == int(re.match(r"\d+", text)[0]), href
    assert len(wall["leader1"]) > 20
    assert set(wall["dispatcher1"]) < set(wall["leader1"]), "a dispatcher sees the number of cards, and no way to them"
    for who in ("market.handler", "publisher1"):
        stranger = seat(august, who)
        for href in wall["leader1"]:
            answer = stranger.get(href, follow_redirects=False)
            assert answer.status_code in (200, 302, 403, 404), (who, href)
            assert not [number for number in numbers if number in answer.get_data(as_text=True)], (who, href)


@pytest.mark.browser
def test_pages_and_wall_are_usable(august, open_page, serve):
    address = serve(august)
    for width in (1280, 390):
        page = open_page(address + "/sign-in", width=width)
        page.fill("[name=username]", "supervisor1")
        page.fill("[name=password]", factories.PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        for path in (f"{BASE}/units?{SPAN}", "/desk/hall"):
            page.goto(address + path)
            assert axe(ready(page)) == [], (path, width)
            assert (overflow(page), page.said_wrong) == (0, []), (path, width)
