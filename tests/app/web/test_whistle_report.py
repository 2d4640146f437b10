"""The page of the report `whistles`: its figures are those from below, its files say the same, what it costs, who may see it."""

import csv
import io
import json
from datetime import timedelta

import openpyxl
import pytest

from app import clock
from app.reports.written import BOM
from app.work import work
from tests.app.web.seats import seat
from tests.statements import counted
from tests.tickets import whistle_drive as drive

PAGE = "/desk/reports/whistles"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(scope="module")
def rung(app):
    """Three whistles of the last days: one graded and closed, one with a department absent, one still waiting for the office."""
    with app.app_context():
        now = clock.now()
        with work() as session:
            drive.in_status(session, "closed", now - 2 * DAY)
            whistle = drive.sounded(session, now - DAY, "emergency")
            drive.arrive(session, whistle, drive.LEAD, now - DAY + 18 * MINUTE)
            drive.let_go(session, whistle, now - DAY + 50 * MINUTE)
            drive.in_status(session, "approved", now)
    return app


def span() -> str:
    day = clock.now() - 5 * DAY
    return f"from={day:%Y-%m-%d}"


def test_a_rate_is_shown_with_what_it_was_divided_by(rung):
    page = seat(rung, "supervisor1").get(f"{PAGE}?{span()}").text
    assert "3 ÷ 4" in page, "three of four callings came in time"
    assert "—" in page, "over nothing there is no rate"


def test_its_files_say_the_same(rung):
    client = seat(rung, "leader1")
    data = json.loads(client.get(f"{PAGE}/files/json?{span()}").data)
    total = data["total"]
    assert (total["called"], total["came"], total["absent"], total["sounded"], total["closed"]) == (4, 3, 1, 2, 1)
    assert total["steps"]["check-in"]["on_time_rate"] == 0.75
    rows = list(csv.DictReader(io.StringIO(client.get(f"{PAGE}/files/csv?{span()}").data.decode().removeprefix(BOM))))
    assert sum(int(row["叫到"]) for row in rows) == 4
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{PAGE}/files/xlsx?{span()}").data))
    assert book.sheetnames == ["口径", "按单位", "按街道", "按哨种", "按哨种和时限"]
    assert client.get(f"{PAGE}/files/pdf?{span()}").data.startswith(b"%PDF")


def test_what_narrows_it(rung):
    client = seat(rung, "supervisor1")
    assert json.loads(client.get(f"{PAGE}/files/json?{span()}&kind=emergency").data)["total"]["called"] == 2
    assert json.loads(client.get(f"{PAGE}/files/json?{span()}&street=nanhu").data)["total"]["called"] == 0
    for wrong in ("kind=loud", "street=urban", "from=x", "to=1999-01-01&from=2026-01-01"):
        assert client.get(f"{PAGE}?{wrong}").status_code == 422
    assert client.get(f"{PAGE}/files/doc").status_code == 404


def test_it_costs_few_statements(rung):
    client = seat(rung, "supervisor1")
    client.get(PAGE)
    with counted(rung) as statements:
        client.get(PAGE)
    assert len(statements) <= 9, statements


def test_every_figure_leads_to_what_it_counts(rung):
    client, kept = seat(rung, "supervisor1"), span()
    page = client.get(f"{PAGE}?{kept}").text
    for which, unit, rows in (
        ("called", "", 4),
        ("absent", "", 1),
        ("absent", "power", 1),
        ("absent", "urban", 0),
        ("graded", "", 2),
        ("broken-check-in", "power", 1),
        ("came-late", "", 0),
        ("low", "", 0),
        ("appealed", "", 0),
        ("sounded", "", 2),
        ("closed", "", 1),
        ("joint", "", 2),
        ("returned", "", 0),
        ("reopened", "", 0),
    ):
        behind = client.get(f"{PAGE}/{which}?{kept}&unit={unit}")
        assert behind.text.count("<tr data-row>") == rows, which
    assert f"{PAGE}/absent?{kept}&amp;unit=power" in page
    assert client.get(f"{PAGE}/nonsense?{kept}").status_code == 404
    assert client.get(f"{PAGE}/called?{kept}&unit=nobody").status_code == 404
    assert seat(rung, "urban.head").get(f"{PAGE}/called").status_code == 403
