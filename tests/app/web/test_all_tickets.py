"""All tickets: scope, search, filters in the address, views of one's own, and an Excel file that gives nothing away."""

import io

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from app.db import db
from tests.app.web.seats import look, put, seat, token_of
from tickets.identity import Appellant


def page_of(client, query: str = "") -> str:
    answer = client.get("/desk/tickets" + query)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def sheet_of(client, **filters) -> list[tuple]:
    csrf = token_of(page_of(client))
    answer = client.post("/desk/tickets/exports", data=filters | {"csrf_token": csrf})
    assert answer.status_code == 200
    return list(load_workbook(io.BytesIO(answer.data), read_only=True).active.iter_rows(values_only=True))


def test_each_sees_what_is_theirs(app):
    own, other = put(app, "dispatched", title="城管的这件"), put(app, "dispatched", "water", title="水务的这件")
    unit = page_of(seat(app, "urban.liaison"))
    assert own[-6:] in unit
    assert other[-6:] not in unit
    for name in ("dispatcher1", "agent1", "supervisor1", "discipline1"):
        assert other[-6:] in page_of(seat(app, name), "?q=水务的这件")
    for name in ("admin1", "publisher1"):
        assert seat(app, name).get("/desk/tickets").status_code == 403


def test_a_unit_sees_a_sealed_report_only_as_a_slip(app):
    number = put(app, "dispatched", appeal_type="report", title="举报某摊短斤缺两", content="摊主姓王，手机 13911112222")
    page = page_of(seat(app, "urban.liaison"), "?appeal_type=report")
    assert number[-6:] in page
    assert "短斤缺两" not in page
    row = next(row for row in sheet_of(seat(app, "urban.liaison"), appeal_type="report") if row[0] == number)
    assert not any("短斤缺两" in str(cell) or "13911112222" in str(cell) for cell in row)


def test_search_and_filters_are_the_address(app):
    client = seat(app, "dispatcher1")
    number = put(app, "handling", title="文晖苑二期天台渗水", address="文晖苑二期 9 幢")
    for query in (
        "?q=天台渗水",
        "?q=文晖苑二期",
        f"?q={number[-6:]}&status=handling",
        "?status=handling&unit=urban&category=urban&region=990101",
    ):
        assert number[-6:] in page_of(client, query), query
    for query in ("?q=天台渗水&status=closed", "?unit=water&q=天台渗水", "?since=2099-01-01"):
        assert number[-6:] not in page_of(client, query), query


def test_a_number_leads_straight_to_its_ticket(app):
    number = put(app)
    answer = seat(app, "dispatcher1").get(f"/desk/tickets?q={number}")
    assert answer.status_code == 302
    assert answer.location == f"/tickets/{number}"


@pytest.mark.parametrize("query", ["?status=lost", "?unit=nowhere", "?since=yesterday", "?after=zzz", "?q=甲", "?channel=pigeon"])
def test_an_impossible_filter_is_a_plain_sentence(app, query):
    assert seat(app, "dispatcher1").get("/desk/tickets" + query).status_code == 422


def test_a_view_is_kept_found_and_dropped_by_its_owner_only(app):
    client = seat(app, "dispatcher1")
    csrf = token_of(page_of(client))
    kept = client.post("/desk/tickets/views", data={"csrf_token": csrf, "name": "逾期的", "query": "overdue=1&unit=urban"})
    assert kept.location.endswith("?overdue=1&unit=urban")
    client.post("/desk/tickets/views", data={"csrf_token": csrf, "name": "逾期的", "query": "overdue=1"})
    assert page_of(client).count("逾期的</a>") == 1
    assert client.post("/desk/tickets/views", data={"csrf_token": csrf, "name": " ", "query": ""}).status_code == 422
    with app.app_context():
        view = db.session.scalar(sa.text("SELECT id FROM saved_views WHERE name = '逾期的'"))
        db.session.remove()
    other = seat(app, "agent1")
    assert "逾期的</a>" not in page_of(other)
    assert other.post(f"/desk/tickets/views/{view}/removals", data={"csrf_token": token_of(page_of(other))}).status_code == 404
    assert client.post(f"/desk/tickets/views/{view}/removals", data={"csrf_token": csrf}).status_code == 302
    assert "逾期的</a>" not in page_of(client)


def test_the_export_is_marked_masked_recorded_and_holds_no_formula(app):
    number = put(
        app, title='=HYPERLINK("http://x","点我")', content="有\x07响铃", appellant=Appellant(name="欧阳小明", phone="13800002788")
    )
    client = seat(app, "dispatcher1")
    rows = sheet_of(client, q="HYPERLINK")
    assert "dispatcher1" in rows[0][0]
    assert rows[1][0] == "工单编号"
    row = next(row for row in rows if row[0] == number)
    assert row[5].startswith("=HYPERLINK")
    assert "欧阳小明" not in str(rows)
    assert "13800002788" not in str(rows)
    assert "138****2788" in str(row)
    assert row[1].tzinfo is None
    with app.app_context():
        said = db.session.execute(
            sa.text("SELECT actor_name, data FROM audit_entries WHERE action = 'export' ORDER BY id DESC LIMIT 1")
        ).one()
        db.session.remove()
    assert said.actor_name == "dispatcher1"
    assert said.data["query"] == "q=HYPERLINK"


def test_the_export_is_not_a_formula_for_excel_either(app):
    put(app, title="=1+1 是标题")
    client = seat(app, "dispatcher1")
    answer = client.post("/desk/tickets/exports", data={"csrf_token": token_of(page_of(client)), "q": "是标题"})
    cells = [
        cell for row in load_workbook(io.BytesIO(answer.data)).active.iter_rows() for cell in row if str(cell.value).startswith("=1+1")
    ]
    assert cells
    assert all(cell.data_type == "s" for cell in cells)


def test_pages_follow_one_another(app):
    for place in range(27):
        put(app, title=f"翻页用的第 {place} 件")
    client = seat(app, "dispatcher1")
    first = page_of(client, "?q=翻页用的")
    after = first.split("after=", 1)[1].split('"', 1)[0].split("&", 1)[0]
    second = page_of(client, f"?q=翻页用的&after={after}")
    assert first.count("data-row") == 25
    assert second.count("data-row") == 2
    assert look(app, put(app))["status"] == "registered"
