"""The floor under bench/plain.py: the same bare endpoint without SQLAlchemy, psycopg and seven statements as text.

Every value that costs thought is a constant given by bench/intake.py in BENCH_BARE.
"""

import hashlib
import json
import os
from datetime import UTC, datetime

from flask import Flask, jsonify, request
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

ACCOUNT = "SELECT a.id, a.name, a.unit_id FROM api_tokens t JOIN accounts a ON a.id = t.account_id WHERE t.token_hash = %s"
TICKET = """
INSERT INTO tickets (number, query_code, status, version, head_hash, touched_at, appeal_type, track, urgency, title, content, channel, category_id, region_code, address,
    confidential, sealed, reply_wanted, risk_flags, call_id, registered_by_id, recused, received_at, search, sketch)
VALUES (%(number)s, %(code)s, 'registered', 1, %(hash)s, %(now)s, 'help', 'general', 'ordinary', %(title)s, %(content)s, 'phone', %(category)s, %(region)s, %(address)s,
    false, false, true, '{}', '', %(account)s, '{}', %(now)s, array_to_tsvector(%(search)s::text[]), %(sketch)s) RETURNING id"""
IDENTITY = """
INSERT INTO identities (ticket_id, kind, sealed, masked_name, masked_phone, phone_trace, tail_trace, contactable)
VALUES (%(id)s, 'person', %(sealed)s, '陈**', '138****2716', %(hash)s, %(hash)s, true)"""
EVENT = """
INSERT INTO ticket_events (ticket_id, seq, kind, actor_id, actor_name, unit_id, at, from_status, to_status, data, prev_hash, hash)
VALUES (%(id)s, 1, 'register', %(account)s, %(name)s, %(unit)s, %(now)s, '', 'registered', %(data)s, %(hash)s, %(hash)s)"""
CLOCK = """
INSERT INTO clocks (ticket_id, code, kind, limit_id, length, unit, started_at, due_at, provisional, extended_by, short, next_step, next_step_at, steps_done)
VALUES (%(id)s, 'dispatch', 'duty', %(limit)s, 2, 'hours', %(now)s, %(now)s, false, 0, false, 'remind-half', %(now)s, '{}')"""
MESSAGE = """
INSERT INTO outbox_messages (key, address, shown_to, channel, template, values, language, urgency, subjects, status, reason, created_at)
VALUES (%(key)s, %(sealed)s, '138****2716', 'sms', 'accepted', %(data)s, 'zh', 'now', %(subjects)s, 'suppressed', 'no-channel', %(now)s)"""
KEY = "INSERT INTO idempotency_keys (owner, key, request_hash, status, answer, created_at) VALUES ('bare', %(key)s, %(hash)s, 201, %(answer)s, %(now)s)"


def build() -> Flask:
    """One route: POST /tickets."""
    app = Flask(__name__)
    given = json.loads(os.environ["BENCH_BARE"])
    given["sealed"] = bytes.fromhex(given["sealed"])
    pool = ConnectionPool(given.pop("database"), min_size=4, max_size=4, open=True)

    @app.post("/api/v1/tickets")
    def take():
        body, key = request.get_json(), request.headers["Idempotency-Key"]
        token = hashlib.sha256(request.headers["Authorization"].removeprefix("Bearer ").encode()).hexdigest()
        with pool.connection() as connection:
            account = connection.execute(ACCOUNT, (token,)).fetchone()
            category = connection.execute("SELECT id FROM categories WHERE code = %s", (body["category"],)).fetchone()
            values = given | {
                "number": key[:21],
                "code": key[21:36],
                "now": datetime.now(UTC),
                "title": body["title"],
                "content": body["content"],
                "address": body["place"]["address"],
                "region": body["place"]["region"],
                "category": category[0],
                "account": account[0],
                "name": account[1],
                "unit": account[2],
                "key": key,
                "data": Jsonb({"channel": "phone"}),
            }
            values["id"] = connection.execute(TICKET, values).fetchone()[0]
            answer = {
                "number": values["number"],
                "title": values["title"],
                "content": values["content"],
                "received_at": values["now"].isoformat(),
            } | body
            values["subjects"] = [f"ticket:{values['id']}"]
            for statement in (IDENTITY, EVENT, CLOCK, MESSAGE):
                connection.execute(statement, values)
            connection.execute(KEY, values | {"answer": Jsonb({"body": json.dumps(answer)})})
        return jsonify(answer), 201

    return app
