"""E-mail out and in, through real SMTP and IMAP: a letter becomes a matter, the answer to our letter its supplement; machines, strangers and rubbish do not.

A month's report arrives once, by letter and by robot, whoever is killed.
"""

import io
import os
import re
import signal
import socket
import time
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from random import Random
from types import SimpleNamespace

import openpyxl
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from flask import Flask
from PIL import Image

from app import clock, create_app, delivering, figuring, imap, mailbox, wiring
from app.auth.models import Account
from app.clock import CITY_ZONE
from app.counterpart import robots as groups
from app.counterpart.book import Book
from app.db import db
from app.errors import Forbidden
from app.work import session_now, work
from escalation.metrics import months
from notifiers import outbox, preferences, robots
from notifiers.delivery import deliver
from notifiers.letters import Letter
from notifiers.message import Way
from notifiers.models import OutboxMessage
from tests import factories
from tests.app.mail_server import imap as a_mailbox
from tests.app.web.citizens import post as post_form
from tests.app.web.citizens import standing
from tests.app.with_counterpart import serving
from tests.escalation.crashing import FORK
from tests.notifiers.conftest import by_sms
from tickets.attachments import attachments_of
from tickets.events import TicketEvent
from tickets.models import Ticket

WANG = "Wang@example.org"


class Sent(Message):
    """Letters that left."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list = []
        self.refuse = ""

    async def handle_DATA(self, server, session, envelope):
        return self.refuse or await super().handle_DATA(server, session, envelope)

    def handle_message(self, message) -> None:
        self.letters.append(message)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def post():
    with a_mailbox() as box:
        sent = Sent()
        controller = Controller(sent, hostname="127.0.0.1", port=_free_port())
        controller.start()
        yield box, sent, controller.port
        controller.stop()


@pytest.fixture(scope="module")
def app(settings, city, new_database, post):
    box, _sent, port = post
    app = create_app(replace(settings, database_url=new_database(like=city), smtp_url=f"smtp://127.0.0.1:{port}", imap_url=box.url, mail_from="12345@linhai.example"))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(autouse=True)
def clean(app, post):
    post[0].letters.clear()
    post[0].read.clear()
    post[1].letters.clear()
    post[1].refuse = ""
    with app.app_context():
        with work() as session:
            session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages"))
        yield


def a_png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, "PNG")
    return out.getvalue()


def letter(words: str = "楼下的灯坏了三天，晚上很黑", message_id: str = "<a1@example.org>", sender: str = f"王 <{WANG}>", **headers) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = sender, "12345@linhai.example", headers.pop("subject", "路灯"), message_id
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(words)
    return made.as_bytes()


def arrive(app, *raw: bytes) -> int:
    settings = app.config["SETTINGS"]
    taken = 0
    for one in raw:
        with work() as session:
            taken += bool(mailbox.take(session, one, settings, clock.now()))
    return taken


def tickets() -> list[Ticket]:
    session_now().rollback()
    return list(session_now().scalars(sa.select(Ticket).where(Ticket.channel == "email").order_by(Ticket.id)))


def leave(app) -> int:
    return deliver(work, {"email": wiring.senders(app.config["SETTINGS"])["email"]}, clock.now)


def test_a_letter_becomes_a_matter_its_writer_is_told_and_their_answer_is_added(app, post):
    box, sent, _port = post
    box.letters.append(letter())
    assert imap.fetch(app.config["SETTINGS"], clock.now()) == 1
    assert box.read == {1}
    box.read.clear()
    assert imap.fetch(app.config["SETTINGS"], clock.now()) == 0, "known by its Message-ID"
    ticket = tickets()[-1]
    assert (ticket.channel, ticket.title) == ("email", "路灯")
    assert leave(app) == 1
    [told] = sent.letters
    assert told["To"] == WANG.lower()
    assert ticket.query_code in told.get_payload(decode=True).decode()
    assert told["Auto-Submitted"] == "auto-generated"
    answer = letter("今天换了灯泡，还是不亮\n\n在 2026年9月14日，12345写道：\n> 您反映的事收到了", "<a2@example.org>", In_Reply_To=told["Message-ID"])
    assert arrive(app, answer) == 1
    added = session_now().scalars(sa.select(TicketEvent.data).where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == "supplement")).all()
    assert [one["content"] for one in added] == ["今天换了灯泡，还是不亮"]
    assert len(tickets()) == 1


def test_somebody_elses_answer_is_a_matter_of_its_own(app, post):
    arrive(app, letter(message_id="<b1@example.org>"))
    leave(app)
    key = post[1].letters[-1]["Message-ID"]
    before = len(tickets())
    for n, (sender, reply_to) in enumerate([("other@example.org", key), (WANG, key.replace("m", "m9", 1)), (WANG, "<m1.000000000000000000000000@x>")]):
        arrive(app, letter(f"另一件事{n}", f"<b-{n}@example.org>", sender, In_Reply_To=reply_to))
    assert len(tickets()) == before + 3


def test_a_report_by_letter_is_sealed_and_pictures_are_kept_re_encoded(app):
    made = EmailMessage()
    made["From"], made["Subject"], made["Message-ID"] = WANG, "举报工地偷排", "<c1@example.org>"
    made.set_content("夜里往河里偷排")
    made.add_attachment(a_png(), maintype="image", subtype="png", filename="../../a.png")
    made.add_attachment(b"MZ evil", maintype="application", subtype="octet-stream", filename="x.exe")
    arrive(app, made.as_bytes())
    ticket = tickets()[-1]
    assert ticket.sealed
    assert [(one.name, one.mime) for one in attachments_of(session_now(), ticket.id)] == [("a.png", "image/jpeg")]


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<x>"}, {"sender": "MAILER-DAEMON@x.example"}, {"sender": ""}, {"sender": "王"}])
def test_machines_and_nobody_are_not_answered(app, headers):
    before = len(tickets())
    arrive(app, letter(message_id=f"<d-{sorted(headers)}-{headers.get('sender')}@x>", **headers))
    assert len(tickets()) == before
    assert session_now().scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 0


def test_rubbish_is_noted_and_never_breaks_the_reader(app):
    luck, whole = Random(5), letter(message_id="<e@x>")
    before = len(tickets())
    with work() as session:
        kept = session.scalar(sa.select(sa.func.count()).select_from(Letter))
    for n in range(80):
        raw = bytearray(whole.replace(b"<e@x>", f"<e{n}@x>".encode()))
        for _ in range(luck.randrange(1, 40)):
            raw[luck.randrange(len(raw))] = luck.randrange(256)
        arrive(app, bytes(raw))
    arrive(app, b"", b"\xff\xfe", b"From: a@b.cc\n\n", b"From: a@b.cc\nContent-Type: text/plain; charset=nonsense\n\n\xe4\xb8", b"Content-Type: multipart/mixed\nFrom: a@b.cc\n\nx")
    with work() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) > kept + 50
    assert len(tickets()) >= before


@pytest.mark.parametrize(("answer", "ends"), [("550 no such user", ("failed", "550")), ("451 later", ("pending", "")), ("535 who are you", ("pending", ""))])
def test_what_a_mail_server_says_is_understood(app, post, answer, ends):
    post[1].refuse = answer
    with work() as session:
        outbox.put(session, [by_sms("mail", channel="email", address="x@example.org", shown_to="x***")], clock.now())
    leave(app)
    session_now().rollback()
    assert session_now().execute(sa.select(OutboxMessage.status, OutboxMessage.reason)).one() == ends


def test_an_unreachable_mailbox_is_no_error(app):
    assert imap.fetch(replace(app.config["SETTINGS"], imap_url="imap://u:p@127.0.0.1:9"), clock.now()) == 0


def test_a_mailbox_given_on_the_page_counts_once_its_letter_is_opened(app, post):
    """The citizen chooses on their matter's page: a letter first, one button behind its link, then it leads; and fewer messages, as by 退订."""
    _box, sent, _port = post
    client, code = app.test_client(), standing(app, "handling")
    page = f"/t/{code}"
    assert post_form(client, page, f"{page}/ways", channel="sms").status_code == 422, "this house sends no text messages"
    wrong = post_form(client, page, f"{page}/ways", channel="email", email="chen at home")
    assert (wrong.status_code, "chen at home" in wrong.text, "请填电子邮箱" in wrong.text) == (422, True, True)
    assert post_form(client, page, f"{page}/ways", channel="email", email="Chen@example.org").status_code == 302
    deliver(work, {"email": wiring.senders(app.config["SETTINGS"])["email"]}, clock.now)
    letter = sent.letters[-1]
    link = re.search(rf"{page}/mail/[0-9a-f]+", letter.get_payload(decode=True).decode())[0]
    assert letter["To"] == "Chen@example.org"
    with app.app_context():
        assert _ways(code) == [], "nothing counts before"
    assert "Ch***@example.org" in client.get(link).text
    assert client.get(link[:-2] + "00").status_code == client.get(link.replace(code, standing(app, "handling"))).status_code == 404
    assert post_form(client, link, link).status_code == 302
    with app.app_context():
        assert _ways(code) == ["Chen@example.org"]
        assert post_form(client, page, f"{page}/ways", channel="email", email="chen@example.org", less="1").status_code == 302
        assert preferences.refused(session_now(), "email", {"Chen@example.org"})
        assert "checked" in re.search(r'<input[^>]*name="less"[^>]*>', client.get(page).text)[0]
        post_form(client, page, f"{page}/ways", channel="email")
        session_now().rollback()
        assert not preferences.refused(session_now(), "email", {"Chen@example.org"})
    answers = [post_form(client, page, f"{page}/ways", channel="email", email=f"c{n}@example.org").status_code for n in range(3)]
    assert answers == [302, 302, 429], "three letters of one matter in a day"


def _ways(code: str) -> list[str]:
    session_now().rollback()
    ticket = session_now().scalar(sa.select(Ticket).where(Ticket.query_code == code))
    return [way.address for way in preferences.ways_of(session_now(), ticket_id=ticket.id)]


SEPTEMBER, SIXTH = datetime(2026, 9, 3, 9, tzinfo=CITY_ZONE), datetime(2026, 10, 6, 8, tzinfo=CITY_ZONE)
WANTED = (("supervisor1", "inbox"), ("discipline1", "inbox"), ("leader1", "email"), ("publisher1", "robot"))  # in this order they are told
A_MONTH = "INSERT INTO metric_months (month, frozen_at, by_name, others) VALUES ('2026-09-01', now(), '', '{}')"
A_MESSAGE = """INSERT INTO outbox_messages (key, address, channel, template, "values", language, urgency, subjects, status, created_at)
VALUES (:key, ''::bytea, 'email', 'report', '{}', 'zh', 'now', '{}', 'suppressed', now())"""


@pytest.fixture
def group():
    """A chat group's robot, as its platform would have it."""
    book, platform = Book(), Flask("platform")
    groups.register(platform, SimpleNamespace(book=book))
    with serving(platform) as address:
        yield SimpleNamespace(address=f"{address}/robots/dingtalk/signed-centre", secret=groups.secret_of("signed-centre"), words=lambda: [row["words"] for row in book.rows("robot")])


def ordered(session, group) -> None:
    """Three matters of September; four people who get the month's report, each their way, two of them not the same as before."""
    for lead in ("urban", "urban", "water"):
        factories.a_ticket(session, SEPTEMBER, "closed", lead)
    accounts = {account.username: account for account in session.scalars(sa.select(Account))}
    for username, channel in WANTED:
        assert delivering.switch(session, factories.person(session, username, SEPTEMBER), "units", "monthly", channel, SEPTEMBER)
        session.flush()
    preferences.set_way(session, Way("email", "leader@linhai.example", "l***"), SEPTEMBER, account_id=accounts["leader1"].id)
    robots.set_robot(session, accounts["publisher1"].unit_id, "dingtalk", group.address, group.secret, None, SEPTEMBER, inside=True)


def close_the_month(app) -> None:
    """What the scheduler has done every half hour, in a process of its own."""
    with app.app_context():
        db.engine.dispose(close=False)
        figuring.close_books(SIXTH)
        delivering.deliver(SIXTH)


def kill_in_the_middle(app, statement: str, **values) -> None:
    """A row that is not committed yet stands in the way of the process; when it waits there, it gets −9."""
    with db.engine.connect() as held, db.engine.connect() as looking:
        held.execute(sa.text(statement), values)
        process, until = FORK.Process(target=close_the_month, args=(app,), daemon=True), time.monotonic() + 20
        process.start()
        while not looking.scalar(sa.text("SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()")):
            assert time.monotonic() < until, "it never came there"
            looking.rollback()
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        held.rollback()


def told() -> list[tuple[str, str]]:
    """To whom the report was put into the outbox, by which channel."""
    session_now().rollback()
    found = session_now().execute(sa.select(Account.username, OutboxMessage.channel).join(Account, Account.id == OutboxMessage.account_id)
                                  .where(OutboxMessage.template.startswith("report")).order_by(OutboxMessage.id))
    return [tuple(row) for row in found]


def test_a_months_report_arrives_once_whoever_is_killed(app, post, group):
    """Issue 6, Must show 8: −9 in the freeze, −9 between the second and the third person; then one letter with its workbook, one word of the robot."""
    with work() as session:
        ordered(session, group)
        leader = session.scalar(sa.select(Account.id).where(Account.username == "leader1"))
    db.session.remove()
    kill_in_the_middle(app, A_MONTH)
    assert (months.frozen_months(session_now()), told()) == ([], []), "nothing is half frozen"
    kill_in_the_middle(app, A_MESSAGE, key=f"report:units:monthly:2026-09-01:email:{leader}")
    assert told() == list(WANTED[:2]), "who was told before the kill stays told"
    again = FORK.Process(target=close_the_month, args=(app,))
    again.start()
    again.join()
    assert (again.exitcode, told()) == (0, [("supervisor1", "inbox"), ("discipline1", "inbox"), ("leader1", "email"), ("publisher1", "dingtalk")])
    assert delivering.deliver(SIXTH + timedelta(hours=1)) == delivering.deliver(SIXTH + timedelta(days=9)) == 0
    senders = {name: sender for name, sender in wiring.senders(app.config["SETTINGS"]).items() if name in ("email", "dingtalk")}
    assert (deliver(work, senders, clock.now), deliver(work, senders, clock.now)) == (2, 0)
    [letter] = post[1].letters
    words, file = letter.get_payload()
    assert letter["To"] == "leader@linhai.example"
    assert "按期办结率 100.00%" in words.get_payload(decode=True).decode()
    assert file.get_filename() == "units-20260901-20260930.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(file.get_payload(decode=True)))["按单位"]
    column = [cell.value for cell in sheet[4]].index("按时办结") + 1
    assert sum(value for value in (sheet.cell(row, column).value for row in range(5, sheet.max_row)) if value) == 3
    [said] = group.words()
    assert "/desk/reports/units?from=2026-09-01&to=2026-09-30" in said
    assert "%" not in said, "who reads a group is not known: no figure"


def test_who_may_not_read_a_report_gets_none(app, post):
    """Neither ordered nor, by who moved to another post meanwhile, received."""
    with pytest.raises(Forbidden), work() as session:
        delivering.switch(session, factories.person(session, "discipline1", SEPTEMBER), "escalations", "monthly", "email", SEPTEMBER)
    with work() as session:
        clerk = session.scalar(sa.select(Account.id).where(Account.username == "agent1"))
        values = {"report": "单位成绩", "period": "9 月", "facts": "", "link": "https://12345.example", "file": {"report": "units", "from": "2026-09-01", "to": "2026-09-30", "account": clerk}}
        outbox.put(session, [by_sms("r", channel="email", address="a@linhai.example", shown_to="a***", template="report", values=values, account_id=clerk)], clock.now())
    leave(app)
    session_now().rollback()
    assert session_now().execute(sa.select(OutboxMessage.status, OutboxMessage.reason)).one() == ("suppressed", "may-not-read")
    assert post[1].letters == []


@pytest.mark.parametrize(("cadence", "at", "first", "last"), [
    ("daily", datetime(2026, 10, 6, 6, 59, tzinfo=CITY_ZONE), "2026-10-04", "2026-10-04"), ("daily", datetime(2026, 10, 6, 7, tzinfo=CITY_ZONE), "2026-10-05", "2026-10-05"),
    ("weekly", datetime(2026, 10, 5, 6, 59, tzinfo=CITY_ZONE), "2026-09-21", "2026-09-27"), ("weekly", datetime(2026, 10, 8, 12, tzinfo=CITY_ZONE), "2026-09-28", "2026-10-04")])
def test_a_day_and_a_week_are_told_over_breakfast(app, cadence, at, first, last):
    since, until, ready = delivering.period_of(session_now(), cadence, at)
    assert (since.isoformat(), until.isoformat()) == (first, last)
    assert ready <= at
