"""GET /cells and POST /cells/CODE/visits: the grid patrol for a city's own grid app (R31, T28)."""

import secrets
from collections.abc import Callable
from datetime import datetime

import marshmallow as ma
import orjson
from flask import Response, request, url_for
from sqlalchemy.orm import Session

from app import patrolling
from app.api.fields import Body, Flag, Text, Whole
from app.api.idempotency import HEADER, Answer, once
from app.api.nouns import Nouns, key_owner, marked, said
from app.api.present import moment
from app.api.shapes import maybe, text, when, whole
from app.auth.access import require
from app.web.listing import place_of
from app.work import session_now
from escalation import patrol_queries as queries
from escalation import patrols
from escalation.patrol_queries import READERS, Shown, visible_cells
from tickets.actors import ADMIN, UNIT_ROLES
from tickets.reference import reference

nouns = Nouns("patrols", "网格巡查：有哪些格、下一趟最晚什么时候、巡到了")
MOST = 200


class CellShape(ma.Schema):
    code = text()
    name = text()
    unit = text("巡这一格的街镇")
    region = maybe("区划代码")
    grade = whole("1 一级、2 二级、3 其他", minimum=1, maximum=3)
    due = when("下一趟最晚什么时候；没有设时限是 null")
    misses = whole("到现在连着漏了几轮")
    visited_at = when("上次有人巡到")


class CellVisitShape(ma.Schema):
    id = whole()
    cell = text()
    at = when(none=False)
    note = text()
    next_due = when("下一趟最晚什么时候")


class CellQuery(Body):
    unit = Text(50, load_default="", metadata={"description": "街镇代码"})
    missed = Flag(load_default=False, metadata={"description": "只要漏了一轮、还没人去的"})
    cursor = Text(60, load_default="", metadata={"description": "上一页 Link 头里的 cursor"})
    limit = Whole(1, MOST, load_default=queries.PAGE, strict=False)


class VisitBody(Body):
    note = Text(patrols.LONGEST_NOTE, load_default="")


@nouns.route("/cells")
@nouns.arguments(CellQuery, location="query")
@nouns.response(200, CellShape(many=True), headers={"Link": {"schema": {"type": "string"}}})
@marked(roles=(*READERS, ADMIN))
def list_cells(given: dict) -> Response:
    """在巡的网格，最先到时限的在前：单位看自己的和下面的，督办、领导看全部；下一页看 Link 头"""
    actor, session = require(*READERS, ADMIN), session_now()
    units = reference(session)
    unit = units.unit_codes.get(given["unit"])
    if given["unit"] and unit is None:
        return said([])
    rows, more = queries.cells(
        session, visible_cells(actor), unit.id if unit else None, given["missed"], place_of(given["cursor"]), given["limit"]
    )
    kept = {name: value for name, value in given.items() if value and name != "cursor"}
    further = url_for(".list_cells", **kept, cursor=f"{rows[-1].place[0].isoformat()}/{rows[-1].place[1]}") if more else ""
    body = [_cell(row, units.units[row.cell.unit_id].code) for row in rows]
    return said(body, headers={"Link": f'<{further}>; rel="next"'} if further else None)


@nouns.route("/cells/<code>/visits", methods=["POST"])
@nouns.arguments(VisitBody)
@nouns.response(201, CellVisitShape)
@marked(one=True, roles=tuple(sorted(UNIT_ROLES)))
def visit_cell(given: dict, code: str) -> Response:
    """巡到了：只有巡这一格的街镇自己的人能记，十分钟内不重复记"""
    actor = require(*UNIT_ROLES)
    key = request.headers.get(HEADER) or secrets.token_urlsafe(16)

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        cell = patrols.fetch_cell(session, code, closed=True, scope=visible_cells(actor))
        made = patrols.visit(session, cell.code, given["note"], key, actor, now)
        session.info["topics"] |= patrolling.topics_of(cell.unit_id)
        due = queries.next_due(session, cell.id)
        body = {"id": made.id, "cell": cell.code, "at": moment(made.at), "note": made.note, "next_due": moment(due)}
        return lambda: Answer(201, orjson.dumps(body).decode())

    return once(key_owner(), do)


def _cell(row: Shown, unit: str) -> dict:
    return {
        "code": row.cell.code,
        "name": row.cell.name,
        "unit": unit,
        "region": row.cell.region_code,
        "grade": row.cell.grade,
        "due": moment(row.running.due_at if row.running else None),
        "misses": row.misses,
        "visited_at": moment(row.visit.at if row.visit else None),
    }
