"""E-mail out and in, through real SMTP and IMAP: a letter becomes a matter, the answer to our letter its supplement; machines, strangers and rubbish do not."""
# ruff: noqa: F811 -- fixtures are imported, then named by who uses them

import io
import re
from dataclasses import replace
from email.message import EmailMessage
from random import Random

import pytest
import sqlalchemy as sa
from PIL import Image

from app import clock, imap, mailbox, wiring
from app.work import session_now, work
from notifiers import outbox, preferences
from notifiers.delivery import deliver
from notifiers.letters import Letter
from notifiers.models import OutboxMessage
from tests.app.web.citizens import post as post_form
from tests.app.web.citizens import standing
from tests.app.with_post import app, clean, leave, post  # noqa: F401 -- fixtures
from tests.notifiers.conftest import by_sms
from tickets.attachments import attachments_of
from tickets.events import TicketEvent
from tickets.models import Ticket

WANG = "Wang@example.org"


def a_png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, "PNG")
    return out.getvalue()


def letter(
    words: str = "楼下的灯坏了三天，晚上很黑", message_id: str = "<a1@example.org>", sender: str = f"王 <{WANG}>", **headers
) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = (
        sender,
        "12345@linhai.example",
        headers.pop("subject", "路灯"),
        message_id,
    )
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
    answer = letter(
        "今天换了灯泡，还是不亮\n\n在 2026年9月14日，12345写道：\n> 您反映的事收到了", "<a2@example.org>", In_Reply_To=told["Message-ID"]
    )
    assert arrive(app, answer) == 1
    added = (
        session_now().scalars(sa.select(TicketEvent.data).where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == "supplement")).all()
    )
    assert [one["content"] for one in added] == ["今天换了灯泡，还是不亮"]
    assert len(tickets()) == 1


def test_somebody_elses_answer_is_a_matter_of_its_own(app, post):
    arrive(app, letter(message_id="<b1@example.org>"))
    leave(app)
    key = post[1].letters[-1]["Message-ID"]
    before = len(tickets())
    for n, (sender, reply_to) in enumerate(
        [("other@example.org", key), (WANG, key.replace("m", "m9", 1)), (WANG, "<m1.000000000000000000000000@x>")]
    ):
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


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<x>"},
        {"sender": "MAILER-DAEMON@x.example"},
        {"sender": ""},
        {"sender": "王"},
    ],
)
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
    arrive(
        app,
        b"",
        b"\xff\xfe",
        b"From: a@b.cc\n\n",
        b"From: a@b.cc\nContent-Type: text/plain; charset=nonsense\n\n\xe4\xb8",
        b"Content-Type: multipart/mixed\nFrom: a@b.cc\n\nx",
    )
    with work() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) > kept + 50
    assert len(tickets()) >= before


@pytest.mark.parametrize(
    ("answer", "ends"), [("550 no such user", ("failed", "550")), ("451 later", ("pending", "")), ("535 who are you", ("pending", ""))]
)
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
