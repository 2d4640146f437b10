"""The unit desk: groups in order of pain, signing one and many, A and B, delegation, views, Excel, and that nobody else's ticket is on it."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa

from app import clock
from app.auth.models import Account
from app.clock import local
from app.db import db
from app.web import unit_rows
from app.work import work
from tests import factories
from tests.app.web.seats import look, seat, token_of
from tests.statements import counted
from tickets import answering, dispatch, handling
from tickets.models import Ticket
from tickets.organisations import Absence, Delegation, DutyShift, Post, Unit

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def put(app, status="dispatched", lead="urban", assisting=(), ago=timedelta(minutes=9), **matter) -> str:
    """A committed ticket brought to this station beginning `ago`; gives its number."""
    with app.app_context():
        with work() as session:
            number = factories.a_ticket(session, clock.now() - ago, status, lead, assisting, **matter).number
        db.session.remove()
    return number


def do(app, number, username, verb):
    with app.app_context():
        with work() as session:
            now = clock.now()
            ticket = session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update())
            verb(session, ticket, factories.person(session, username, now), now)
        db.session.remove()


def shown(client, query="", htmx=False) -> str:
    answer = client.get("/desk/unit" + query, headers=HTMX if htmx else {})
    assert answer.status_code == 200, answer.get_data(as_text=True)[:1500]
    return answer.get_data(as_text=True)


def group_of(html: str, number: str) -> str:
    """The group a ticket stands in, "" when it is not on the desk."""
    for block in html.split('<section aria-labelledby="g-')[1:]:
        if number[-6:] in block.split("</ol>")[0]:
            return block.split('"', 1)[0]
    return ""


def post(client, path, htmx=True, **data):
    return client.post("/desk/" + path, data={"csrf_token": token_of(shown(client))} | data, headers=HTMX if htmx else {})


@pytest.fixture(autouse=True)
def table_cleared(app):
    """No ticket lies on a desk from other tests, nobody is away."""
    with app.app_context():
        with work() as session:
            session.execute(sa.text("UPDATE tickets SET status = 'archived' WHERE status <> 'merged'"))
            session.execute(sa.delete(Absence))
            session.execute(sa.delete(Delegation))
        db.session.remove()
    app.extensions.pop("duties", None)


@pytest.fixture
def liaison(app):
    return seat(app, "urban.liaison")


def test_groups_stand_in_the_order_of_pain(app, liaison):
    numbers = {
        "sign": put(app),
        "contact": put(app, "signed"),
        "hand": put(app, "handling"),
        "overdue": put(app, "handling", ago=timedelta(days=20)),
        "tasks": put(app, "dispatched", lead="water", assisting=("urban",)),
        "rework": put(app, "replied"),
        "centre": put(app, "handling"),
    }
    do(app, numbers["rework"], "auditor1", lambda s, t, a, n: answering.review(s, t, False, a, n, "untrue", "照片不是那一处"))
    do(app, numbers["centre"], "urban.liaison", lambda s, t, a, n: handling.request_extension(s, t, 3, "等料", "到货就换", a, n))
    html = shown(liaison)
    assert {group: group_of(html, number) for group, number in numbers.items()} == {group: group for group in numbers}
    order = re.findall(r'<section aria-labelledby="g-(\w+)"', html)
    assert order == [group for group in unit_rows.GROUPS if group in order]
    assert "照片不是那一处" in html
    assert "先签这 1 件" in html


def test_each_row_begins_with_its_clock_and_ends_with_what_one_may_press(app, liaison):
    number = put(app)
    row = shown(liaison).split(f'id="s-{look(app, number)["id"]}"')[1].split("</li>")[0]
    assert row.index('class="ring') < row.index("海晏小区地下室返水")
    assert re.search(r'data-left="1[0-4]\d\d"', row)
    assert "签收" in row
    assert f"/tickets/{number}?do=returns" in row
    handler = shown(seat(app, "urban.handler")).split(f'id="s-{look(app, number)["id"]}"')[1].split("</li>")[0]
    assert "/desk/unit/signatures" not in handler


def test_a_head_finds_the_drafts_to_release(app):
    number = put(app, "handling")
    do(app, number, "urban.handler", lambda s, t, a, n: handling.draft_reply(s, t, a, n, **factories.a_reply()))
    assert group_of(shown(seat(app, "urban.head")), number) == "release"
    assert group_of(shown(seat(app, "urban.handler")), number) == "hand"


def test_returns_and_disputes_wait_for_the_centre(app, liaison):
    one, two = put(app), put(app)
    do(app, one, "urban.liaison", lambda s, t, a, n: dispatch.request_return(s, t, "not-our-duty", "权责清单第 3 条", a, n))
    do(app, two, "urban.liaison", lambda s, t, a, n: dispatch.dispute(s, t, "两家都说不归自己", a, n))
    html = shown(liaison)
    assert [group_of(html, number) for number in (one, two)] == ["centre", "centre"]


def test_another_units_tickets_and_finished_ones_are_not_here(app, liaison):
    others = [put(app, lead="water"), put(app, "closed"), put(app, "replied"), put(app, "dispatched", lead="water", assisting=("power",))]
    html = shown(liaison)
    assert [group_of(html, number) for number in others] == [""] * 4
    assert "都办完了" in html


def test_the_desk_is_for_units_only(app):
    for who in ("dispatcher1", "agent1", "admin1", "publisher1", "discipline1"):
        assert seat(app, who).get("/desk/unit").status_code == 403


def test_a_sealed_report_lies_here_as_a_slip(app, liaison):
    put(app, appeal_type="report", title="举报早点摊", content="油烟往屋里灌")
    html = shown(liaison)
    assert "举报件（内容已密封）" in html
    assert "举报早点摊" not in html


def test_the_desk_costs_at_most_six_statements(app, liaison):
    for turn in range(12):
        put(app, ("dispatched", "signed", "handling")[turn % 3], assisting=("water",) if turn % 2 else ())
    shown(liaison)
    app.extensions["frame_counts"].clear()
    with counted(app) as sent:
        shown(liaison)
    assert len(sent) <= 6, sent
    with counted(app) as sent:
        shown(liaison, htmx=True)
    assert len(sent) <= 6, sent


# ---- signing ---------------------------------------------------------------------------------------------------------------------


def test_one_key_signs_one(app, liaison):
    number = put(app)
    answer = post(liaison, "unit/signatures", number=number)
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "live"
    assert look(app, number)["status"] == "signed"
    assert post(liaison, "unit/signatures", number=number).status_code == 409


def test_all_are_signed_and_each_refusal_is_told(app, liaison):
    good, gone = [put(app), put(app)], put(app)
    do(app, gone, "urban.liaison", lambda s, t, a, n: dispatch.request_return(s, t, "not-our-duty", "权责清单第 3 条", a, n))
    said = post(liaison, "unit/signatures", number=[*good, gone]).get_data(as_text=True)
    assert [look(app, number)["status"] for number in (*good, gone)] == ["signed", "signed", "return-requested"]
    assert "1 件没签上" in said
    assert gone[-6:] in said


def test_signing_without_scripts_leads_back_to_the_desk(app, liaison):
    number = put(app)
    answer = post(liaison, "unit/signatures", htmx=False, number=number)
    assert answer.status_code == 302
    assert look(app, number)["status"] == "signed"


def test_a_stranger_signs_nothing(app):
    number = put(app)
    assert post(seat(app, "water.liaison"), "unit/signatures", number=number).status_code == 404
    assert post(seat(app, "urban.head"), "unit/signatures", number=number).status_code == 403
    assert look(app, number)["status"] == "dispatched"


# ---- A and B ---------------------------------------------------------------------------------------------------------------------


def away(client, **data):
    return post(client, "duty/absences", htmx=False, **{"reason": "trip", "ends_at": "2037-01-01T18:00", "back": "unit"} | data)


def test_b_acts_while_a_is_away_and_history_says_for_whom(app, liaison):
    number = put(app)
    backup = seat(app, "urban.backup")
    assert "/desk/unit/signatures" not in shown(backup).split('id="queue"')[1]
    assert away(liaison).status_code == 302
    html = shown(backup)
    assert "联络员 urban.backup在岗" in html
    assert post(backup, "unit/signatures", number=number).status_code == 200
    assert "（代）" in html
    with app.app_context():
        data = db.session.scalar(
            sa.text("SELECT data FROM ticket_events e JOIN tickets t ON t.id = e.ticket_id WHERE t.number = :n AND e.kind = 'sign'"),
            {"n": number},
        )
        db.session.remove()
    assert data["covering"]


def test_whoever_comes_back_takes_over_again(app, liaison):
    away(liaison)
    with app.app_context():
        absence = db.session.scalar(sa.select(Absence.id))
        db.session.remove()
    assert post(seat(app, "urban.handler"), f"duty/absences/{absence}/end", htmx=False).status_code == 403
    assert post(liaison, f"duty/absences/{absence}/end", htmx=False, back="unit").status_code == 302
    assert "联络员 urban.liaison在岗" in shown(liaison)


@pytest.mark.parametrize("wrong", [{"ends_at": ""}, {"ends_at": "2020-01-01T10:00"}, {"reason": "fishing"}, {"ends_at": "soon"}])
def test_an_impossible_absence_comes_back_with_a_sentence(liaison, wrong):
    answer = away(liaison, **wrong)
    assert answer.status_code == 422
    assert "data-show" in answer.get_data(as_text=True)


def test_only_a_leader_in_charge_delegates(app, liaison):
    with app.app_context():
        post_id = db.session.scalar(sa.select(Post.id).join(Unit, Unit.id == Post.unit_id).where(Unit.code == "urban", Post.role == "head"))
        db.session.remove()
    data = {"post": str(post_id), "delegate": "urban.backup", "ends_at": "2037-01-01T18:00", "reason": "负责人出差"}
    assert post(liaison, "duty/delegations", htmx=False, **data).status_code == 403
    leader = seat(app, "leader1")
    token = token_of(leader.get("/desk/duty").get_data(as_text=True))
    assert leader.post("/desk/duty/delegations", data=data | {"csrf_token": token, "delegate": "nobody"}).status_code == 422
    assert leader.post("/desk/duty/delegations", data=data | {"csrf_token": token}).status_code == 302
    assert "urban.backup" in leader.get("/desk/duty").get_data(as_text=True)
    number = put(app, "handling")
    do(app, number, "urban.handler", lambda s, t, a, n: handling.draft_reply(s, t, a, n, **factories.a_reply()))
    assert group_of(shown(seat(app, "urban.backup")), number) == "release"


# ---- lists to keep and to take along -----------------------------------------------------------------------------------------------


def test_filters_stand_in_the_address(app, liaison):
    plain, urgent = put(app, "handling"), put(app, "handling", title="路灯漏电", content="路灯漏电，孩子差点被电到")
    assert group_of(shown(liaison, "?urgency=critical"), urgent)
    assert not group_of(shown(liaison, "?urgency=critical"), plain)
    assert group_of(shown(seat(app, "urban.handler"), "?mine=1"), plain)
    assert not group_of(shown(liaison, "?mine=1"), plain)
    assert "没有这样的" in shown(liaison, "?group=sign")
    assert liaison.get("/desk/unit?urgency=boiling").status_code == 422


def test_a_units_search_does_not_find_out_who_reported(app, liaison):
    open_one, secret, sealed = (
        put(app, "handling"),
        put(app, "handling", confidential=True),
        put(app, "handling", appeal_type="report", content="老王偷排污水，臭气熏天"),
    )
    html = shown(liaison, "?q=2716")
    assert group_of(html, open_one)
    assert not group_of(html, secret)
    assert not group_of(html, sealed)
    assert not group_of(shown(liaison, "?q=老王偷排"), sealed)


def test_a_view_is_kept_and_dropped_by_its_owner(app, liaison):
    assert post(liaison, "unit/views", htmx=False, name="只看急的", query="urgency=critical").status_code == 302
    listed = liaison.get("/desk/unit/views").get_data(as_text=True)
    assert "只看急的" in listed
    assert "/desk/unit?urgency=critical" in listed
    number = re.search(r"/desk/unit/views/(\d+)/removals", listed).group(1)
    assert post(seat(app, "urban.head"), f"unit/views/{number}/removals", htmx=False).status_code == 404
    assert post(liaison, f"unit/views/{number}/removals", htmx=False).status_code == 302
    assert "只看急的" not in liaison.get("/desk/unit/views").get_data(as_text=True)
    assert post(liaison, "unit/views", htmx=False, name="").status_code == 422
    assert "\n" not in post(liaison, "unit/views", htmx=False, name="断行的", query="q=a\r\nSet-Cookie: b=c").location


def test_the_list_as_excel_bears_a_name_and_no_identity(app, liaison):
    put(app, title="=1+1 打 13800002716 找我")
    put(app, appeal_type="report", title="举报早点摊")
    answer = post(liaison, "unit/exports", htmx=False)
    assert answer.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert "urban.liaison" in cells[0][0]
    text = "\n".join(str(value) for row in cells for value in row)
    assert "13800002716" not in text
    assert "陈" not in text
    assert "举报早点摊" not in text
    title = next(cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=1+1"))
    assert title.data_type == "s"
    with app.app_context():
        kept = db.session.scalar(
            sa.text("SELECT count(*) FROM audit_entries WHERE action = 'export' AND subject = 'unit' AND actor_name = 'urban.liaison'")
        )
        db.session.remove()
    assert kept >= 1


def test_the_desk_is_said_in_english_too(app, liaison):
    put(app)
    html = shown(liaison, "?lang=en")
    assert "To sign" in html
    assert "待签收" not in html


def test_the_unit_keeps_its_own_roster(app, liaison):
    with app.app_context():
        mate = db.session.scalar(sa.select(Account.id).where(Account.username == "urban.backup"))
        stranger = db.session.scalar(sa.select(Account.id).where(Account.username == "water.backup"))
        db.session.remove()
    asked = {"person": mate, "shift": "whole", "first": local(clock.now()).date().isoformat(), "days": "2"}
    for wrong in ({"person": stranger}, {"person": "x"}, {"shift": ""}, {"first": "soon"}, {"days": "99"}):
        answer = post(liaison, "duty/shifts", htmx=False, **asked | wrong)
        assert answer.status_code == 422
        assert "data-show" in answer.get_data(as_text=True)
    assert post(seat(app, "urban.handler"), "duty/shifts", htmx=False, **asked).status_code == 403
    assert post(liaison, "duty/shifts", htmx=False, **asked).status_code == 302
    assert post(liaison, "duty/shifts", htmx=False, **asked).status_code == 422, "already on duty"
    with app.app_context():
        first, _second = db.session.scalars(sa.select(DutyShift.id).order_by(DutyShift.starts_at)).all()
        db.session.remove()
    page = liaison.get("/desk/duty").get_data(as_text=True)
    assert page.count("/desk/duty/shifts/") == 2
    assert post(seat(app, "water.head"), f"duty/shifts/{first}/end", htmx=False).status_code == 403
    assert post(liaison, f"duty/shifts/{first}/end", htmx=False).status_code == 302
    assert liaison.get("/desk/duty").get_data(as_text=True).count("/desk/duty/shifts/") == 1
