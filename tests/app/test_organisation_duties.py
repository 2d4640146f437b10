"""A city's knowledge base and boundary list come in from tables: searchable at once, as drafts a second administrator publishes by ticking."""

import csv
import io
import re
from datetime import date

import openpyxl
import pytest
import sqlalchemy as sa

from app import clock
from app.auth.models import Account
from app.organisation.book import apart
from app.work import work
from tests.app.web.at_admin import last_audit, one
from tests.app.web.seats import seat, token_of
from tests.app.with_organisation import ANSWERS, MATTERS, SAID, brought, counts, press, put, refusals
from tests.factories import person
from tickets import boundaries, knowledge
from tickets.actors import Actor
from tickets.boundaries import BoundaryDraft
from tickets.duties import Boundary
from tickets.organisations import Unit


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("", "短的", ("", "短的")),
        ("一" * 80, "一" * 79, ("一" * 80, "一" * 79)),
        ("头" * 100 + "甲", "头" * 100 + "乙" * 90, ("…" + "头" * 12 + "甲", "…" + "头" * 12 + "乙" * 68 + "…")),
        ("甲" * 90, "", ("甲" * 80 + "…", "")),
    ],
)
def test_long_cells_are_shown_where_they_part(old, new, seen):
    assert apart(old, new) == seen


@pytest.fixture
def bring(session, tmp_path):
    """Bring a table in, in a transaction that is rolled back: gives the book."""
    return lambda kind, text, **options: brought(session, tmp_path, kind, text, **options)


def test_answers_come_in_searchable_and_again_only_what_differs(session, bring):
    rows = f"井盖丢了找谁,{SAID},办法第 3 条,排水,单位urban,是,2030年1月1日,\n停水了怎么办,{SAID},承诺第 6 条,,water,否,,\n"
    assert counts(bring("knowledge", ANSWERS + rows)) == (2, 0, 0, 0)
    made, *others = knowledge.find(session, "井盖丢了", clock.local(clock.now()).date())
    half_a_year = clock.local(clock.now()).date() + knowledge.REVIEW_AFTER
    assert (others, session.get(Unit, made.unit_id).code, made.valid_until, made.review_on) == ([], "urban", date(2030, 1, 1), half_a_year)
    assert knowledge.find(session, "停水", None) == []  # only for the seats
    assert counts(bring("knowledge", ANSWERS + rows)) == (0, 0, 0, 2)
    made.review_on = date(2026, 1, 1)
    assert counts(bring("knowledge", ANSWERS + rows)) == (0, 0, 0, 2)
    changed = bring("knowledge", ANSWERS + rows.replace("办法第 3 条,排水", "办法第 4 条,")).changed
    assert [entry.moves for entry in changed] == [(("article", "办法第 3 条", "办法第 4 条"), ("category", "urban.drainage", ""))]
    assert made.review_on == half_a_year
    fewer = bring("knowledge", f"标题,怎么答,依据,谁答,公开,title\n,{SAID}别走近。,办法第 4 条,urban,是,井盖丢了找谁\n")
    assert ([entry.moves[0][0] for entry in fewer.changed], made.valid_until) == (["content"], date(2030, 1, 1))
    assert counts(bring("knowledge", ANSWERS + rows.replace("water", "power"))) == (1, 1, 0, 0)  # another unit's answer is another answer


def test_boundaries_come_in_as_drafts_that_another_publishes(session, bring):
    author, reader = (person(session, name, clock.now()) for name in ("admin1", "agent1"))
    reader = Actor(reader.name, author.roles, reader.account_id)
    rows = '路面塌陷,排水,urban,"water：查管道；随时到场\n单位power：断电",清单第 9 条\n倒灌涉电,污水倒灌,water,power：断电保安全,边界清单第 1 条\n'
    assert counts(bring("boundaries", MATTERS + rows)) == (1, 0, 0, 1)  # the second is published as it is
    draft = session.scalars(sa.select(BoundaryDraft)).one()
    assert (draft.state, draft.by_id) == ("draft", author.account_id)
    assert [(part["unit"], part["ask"]) for part in draft.division] == [("water", "查管道；随时到场"), ("power", "断电")]
    assert counts(bring("boundaries", MATTERS + rows.replace("\n单位power", "；power"))) == (0, 0, 0, 2)
    anew = rows.replace("第 9 条", "第 8 条")
    assert refusals("boundaries", bring("boundaries", MATTERS + anew, actor=reader)) == {
        2: "事项：admin1 在写这一条的草稿，请他改，或删掉再导入"
    }
    assert counts(bring("boundaries", MATTERS + anew)) == (0, 1, 0, 1)
    boundaries.submit(draft, author)
    assert counts(bring("boundaries", MATTERS + anew)) == (0, 0, 0, 2)
    assert "在等审，不能再改" in refusals("boundaries", bring("boundaries", MATTERS + rows))[2]
    boundaries.review(session, draft, False, "缺交警", reader, clock.now())
    assert refusals("boundaries", bring("boundaries", MATTERS + anew)) == {2: "事项：这一条退回过：缺交警。改好再导入"}
    assert counts(bring("boundaries", MATTERS + rows)) == (1, 0, 0, 1)
    second = session.scalars(sa.select(BoundaryDraft).where(BoundaryDraft.state == "draft")).one()
    boundaries.submit(second, author)
    line = boundaries.review(session, second, True, "", reader, clock.now())
    assert counts(bring("boundaries", MATTERS + rows)) == (0, 0, 0, 2)
    changed = bring("boundaries", MATTERS + anew).changed
    assert [entry.moves for entry in changed] == [(("basis", "清单第 9 条", "清单第 8 条"),)]
    assert session.scalars(sa.select(BoundaryDraft.replaces_id).where(BoundaryDraft.state == "draft")).all() == [line.id]


def test_the_command_names_whose_drafts_they_are(app, tmp_path):
    def run(*options: str):
        return app.test_cli_runner().invoke(args=["import-boundaries", str(file), *options])

    file = tmp_path / "boundaries.csv"
    file.write_text(MATTERS + "桥下积水,排水,urban,water：抽水,清单第 3 条\n", "utf-8")
    assert [(done.exit_code, said in done.output) for done, said in ((run(), "--by"), (run("--by", "agent1"), "没有管理员 agent1"))] == [
        (2, True),
        (2, True),
    ]
    assert "他送审，另一位管理员公布" in run("--by", "Admin1").output
    assert run("--by", "admin1").output.splitlines()[-1] == "新增 0，改了 0，拒绝 0，一样的 1"
    author = sa.select(Account.username).join(BoundaryDraft, BoundaryDraft.by_id == Account.id).where(BoundaryDraft.title == "桥下积水")
    assert one(app, author) == "admin1"


def test_hundreds_of_drafts_are_handed_in_and_published_by_ticking(app):
    admin, here = seat(app, "admin1"), sa.select(sa.func.count()).select_from(Boundary).where(Boundary.title.like("批量%"))
    with app.app_context(), work() as session:
        session.execute(sa.update(Account).where(Account.username == "publisher1").values(roles=["publisher", "admin"]))
    other, rows = seat(app, "publisher1"), "".join(f"批量{n},排水,urban,water：抽水,清单第 {n} 条\n" for n in range(4))
    sheet, workbook = openpyxl.Workbook(), io.BytesIO()
    for row in csv.reader(io.StringIO(MATTERS + rows)):
        sheet.active.append(row)
    sheet.save(workbook)
    tried = put(admin, "boundaries", workbook.getvalue(), "boundaries.xlsx")
    assert "导入的是您的草稿，不会马上公布" in tried.text
    assert "另一位管理员审过才公布" in press(admin, "boundaries", tried.text).text

    def act(client, name: str, picks: list[str], **form):
        token = token_of(client.get("/admin/boundaries").text)
        return client.post("/admin/boundaries/drafts", data={"csrf_token": token, name: picks, **form})

    def drafts(client, name: str) -> dict[str, str]:
        found = re.findall(rf'name="{name}" value="(\d+)"[^>]*><span><b>([^<]+)<', client.get("/admin/boundaries").text)
        return {title: number for number, title in found if title.startswith("批量")}

    mine = drafts(admin, "mine")
    assert (sorted(mine), drafts(other, "pick")) == (["批量0", "批量1", "批量2", "批量3"], {})
    assert act(admin, "mine", [mine["批量3"]], act="discard").status_code == 302
    assert "没有这份草稿" in act(admin, "mine", list(mine.values()), act="submit").text
    assert (drafts(admin, "mine"), sorted(drafts(other, "pick"))) == ({}, ["批量0", "批量1", "批量2"])
    assert "自己写的要由另一位管理员来审" in act(admin, "pick", [mine["批量0"]], act="approve").text
    assert act(other, "pick", [], act="approve").status_code == 422
    asked = act(other, "pick", [mine["批量2"]], act="reject")
    assert (asked.status_code, "请写明哪里要改" in asked.text) == (422, True)
    assert act(other, "pick", [mine["批量2"]], act="reject", words="缺交警").status_code == 302
    assert (act(other, "pick", [mine["批量0"], mine["批量1"]], act="approve").status_code, one(app, here)) == (302, 2)
    assert one(app, sa.select(sa.func.count(sa.distinct(Boundary.version))).where(Boundary.title.like("批量%"))) == 1
    assert (last_audit(app).action, act(other, "pick", [mine["批量0"]], act="burn").status_code) == ("boundary-publish", 404)
    assert "批量1" in app.test_client().get("/duties").text
