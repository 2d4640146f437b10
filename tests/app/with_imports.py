"""Files to import as people have them: rows, a table of them, and what became of it. For tests of imports and of what is learned from them."""

import csv
import io
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from app.db import db
from app.imports.run import Import
from app.work import work
from tests.conftest import MONDAY
from tickets.models import Ticket

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "messages_labeled.jsonl.gz"
HEADER = [
    "external_id",
    "received_at",
    "channel",
    "appeal_type",
    "title",
    "content",
    "category",
    "region",
    "address",
    "appellant_name",
    "appellant_phone",
    "unit",
    "status",
    "closed_at",
]


def a_row(number: int, **changed) -> dict[str, str]:
    plain = {
        "external_id": f"R{number}",
        "received_at": "2026-08-03 09:15",
        "channel": "电话",
        "appeal_type": "投诉",
        "title": f"第 {number} 件",
        "content": f"荷花路 {number} 号门前的人行道地砖松了，下雨踩上去溅一身水。",
        "category": "人行道破损",
        "region": "南湖街道",
        "address": f"荷花路 {number} 号",
        "appellant_name": "陈小芳",
        "appellant_phone": "13800001234",
    }
    return plain | changed


def a_csv(path: Path, rows: list[dict], encoding: str = "utf-8", header: list[str] | None = None) -> Path:
    header = header or HEADER
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def brought(path: Path, *given: str, source: str = "", now: datetime = MONDAY):
    return Import(path, given, source, work, now).run(lambda line: None)


def tickets_of(source: str) -> list[Ticket]:
    return list(db.session.scalars(sa.select(Ticket).where(Ticket.external_source == source).order_by(Ticket.external_id)))


def reasons(summary) -> dict[int, str]:
    """What the file of rejects says: line → reason."""
    return {int(row[0]): row[1] for row in csv.reader(summary.rejects.read_text("utf-8-sig").splitlines()[1:])}


# what → (a row with it, what its refusal says)
BROKEN = {
    "bad date": (a_row(0, received_at="上个月"), "received_at：“上个月”不是日期，请写成"),
    "future": (a_row(0, received_at="2031-01-01"), "received_at：“2031-01-01”在将来"),
    "unknown channel": (a_row(0, channel="鸽子"), "channel：“鸽子”不认识，可以写：电话"),
    "unknown category": (a_row(0, category="外星人"), "category：没有“外星人”，请写分类"),
    "empty content": (a_row(0, content=" "), "content：内容是空的"),
    "too long": (a_row(0, content="长" * 20_001), "content：有 20001 字，最多 20000 字"),
    "bad phone": (a_row(0, appellant_phone="138****1234"), "appellant_phone："),
    "unknown unit": (a_row(0, unit="某某局", status="已办结", closed_at="2026-08-09"), "unit：没有“某某局”"),
    "contradiction": (a_row(0, status="办理中", closed_at="2026-08-09"), "status：有办结时间，状态却没有办结"),
    "no end": (a_row(0, status="已办结"), "closed_at：已经办结的要写办结时间"),
}
