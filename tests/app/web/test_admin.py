"""The administration desk: each change is one verb and one audit row; administrators see no ticket and no identity."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.auth.models import Account, AuditEntry
from app.db import db
from app.errors import Invalid, WrongState
from app.web.spreadsheet import harmless
from app.work import work
from tests.app.web.at_admin import last_audit, one, send
from tests.app.web.citizens import standing, ticket
from tests.app.web.seats import seat, token_of
from tests.factories import person
from tickets import categories, knowledge, trial, units
from tickets.catalogue import entry_for, replace_entry
from tickets.duties import Boundary, CatalogueEntry, Knowledge
from tickets.models import Category
from tickets.organisations import Post, Region, Unit
from tickets.reference import reference

PAGES = (
    "/admin",
    "/admin/units",
    "/admin/units/new",
    "/admin/accounts",
    "/admin/accounts/new",
    "/admin/absences",
    "/admin/categories",
    "/admin/catalogue",
    "/admin/catalogue/new",
    "/admin/boundaries",
    "/admin/boundaries/new",
    "/admin/audit",
    "/desk/reveals",
    "/admin/system",
    "/desk/knowledge",
    "/desk/knowledge/new",
)


@pytest.fixture
def admin(app):
    return seat(app, "admin1")


def unit_id(session, code) -> int:
    return session.scalar(sa.select(Unit.id).where(Unit.code == code))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_for_an_administrator(admin, path):
    assert admin.get(path).status_code == 200


@pytest.mark.parametrize("username", ["agent1", "dispatcher1", "supervisor1", "leader1", "publisher1", "urban.head"])
def test_nobody_else_enters(app, username):
    client = seat(app, username)
    assert {client.get(path).status_code for path in PAGES if path.startswith("/admin")} == {403}
    assert client.post("/admin/units/1/live", data={"csrf_token": token_of(client.get("/account").text)}).status_code == 403


def test_discipline_reads_the_log_and_nothing_else(app):
    client = seat(app, "discipline1")
    assert client.get("/admin/audit").status_code == 200
    assert client.get("/desk/reveals").status_code == 200
    assert client.get("/admin/accounts").status_code == 403


def test_an_administrator_sees_no_ticket(app, admin):
    number = ticket(app, standing(app, "handling", content="只有办事的人该看到的话")).number
    assert admin.get(f"/tickets/{number}").status_code in (403, 404)
    assert admin.get("/desk/tickets").status_code == 403
    for path in PAGES:
        assert "只有办事的人该看到的话" not in admin.get(path).text


# ---- units and posts


def test_a_unit_from_nothing_to_taking_tickets(app, admin):
    parent = one(app, sa.select(Unit.id).where(Unit.code == "linhai"))
    answer = send(
        admin, "/admin/units/new", code="parks", kind="department", parent=parent, name="市园林局", short_name="园林局", name_en="Parks"
    )
    address = answer.location
    assert last_audit(app).data["after"]["path"] == "linhai.parks"
    refused = send(admin, address, f"{address}/live")
    assert refused.status_code == 409
    assert "还没有联络员" in refused.text
    for place in ("a", "b"):
        made = send(
            admin, "/admin/accounts/new", username=f"parks.{place}", name=f"园林{place}", unit=address.rsplit("/", 1)[1], roles="handler"
        )
        assert re.search(r"<code>[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}</code>", made.text)
    people = {place: one(app, sa.select(Account.id).where(Account.username == f"parks.{place}")) for place in ("a", "b")}
    same = send(admin, address, f"{address}/posts/liaison", holder_a=people["a"], holder_b=people["a"])
    assert same.status_code == 422
    assert "要是两个人" in same.text
    assert send(admin, address, f"{address}/posts/liaison", holder_a=people["a"], holder_b=people["b"]).status_code == 302
    assert "liaison" in one(app, sa.select(Account.roles).where(Account.username == "parks.a"))
    assert send(admin, address, f"{address}/live").status_code == 302
    row = last_audit(app)
    assert (row.action, row.data["before"], row.data["after"], row.actor_name) == ("unit-open", {"live": False}, {"live": True}, "admin1")
    assert send(admin, address, f"{address}/rest").status_code == 302


def test_a_unit_moves_with_everything_below(session):
    row = session.scalar(sa.select(Unit).where(Unit.code == "east"))
    units.move(session, row, unit_id(session, "west"))
    assert session.scalar(sa.select(Unit.path).where(Unit.code == "dongmen")) == "linhai.west.east.dongmen"
    with pytest.raises(Invalid):
        units.move(session, session.scalar(sa.select(Unit).where(Unit.code == "west")), unit_id(session, "dongmen"))


def test_a_unit_with_work_in_hand_does_not_rest(app, session, now):
    standing(app, "handling", lead="power")
    with pytest.raises(WrongState, match="手上还有"):
        units.rest(session, session.scalar(sa.select(Unit).where(Unit.code == "power")))


def test_a_post_takes_only_people_of_its_unit(app, admin):
    unit, stranger, own = (
        one(app, query)
        for query in (
            sa.select(Unit.id).where(Unit.code == "water"),
            sa.select(Account.id).where(Account.username == "power.head"),
            sa.select(Account.id).where(Account.username == "water.backup"),
        )
    )
    answer = send(admin, f"/admin/units/{unit}", f"/admin/units/{unit}/posts/handler", holder_a=stranger, holder_b=own)
    assert answer.status_code == 422
    assert one(app, sa.select(Post.holder_a_id).where(Post.unit_id == unit, Post.role == "handler")) != stranger


# ---- accounts


def test_an_account_is_locked_and_given_a_new_password(app, admin):
    account = one(app, sa.select(Account.id).where(Account.username == "market.backup"))
    page = f"/admin/accounts/{account}"
    assert send(admin, page, f"{page}/lock").status_code == 302
    assert "已锁" in admin.get("/admin/accounts?state=locked").text
    answer = send(admin, page, f"{page}/password")
    assert "一次性密码" in answer.text
    shown = re.search(r"<code>([a-z2-9-]{14})</code>", answer.text).group(1)
    assert shown not in admin.get(page).text
    row = last_audit(app)
    assert row.action == "account-password"
    assert shown not in str(row.data)
    stranger = app.test_client()
    token = token_of(stranger.get("/sign-in").text)
    assert stranger.post("/sign-in", data={"csrf_token": token, "username": "market.backup", "password": shown}).status_code == 302
    assert stranger.get("/desk").location == "/account#pw"


def test_bad_accounts_come_back_with_their_words(admin):
    answer = send(admin, "/admin/accounts/new", username="Größe!", name="写好的名字")
    assert answer.status_code == 422
    assert "写好的名字" in answer.text
    assert "账号用小写字母开头" in answer.text


# ---- categories and catalogue


def test_a_category_is_added_and_renamed(session):
    parent = session.scalar(sa.select(Category).where(Category.code == "urban.drainage"))
    row = categories.add(session, parent.id, "manhole", "井盖", "Manholes", "井盖 窨井，下水道盖")
    assert (row.code, row.level, row.path_name, row.keywords) == (
        "urban.drainage.manhole",
        3,
        "城乡建设 › 排水 › 井盖",
        ["井盖", "窨井", "下水道盖"],
    )
    categories.change(session, session.get(Category, parent.parent_id), "城建", "", "", True)
    assert row.path_name == "城建 › 排水 › 井盖"
    with pytest.raises(Invalid):
        categories.add(session, row.id, "deeper", "更深", "", "")
    with pytest.raises(Invalid):
        categories.add(session, parent.id, "manhole", "再来", "", "")


def test_a_new_entry_ends_the_old_one(app, admin):
    category = one(app, sa.select(Category.id).where(Category.code == "commerce.short-weight"))
    for unit in ("market", "urban"):
        assert send(admin, "/admin/catalogue/new", category="commerce.short-weight", unit=unit, basis=f"依据 {unit}").status_code == 302
    with app.app_context():
        rows = db.session.scalars(
            sa.select(CatalogueEntry).where(CatalogueEntry.category_id == category).order_by(CatalogueEntry.version)
        ).all()
        assert [row.effective_to is None for row in rows] == [False, True]
        assert rows[0].effective_to == rows[1].effective_from
        entry = rows[1].id
        db.session.remove()
    assert last_audit(app).data["before"]["basis"] == "依据 market"
    history = admin.get(f"/admin/catalogue/{entry}/history").text
    assert "依据 market" in history
    assert "依据 urban" in history
    assert send(admin, "/admin/catalogue", f"/admin/catalogue/{entry}/endings").status_code == 302
    assert send(admin, "/admin/catalogue", f"/admin/catalogue/{entry}/endings").status_code == 409


def test_an_entry_needs_a_basis_and_a_living_unit(admin):
    answer = send(admin, "/admin/catalogue/new", category="commerce", unit="market", basis=" ")
    assert answer.status_code == 422
    assert "请写明法定依据" in answer.text
    assert send(admin, "/admin/catalogue/new", category="commerce", unit="nobody", basis="有").status_code == 422


def test_a_later_entry_waits_for_its_day(session, now):
    category = session.scalar(sa.select(Category).where(Category.code == "commerce"))
    replace_entry(session, category.id, None, unit_id(session, "urban"), "新规", now + timedelta(days=10))
    assert session.get(Unit, entry_for(session, category.id, None, now).unit_id).code == "market"
    assert session.get(Unit, entry_for(session, category.id, None, now + timedelta(days=11)).unit_id).code == "urban"


def test_the_trial_answers_like_the_catalogue(session, now):
    """Every category and region: the book on paper names the unit that entry_for names."""
    names, book = reference(session), trial._book(session, now)
    places = [None, *session.scalars(sa.select(Region.code))]
    for category in names.categories:
        for place in places:
            entry = entry_for(session, category, place, now)
            assert trial.answer(names, book, category, place) == (entry.unit_id if entry else None)


def test_the_trial_counts_what_would_go_elsewhere(app, session, now):
    standing(app, "dispatched", category="urban.street-trade", content="早餐摊占了盲道", region="990102001")
    street = session.scalar(sa.select(Category.id).where(Category.code == "urban.street-trade"))
    found = trial.try_entry(session, street, None, unit_id(session, "market"), clock.now())
    assert found.seen >= 1
    assert found.moved[unit_id(session, "urban"), unit_id(session, "market")] >= 1
    same = trial.try_entry(session, street, None, unit_id(session, "urban"), clock.now())
    assert not same.moved


# ---- the boundary list


def test_the_pages_of_the_boundary_list(app, admin):
    with app.app_context(), work() as session:
        session.execute(sa.update(Account).where(Account.username == "publisher1").values(roles=["publisher", "admin"]))
    other = seat(app, "publisher1")
    answer = send(
        admin,
        "/admin/boundaries/new",
        category="urban.drainage",
        title="路面塌陷",
        lead="urban",
        basis="清单第 9 条",
        part_unit="water",
        part_ask="查管道",
    )
    draft = answer.location
    assert send(admin, draft, f"{draft}/submissions").status_code == 302
    assert 'name="decision"' not in admin.get(draft).text
    assert send(other, draft, f"{draft}/reviews", decision="approve").status_code == 302
    assert last_audit(app).action == "boundary-publish"
    assert "路面塌陷" in app.test_client().get("/duties").text
    line = one(app, sa.select(Boundary.id).where(Boundary.title == "路面塌陷"))
    assert send(admin, "/admin/boundaries", f"/admin/boundaries/{line}/endings").status_code == 302
    assert "路面塌陷" not in app.test_client().get("/duties").text
    with app.app_context(), work() as session:
        session.execute(sa.update(Account).where(Account.username == "publisher1").values(roles=["publisher"]))


# ---- knowledge


def test_a_unit_keeps_only_its_own_answers(app, admin):
    head, other = seat(app, "water.head"), seat(app, "power.head")
    said = {"title": "水表不走怎么办", "content": "先关总阀再看，仍不走就报修，上门不收费。", "article": "服务承诺第 6 条", "public": "1"}
    assert send(head, "/desk/knowledge/new", **said).status_code == 302
    entry = one(app, sa.select(Knowledge.id).where(Knowledge.title == "水表不走怎么办"))
    assert one(app, sa.select(Unit.code).join(Knowledge, Knowledge.unit_id == Unit.id).where(Knowledge.id == entry)) == "water"
    assert other.get(f"/desk/knowledge/{entry}").status_code == 403
    assert send(other, "/desk/knowledge", f"/desk/knowledge/{entry}", **said).status_code == 403
    assert send(other, "/desk/knowledge", f"/desk/knowledge/{entry}/removals").status_code == 404
    assert send(head, f"/desk/knowledge/{entry}", content="短", title=said["title"], article="依据").status_code == 422
    assert send(head, f"/desk/knowledge/{entry}", f"/desk/knowledge/{entry}/removals").status_code == 302
    row = last_audit(app)
    assert (row.action, row.data["before"]["title"]) == ("knowledge-drop", "水表不走怎么办")


def test_agents_do_not_keep_answers(app, session, now):
    assert seat(app, "agent1").get("/desk/knowledge").status_code == 403
    assert not knowledge.may_keep(person(session, "agent1", now), unit_id(session, "centre"))


# ---- special topics


def test_a_topic_has_experts_and_a_number_of_its_own(app, admin, monkeypatch):
    """R08: what is no number, another's or the hotline's, and who is no operator, is named."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], twilio_from="+86106912345"))
    ids = {name: one(app, sa.select(Account.id).where(Account.username == name)) for name in ("agent1", "leader1")}
    page, new = "/admin/specials", {"name": "专家咨询", "categories": "urban", "unit": "urban", "opened_on": "2026-01-01"}
    first = new | {"code": "prices", "dialled": "0576-88112320", "experts": [ids["agent1"]]}
    assert send(admin, page, **first).status_code == 302
    assert last_audit(app).data["after"]["experts"] == [ids["agent1"]]
    for wrong, words in (
        ({"dialled": "abc"}, "写 3 到 15 位数字"),
        ({"dialled": "+86 10 6912345"}, "这是热线的总号"),
        ({"dialled": "+8657688112320"}, "另一个专题在用这个号码"),
        ({"experts": [ids["leader1"]]}, "专家要是在用的受理员账号"),
        ({"experts": ["x"]}, "专家要是在用的受理员账号"),
    ):
        refused = send(admin, page, **new, code="floods", **wrong)
        assert (refused.status_code, words in refused.text) == (422, True), wrong
    earlier = {"code": "floods", "dialled": "0576 88112320", "opened_on": "2020-01-01", "closed_on": "2020-02-01"}
    assert send(admin, page, **new | earlier).status_code == 302, "an ended topic's number is free again"
    shown = admin.get(f"{page}?topic=prices").text
    assert (f'value="{ids["agent1"]}" checked' in shown, "+8657688112320" in shown) == (True, True)
    assert send(admin, page, **new, topic="prices").status_code == 302
    assert f'value="{ids["agent1"]}" checked' not in admin.get(f"{page}?topic=prices").text, "unticked, so dismissed"


# ---- the log


def test_the_log_is_filtered_and_exported(app, admin):
    seat(app, "water.head")
    page = admin.get("/admin/audit?action=unit-open&who=admin1").text
    assert "开通了收单" in page
    assert admin.get("/admin/audit?since=yesterday").status_code == 200
    answer = admin.get("/admin/audit.csv?kind=changes")
    assert answer.mimetype == "text/csv"
    assert last_audit(app).action == "export"


def test_a_cell_is_never_a_formula():
    assert harmless("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert harmless("平常的话") == "平常的话"


def test_the_log_cannot_be_rewritten(session):
    with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
        session.execute(sa.update(AuditEntry).values(actor_name="别人"))
