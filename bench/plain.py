"""The limit intake is held against: a bare Flask endpoint in the house's own stack (Flask-SQLAlchemy, psycopg) that reads and writes
the same rows in one transaction, and does nothing else. No validation, no history, no encryption, no reactions: every value that costs
thought is a constant given by bench/intake.py in BENCH_BARE.
"""

import hashlib
import json
import os
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import Flask, jsonify, request

from app.auth.models import Account, ApiToken, IdempotencyKey
from app.config import sqlalchemy_url
from app.db import db
from escalation.models import Clock
from notifiers.models import OutboxMessage
from tickets.dispatch_models import Task  # noqa: F401 -- the tables that tickets and clocks point to
from tickets.events import TicketEvent
from tickets.models import Category, Identity, Ticket
from tickets.organisations import Unit  # noqa: F401
from tickets.whistle_models import Whistle  # noqa: F401


def build() -> Flask:
    """One route: POST /api/v1/tickets."""
    app = Flask(__name__)
    given = json.loads(os.environ["BENCH_BARE"])
    sealed = bytes.fromhex(given["sealed"])
    app.config.update(SQLALCHEMY_DATABASE_URI=sqlalchemy_url(given["database"]), SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 8})
    db.init_app(app)

    @app.post("/api/v1/tickets")
    def take():
        body, key, session, now = request.get_json(), request.headers["Idempotency-Key"], db.session, datetime.now(UTC)
        token = hashlib.sha256(request.headers["Authorization"].removeprefix("Bearer ").encode()).hexdigest()
        account = session.scalar(sa.select(Account).join(ApiToken, ApiToken.account_id == Account.id).where(ApiToken.token_hash == token))
        category = session.scalar(sa.select(Category).where(Category.code == body["category"]))
        ticket = Ticket(
            number=key[:21],
            query_code=key[21:36],
            status="registered",
            version=1,
            head_hash=given["hash"],
            touched_at=now,
            appeal_type="help",
            title=body["title"],
            content=body["content"],
            channel="phone",
            category_id=category.id,
            region_code=body["place"]["region"],
            address=body["place"]["address"],
            registered_by_id=account.id,
            received_at=now,
            search=given["search"],
            sketch=given["sketch"],
        )
        session.add(ticket)
        session.flush()
        session.add(
            Identity(
                ticket_id=ticket.id,
                kind="person",
                sealed=sealed,
                masked_name="陈**",
                masked_phone="138****2716",
                phone_trace=given["hash"],
                tail_trace=given["hash"],
                contactable=True,
            )
        )
        session.add(
            TicketEvent(
                ticket_id=ticket.id,
                seq=1,
                kind="register",
                actor_id=account.id,
                actor_name=account.name,
                unit_id=account.unit_id,
                at=now,
                from_status="",
                to_status="registered",
                data={"channel": "phone"},
                prev_hash=given["hash"],
                hash=given["hash"],
            )
        )
        session.add(
            Clock(
                ticket_id=ticket.id,
                code="dispatch",
                kind="duty",
                limit_id=given["limit"],
                length=2,
                unit="hours",
                started_at=now,
                due_at=now,
                provisional=False,
                extended_by=0,
                short=False,
                next_step="remind-half",
                next_step_at=now,
                steps_done=[],
            )
        )
        session.add(
            OutboxMessage(
                key=key,
                address=sealed,
                shown_to="138****2716",
                channel="sms",
                template="accepted",
                values={"number": ticket.number},
                language="zh",
                urgency="now",
                subjects=[f"ticket:{ticket.id}"],
                status="suppressed",
                reason="no-channel",
                created_at=now,
            )
        )
        answer = {"number": ticket.number, "received_at": now.isoformat()} | body
        session.add(
            IdempotencyKey(
                owner="plain", key=key, request_hash=given["hash"], status=201, answer={"body": json.dumps(answer)}, created_at=now
            )
        )
        session.commit()
        return jsonify(answer), 201

    return app
