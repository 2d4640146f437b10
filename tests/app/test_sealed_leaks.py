"""Nothing personal of a sealed report leaves by any road (issue 5, Must show 8): names and numbers are planted, the matters live their whole lives with everybody
listening, and everything that left is searched: text messages, letters and the workbooks in them, robots, webhooks, Open311, log lines, and what the outbox keeps."""

import io
import logging
import zipfile
from dataclasses import replace
from datetime import timedelta
from email.header import decode_header, make_header

import pytest
import sqlalchemy as sa

from app import clock, create_app, delivering, figuring, sweeping, webhooks, wiring
from app.clock import local
from app.counterpart.robots import secret_of
from app.counterpart.twilio_messages import Messages
from app.db import db
from app.work import work
from notifiers import preferences, robots
from notifiers import webhooks as hooks
from notifiers.channels.webhook import Webhooks
from notifiers.delivery import deliver
from notifiers.message import EMAIL, SMS, Way
from tests import factories
from tests.app.with_counterpart import everything_runs, playing
from tests.app.with_post import post  # noqa: F401 -- fixture
from tests.notifiers.receiver import receiver
from tickets import intake
from tickets.models import Ticket

PHONE, OTHER_PHONE = "13987654321", "13976543210"
PLANTED = ("欧阳密", PHONE, OTHER_PHONE, "330102199001011234", "百花弄", "宏达化工", "夜里偷排")
REPORT = {
    "appeal_type": "report",
    "title": "举报宏达化工夜里偷排",
    "content": f"欧阳密（{PHONE}，身份证 330102199001011234）住百花弄 7 号，举报宏达化工夜里偷排",
    "address": "百花弄 7 号",
    "appellant": factories.Appellant(name="欧阳密", phone=PHONE),
}
BY_LETTER = REPORT | {"appellant": factories.Appellant(name="欧阳密", phone=OTHER_PHONE)}


@pytest.fixture(scope="module")
def played(settings, city, new_database, post):  # noqa: F811
    """(stage, product, counterpart's address) of a city that writes letters, too."""
    own = replace(settings, smtp_url=f"smtp://127.0.0.1:{post[2]}", mail_from="12345@linhai.example")
    with playing(own, lambda told: create_app(replace(told, database_url=new_database(like=city)))) as all_three:
        yield all_three
        with all_three[1].app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(played):
    return played[1]


@pytest.fixture
def listening(played, app):
    """A webhook for everything open and one for its filer's own, a robot of the unit, a way of its head's and its liaison's, every report by letter: all hear what they may."""
    stage, _product, counterpart = played
    with receiver() as system, app.app_context():
        wiring.senders.cache_clear()
        with work() as session:
            now = clock.now() - timedelta(days=3)
            accounts = dict(session.execute(sa.text("SELECT username, id FROM accounts")).all())
            unit = session.scalar(sa.text("SELECT unit_id FROM accounts WHERE username = 'urban.head'"))
            for scope in ("own", "open"):
                hooks.add(session, accounts["agent1"], system.url + "/h", hooks.EVENTS, scope, None, now, inside=True)
            robots.set_robot(
                session, unit, "dingtalk", f"{counterpart}/robots/dingtalk/signed-u", secret_of("signed-u"), None, now, inside=True
            )
            preferences.set_way(session, Way(SMS, "+8613900000001", "139****0001"), now, account_id=accounts["urban.head"])
            preferences.set_way(session, Way(EMAIL, "citizen@example.org", "c***"), now, phone=OTHER_PHONE)
            for username in ("urban.liaison", "leader1"):
                preferences.set_way(session, Way(EMAIL, f"{username}@linhai.example", "l***"), now, account_id=accounts[username])
            for report in delivering.DELIVERED:
                assert delivering.switch(session, factories.person(session, "leader1", now), report, "daily", EMAIL, now)
        yield stage, system


def test_of_a_sealed_report_nothing_leaves(app, listening, post, caplog, capfd):  # noqa: F811
    stage, system = listening
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "mail.log")  # the receiving server is ours
    now = clock.now() - timedelta(days=2)
    by_text, by_letter, plain = (_a_life(now, **matter) for matter in (REPORT, BY_LETTER, {"channel": "phone", "urgency": "urgent"}))
    sweeping.sweep(clock.now())
    figuring.refresh(clock.now())
    assert delivering.deliver((local(now) + timedelta(days=1)).replace(hour=8)) == len(delivering.DELIVERED)
    Messages(stage).brings(PHONE, "进度", [])
    later = clock.now() + timedelta(days=1)
    senders = {channel: one for channel, one in wiring.senders(app.config["SETTINGS"]).items() if channel != "webhook"}
    deliver(work, senders | {"webhook": Webhooks(webhooks.endpoint_of, inside=True)}, lambda: later)
    everything_runs(app, stage)
    letters = [(letter["To"], _words_of(letter)) for letter in post[1].letters]
    roads = {
        "texts": [row["body"] for row in stage.book.rows("message")],
        "groups": [row["words"] for row in stage.book.rows("robot")],
        "letters": [words for _to, words in letters],
        "webhooks": [body.decode() for _headers, body in system.got],
        "open311": [
            app.test_client().get(f"/open311/v2/{path}").get_data(as_text=True)
            for path in ("requests.json", "requests.xml", f"requests/{by_text}.json", f"requests/{by_letter}.xml", f"requests/{plain}.json")
        ],
    }
    assert any(by_text[-6:] in text for text in roads["texts"]), "the reporter hears numbers and links"
    assert any(by_letter[-6:] in words for to, words in letters if to == "citizen@example.org"), "and who chose letters, by letter"
    assert roads["groups"], "the unit's group hears of its clocks"
    assert {to.partition("@")[0] for to, _words in letters} == {"citizen", "urban.liaison", "leader1"}
    assert sum("xl/workbook.xml" in words for words in roads["letters"]) == len(delivering.DELIVERED), "every report has its workbook"
    for road in ("webhooks", "open311"):
        assert any(plain in said for said in roads[road])
        assert not any(sealed in said for said in roads[road] for sealed in (by_text, by_letter)), (
            "another system does not even hear that there is one"
        )
    with work() as session:
        roads["outbox"] = [
            row[0]
            for table in ("outbox_messages", "delivery_attempts")
            for row in session.execute(sa.text(f"SELECT {table}::text FROM {table}"))
        ]
    for road, said in (roads | {"log": [caplog.text], "screen": list(capfd.readouterr())}).items():
        for secret in PLANTED:
            assert not any(secret in one for one in said), f"{secret} left by {road}"


def _words_of(letter) -> str:
    """Everything a letter says: its subject, its parts, and what is packed in its workbook."""
    said = [str(make_header(decode_header(letter["Subject"])))]
    for part in letter.walk():
        data = part.get_payload(decode=True) or b""
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                said += [name + book.read(name).decode("utf-8", "replace") for name in book.namelist()]
        else:
            said.append(data.decode("utf-8", "replace"))
    return "\n".join(said)


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
