"""The knowledge base as the house keeps it fresh: whose entries are due for a look are told once each time (JN §34, R79)."""

from datetime import datetime

import sqlalchemy as sa

from app import clock
from app.auth.models import Account
from app.clock import local
from app.work import work
from notifiers import outbox
from notifiers.message import CAN_WAIT, INBOX, Message
from tickets.actors import HEAD, LIAISON
from tickets.duties import Knowledge
from tickets.knowledge import stale

BATCH = 500


def remind(now: datetime) -> int:
    """Tell head and liaison of every unit whose entries are due for a look; each due day is told once. Returns how many messages were new."""
    with work() as session:
        rows = session.execute(
            sa.select(Knowledge.id, Knowledge.title, Knowledge.unit_id, Knowledge.review_on)
            .where(stale(local(now).date()))
            .order_by(Knowledge.review_on)
            .limit(BATCH)
        ).all()
        keepers: dict[int, list[int]] = {}
        for account, unit in session.execute(
            sa.select(Account.id, Account.unit_id).where(
                Account.active, Account.unit_id.in_({row.unit_id for row in rows}), Account.roles.overlap([HEAD, LIAISON])
            )
        ):
            keepers.setdefault(unit, []).append(account)
        return len(
            outbox.put(
                session,
                [
                    Message(
                        f"knowledge:{row.id}:{row.review_on}:{account}",
                        INBOX,
                        "knowledge-stale",
                        {"title": row.title},
                        CAN_WAIT,
                        account_id=account,
                        subjects=(f"knowledge:{row.id}",),
                    )
                    for row in rows
                    for account in keepers.get(row.unit_id, ())
                ],
                now,
            )
        )


def remind_job() -> int:
    return remind(clock.now())
