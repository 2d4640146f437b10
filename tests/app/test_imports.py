"""Files come in whole, once, and in any shape people have; what is broken is named with line, reason and remedy."""

import csv
import gzip
import json
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pytest
import sqlalchemy as sa

from app import create_app
from app.db import db
from app.demo import city
from app.imports.loading import IMPORTER
from app.imports.readers import opened
from app.imports.run import Import
from app.work import session_now, work
from escalation.models import Clock
from escalation.seed import seed_calendar, seed_limits
from tests.app.with_imports import BROKEN, HEADER, SHARED, a_csv, a_row, brought, reasons, tickets_of
from tests.conftest import MONDAY
from tickets import intake, learning
from tickets.events import TicketEvent
from tickets.history import verify
from tickets.identity import Appellant
from tickets.intake import Matter
from tickets.models import Identity, Ticket
from tickets.suggest import suggest


@pytest.fixture(scope="module")
def hall(settings, new_database):
    """An application on a database of its own with the demo city's structure: imports commit."""
    app = create_app(replace(settings, database_url=new_database()))
    with app.app_context():
        with work() as session:
            seed_calendar(session)
            seed_limits(session)
            city.load_organisation(session, MONDAY, "no password")
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_csv_comes_in_whatever_it_is_written_in(hall, tmp_path, encoding):
    path = a_csv(tmp_path / f"{encoding}.csv", [a_row(number) for number in range(3)], encoding)
    assert brought(path).imported == 3
    assert [ticket.content[:3] for ticket in tickets_of(encoding)] == ["荷花路"] * 3


def test_xlsx_and_json_lines_come_in_like_csv(hall, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append([a_row(1).get(name) for name in HEADER[:10]] + [13800001234.0])
    book.active.append([])
    book.active.append(["R2", datetime(2026, 8, 4, 10, 0), "微信", None, None, "路灯不亮一个星期了"])  # noqa: DTZ001 a sheet knows no zone
    book.save(tmp_path / "sheet.xlsx")
    with gzip.open(tmp_path / "lines.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(a_row(number), ensure_ascii=False) + "\n" for number in range(2))
    assert brought(tmp_path / "sheet.xlsx").imported == 2
    first, second = tickets_of("sheet")
    assert second.received_at == datetime(2026, 8, 4, 2, 0, tzinfo=UTC)
    assert (second.title, second.channel) == ("路灯不亮一个星期了", "wechat")
    assert db.session.get(Identity, first.id).masked_phone == "138****1234"
    assert brought(tmp_path / "lines.jsonl.gz").imported == 2


def test_a_row_becomes_what_registering_it_would_have_made(hall, tmp_path):
    brought(a_csv(tmp_path / "same.csv", [a_row(7, appeal_type="举报")]))
    received = datetime(2026, 8, 3, 1, 15, tzinfo=UTC)
    matter = Matter(
        channel="phone",
        appeal_type="report",
        content=a_row(7)["content"],
        title="第 7 件",
        category="urban.road.sidewalk",
        region="990102001",
        address="荷花路 7 号",
        appellant=Appellant(name="陈小芳", phone="13800001234"),
        external=("by-hand", "R7"),
        received_at=received,
    )
    with work() as session:
        intake.register(session, matter, IMPORTER, received)
        session.info["events"].clear()  # as history: no clock of long ago
    one, other = tickets_of("same") + tickets_of("by-hand")
    own = {"id", "number", "query_code", "head_hash", "external_source"}
    for column in set(Ticket.__table__.columns.keys()) - own:
        assert getattr(one, column) == getattr(other, column), column
    people = [db.session.get(Identity, ticket.id) for ticket in (one, other)]
    for column in set(Identity.__table__.columns.keys()) - {"ticket_id", "sealed"}:
        assert getattr(people[0], column) == getattr(people[1], column), column
    told = [db.session.scalars(sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)).one() for ticket in (one, other)]
    for column in ("seq", "kind", "actor_id", "actor_name", "unit_id", "at", "from_status", "to_status", "data", "prev_hash"):
        assert getattr(told[0], column) == getattr(told[1], column), column


def test_an_open_ticket_waits_for_dispatch_from_the_import_on(hall, tmp_path):
    brought(a_csv(tmp_path / "open.csv", [a_row(1, status="办理中", unit="城管局")]))
    (ticket,) = tickets_of("open")
    assert (ticket.status, ticket.lead_unit_id) == ("registered", None)
    clock = db.session.scalars(sa.select(Clock).where(Clock.ticket_id == ticket.id)).one()
    assert (clock.code, clock.started_at) == ("dispatch", MONDAY)
    told = db.session.scalars(sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)).all()
    assert [event.kind for event in told] == ["register", "import"]
    assert told[1].data | {"closed_at": None} == {"source": "open", "status": "handling", "unit": "urban", "closed_at": None}


def test_closed_rows_become_closed_history(hall, tmp_path):
    brought(
        a_csv(
            tmp_path / "old.csv",
            [
                a_row(1, status="已办结", unit="urban", closed_at="2026/8/6 17:00"),
                a_row(2, closed_at="2026-08-05"),
                a_row(3, status="不予受理", closed_at="2026年8月5日 8:30"),
            ],
        )
    )
    with_unit, without, refused = tickets_of("old")
    assert (with_unit.status, with_unit.closed_at) == ("closed", datetime(2026, 8, 6, 9, 0, tzinfo=UTC))
    assert (without.status, without.lead_unit_id) == ("direct-closed", None)
    assert refused.status == "refused"
    assert not db.session.scalars(sa.select(Clock).where(Clock.ticket_id.in_([with_unit.id, without.id, refused.id]))).all()
    assert [fault for _, fault in verify(db.session()) if fault] == []


def test_a_second_run_brings_in_nothing(hall, tmp_path):
    path = a_csv(tmp_path / "twice.csv", [a_row(number) for number in range(20)])
    assert brought(path).imported == 20
    again = brought(path)
    assert (again.imported, again.skipped, again.rejected) == (0, 20, 0)
    nameless = a_csv(tmp_path / "nameless.csv", [a_row(number) for number in range(5)], header=HEADER[1:])
    assert brought(nameless).imported == 5
    assert brought(nameless).skipped == 5


def test_two_imports_at_once_bring_in_each_row_once(hall, tmp_path):
    path = a_csv(tmp_path / "both.csv", [a_row(number) for number in range(300)])
    came = []

    def run():
        with hall.app_context():
            came.append(brought(path))
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(summary.imported for summary in came) == len(tickets_of("both")) == 300


def test_a_hundred_broken_rows_cost_nothing_but_themselves(hall, tmp_path):
    rows, wrong = [], {}
    for turn in range(10):
        rows += [a_row(1000 + turn * 20 + number) for number in range(10)]
        for row, reason in BROKEN.values():
            rows.append(row | {"external_id": f"B{len(rows)}"})
            wrong[len(rows) + 1] = reason
    path = a_csv(tmp_path / "broken.csv", rows)
    summary = brought(path)
    assert (summary.imported, summary.rejected) == (100, 100)
    told = list(csv.reader(summary.rejects.read_text("utf-8-sig").splitlines()))
    assert told[0] == ["行号", "原因", *HEADER]
    found = {int(row[0]): row[1] for row in told[1:]}
    assert found.keys() == wrong.keys()
    for line, reason in wrong.items():
        assert reason in found[line]


def test_lines_that_fall_apart_are_named_and_their_neighbours_come_in(hall, tmp_path):
    good = [",".join(f'"{a_row(number)[name]}"' for name in HEADER[:11]) for number in range(6)]
    lines = [
        ",".join(HEADER[:11]),
        good[0],
        "R90,2026-08-03",
        good[1],
        'R91,2026-08-03,电话,投诉,"没有关上的引号,内容,,,,,',
        good[2],
        good[3].replace("R3", "R1"),
        good[4].replace("荷花路", "荷\x00花路"),
        "R95,2026-08-03,电话,投诉,标题,@@,,,,,",
        good[5],
    ]
    path = tmp_path / "torn.csv"
    path.write_bytes("\n".join(lines).encode().replace(b"@@", b"\xff\xfe\xc0"))
    summary = brought(path)
    told = reasons(summary)
    assert summary.imported == 4
    assert {line: reason.partition("，")[0] for line, reason in told.items()} == {
        3: "列数：这一行有 2 列",
        5: "格式：引号没有配对",
        7: "external_id：和第 4 行重复",
        8: "content：有不能显示的字符（NUL）",
        9: "编码：这一行有认不出的字节",
    }


def test_broken_json_lines_are_named(hall, tmp_path):
    path = tmp_path / "torn.jsonl"
    path.write_text(
        "\n".join([json.dumps(a_row(1)), '{"external_id": "x", ', "[1, 2]", "", json.dumps(a_row(2) | {"extra": [1]})]), "utf-8"
    )
    summary = brought(path, source="torn-json")
    told = reasons(summary)
    assert summary.imported == 2
    assert told[2].startswith("格式：这一行不是完整的 JSON")
    assert told[3].startswith("格式：这一行不是 JSON 对象")


def test_a_row_the_database_refuses_loses_no_other(hall, tmp_path):
    path = a_csv(tmp_path / "refused.csv", [a_row(number) for number in range(8)])
    wanted = Import(path, (), "", work, MONDAY)
    understood = wanted.understanding.wanted
    wanted.understanding.wanted = lambda line: (
        understood(line) if line.number != 5 else replace(understood(line), state="merged")
    )  # no master: a CHECK refuses
    summary = wanted.run(lambda line: None)
    assert (summary.imported, summary.rejected) == (7, 1)
    assert "数据库" in summary.rejects.read_text("utf-8-sig")


def test_a_run_without_rejects_takes_the_old_rejects_file_away(hall, tmp_path):
    path = a_csv(tmp_path / "mended.csv", [a_row(1, channel="鸽子")])
    assert brought(path).rejects.exists()
    a_csv(path, [a_row(1)])
    assert brought(path).rejects is None
    assert not (tmp_path / "mended.csv.rejects.csv").exists()


def test_rejects_are_no_formulas(hall, tmp_path):
    path = a_csv(tmp_path / "formula.csv", [a_row(1, title="=1+1", channel="鸽子")])
    assert "'=1+1" in brought(path).rejects.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空的"),
        (b"PK\x03\x04nothing", "不是完好的 xlsx"),
        (b"\xd0\xcf\x11\xe0 locked", "加密"),
        (b"\x1f\x8b broken", "打不开"),
        (b"number,name\n1,2\n", "没有找到内容列"),
    ],
)
def test_unreadable_files_are_refused_in_a_plain_sentence(hall, tmp_path, content, word):
    path = tmp_path / "bad.xlsx"
    path.write_bytes(content)
    done = hall.test_cli_runner().invoke(args=["import-tickets", str(path)])
    assert done.exit_code == 2
    assert word in done.output


def test_the_command_maps_tells_and_counts(hall, tmp_path):
    path = a_csv(tmp_path / "told.csv", [{"谁": "王小明", "说什么": "请问路灯坏了找谁修", "备注": "x"}], header=["谁", "说什么", "备注"])
    done = hall.test_cli_runner().invoke(
        args=["import-tickets", str(path), "--map", "说什么=content", "--map", "谁=appellant_name", "--source", "旧系统"]
    )
    assert done.exit_code == 0, done.output
    assert "没有用到的列：备注" in done.output
    assert "导入 1 件，跳过 0 件（已经有了），拒绝 0 件" in done.output
    (ticket,) = tickets_of("旧系统")
    assert (ticket.channel, ticket.appeal_type, ticket.title) == ("transfer", "consult", "请问路灯坏了找谁修")


@pytest.mark.skipif(
    not SHARED.exists(), reason="put the shared data beside the checkout (../shared/data) to import the 7,202 real messages"
)
def test_the_real_messages_come_in_once(hall):
    expected = opened(SHARED).length
    first = Import(SHARED, (), "", work, MONDAY).run(lambda line: None)
    assert (first.imported, first.rejected) == (expected, 0)
    again = Import(SHARED, (), "", work, MONDAY).run(lambda line: None)
    assert (again.imported, again.skipped) == (0, expected)


LAMPS = ("{}号楼前的路灯不亮，晚上看不见路", "{}弄口路灯坏了好几天，请派人修", "{}号院外一排路灯都灭了")
DOGS = ("{}单元有人遛狗不牵绳，吓到孩子", "{}幢邻居的狗半夜一直叫", "{}栋草坪上到处是狗粪没人管")


def test_what_people_sorted_is_learned_and_guessed(hall, tmp_path, monkeypatch):
    """classify: learned from a labelled file and from closed tickets, measured on matters held out, the unit by the catalogue; and the desk hears of it."""
    run = hall.test_cli_runner().invoke
    monkeypatch.setitem(hall.config, "SETTINGS", replace(hall.config["SETTINGS"], home=tmp_path))
    monkeypatch.setitem(hall.extensions["session_info"], "models", tmp_path / "models")
    asked = a_csv(
        tmp_path / "ask.csv",
        [
            a_row(1, title="", content="巷子里的路灯一直不亮", category="路灯不亮", unit=""),
            a_row(2, title="=1+1", content="狗不牵绳乱跑", category="路灯不亮", unit=""),
        ],
    )
    assert run(args=["classify", "predict", str(asked)]).exit_code == 2, "nothing is learned yet"
    lines = [(one.format(n), kind) for n in range(12) for kind, several in (("路灯不亮", LAMPS), ("不文明养犬", DOGS)) for one in several]
    labelled = a_csv(
        tmp_path / "known.csv", [a_row(n, title="", content=text, category=kind, unit="") for n, (text, kind) in enumerate(lines)]
    )
    said = run(args=["classify", "train", str(labelled)])
    assert said.exit_code == 0, said.output
    assert "分类：72 件，2 种；留出" in said.output
    assert float(re.search(r"第一个就对 ([\d.]+)%", said.output).group(1)) > 85
    told = run(args=["classify", "predict", str(asked), "-o", str(tmp_path / "out.csv")])
    assert "第一个就对 50.0%（1 ÷ 2）" in told.output
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["分类"], first["单位"], second["分类"], second["标题"]) == (
        "urban.lighting.lamp-out",
        "urban",
        "urban.appearance.dogs",
        "'=1+1",
    )
    assert float(first["分类把握"].rstrip("%")) > 60
    assert run(args=["classify", "train", str(asked)]).exit_code == 2, "two matters teach nothing"
    brought(
        a_csv(
            tmp_path / "closed.csv",
            [
                a_row(n, title="", content=text, category=kind, unit="城管局", status="已办结", closed_at="2026-08-05 10:00")
                for n, (text, kind) in enumerate(lines)
            ],
        ),
        source="closed-for-learning",
    )
    own = run(args=["classify", "train"])
    assert own.exit_code == 0, own.output
    (tmp_path / "models" / "unit.model").write_bytes(b"half a fi")
    assert learning.learned(tmp_path / "models", learning.UNITS) is None, "a broken file is no model"
    with hall.app_context():
        db.session.remove()
        told = suggest(session_now(), "弄口黑着，已经好几天，请派人修", "", MONDAY)["categories"][0]
    assert (told["code"], told["learned"] > 50) == ("urban.lighting.lamp-out", True)
