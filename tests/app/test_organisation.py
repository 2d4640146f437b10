"""A city's organisation comes in from tables: by the verbs, each row whole or not at all, again without doubling, and what is bad is named."""

import base64
import csv
import html
import io
import re
import threading

import openpyxl
import pytest
import sqlalchemy as sa

from app import clock
from app.auth.models import Account, AuditEntry
from app.auth.passwords import is_password
from app.commands.organisation import reasons_of
from app.db import db
from app.imports.lines import Unreadable
from app.imports.readers import opened
from app.organisation.book import Book
from app.organisation.run import KINDS, lay, rehearse
from app.organisation.table import read
from app.web.admin import imports
from app.work import work
from tests.app.web.at_admin import last_audit, one
from tests.app.web.seats import cookie_of, seat
from tests.app.with_organisation import (
    BAD,
    CATEGORIES,
    DUTIES,
    FAMILY,
    PEOPLE,
    REFUSED,
    STAFF,
    UNITS,
    book_of,
    brought,
    counts,
    press,
    put,
    refusals,
    table_of,
)
from tests.browser import axe, overflow, ready, too_small
from tickets.duties import CatalogueEntry
from tickets.models import Category
from tickets.organisations import Unit


@pytest.fixture
def bring(session, tmp_path):
    """Bring a table in, in a transaction that is rolled back: gives the book."""
    return lambda kind, text, **options: brought(session, tmp_path, kind, text, **options)


def unit(session, code: str) -> Unit:
    return session.scalars(sa.select(Unit).where(Unit.code == code).execution_options(populate_existing=True)).one()


def test_a_unit_does_not_wait_for_the_account_of_its_superior(session, bring):
    early = bring("units", UNITS + FAMILY.replace("leader1", "nobody-yet"))
    assert (counts(early), unit(session, "parks").superior_id) == ((2, 0, 0, 0), None)
    said = "主管领导：还没有账号 nobody-yet，先空着；导入账号以后把这张表再导入一次"
    assert [reasons_of(KINDS["units"], entry) for entry in early.waiting] == [said]


def test_units_come_in_whatever_their_order_and_again_only_what_differs(session, bring):
    assert counts(bring("units", UNITS + FAMILY)) == (2, 0, 0, 0)
    made = unit(session, "trees")
    assert (made.path, made.kind, made.live) == ("linhai.parks.trees", "section", False)
    leader = session.scalar(sa.select(Account.id).where(Account.username == "leader1"))
    assert (unit(session, "parks").region_code, unit(session, "parks").superior_id) == ("990101001", leader)
    assert counts(bring("units", UNITS + FAMILY)) == (0, 0, 0, 2)
    moved = bring("units", UNITS + FAMILY.replace(",parks,,,", ",dongmen,,,").replace("8810-0230", "8810-9999"))
    assert [entry.moves for entry in moved.changed] == [(("parent", "parks", "dongmen"),), (("phone", "8810-0230", "8810-9999"),)]
    assert unit(session, "trees").path == "linhai.east.dongmen.trees"
    assert counts(bring("units", UNITS + "linhai,临海市,Linhai,临海市,市,,,12345,\ncentre,热线中心,,热线中心,热线中心,linhai,,,\n")) == (
        0,
        2,
        0,
        0,
    )
    turned = bring("units", UNITS + "trees,树木养护科,,树木科,科室,linhai,,,\nparks,市园林绿化局,,园林局,部门,trees,,,\n")
    assert len(turned.changed) == 2
    assert unit(session, "parks").path == "linhai.trees.parks"
    said = session.scalars(sa.select(AuditEntry.action).where(AuditEntry.subject.in_(["unit parks", "units.csv"])).order_by(AuditEntry.id))
    assert list(said) == [
        "units-imported",
        "unit-add",
        "units-imported",
        "units-imported",
        "unit-change",
        "units-imported",
        "units-imported",
        "unit-change",
    ]


def test_a_column_the_file_lacks_leaves_what_stands(session, bring):
    bring("units", UNITS + FAMILY)
    assert counts(bring("units", "代码,全称,简称,性质,上级\nparks,市园林绿化局,园林局,department,linhai\n")) == (0, 0, 0, 1)
    assert unit(session, "parks").phone == "8810-0230"


@pytest.mark.parametrize(("kind", "head", "table", "good"), BAD, ids=[kind for kind, *_rest in BAD])
def test_bad_rows_are_named_and_the_good_one_beside_them_comes_in(session, bring, tmp_path, kind, head, table, good):
    bring("units", UNITS + FAMILY)
    session.execute(sa.update(Account).where(Account.username == "agent1").values(active=False))
    wrong = {}
    for rows, said in table.items():
        book = book_of(session)
        rehearse(session, KINDS[kind], table_of(tmp_path, kind, head + rows + "\n" + good), book)
        taken = max(entry.line.number for entry in book.added + book.changed)
        if taken != rows.count("\n") + 3 or not any(why.startswith(said) for why in refusals(kind, book).values()):
            wrong[rows] = refusals(kind, book)
    assert wrong == {}


def test_people_come_in_with_their_posts_and_the_unit_is_opened(session, bring):
    bring("units", UNITS + FAMILY)
    book = bring("accounts", PEOPLE + STAFF, open_units=True)
    assert (refusals("accounts", book), len(book.added)) == ({}, 3)
    assert [(entry.label, entry.moves[0][2]) for entry in book.changed] == [
        ("园林局 联络员", "刘一帆 · 陈向阳"),
        ("园林局 承办人", "陈向阳 · 吴桐"),
        ("园林局 负责人", "吴桐 · —"),
        ("市园林绿化局", "是"),
    ]
    made = session.scalars(sa.select(Account).where(Account.username == "parks.liu")).one()
    assert (made.must_change, made.password_hash, made.roles, unit(session, "parks").live) == (True, "hash", ["liaison"], True)
    assert counts(bring("accounts", PEOPLE + STAFF, open_units=True)) == (0, 0, 0, 3)
    swapped = STAFF.replace("联络员,A", "联络员,B").replace("承办人,承办人A 联络员B", "承办人、联络员,承办人A 联络员A")
    assert [(entry.label, entry.moves[0][0]) for entry in bring("accounts", PEOPLE + swapped).changed] == [
        ("陈向阳 (parks.chen)", "roles"),
        ("园林局 联络员", "post"),
    ]
    assert counts(bring("accounts", PEOPLE + "parks.liu,刘帆,dongmen,联络员,\n")) == (0, 0, 1, 0)


def test_categories_come_in_with_their_standard_and_the_catalogue_keeps_its_versions(session, bring):
    tree = CATEGORIES + "parks.tree,树木,,,,,\nparks.tree.fallen,树木倒伏,树倒了、断枝,是,1,是,拍照\nparks,园林绿化,,,,,\n"
    assert counts(bring("categories", tree)) == (3, 0, 0, 0)
    assert counts(bring("categories", tree)) == (0, 0, 0, 3)
    assert [entry.moves for entry in bring("categories", tree.replace("是,1,是,拍照", "否,,,")).changed] == [
        (("active", "是", "否"), ("photos", "1", ""), ("on_site", "是", ""), ("staged", "否", ""), ("words", "拍照", ""))
    ]
    bring("categories", tree)
    leaf = session.scalars(sa.select(Category).where(Category.code == "parks.tree.fallen")).one()
    assert (leaf.path_name, leaf.keywords, leaf.standard["photos"]) == ("园林绿化 › 树木 › 树木倒伏", ["树倒了", "断枝"], 1)
    duties = DUTIES + "树木倒伏,,urban,权责清单第 7 项,\nparks,东门街道,dongmen,权责清单第 3 项,2027年1月1日\n"
    assert counts(bring("catalogue", duties)) == (2, 0, 0, 0)
    assert counts(bring("catalogue", duties)) == (0, 0, 0, 2)
    changed = bring("catalogue", duties.replace("urban", "market")).changed
    assert [(entry.label, entry.moves) for entry in changed] == [("园林绿化 › 树木 › 树木倒伏 · 全市", (("unit", "urban", "market"),))]
    kept = session.scalars(sa.select(CatalogueEntry).where(CatalogueEntry.category_id == leaf.id).order_by(CatalogueEntry.version)).all()
    assert [row.effective_to is None for row in kept] == [False, True]
    assert refusals("catalogue", bring("catalogue", duties.replace("dongmen", "urban").replace("2027年1月1日", ""))) == {
        3: "从哪天起：这一类已经写好一条更晚生效的，日子要在它之后"
    }


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("code,name\nparks,园林局\n", "utf-8", "缺列：简称 (short_name)、性质 (kind)、上级 (parent)"),
        (UNITS, "utf-8", "一行也没有"),
        ("", "utf-8", "文件是空的"),
        ("PK\x03\x04 not a workbook", "utf-8", "不是完好的 xlsx"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, text, encoding, said):
    with pytest.raises(Unreadable, match=said.replace("(", r"\(").replace(")", r"\)")):
        table_of(tmp_path, "units", text, encoding)


def test_every_way_a_table_is_written_reads_the_same(tmp_path):
    wanted = [row.said for row in table_of(tmp_path, "units", UNITS + FAMILY).rows]
    for encoding in ("utf-8-sig", "gb18030"):
        assert [row.said for row in table_of(tmp_path, "units", UNITS + FAMILY, encoding).rows] == wanted
    book = openpyxl.Workbook()
    for number, row in enumerate(csv.reader(io.StringIO(UNITS + FAMILY))):
        book.active.append([*row, '=HYPERLINK("http://elsewhere")' if number else "算出来的"])
    book.active["H3"] = "8810-0230"
    book.active.append(["computed", "=A2&B2"])
    book.save(tmp_path / "units.xlsx")
    table = read(opened(tmp_path / "units.xlsx"), "units.xlsx", KINDS["units"].columns)
    assert ([row.said for row in table.rows[:2]], table.unused) == (wanted, ["算出来的"])
    assert table.rows[2].said["name"] == ""  # no program has computed it yet: never its text


def test_a_rehearsal_leaves_nothing(session, bring, tmp_path):
    book = Book(session, clock.now())
    rehearse(session, KINDS["units"], table_of(tmp_path, "units", UNITS + FAMILY), book)
    assert len(book.added) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(Unit).where(Unit.code == "parks")) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "units-imported")) == 0


def test_the_commands_bring_everything_in_once(app, tmp_path):
    def run(name: str, text: str, *options: str) -> str:
        file = tmp_path / f"{name}.csv"
        file.write_text(
            text.replace("parks", "meadow").replace("trees", "grass").replace("园林", "草原"), "utf-8"
        )  # the file's own database
        done = app.test_cli_runner().invoke(args=[f"import-{name}", str(file), *options])
        assert done.exit_code == 0, done.output
        return done.output

    assert "会新增 2，会改 0，会拒绝 0" in run("units", UNITS + FAMILY, "--dry-run")
    assert "新增 2，改了 0，拒绝 1" in run("units", UNITS + FAMILY + "x1,某,,某局,部门,linhai,,,\n")
    assert "2 到 60 个字" in (tmp_path / "units.csv.rejects.csv").read_text("utf-8-sig").splitlines()[1]
    assert "新增 3，改了 4，拒绝 0" in run("accounts", PEOPLE + STAFF, "--open")
    handed = tmp_path / "accounts.csv.passwords.csv"
    assert handed.stat().st_mode & 0o777 == 0o600
    first = {row["账号"]: row["一次性密码"] for row in csv.DictReader(io.StringIO(handed.read_text("utf-8-sig")))}
    assert "新增 1，改了 0，拒绝 0，一样的 3" in run("accounts", PEOPLE + STAFF + "parks.new,新人,parks,承办人,\n")
    again = {row["账号"]: row["一次性密码"] for row in csv.DictReader(io.StringIO(handed.read_text("utf-8-sig")))}
    assert again == first | {"meadow.new": again["meadow.new"]}
    with app.app_context():
        stored = db.session.scalar(sa.select(Account.password_hash).where(Account.username == "meadow.liu"))
        assert is_password(stored, first["meadow.liu"])
        logged = db.session.scalars(sa.select(sa.cast(AuditEntry.data, sa.Text) + AuditEntry.subject)).all()
        assert not [entry for entry in logged for password in again.values() if password in entry]
        db.session.remove()
    assert app.test_cli_runner().invoke(args=["import-units", str(handed)]).exit_code == 2


def test_two_imports_at_once_bring_nothing_twice(app, tmp_path):
    books = []

    def one(number: int) -> None:
        (tmp_path / str(number)).mkdir()
        with app.app_context():
            table = table_of(tmp_path / str(number), "accounts", PEOPLE + "".join(f"twin{n},某人,urban,承办人,\n" for n in range(20)))
            with work() as session:
                books.append(lay(KINDS["accounts"], table, Book(session, clock.now(), stored=lambda username: "hash")))
            db.session.remove()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts(book) for book in books) == [(0, 0, 0, 20), (20, 0, 0, 0)]


def test_the_templates_are_tables_that_can_be_brought_in(app, session, bring, tmp_path):
    admin = seat(app, "admin1")
    for kind in KINDS:
        file = tmp_path / f"{kind}.xlsx"
        file.write_bytes(admin.get(f"/admin/{kind}/import/template").data)
        table = read(opened(file), file.name, KINDS[kind].columns)
        book = lay(KINDS[kind], table, book_of(session, open_units=True))
        assert (refusals(kind, book), len(book.added), table.unused) == ({}, 2, []), kind


def test_a_table_is_tried_first_and_brought_in_by_a_press(app):
    admin, here = seat(app, "admin1"), sa.select(sa.func.count()).select_from(Account).where(Account.username.like("web.%"))
    rows = PEOPLE + "web.one,甲,market,承办人,\nweb.two,=乙,market,承办人,\nweb.bad,丙,nowhere,承办人,\nmarket.head,新名,market,负责人,\n"
    tried = put(admin, "accounts", rows.encode("gb18030"), "people.csv")
    assert "新增 2，改动 1，拒绝 1，和现在一样 0。 还没有写进去。" in tried.text
    assert "没有单位 nowhere" in tried.text
    assert "market.head → <b>新名</b>" in tried.text
    assert one(app, here) == 0
    done = press(admin, "accounts", tried.text)
    assert one(app, here) == 2
    link = html.unescape(re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', done.text)[1])
    handed = list(csv.reader(io.StringIO(base64.b64decode(link).decode("utf-8-sig"))))
    assert [row[:2] for row in handed] == [["账号", "姓名"], ["web.one", "甲"], ["web.two", "'=乙"]]
    assert is_password(one(app, sa.select(Account.password_hash).where(Account.username == "web.two")), handed[2][2])
    assert last_audit(app).actor_name == "admin1"
    assert press(admin, "accounts", tried.text).status_code == 409
    again = put(admin, "accounts", rows.encode())
    assert "新增 0，改动 0，拒绝 1，和现在一样 3。" in again.text
    assert 'name="token"' not in again.text


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_page_cannot_take_is_refused_with_the_way_out(app, monkeypatch, what):
    monkeypatch.setattr(imports, "LARGEST", 300_000)  # larger ones the test client itself would put on disk
    monkeypatch.setattr(imports, "UNPACKED", 300_000)
    kind, data, status, said = REFUSED[what]
    data = data() if callable(data) else data
    answer = put(seat(app, "admin1"), kind, data, "table.csv" if data else "")
    assert (answer.status_code, said in html.unescape(answer.text)) == (status, True)


@pytest.mark.browser
def test_the_pages_can_be_used_with_a_phone_and_the_passwords_are_one_download(app, serve, open_page, tmp_path):
    page = open_page(serve(app) + "/admin/accounts/import", width=390, storage_state={"cookies": [cookie_of(app, "admin1")], "origins": []})
    assert (overflow(page), too_small(page)) == (0, [])
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE + "phone.one,甲,market,承办人,\nphone.two,乙,nowhere,承办人,\nmarket.handler,改名,market,承办人,\n", "utf-8")
    page.set_input_files("#f-file", file)
    page.click("text=先看看会做什么")
    ready(page, "#trial")
    assert (axe(page), overflow(page), too_small(page)) == ([], 0, [])
    page.click("text=就这样导入")
    ready(page, "text=下载一次性密码")
    assert (axe(page), overflow(page)) == ([], 0)
    with page.expect_download() as handed:
        page.click("text=下载一次性密码")
    assert "phone.one,甲," in handed.value.path().read_text("utf-8-sig")
    assert page.said_wrong == []
