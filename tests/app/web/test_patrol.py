"""The grid patrol's pages and calls: who sees which cells, one press and its repetition, what was found becomes a ticket, the administrator's cells."""

import pytest
import sqlalchemy as sa

from app import clock, patrolling
from app.auth.models import AuditEntry
from app.db import db
from app.work import work
from escalation import patrols
from escalation.patrol_models import PatrolCell, PatrolVisit
from tests import factories
from tests.app.api.conftest import caller  # noqa: F401 -- a fixture
from tests.app.web.seats import look, seat, token_of
from tests.statements import counted
from tickets.models import Ticket

DESK, ADMIN = "/desk/patrol", "/admin/patrols"


@pytest.fixture(scope="module")
def grid(app):
    """Three cells of Dongmen, one of Nanhu; the first was missed twice by now."""
    with app.app_context():
        now = clock.now()
        with work() as session:
            admin = factories.person(session, "admin1", now)
            for n, (code, unit, grade) in enumerate(
                (("DM-1", "dongmen", 1), ("DM-2", "dongmen", 2), ("DM-3", "dongmen", 3), ("NH-1", "nanhu", 1))
            ):
                opened = now - patrols.APART * (27 if n == 0 else 1)
                patrols.open_cell(
                    session, code, f"{code} 周边", unit, grade, factories.person(session, "admin1", opened) if n == 0 else admin, opened
                )
        patrolling.sweep(now)
        db.session.remove()
    return app


def post(client, path: str, page: str = DESK, **fields):
    return client.post(path, data={"csrf_token": token_of(client.get(page).text), **fields}, follow_redirects=True)


def visits(app) -> int:
    with app.app_context():
        n = db.session.scalar(sa.select(sa.func.count()).select_from(PatrolVisit))
        db.session.remove()
    return n


@pytest.mark.parametrize(
    ("username", "cells", "presses"),
    [
        ("dongmen.handler", {"DM-1", "DM-2", "DM-3"}, 3),
        ("nanhu.liaison", {"NH-1"}, 1),
        ("east.head", {"DM-1", "DM-2", "DM-3"}, 0),
        ("supervisor1", {"DM-1", "DM-2", "DM-3", "NH-1"}, 0),
        ("water.handler", set(), 0),
    ],
)
def test_everybody_sees_the_cells_they_may_and_presses_only_their_own(grid, username, cells, presses):
    client = seat(grid, username)
    page = client.get(DESK).text
    assert {code for code in ("DM-1", "DM-2", "DM-3", "NH-1") if f'href="{DESK}/{code}"' in page} == cells
    assert (page.count('name="press"'), "连漏 2 轮" in page) == (presses, "DM-1" in cells)
    for code in ("DM-1", "NH-1"):
        assert client.get(f"{DESK}/{code}").status_code == (200 if code in cells else 404)
    missed = client.get(DESK + "?missed=1").text
    assert ('id="queue"' in missed, f"{DESK}/DM-2" in missed) == (True, False)


def test_an_overseer_chooses_a_street(grid):
    page = seat(grid, "supervisor1").get(DESK + "?unit=nanhu").text
    assert (f"{DESK}/NH-1" in page, f"{DESK}/DM-1" in page, "近 7 天巡查达标率" in page) == (True, False, True)


def test_one_press_is_one_visit_and_the_other_hears_why(grid):
    first, second, before = seat(grid, "dongmen.handler"), seat(grid, "dongmen.liaison"), visits(grid)
    page = second.get(DESK).text
    assert "记下了，下一趟最晚" in post(first, f"{DESK}/DM-2/visits", press="after-0", note="井盖完好").text
    assert "记下了" in post(first, f"{DESK}/DM-2/visits", press="after-0", note="井盖完好").text, "pressed twice"
    assert (
        "10 分钟内刚有人巡过"
        in second.post(f"{DESK}/DM-2/visits", data={"csrf_token": token_of(page), "press": "after-0"}, follow_redirects=True).text
    )
    assert visits(grid) == before + 1
    assert "井盖完好" in second.get(f"{DESK}/DM-2").text
    assert post(seat(grid, "nanhu.liaison"), f"{DESK}/DM-2/visits", press="x").status_code == 404
    assert post(seat(grid, "east.head"), f"{DESK}/DM-2/visits", page="/account", press="x").status_code == 403
    assert visits(grid) == before + 1


def test_what_was_found_becomes_one_ticket_of_the_patrol(grid):
    handler, form = seat(grid, "dongmen.handler"), f"{DESK}/DM-3/findings"
    assert post(handler, form, page=form, content=" ").status_code == 422
    page = handler.get(form).text
    said = {
        "csrf_token": token_of(page),
        "once": token_of(page, "once"),
        "content": "人行道塌了一块，半米见方",
        "address": "东门菜场北门",
        "category": "urban.drainage",
    }
    assert "登记了，编号" in handler.post(form, data=said, follow_redirects=True).text
    handler.post(form, data=said)
    assert handler.post(form, data=said | {"content": "另有路灯不亮"}).status_code == 422, (
        "another matter under the same token is not swallowed"
    )
    with grid.app_context():
        numbers = list(db.session.scalars(sa.select(Ticket.number).where(Ticket.channel == "patrol")))
        db.session.remove()
    assert len(numbers) == 1
    ticket = look(grid, numbers[0])
    assert {name: ticket[name] for name in ("status", "grid_cell", "region_code", "address", "reply_wanted")} == {
        "status": "registered",
        "grid_cell": "DM-3",
        "region_code": "990101001",
        "address": "东门菜场北门",
        "reply_wanted": False,
    }
    assert seat(grid, "east.head").get(form).status_code == 403
    assert seat(grid, "nanhu.head").get(form).status_code == 404


def test_the_desk_costs_six_statements_however_many_cells(grid):
    costs = []
    for username in ("nanhu.liaison", "dongmen.liaison"):
        client = seat(grid, username)
        client.get(DESK)
        with counted(grid) as sent:
            client.get(DESK)
        costs.append(len(sent))
    assert max(costs) <= 6, "five, and the names of who came last"


def test_the_administrator_sets_cells_up_and_it_is_on_record(grid):
    admin = seat(grid, "admin1")
    assert "设好了" in post(admin, ADMIN, ADMIN, code="DM-9", name="东门桥", unit="dongmen", grade="2").text
    wrong = post(admin, ADMIN, ADMIN, lines="DM-10,桥东,dongmen,1\nDM-11,桥西,urban,1\n")
    assert (wrong.status_code, "第 2 行：请选巡这一格的街镇" in wrong.text) == (422, True)
    assert "设好了" in post(admin, ADMIN, ADMIN, lines="DM-10，桥东，dongmen，1\nDM-11,桥西,nanhu,3").text
    assert "改好了" in post(admin, f"{ADMIN}/DM-10", f"{ADMIN}?cell=DM-10", name="桥东小学", grade="3").text
    assert "停巡了" in post(admin, f"{ADMIN}/DM-11/endings", ADMIN).text
    with grid.app_context():
        found = {
            row.code: (row.name, row.grade, row.active_until is None)
            for row in db.session.scalars(sa.select(PatrolCell).where(PatrolCell.code.in_(("DM-9", "DM-10", "DM-11"))))
        }
        entries = set(db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.startswith("cell-"))))
        db.session.remove()
    assert found == {"DM-9": ("东门桥", 2, True), "DM-10": ("桥东小学", 3, True), "DM-11": ("桥西", 3, False)}
    assert entries == {"cell-open", "cell-change", "cell-close"}


def test_a_grid_app_reads_cells_and_records_visits_once(grid, caller):  # noqa: F811
    handler = caller("dongmen.handler")
    first = handler.get("/cells", limit=1, unit="dongmen")
    assert (len(first.get_json()), 'rel="next"' in first.headers["Link"]) == (1, True)
    follow = first.headers["Link"].split("cursor=", 1)[1].split(">", 1)[0]
    assert first.get_json()[0]["code"] not in [
        row["code"] for row in handler.client.get(f"/api/v1/cells?unit=dongmen&cursor={follow}", headers=handler.headers).get_json()
    ]
    assert [row["code"] for row in caller("admin1").get("/cells", missed="true").get_json()] == ["DM-1"]
    assert caller("supervisor1").get("/cells", unit="nowhere").get_json() == []
    assert handler.get("/cells", cursor="yesterday").status_code == 422
    key = {"Idempotency-Key": "walk-1"}
    made = handler.post("/cells/DM-1/visits", {"note": "一切正常"}, key)
    again = handler.post("/cells/DM-1/visits", {"note": "一切正常"}, key)
    assert (made.status_code, again.get_json() == made.get_json(), again.headers["Idempotent-Replayed"]) == (201, True, "true")
    assert made.get_json()["next_due"] > made.get_json()["at"]
    answers = {
        who: caller(who).post("/cells/DM-1/visits", {}).status_code
        for who in ("dongmen.liaison", "nanhu.liaison", "east.head", "supervisor1", "agent1", "admin1", "")
    }
    assert answers == {
        "dongmen.liaison": 409,
        "nanhu.liaison": 404,
        "east.head": 403,
        "supervisor1": 403,
        "agent1": 403,
        "admin1": 403,
        "": 401,
    }
    assert caller("agent1").get("/cells").status_code == 403
