"""Nothing personal of a sealed report leaves by any road (issue 5, Must show 8): names and numbers are planted, the matter lives its whole life with everybody
listening, and everything that left is searched: text messages, e-mails, robots, webhooks, log lines, and what the outbox keeps."""

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock, sweeping, webhooks, wiring
from app.counterpart.robots import secret_of
from app.work import work
from notifiers import preferences, robots
from notifiers import webhooks as hooks
from notifiers.channels.webhook import Webhooks
from notifiers.delivery import deliver
from notifiers.message import SMS, Way
from tests import factories
from tests.app.with_counterpart import app, played  # noqa: F401 -- fixtures
from tests.notifiers.receiver import receiver
from tickets import intake
from tickets.models import Ticket

PLANTED = ("欧阳密", "13987654321", "330102199001011234", "百花弄", "宏达化工", "夜里偷排")
REPORT = {"appeal_type": "report", "title": "举报宏达化工夜里偷排", "content": "欧阳密（13987654321，身份证 330102199001011234）住百花弄 7 号，举报宏达化工夜里偷排",
          "address": "百花弄 7 号", "appellant": factories.Appellant(name="欧阳密", phone="13987654321")}


@pytest.fixture
def listening(played, app):  # noqa: F811
    """A webhook for everything open and one for its filer's own, a robot of the unit, a way of its head's: all of them hear what they may."""
    stage, _product, counterpart = played
    with receiver() as system, app.app_context():
        wiring.senders.cache_clear()
        with work() as session:
            now = clock.now()
            accounts = dict(session.execute(sa.text("SELECT username, id FROM accounts")).all())
            unit = session.scalar(sa.text("SELECT unit_id FROM accounts WHERE username = 'urban.head'"))
            for scope in ("own", "open"):
                hooks.add(session, accounts["agent1"], system.url + "/h", hooks.EVENTS, scope, None, now, inside=True)
            robots.set_robot(session, unit, "dingtalk", f"{counterpart}/robots/dingtalk/signed-u", secret_of("signed-u"), None, now, inside=True)
            preferences.set_way(session, Way(SMS, "+8613900000001", "139****0001"), now, account_id=accounts["urban.head"])
        yield stage, system


def test_of_a_sealed_report_nothing_leaves(app, listening, caplog, capfd):  # noqa: F811
    stage, system = listening
    caplog.set_level(logging.DEBUG)
    now = clock.now() - timedelta(days=2)
    sealed, plain = _a_life(now, **REPORT), _a_life(now, channel="phone", urgency="urgent")
    sweeping.sweep(clock.now())
    later = clock.now() + timedelta(days=1)
    senders = {channel: one for channel, one in wiring.senders(app.config["SETTINGS"]).items() if channel != "webhook"}
    deliver(work, senders | {"webhook": Webhooks(webhooks.endpoint_of, inside=True)}, lambda: later)
    texts = [row["body"] for row in stage.book.rows("message")]
    groups = [row["words"] for row in stage.book.rows("robot")]
    called = [body.decode() for _headers, body in system.got]
    assert any(sealed[-6:] in text for text in texts), "the reporter hears numbers and links"
    assert groups, "the unit's group hears of its clocks"
    assert any(plain in body for body in called)
    assert not any(sealed in body for body in called), "another system does not even hear that there is one"
    with work() as session:
        kept = [row[0] for row in session.execute(sa.text("SELECT outbox_messages::text FROM outbox_messages"))]
        kept += [row[0] for row in session.execute(sa.text("SELECT delivery_attempts::text FROM delivery_attempts"))]
    out, err = capfd.readouterr()
    for road, said in {"texts": texts, "groups": groups, "webhooks": called, "outbox": kept, "log": [caplog.text], "screen": [out, err]}.items():
        for secret in PLANTED:
            assert not any(secret in one for one in said), f"{secret} left by {road}"


def _a_life(now, **matter) -> str:
    """From registration to an urged, overdue, answered matter; gives its number."""
    with work() as session:
        ticket = factories.a_ticket(session, now, "signed", **matter)
        number, row = ticket.number, ticket.id
    with work() as session:
        ticket = session.get(Ticket, row, with_for_update=True)
        at = ticket.touched_at + timedelta(minutes=1)
        intake.urge(session, ticket, factories.person(session, "agent1", at), at, "欧阳密 13987654321 又来电")
        intake.supplement(session, ticket, "欧阳密说夜里偷排还在继续", factories.person(session, "agent1", at), at)
    return number
