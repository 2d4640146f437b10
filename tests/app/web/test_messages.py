"""Messages on screen: one's own only, read by opening, counted in the beam; what was said about a ticket; sending again what was given up."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.telling import subject_of, topic_of
from app.work import session_now, work
from notifiers import outbox
from notifiers.channels.base import RETRY, Outcome
from notifiers.models import OutboxMessage
from notifiers.retry import MOST_TRIES
from tests.app.web.at_ticket import HTMX, put
from tests.app.web.seats import look, seat, token_of
from tests.notifiers.conftest import a_part, by_sms, to_person
from tests.statements import counted


@pytest.fixture(autouse=True)
def clean(app):
    with app.app_context(), work() as session:
        session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages"))


def tell(app, username: str, *parts: dict, key: str = "", template: str = "") -> int:
    """A message about these parts to this person; gives its id."""
    with app.app_context(), work() as session:
        account = session.execute(sa.text("SELECT id FROM accounts WHERE username = :name"), {"name": username}).scalar_one()
        key = key or f"m:{account}:{len(parts)}:{parts[0]['subject']}"
        outbox.put(
            session,
            [
                to_person(
                    account,
                    key,
                    template=template or parts[0]["template"],
                    values={"items": list(parts)},
                    subjects=tuple(dict.fromkeys(part["subject"] for part in parts)),
                )
            ],
            clock.now(),
        )
        return session.scalar(sa.select(OutboxMessage.id).where(OutboxMessage.key == key))


def about(app, number: str, **changed) -> dict:
    return a_part(subject=subject_of(look(app, number)["id"]), tail=number[-6:], **changed)


def page(client, path: str = "/messages", status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.status_code
    return answer.get_data(as_text=True)


def unread(shown: str) -> str:
    found = re.search(r'id="bell".*?</a>', shown, re.DOTALL)[0]
    number = re.search(r'class="n"[^>]*>([^<]+)<', found)
    return number[1] if number else ""


def test_the_bell_counts_and_opening_reads(app):
    number = put(app, "handling")
    message = tell(app, "urban.liaison", about(app, number))
    client, other = seat(app, "urban.liaison"), seat(app, "urban.handler")
    shown = page(client)
    assert unread(shown) == "1"
    assert "红牌" in shown
    assert number[-6:] in shown
    assert unread(page(other)) == ""
    assert page(other, f"/messages/{message}", 404)
    assert client.get(f"/messages/{message}").location == f"/tickets/{number}"
    shown = page(client)
    assert unread(shown) == ""
    assert number[-6:] in shown, "it stays in the list"
    assert number[-6:] not in page(client, "/messages?unread=1")


def test_a_message_about_several_lists_each_with_its_way_if_one_may_see_it(app):
    mine, theirs = put(app, "handling"), put(app)
    message = tell(app, "urban.liaison", about(app, mine), about(app, theirs, template="breach"), template="digest")
    shown = page(seat(app, "urban.liaison"), f"/messages/{message}")
    assert "2 件事要看" in shown
    assert f"/tickets/{mine}" in shown
    assert f"/tickets/{theirs}" not in shown
    assert theirs[-6:] in shown


def test_all_read_is_what_was_on_the_page(app):
    number = put(app, "handling")
    tell(app, "urban.liaison", about(app, number), key="a")
    client = seat(app, "urban.liaison")
    shown = page(client)
    tell(app, "urban.liaison", about(app, number), key="b")
    client.post("/messages/readings", data={"csrf_token": token_of(shown), "up_to": token_of(shown, "up_to")})
    assert unread(page(client)) == "1"
    for strange, code in (("9" * 40, 422), ("x", 422), ("", 422)):
        assert client.post("/messages/readings", data={"csrf_token": token_of(shown), "up_to": strange}).status_code == code
    assert unread(page(client)) == "1"


def test_pages_and_a_cursor_that_is_none(app):
    number = put(app, "handling")
    for n in range(35):
        tell(app, "urban.liaison", about(app, number), key=f"m{n}")
    client = seat(app, "urban.liaison")
    shown = page(client)
    assert shown.count('class="job') == 30
    following = re.search(r'href="(/messages\?after=[^"]+)"', shown)[1]
    assert page(client, following).count('class="job') == 5
    page(client, "/messages?after=nonsense", 422)


def test_the_page_listens_and_costs_little_however_long(app):
    number = put(app, "handling")
    for n in range(25):
        tell(app, "urban.liaison", about(app, number), key=f"m{n}")
    client = seat(app, "urban.liaison")
    page(client)
    with counted(app) as sent:
        shown = page(client)
    assert len(sent) <= 6, sent
    with app.app_context():
        account = session_now().execute(sa.text("SELECT id FROM accounts WHERE username = 'urban.liaison'")).scalar_one()
    assert f'data-live="{topic_of(account)}"' in shown
    piece = client.get("/messages", headers=HTMX).get_data(as_text=True)
    assert piece.strip().startswith('<section id="inbox"')
    assert client.get("/messages/bell", headers=HTMX).get_data(as_text=True).strip().startswith("<a")


def test_english_has_no_chinese_but_names(app):
    number = put(app, "handling")
    tell(app, "urban.liaison", about(app, number))
    shown = page(seat(app, "urban.liaison"), "/messages?lang=en")
    assert "Red card: Reply" in shown
    assert "Sep 18, 24:00" in shown


def test_the_ticket_tells_who_heard_what(app):
    number = put(app, "handling")
    tell(app, "urban.liaison", about(app, number), about(app, put(app), template="breach"), template="digest", key="d")
    with app.app_context(), work() as session:
        outbox.put(session, [by_sms(subjects=(subject_of(look(app, number)["id"]),), suppressed="no-channel")], clock.now())
    shown = page(seat(app, "dispatcher1"), f"/tickets/{number}/messages")
    assert "urban.liaison" in shown
    assert "138****2716" in shown
    assert "没有配置短信通道" in shown
    assert "到" in shown
    assert shown.count("尾号") >= 2
    theirs = page(seat(app, "urban.liaison"), f"/tickets/{number}/messages")
    assert "138****2716" not in theirs
    assert "市民" in theirs
    page(seat(app, "power.liaison"), f"/tickets/{number}/messages", 404)
    assert f"/tickets/{number}/messages" in page(seat(app, "urban.liaison"), f"/tickets/{number}")


def give_up(app, key: str = "sms:1") -> int:
    """A text message whose tries all failed."""
    now = clock.now()
    with app.app_context(), work() as session:
        outbox.put(session, [by_sms(key)], now)
        for _try in range(MOST_TRIES):
            now += timedelta(hours=3)
            for message in outbox.claim(session, "sms", now, 2):
                outbox.settle(session, message.id, message.attempts, Outcome(RETRY, code="20429", words="太忙"), now)
        return session.scalar(sa.select(OutboxMessage.id).where(OutboxMessage.key == key))


def test_an_administrator_sees_why_and_sends_again(app):
    message = give_up(app)
    client = seat(app, "admin1")
    shown = page(client, "/admin/messages")
    assert "20429 太忙" in shown
    assert "138****2716" in shown
    assert "13800002716" not in shown
    assert "1 条消息没发出去" in page(client, "/admin")
    for wanted, code in (("x", 422), ("", 422), (str(message), 302), (str(message), 302)):
        assert client.post("/admin/messages/replays", data={"csrf_token": token_of(shown), "message": wanted}).status_code == code
    with app.app_context():
        assert session_now().scalar(sa.select(OutboxMessage.status)) == "pending"
        assert session_now().execute(sa.text("SELECT count(*) FROM audit_entries WHERE action = 'send-again'")).scalar_one() == 2
    assert "都发出去了" in page(client, "/admin/messages")
    give_up(app, "sms:2")
    client.post("/admin/messages/replays", data={"csrf_token": token_of(shown), "message": "all"})
    assert "都发出去了" in page(client, "/admin/messages")
