"""GET /escalations and what the unit, the supervisor and the leader do with one entry of the ledger (api.md)."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

import sqlalchemy as sa
from flask import Response, url_for
from sqlalchemy.orm import Session

from app.api import etag, supervision_rows
from app.api.fields import Body, Code, Moment, Text, Whole
from app.api.idempotency import Answer, once
from app.api.nouns import ID, Nouns, allowed, key_owner, made, marked, refuse_early, said
from app.api.supervision_rows import EntryShape
from app.auth.access import current_actor, require
from app.auth.models import Account
from app.auth.oversight import READERS, cards_of, fetch_entry
from app.work import session_now
from escalation import ledger, supervision
from escalation.ledger_queries import LEVELS, card_by_id, ledger_page
from escalation.models import LEDGER_STATUSES
from escalation.supervision_models import CLASSES, REASONS

nouns = Nouns("escalations", "督办台账：牌、说明、督办、再督查、销账")
ENTRY = "/escalations" + ID
MOST = 200


class EntryQuery(Body):
    status = Code(LEDGER_STATUSES, load_default="")
    level = Code(LEVELS, load_default="")
    unit = Text(50, load_default="")
    card = Code(("yellow", "red"), load_default="")
    ticket = Text(40, load_default="")
    whistle = Text(40, load_default="")
    cursor = Text(20, load_default="", metadata={"description": "上一页 Link 头里的 cursor"})
    limit = Whole(1, MOST, load_default=100, strict=False)


class ExplanationBody(Body):
    note = Text(2000, least=2, required=True)


class EntryOrderBody(Body):
    person = Text(50, least=1, required=True, metadata={"description": "账号或姓名；落实到具体人"})
    post = Text(50, least=1, required=True, metadata={"description": "具体岗位"})
    due = Moment(required=True, metadata={"description": "具体时限"})
    reason = Code(REASONS, load_default="overdue")
    words = Text(2000, load_default="", metadata={"description": "要求做什么"})


class ReInspectionBody(Body):
    finding = Text(2000, least=2, required=True)


class EntryRulingBody(Body):
    decision = Code(("accept", "deny"), required=True)
    reason = Text(2000, least=2, required=True)


class EntryWriteOffBody(Body):
    evidence = Text(2000, least=2, required=True)
    written_off_as = Code(CLASSES, load_default="implemented", metadata={"description": "连督办单一起销号时的类别"})


@nouns.route("/escalations")
@nouns.arguments(EntryQuery, location="query")
@nouns.response(200, EntryShape(many=True), headers={"Link": {"schema": {"type": "string"}}})
@marked(roles=READERS)
def list_entries(given: dict) -> Response:
    """台账：督办员看全部，单位看自己的；新的在前，下一页看 Link 头"""
    actor, session = require(*READERS), session_now()
    page, following = ledger_page(session, cards_of(actor), **given)
    further = (
        url_for(".list_entries", **{name: value for name, value in given.items() if value and name != "cursor"}, cursor=following)
        if following
        else ""
    )
    return said(supervision_rows.entries(session, page), headers={"Link": f'<{further}>; rel="next"'} if further else None)


@nouns.route(ENTRY)
@nouns.response(200, EntryShape)
@marked(one=True, roles=READERS)
def one_entry(row_id: int) -> Response:
    """台账的一条"""
    return said(_shown(session_now(), current_actor(), row_id))


def entry_act(rule: str, takes, *actions: str):
    """Decorates `verb(session, ticket, entry, said, actor, now)`: the entry's ticket locked first, then itself; answers with the entry."""

    def decorate(verb: Callable) -> Callable:
        @nouns.route(ENTRY + rule, methods=["POST"])
        @refuse_early(actions)
        @nouns.arguments(takes)
        @nouns.response(200, EntryShape)
        @marked(ticket=True, one=True, actions=actions)
        @wraps(verb)
        def view(given: dict, row_id: int) -> Response:
            actor = allowed(actions)

            def do(session: Session, now: datetime) -> Callable[[], Answer]:
                ticket, entry = fetch_entry(session, actor, row_id)
                etag.refuse_stale(ticket)
                verb(session, ticket, entry, given, actor, now)
                return lambda: made(_shown(session, actor, row_id), ticket.version)

            return once(key_owner(), do)

        return view

    return decorate


@entry_act("/acknowledgements", ExplanationBody, "explain-card", "accept-order")
def acknowledge_entry(session, ticket, entry, said, actor, now):
    """单位说明原因；已开督办的，就是督办回执"""
    if entry.status == "ordered":
        supervision.acknowledge(session, ticket, supervision.order_of(session, ticket, entry.supervision_id), said["note"], actor, now)
    else:
        ledger.explain(session, ticket, entry, said["note"], actor, now)


@entry_act("/rulings", EntryRulingBody, "rule-card")
def rule_entry(session, ticket, entry, said, actor, now):
    """采纳或不采纳单位的说明；牌不因此摘掉"""
    ledger.rule(session, ticket, entry, said["decision"] == "accept", said["reason"], actor, now)


@entry_act("/orders", EntryOrderBody, "supervise", "coordinate")
def order_entry(session, ticket, entry, said, actor, now):
    """顶格协调：落实到人、岗位、时限；没有在办督办就先开一单"""
    order = ledger.put_under_order(
        session, ticket, entry, said["reason"], said["words"] or "落实到人，限时办好，书面答复市民并报热线中心。", actor, now
    )
    who = session.execute(sa.select(Account.id, Account.name).where(Account.username == said["person"].strip().lower())).first()
    supervision.coordinate(
        session,
        ticket,
        order,
        who.name if who else said["person"],
        said["post"],
        said["due"],
        actor,
        now,
        said["words"],
        who.id if who else None,
    )


@entry_act("/re-inspections", ReInspectionBody, "inspect")
def re_inspect_entry(session, ticket, entry, said, actor, now):
    """再督查"""
    if entry.status == "ordered":
        supervision.inspect(
            session, ticket, supervision.order_of(session, ticket, entry.supervision_id), "re-inspect", said["finding"], actor, now
        )
    else:
        ledger.look_again(session, ticket, entry, said["finding"], actor, now)


@entry_act("/write-offs", EntryWriteOffBody, "write-off-card", "write-off")
def write_off_entry(session, ticket, entry, said, actor, now):
    """凭证据销账；在督办单下的，连督办单一起销号"""
    if entry.status == "ordered":
        order = supervision.order_of(session, ticket, entry.supervision_id)
        supervision.write_off(session, ticket, order, said["written_off_as"], said["evidence"], actor, now)
    else:
        ledger.write_off(session, ticket, entry, said["evidence"], actor, now)


def _shown(session: Session, actor, row_id: int) -> dict:
    return supervision_rows.entries(session, [card_by_id(session, cards_of(actor), row_id)])[0]
